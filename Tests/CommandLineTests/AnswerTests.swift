import Foundation
import NumPyInterop
import TestSupport
import Testing

/// What commands print: help, version, and one JSON object with `--json`.
struct AnswerTests {
  private static let commands = [
    "demo", "toy", "simulate", "info", "sort", "cluster", "compare", "metrics", "report",
  ]

  @Test(arguments: commands) func helpOfEveryCommand(_ command: String) throws {
    let outcome = try spikesort(command, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.text.contains("OVERVIEW: "))
    #expect(outcome.text.contains("USAGE: spikesort \(command)"))
  }

  @Test func helpNamesEveryCommand() throws {
    let outcome = try spikesort("--help")
    #expect(outcome.status == 0)
    for command in Self.commands { #expect(outcome.text.contains("\n  \(command) ")) }
  }

  @Test func version() throws {
    let outcome = try spikesort("--version")
    #expect(outcome.status == 0)
    let version = /spikesort \d+\.\d+\.\d+(-[a-z]+)?(\+[0-9a-f]{12}(\.dirty)?)? .*\n/
    #expect(outcome.text.wholeMatch(of: version) != nil)
  }

  /// The keys of an object, and that it is all there is on stdout.
  private func keys(_ outcome: CommandOutcome, sourceLocation: SourceLocation = #_sourceLocation) throws
    -> [String]
  {
    #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.text.hasPrefix("{") && outcome.text.hasSuffix("}\n"), sourceLocation: sourceLocation)
    return try outcome.json().keys.sorted()
  }

  private func keys(_ value: Any?) -> [String] { (value as? [String: Any])?.keys.sorted() ?? [] }

  @Test func jsonOfEveryCommand() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 20)
      let out = folder.appendingPathComponent("out").path

      let info = try spikesort("info", recording.path, "--json")
      #expect(
        try keys(info) == [
          "channels", "faults", "files", "format", "frames", "gapSeconds", "groups", "microvoltsPerUnit",
          "notices", "offsetMicrovolts",
          "positionsMicrometers", "rate", "seconds", "segmentFrames", "segments", "unit",
        ])
      #expect(try info.json()["frames"] as? Int == 600_000)
      #expect(try info.json()["rate"] as? Double == 30_000)

      // Progress is allowed: it goes to stderr.
      let sort = try spikesort("sort", recording.path, "-o", out, "--json")
      #expect(
        try keys(sort) == [
          "components", "peakMemoryMiB", "recordingSeconds", "seconds", "spikes", "timesRealTime", "units",
        ])
      #expect(
        keys(try sort.json()["seconds"]) == [
          "cluster", "features", "match", "postprocess", "read+filter+detect", "refits", "report", "total",
        ])
      #expect(try sort.json()["recordingSeconds"] as? Double == 20)
      #expect(
        try sort.json()["spikes"] as? Int == numbers("spike_times.npy", of: URL(fileURLWithPath: out)).count)

      let compare = try spikesort("compare", out, recording.path, "--json")
      #expect(
        try keys(compare) == [
          "falsePositive", "meanAccuracy", "overmerged", "redundant", "units", "wellDetected",
        ])
      let rows = try #require(try compare.json()["units"] as? [[String: Any]])
      #expect(rows.count == 3)
      for row in rows { #expect(keys(row) == ["accuracy", "precision", "recall", "truth", "unit"]) }

      let metrics = try spikesort("metrics", out, "--json")
      #expect(try keys(metrics) == ["pairs", "units"])
      let units = try #require(try metrics.json()["units"] as? [[String: Any]])
      let verdicts = Set(units.compactMap { $0["verdict"] as? String })
      #expect(units.count == (try sort.json()["units"] as? Int))
      #expect(!verdicts.isEmpty && verdicts.isSubset(of: ["single", "multi", "noise", "tooFew"]))
    }
  }

  @Test func compareWithWhatIsNoTruth() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 5)
      let out = folder.appendingPathComponent("out").path
      #expect(try spikesort("sort", recording.path, "-o", out, "--quiet").status == 0)
      // A result agrees with itself.
      let same = try spikesort("compare", out, out, "--json")
      #expect(try same.json()["meanAccuracy"] as? Double == 1)
      for (arguments, word) in [
        ([out, folder.path], "gt_times.npy"), ([recording.path, recording.path], "sorting.json"),
      ] {
        let outcome = try spikesort(["compare"] + arguments)
        #expect(outcome.status == 65)
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(word), "\(outcome.errors)")
      }
    }
  }

  @Test func aResultCuratedInPhyIsComparedAsCurated() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 20)
      let out = folder.appendingPathComponent("out")
      #expect(try spikesort("sort", recording.path, "-o", out.path, "--quiet").status == 0)
      // All merged into one, with the number Phy gives it.
      let count = try numbers("spike_clusters.npy", of: out).count
      try NPY.write(
        [Int32](repeating: 50, count: count), to: out.appendingPathComponent("spike_clusters.npy"))
      let compare = try spikesort("compare", out.path, recording.path, "--json").json()
      let matched = try #require(compare["units"] as? [[String: Any]]).compactMap { $0["unit"] as? Int }
      #expect(matched.allSatisfy { $0 == 50 } && matched.count <= 1)
      let report = try spikesort("report", out.path)
      #expect(report.status == 65)
      #expect(report.errorLines.count == 1 && report.errors.contains("edited in Phy"), "\(report.errors)")
    }
  }

  @Test func demoInASpareMinute() throws {
    try withTemporaryFolder { (folder) throws in
      let out = folder.appendingPathComponent("demo")
      let outcome = try spikesort("demo", "-o", out.path, "--quiet")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("Against the truth: mean accuracy"))
      #expect(names(in: out).contains("report.html") && names(in: out).contains("comparison.json"))
      #expect(names(in: folder) == ["demo"])
      // What the folder says of its recording holds where the folder stands, not where it was made.
      let parameters = try String(contentsOf: out.appendingPathComponent("params.py"), encoding: .utf8)
      let path = try #require(parameters.firstMatch(of: /dat_path = '([^']*)'/)).1
      #expect(FileManager.default.fileExists(atPath: String(path)), "\(path)")
      let compare = try spikesort("compare", out.path, out.appendingPathComponent("recording").path, "--json")
      let accuracy = try #require(try compare.json()["meanAccuracy"] as? Double)
      #expect(accuracy > 0.8)
      #expect(try spikesort("report", out.path).status == 0)
    }
  }
}
