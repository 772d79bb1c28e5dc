import Foundation
import MadeResults
import NumPyInterop
import Recordings
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import SortingFormats

private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// What `compare` reads as a truth.
struct TruthTests {
  private let frames = [30, 90, 150, 3000, 3012, 60_000]
  private let labels = [1, 2, 1, 3, 1, 2]

  private func big<Number: FixedWidthInteger>(_ numbers: [Number]) -> Data {
    Data(numbers.flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } })
  }

  private func expectTruth(_ url: URL, labels expected: [Int]? = nil, clockStart: Double = 0) throws {
    let read = try LabelledTimes(
      at: url, samplingRate: 30_000, clock: RecordingClock(start: clockStart, samplingRate: 30_000))
    #expect(read.frames == frames && read.labels == expected ?? labels, "\(url.lastPathComponent)")
  }

  @Test func mclust() throws {
    try withTemporaryFolder { (folder) throws in
      let header = "%%BEGINHEADER\n% Output from MClust\n% as unsigned integer\n%%ENDHEADER\n"
      func write(_ name: String, _ header: String, _ data: Data) throws {
        try (Data(header.utf8) + data).write(to: folder.appendingPathComponent(name))
      }
      for unit in 1...3 {
        let own = frames.indices.filter { labels[$0] == unit }.map { frames[$0] }
        // Tenths of a millisecond: three frames. The recording's clock began at 2 s.
        let ticks = own.map { UInt32($0 / 3 + 20_000) }
        switch unit {
        case 1: try write("TT1_1.t", header, big(ticks))
        case 2:
          try write(
            "TT1_2._t", header.replacing("integer", with: "integer: uint64"), big(ticks.map(UInt64.init)))
        default: try write("TT1_10.raw64", "", big(ticks.map { 100 * UInt64($0) }))
        }
      }
      try expectTruth(folder, clockStart: 2)
      let one = try LabelledTimes(
        at: folder.appendingPathComponent("TT1_10.raw64"), samplingRate: 30_000,
        clock: RecordingClock(start: 2, samplingRate: 30_000))
      #expect(one.frames == [3000] && one.labels == [1])
      try write("TT1_11.t", header, Data([1, 2, 3]))
      #expect(throws: ResultError.self) { try LabelledTimes(at: folder, samplingRate: 30_000) }
      try write("TT1_11.t", "%%BEGINHEADER\nand no more", Data())
      #expect(throws: ResultError.self) { try LabelledTimes(at: folder, samplingRate: 30_000) }
    }
  }

  @Test func mclustOfALab() throws {
    guard let samples = samplesFolder() else { return }
    let file = samples.appendingPathComponent("mclust/R050-2014-04-02-TT01_1.t")
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    let read = try LabelledTimes(at: file, samplingRate: 32_000)
    let size = try Data(contentsOf: file).count
    #expect(read.frames.count > size / 4 - 100 && zip(read.frames, read.frames.dropFirst()).allSatisfy(<=))
  }

  @Test func firingsAndTables() throws {
    try withTemporaryFolder { (folder) throws in
      var bytes = [Int32(-7), 8, 2, 3, Int32(frames.count)].flatMap { (value: Int32) -> [UInt8] in
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
      }
      for (frame, label) in zip(frames, labels) {
        for value in [1, Double(frame), Double(label)] {
          bytes += withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }
      }
      let firings = folder.appendingPathComponent("firings.mda")
      try Data(bytes).write(to: firings)
      try expectTruth(firings)
      try expectTruth(folder)
      let table = folder.appendingPathComponent("spikes.csv")
      let rows = zip(frames, labels).map { "\(Double($0) / 30_000),\($1)\r\n" }.joined()
      try Data(("time,unit\r\n" + rows).utf8).write(to: table)
      try expectTruth(table)
      for (text, words) in [
        ("a,b\n1,2\n", "the columns a, b"), ("time,unit\n1,x\n", "in row 1"), ("", "empty"),
        ("frame,unit\n-3,1\n", "no frame"), ("time,unit\n1e30,1\n", "no number of seconds"),
      ] {
        try Data(text.utf8).write(to: table)
        let error = #expect(throws: ResultError.self) { try LabelledTimes(at: table, samplingRate: 30_000) }
        #expect(error?.description.contains(words) ?? false, "\(String(describing: error))")
      }
    }
  }

  @Test(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with SpikeInterface"))
  func otherProgramsFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try NPY.write(frames.map(Int64.init), to: folder.appendingPathComponent("times.npy"))
      try NPY.write(labels.map(Int64.init), to: folder.appendingPathComponent("labels.npy"))
      let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/make_truths.py")
      let made = try RunningCommand(try #require(python), [script.path, folder.path]).wait()
      try #require(made.status == 0, "\(made.errors)")
      for name in ["saved", "saved npz", "sorting.npz", "times_a.mat", "times_b.mat", "truth.nwb"] {
        try expectTruth(folder.appendingPathComponent(name))
      }
    }
  }

  @Test func ownExports() throws {
    let sorting = madeSorting(neurons: 3, spikesEach: 40)
    let truth = try LabelledTimes(of: sorting)
    try withTemporaryFolder { (folder) throws in
      for format in ExportFormat.allCases where format != .curationJSON {
        let place = folder.appendingPathComponent(
          "\(format)" + (format.ending.isEmpty ? "" : ".\(format.ending)"))
        try sorting.export(format, to: place)
        let read = try LabelledTimes(at: place, samplingRate: 30_000)
        #expect(read.frames == truth.frames, "\(format)")
        // Klusters keeps 0 and 1.
        let shift = format == .klusters ? 2 : 0
        #expect(read.labels == truth.labels.map { $0 + shift }, "\(format)")
      }
    }
  }

  @Test func unassignedSpikesAreUnjudged() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("times_x.mat")
      // cluster_class of wave_clus: cluster 0 was given to none.
      try mat("cluster_class", [[0, 1], [1, 2], [1, 3]]).write(to: file)
      let read = try LabelledTimes(at: file, samplingRate: 30_000)
      #expect(read.frames == [60, 90] && read.labels == [1, 1] && read.unjudged == [30])
    }
  }

  /// A MAT-file of version 5 with one matrix.
  private func mat(_ name: String, _ rows: [[Double]]) -> Data {
    func bytes<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
    func element(_ kind: UInt32, _ data: [UInt8]) -> [UInt8] {
      bytes(kind) + bytes(UInt32(data.count)) + data + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
    }
    var values: [UInt8] = []
    for column in rows[0].indices { for row in rows { values += bytes(row[column]) } }
    var body = element(6, bytes(UInt32(6)) + bytes(UInt32(0)))
    body += element(5, bytes(Int32(rows.count)) + bytes(Int32(rows[0].count)))
    body += element(1, Array(name.utf8))
    body += element(9, values)
    var file = Array("MATLAB 5.0 MAT-file".utf8)
    file += [UInt8](repeating: 32, count: 124 - file.count)
    file += [0, 1, 0x49, 0x4d]
    file += bytes(UInt32(14))
    file += bytes(UInt32(body.count))
    file += body
    return Data(file)
  }

  @Test func physOtherTablesOfGroups() throws {
    for (name, separator) in [
      ("cluster_group.tsv", "\t"), ("cluster_groups.csv", "\t"), ("cluster_group.csv", ","),
    ] {
      try withTemporaryFolder { (folder) throws in
        try NPY.write(
          frames.map(UInt64.init), shape: [frames.count, 1],
          to: folder.appendingPathComponent("spike_times.npy"))
        try NPY.write(labels.map(Int32.init), to: folder.appendingPathComponent("spike_clusters.npy"))
        let rows = [["cluster_id", "group"], ["1", "good"], ["2", "noise"], ["3", "mua"]]
        let text = rows.map { $0.joined(separator: separator) + "\r\n" }.joined()
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        #expect(try LabelledTimes(at: folder).labels == [1, 1, 3, 1], "\(name)")
      }
    }
  }

  @Test func whatIsNoTruthIsSaid() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("a.plx")
      try Data("PLEX".utf8).write(to: file)
      func sentence(_ url: URL) -> String {
        do {
          _ = try LabelledTimes(at: url, samplingRate: 1)
          return "read"
        } catch {
          return error.description
        }
      }
      #expect(sentence(folder).contains("found a folder with 1 .plx file (a Plexon file), expected a truth"))
      #expect(sentence(file).contains("a file that holds no spikes with units"))
      #expect(sentence(folder.appendingPathComponent("none")).contains("is missing"))
    }
  }

  @Test func unitsMergedInPhyAreNoDamage() throws {
    try withMadeResult { (folder) throws in
      let file = folder.file("spike_clusters.npy")
      let clusters = try NPYArray(contentsOf: file).integers().map { Int32($0 < 2 ? 9 : $0) }
      try NPY.write(clusters, to: file)
      let error = #expect(throws: ResultError.self) { try folder.read() }
      #expect(error?.description.contains("edited in Phy") ?? false)
      #expect(Set(try LabelledTimes(at: folder.url).labels).contains(9))
    }
  }
}
