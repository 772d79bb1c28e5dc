import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

/// A recording that says of itself what a test wants, its samples its first number and the channels' names.
private struct Made: Recording {
  var label: Int
  var names: [String]? = ["A", "B"]
  var clockStart: Double?
  var clockName: String?
  var start: String?
  var frameCount = 100
  let samplingRate = 10.0
  let gain: Gain? = nil

  var channelCount: Int { names?.count ?? 2 }
  var probe: Probe { .standard(channelCount: channelCount) }
  var files: [URL] { [] }
  var session: RecordingSession? { start.map { RecordingSession(start: $0) } }
  var origin: RecordingOrigin { RecordingOrigin(channelNames: names, clock: clockName) }

  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    for i in samples.indices { samples[i] = Float(10 * label + i % channelCount) }
  }
}

/// Whether several inputs are one recording in time, by what they say of themselves.
@Suite struct JoinedInputsTests {
  /// The labels of joined recordings in their order, and what was noticed.
  private func order(_ parts: [Made]) throws -> (labels: [Int], notices: [String]) {
    let whole = try joined(parts)
    var labels: [Int] = []
    for segment in whole.segments {
      labels.append(Int(try whole.read(frames: segment.lowerBound..<segment.lowerBound + 1)[0]) / 10)
    }
    return (labels, whole.notices)
  }

  private func sentence(_ parts: [Made]) -> String {
    refusal { _ = try joined(parts) }?.description ?? "accepted"
  }

  @Test func clocksGoBeforeTheOrderGiven() throws {
    let turned = try order([Made(label: 2, clockStart: 50), Made(label: 1, clockStart: 30)])
    #expect(turned.labels == [1, 2] && turned.notices.count == 1)
    #expect(turned.notices[0].contains("in the order of their clocks"))
    let straight = try order([Made(label: 1, clockStart: 30), Made(label: 2, clockStart: 50)])
    #expect(straight.labels == [1, 2] && straight.notices == [])
  }

  @Test func datesGoBeforeClocks() throws {
    // The recorder was started anew in between.
    let parts = [
      Made(label: 2, clockStart: 5, start: "2024-03-01T12:00:00"),
      Made(label: 1, clockStart: 500, start: "2024-02-29T23:59:00"),
    ]
    #expect(try order(parts).labels == [1, 2])
    // Dates with zones are compared as moments.
    let zones = [
      Made(label: 2, start: "2024-03-01T12:00:00+02:00"), Made(label: 1, start: "2024-03-01T11:30:00+05:00"),
    ]
    #expect(try order(zones).labels == [1, 2])
  }

  @Test func sharedTimeIsRefused() throws {
    let said = sentence([Made(label: 1, clockStart: 30), Made(label: 2, clockStart: 35)])
    #expect(said.contains("35.0–45.0 s of its clock") && said.contains("expected recordings that follow"))
    // One clock is meant where both name it, though it says 0.
    let one = sentence([
      Made(label: 1, clockStart: 0, clockName: "experiment1"),
      Made(label: 2, clockStart: 0, clockName: "experiment1"),
    ])
    #expect(one.contains("follow one another"))
    let date = "2024-03-01T12:00:00"
    #expect(
      sentence([Made(label: 1, clockStart: 0, start: date), Made(label: 2, clockStart: 0, start: date)])
        .contains("follow one another"))
  }

  @Test func clocksThatBeginAnewAreToldOf() throws {
    let anew = try order([Made(label: 1, clockStart: 0), Made(label: 2, clockStart: 0)])
    #expect(anew.labels == [1, 2] && anew.notices.count == 1 && anew.notices[0].contains("begins anew"))
    // Those of two experiments have nothing to do with one another.
    let apart = try order([
      Made(label: 1, clockStart: 90, clockName: "experiment1"),
      Made(label: 2, clockStart: 20, clockName: "experiment2"),
    ])
    #expect(apart.labels == [1, 2] && apart.notices == [])
    // By the date alone, which may be wrong.
    let dated = try order([
      Made(label: 1, start: "2024-03-01T12:00:00"), Made(label: 2, start: "2024-03-01T12:00:04"),
    ])
    #expect(dated.notices.count == 1 && dated.notices[0].contains("by its date"))
    let nothing = try order([Made(label: 2), Made(label: 1)])
    #expect(nothing.labels == [2, 1] && nothing.notices == [])
  }

  @Test func channelsAreAlignedOrRefused() throws {
    let whole = try joined([
      Made(label: 1, names: ["A", "B", "C"]), Made(label: 2, names: ["C", "A", "B"]),
    ])
    #expect(try whole.read(frames: 99..<101) == [10, 11, 12, 21, 22, 20])
    #expect(whole.notices.count == 1 && whole.notices[0].contains("channels C, A, B"))
    let said = sentence([Made(label: 1), Made(label: 2, names: ["A", "X"])])
    #expect(said.contains("the channels A, X") && said.contains("A, B"))
    #expect(try order([Made(label: 1), Made(label: 2, names: nil)]).labels == [1, 2])
  }

  // MARK: Files

  private let flat = RecordingDescription(samplingRate: 1000, channelCount: 2)

  private func flatFiles(_ names: [String], in folder: URL) throws -> [URL] {
    try names.enumerated().map { i, name in
      let url = folder.appendingPathComponent(name)
      try write((0..<200).map { Int16($0 + 7 * i) }, to: url)
      return url
    }
  }

  @Test func theSameSamplesTwiceAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      let files = try flatFiles(["a.dat", "b.dat"], in: folder)
      let link = folder.appendingPathComponent("link.dat")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: files[0])
      let hard = folder.appendingPathComponent("hard.dat")
      try FileManager.default.linkItem(at: files[0], to: hard)
      let copy = folder.appendingPathComponent("copy.dat")
      try FileManager.default.copyItem(at: files[0], to: copy)
      for (again, word) in [
        (files[0], "another input"), (link, "another input"), (hard, "another input"), (copy, "same bytes"),
      ] {
        let said = refusal { _ = try openRecording(at: [files[0], files[1], again], description: flat) }
        #expect(
          said?.description.contains(word) == true, "\(again.lastPathComponent): \(said?.description ?? "")")
      }
      #expect(try openRecording(at: files, description: flat).frameCount == 200)
    }
  }

  @Test func namesThatCountOtherwiseAreToldOf() throws {
    try withTemporaryFolder { (folder) throws in
      let files = try flatFiles(["r1.dat", "r10.dat", "r2.dat"], in: folder)
      let doubtful = try openRecording(at: files, description: flat)
      #expect(doubtful.files == files && doubtful.notices.count == 1)
      #expect(doubtful.notices[0].contains("their names count otherwise"))
      var strict = flat
      strict.isStrict = true
      let said = refusal { _ = try openRecording(at: files, description: strict) }?.description
      #expect(said?.hasSuffix("refused, as isStrict asks for the whole") == true)
      let clear = try openRecording(at: [files[0], files[2], files[1]], description: flat)
      #expect(clear.notices == [])
    }
  }

  private func openEphys(_ names: [String], first: Int64, frames: Int = 30, in folder: URL) throws {
    let place = folder.appendingPathComponent("continuous/A-100.B")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let channels = names.map { "{\"channel_name\": \"\($0)\", \"bit_volts\": 1}" }.joined(separator: ",")
    try Data(
      """
      {"continuous": [{"folder_name": "A-100.B/", "sample_rate": 1000, "num_channels": \(names.count),
      "channels": [\(channels)]}]}
      """.utf8
    ).write(to: folder.appendingPathComponent("structure.oebin"))
    try write(
      (0..<frames * names.count).map { Int16(Int(first) + $0 % names.count) },
      to: place.appendingPathComponent("continuous.dat"))
    try NPY.write(
      (0..<Int64(frames)).map { first + $0 }, shape: [frames],
      to: place.appendingPathComponent("sample_numbers.npy"))
  }

  @Test func recordNodesHoldTheSameTime() throws {
    try withTemporaryFolder { (folder) throws in
      let nodes = [101, 105].map { folder.appendingPathComponent("Record Node \($0)") }
      for (i, node) in nodes.enumerated() {
        try openEphys(
          ["CH1", "CH2"], first: 500, frames: 30 + i,
          in: node.appendingPathComponent("experiment1/recording1"))
      }
      let said = refusal { _ = try openRecording(at: folder) }?.description ?? "accepted"
      #expect(
        said.contains("found Record Node 101 and Record Node 105") && said.contains("one of them named"))
      #expect(try openRecording(at: nodes[1]).frameCount == 31)
      let both = refusal { _ = try openRecording(at: nodes) }?.description ?? "accepted"
      #expect(both.contains("follow one another"), "\(both)")
    }
  }

  @Test func experimentsWithOtherChannels() throws {
    try withTemporaryFolder { (folder) throws in
      let node = folder.appendingPathComponent("Record Node 101")
      let places = [1, 2].map { node.appendingPathComponent("experiment\($0)/recording1") }
      try openEphys(["CH1", "CH2", "CH3"], first: 0, in: places[0])
      try openEphys(["CH1", "CH3", "CH2"], first: 7, in: places[1])
      let recording = try openRecording(at: folder)
      #expect(try recording.read(frames: 29..<31) == [0, 1, 2, 7, 9, 8])
      #expect(recording.notices.count == 1 && recording.notices[0].contains("CH1, CH3, CH2"))
      try openEphys(["CH5", "CH6", "CH7"], first: 7, in: places[1])
      let said = refusal { _ = try openRecording(at: folder) }?.description ?? "accepted"
      #expect(said.contains("the channels CH5, CH6, CH7"))
      // Recordings of one experiment named in another order.
      let later = node.appendingPathComponent("experiment1/recording2")
      try openEphys(["CH1", "CH2", "CH3"], first: 900, in: later)
      let turned = try openRecording(at: [later, places[0]])
      #expect(try turned.read(frames: 0..<1) == [0, 1, 2] && turned.notices.count == 1)
      // A folder beside a recording in it.
      let twice = refusal { _ = try openRecording(at: [node.appendingPathComponent("experiment1"), later]) }
      #expect(twice?.description.contains("another input") == true)
    }
  }
}
