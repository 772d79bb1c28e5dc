import Foundation
import NumPyInterop
import SpikeTrains
import TestSupport
import Testing

/// The Python with the programs the exports are for, that `scripts/test` makes; nil where it could not.
private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

struct ExportTests {
  /// The exports and what they are called in the tests.
  private static let places = [
    ("npz", "sorting.npz"), ("curation-json", "curation.json"), ("pynapple", "pynapple.npz"),
    ("klusters", "klusters"), ("mat", "sorting.mat"), ("csv", "csv"), ("phy", "phy"), ("nwb", "sorting.nwb"),
  ]

  private func simulated(_ name: String, in folder: URL, seed: Int) throws -> URL {
    let recording = folder.appendingPathComponent(name)
    let outcome = try spikesort(
      "simulate", "-o", recording.path, "--seconds", "30", "--units", "4", "--seed", "\(seed)", "--quiet")
    try #require(outcome.status == 0, "\(outcome.errors)")
    return recording.appendingPathComponent("\(name).dat")
  }

  private func run(_ arguments: String...) throws {
    let outcome = try spikesort(arguments)
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with the programs exports are for"))
  func everyProgramOpensItsExport() throws {
    try withTemporaryFolder { (folder) throws in
      let result = folder.appendingPathComponent("result ä")
      try run(
        "sort", simulated("a", in: folder, seed: 2).deletingLastPathComponent().path, "-o", result.path,
        "--quiet")
      let exports = folder.appendingPathComponent("exports")
      for (format, name) in Self.places {
        try run("export", result.path, "--to", format, exports.appendingPathComponent(name).path)
      }
      let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/open_exports.py")
      let outcome = try RunningCommand(try #require(python), [script.path, result.path, exports.path]).wait()
      try #require(outcome.status == 0, "\(outcome.errors)")
      let last = try #require(outcome.text.split(whereSeparator: \.isNewline).last)
      let seen = try #require(
        try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
      #expect(seen["critical"] as? [String] == [])
      #expect((seen["nwb"] as? [String])?.count == 4)
      #expect(seen["neo"] as? Int == seen["npz"] as? Int)
    }
  }

  /// The session's start and subject are the recording's, where it says them.
  @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with pynwb"))
  func sessionsOfRecordings() throws {
    try withTemporaryFolder { (folder) throws in
      let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/nwb_session.py")
      let samples = try simulated("a", in: folder, seed: 2)
      let nwb = folder.appendingPathComponent("day.nwb")
      let made = try RunningCommand(
        try #require(python), [script.path, "make", samples.path, nwb.path]
      ).wait()
      try #require(made.status == 0, "\(made.errors)")
      // SpikeGLX says when, by a clock without a zone, and nothing of the animal.
      let bytes = try Data(contentsOf: samples)
      let glx = folder.appendingPathComponent("day_g0_t0.nidq.bin")
      try bytes.write(to: glx)
      let meta = """
        typeThis=nidq\nnSavedChans=4\nsnsMnMaXaDw=0,0,4,0\nniSampRate=30000\nniAiRangeMax=5\nniMaxInt=32768
        fileSizeBytes=\(bytes.count)\nfileCreateTime=2024-05-06T07:08:09\nniMNGain=1\nniMAGain=1
        """
      try Data(meta.utf8).write(to: folder.appendingPathComponent("day_g0_t0.nidq.meta"))
      func exported(_ recording: URL, _ name: String) throws -> [String: Any] {
        let result = folder.appendingPathComponent(name)
        try run("sort", recording.path, "-o", result.path, "--end", "10", "--quiet")
        let export = folder.appendingPathComponent("\(name) out.nwb")
        try run("export", result.path, "--to", "nwb", export.path)
        let outcome = try RunningCommand(try #require(python), [script.path, "read", export.path]).wait()
        try #require(outcome.status == 0, "\(outcome.errors)")
        let last = try #require(outcome.text.split(whereSeparator: \.isNewline).last)
        let said = try #require(try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
        #expect(said["invalid"] as? [String] == [] && said["critical"] as? [String] == [], "\(said)")
        return said
      }
      let whole = try exported(nwb, "from nwb")
      #expect(whole["start"] as? String == "2024-05-06T07:08:09+02:00")
      #expect(whole["subject"] as? [String] == ["rat 7", "Rattus norvegicus", "F", "P90D"])
      #expect(whole["violations"] as? [String] == [], "\(whole)")
      let half = try exported(glx, "from glx")
      #expect(half["start"] as? String == "2024-05-06T07:08:09+00:00")
      #expect((half["description"] as? String)?.contains("whose zone is not known") ?? false)
    }
  }

  @Test func severalFilesAreParted() throws {
    try withTemporaryFolder { (folder) throws in
      let files = try [("sleep", 1), ("run", 3)].map { try simulated($0.0, in: folder, seed: $0.1) }
      let result = folder.appendingPathComponent("day")
      try run(
        "sort", files[0].path, files[1].path, "--rate", "30000", "--channels", "4", "-o", result.path,
        "--quiet")
      let times = try NPYArray(contentsOf: result.appendingPathComponent("spike_times.npy")).integers()
      let first = times.filter { $0 < 900_000 }
      let second = times.filter { $0 >= 900_000 }.map { $0 - 900_000 }
      try #require(!first.isEmpty && !second.isEmpty)
      let exports = folder.appendingPathComponent("exports")
      for (format, name) in Self.places {
        try run("export", result.path, "--to", format, exports.appendingPathComponent(name).path)
      }
      let npz = try NPZArchive(exports.appendingPathComponent("sorting.npz"))
      #expect(try npz.array("num_segment").integers() == [2])
      #expect(try npz.array("spike_indexes_seg0").integers() == first)
      #expect(try npz.array("spike_indexes_seg1").integers() == second)
      func text(_ path: String) throws -> [Substring] {
        try String(contentsOf: exports.appendingPathComponent(path), encoding: .utf8).split(separator: "\n")
      }
      #expect(try text("klusters/sleep/sleep.res.1").compactMap { Int($0) } == first)
      #expect(try text("klusters/run/run.res.1").compactMap { Int($0) } == second)
      let rows = try text("csv/spikes.csv").dropFirst()
      #expect(rows.compactMap { Int($0.split(separator: ",")[1]) } == first + second)
      #expect(rows.filter { $0.hasSuffix(",run.dat") }.count == second.count)
      let group = try NPZArchive(exports.appendingPathComponent("pynapple.npz/run.npz"))
      #expect(try group.array("t").doubles() == second.map { Double($0) / 30_000 })
      #expect(
        names(in: exports.appendingPathComponent("sorting.nwb")) == ["export.json", "run.nwb", "sleep.nwb"])
    }
  }

  @Test func placesAreTreatedAsResultFoldersAre() throws {
    try withTemporaryFolder { (folder) throws in
      let result = folder.appendingPathComponent("result")
      try run(
        "sort", simulated("a", in: folder, seed: 2).deletingLastPathComponent().path, "-o", result.path,
        "--quiet")
      func export(_ format: String, _ place: URL, _ more: String...) throws -> CommandOutcome {
        try spikesort(["export", result.path, "--to", format, place.path] + more)
      }
      for (format, name) in [("mat", "x.mat"), ("klusters", "k"), ("phy", "p")] {
        let place = folder.appendingPathComponent(name)
        #expect(try export(format, place).status == 0)
        let again = try export(format, place)
        #expect(again.status == 64 && again.errorLines.count == 1 && again.errors.contains("--overwrite"))
        #expect(try export(format, place, "--overwrite").status == 0)
      }
      // Never what is something else.
      let thesis = folder.appendingPathComponent("thesis")
      try FileManager.default.createDirectory(at: thesis, withIntermediateDirectories: false)
      try Data("years".utf8).write(to: thesis.appendingPathComponent("thesis.tex"))
      for format in ["csv", "mat"] {
        let outcome = try export(format, thesis, "--overwrite")
        #expect(outcome.status == 64 && outcome.errorLines.count == 1)
        #expect(names(in: thesis) == ["thesis.tex"])
      }
      #expect(try spikesort("export", result.path, "--to", "word", "x").status == 64)
      let nothing = try spikesort(
        "export", thesis.path, "--to", "csv", folder.appendingPathComponent("y").path)
      #expect(nothing.status == 65 && nothing.errorLines.count == 1)
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("y").path))
    }
  }

  /// What was exported to Klusters is sorted again from its features and compared with itself.
  @Test func anExportIsAnInput() throws {
    try withTemporaryFolder { (folder) throws in
      let result = folder.appendingPathComponent("result")
      try run(
        "sort", simulated("a", in: folder, seed: 2).deletingLastPathComponent().path, "-o", result.path,
        "--quiet")
      let klusters = folder.appendingPathComponent("k")
      try run("export", result.path, "--to", "klusters", klusters.path)
      let agreement = try spikesort(
        "compare", result.path, klusters.appendingPathComponent("k.clu.1").path, "--json"
      ).json()
      // The result leaves its noise clusters out, which the .clu holds.
      let units = try #require(agreement["units"] as? [[String: Any]])
      let groups = try String(
        contentsOf: result.appendingPathComponent("cluster_group.tsv"), encoding: .utf8)
      let noise = groups.split(separator: "\n").count { $0.hasSuffix("\tnoise") }
      #expect(units.count { $0["accuracy"] as? Double == 1 } == units.count - noise)
      for (input, name) in [(klusters, "from klusters"), (result, "from phy")] {
        let again = folder.appendingPathComponent(name)
        try run("sort", input.path, "-o", again.path, "--quiet")
        let times = try NPYArray(contentsOf: again.appendingPathComponent("spike_times.npy")).integers()
        #expect(
          try times == NPYArray(contentsOf: result.appendingPathComponent("spike_times.npy")).integers())
      }
    }
  }
}
