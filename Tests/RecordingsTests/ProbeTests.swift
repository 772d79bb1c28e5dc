import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct ProbeTests {
  private func probe(_ json: String, channels: Int = 8, in folder: URL) throws -> Probe {
    let file = folder.appendingPathComponent("probe.json")
    try Data(json.utf8).write(to: file)
    return try Probe(file: file, channelCount: channels)
  }

  @Test func standardProbes() {
    #expect(Probe.tetrode.groups == [[0, 1, 2, 3]])
    let distances = Probe.tetrode.contacts.flatMap { a in
      Probe.tetrode.contacts.map { b in
        let (dx, dy) = (a.xMicrometers - b.xMicrometers, a.yMicrometers - b.yMicrometers)
        return (dx * dx + dy * dy).squareRoot()
      }
    }
    #expect(distances.max() == 25 * 2.0.squareRoot())
    #expect(
      Probe.standard(channelCount: 9, channelsPerGroup: 4).groups == [[0, 1, 2, 3], [4, 5, 6, 7], [8]])
    #expect(Probe.standard(channelCount: 6).groups == [[0, 1, 2, 3, 4, 5]])
  }

  @Test func wiringShanksAndUnits() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let probe = try probe(
      """
      {"probes": [
        {"si_units": "mm", "contact_positions": [[0, 0], [0, 0.02], [1, 0]], "device_channel_indices": [5, -1, 0],
         "shank_ids": ["b", "b", "a"]},
        {"contact_positions": [[7, 8]], "device_channel_indices": [2], "shank_ids": [3]}]}
      """, in: folder)
    #expect(
      probe.contacts == [
        .init(channel: 0, xMicrometers: 1000, yMicrometers: 0, group: 1),
        .init(channel: 2, xMicrometers: 7, yMicrometers: 8, group: 2),
        .init(channel: 5, xMicrometers: 0, yMicrometers: 0, group: 0),
      ])
    #expect(probe.groups == [[5], [0], [2]])
    #expect(probe.contact(ofChannel: 1) == nil)
    #expect(probe.selecting(channels: [2, 0]).contacts.map(\.yMicrometers) == [8, 0])
  }

  @Test func probesThatDoNotFitAreRefused() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bad = [
      "", "[1, 2", "{}", #"{"probes": []}"#, #"{"probes": [{"contact_positions": [[1]]}]}"#,
      #"{"probes": [{"contact_positions": [[1, 2]], "device_channel_indices": [8]}]}"#,
      #"{"probes": [{"contact_positions": [[1, 2]], "device_channel_indices": [-1]}]}"#,
      #"{"probes": [{"contact_positions": [[1, 2], [3, 4]], "device_channel_indices": [1, 1]}]}"#,
      #"{"probes": [{"contact_positions": [[1, 2], [3, 4]], "device_channel_indices": [1]}]}"#,
      #"{"probes": [{"contact_positions": [[1, 2]], "si_units": "inch"}]}"#,
    ]
    for json in bad { #expect(refusal { _ = try probe(json, in: folder) } != nil, "\(json)") }
  }

  @Test(.enabled(if: samplesFolder() != nil, "the sample recordings are not here"))
  func realProbeFiles() throws {
    let folder = try #require(samplesFolder()).appendingPathComponent("probes")
    let two = try Probe(file: folder.appendingPathComponent("probe_format_example.json"), channelCount: 8)
    #expect(two.groups == [[0, 1, 2, 3], [4, 5, 6, 7]])
    let shanks = try Probe(
      file: folder.appendingPathComponent("library/A4x8-5mm-50-200-177.json"), channelCount: 32)
    #expect(shanks.groups.map(\.count) == [8, 8, 8, 8])
  }
}

@Suite struct SuiteFolderTests {
  @Test func aFolderNeedsNoFlags() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try write([Int16(1), -2, 3, -4], to: folder.appendingPathComponent("x.dat"))
    func meta(_ more: String = "", dtype: String = "int16 little endian") throws {
      try Data(
        #"{"file": "x.dat", "dtype": "\#(dtype)", "sampling_rate_hz": 30000.0, "channels": 2, "gain_uV_per_bit": 0.5\#(more)}"#
          .utf8
      ).write(to: folder.appendingPathComponent("meta.json"))
    }
    try meta(#", "frames": 2"#)
    try Data(#"{"probes": [{"contact_positions": [[1, 2], [3, 4]]}]}"#.utf8)
      .write(to: folder.appendingPathComponent("probe.json"))
    for place in [folder, folder.appendingPathComponent("x.dat")] {
      let recording = try openRecording(at: place)
      #expect(recording.samplingRate == 30000)
      #expect(recording.probe.contacts.map(\.xMicrometers) == [1, 3])
      #expect(try recording.read(frames: 0..<2) == [0.5, -1, 1.5, -2])
      #expect(recording.flatLayout?.file.lastPathComponent == "x.dat")
    }
    let other = try openRecording(
      at: folder, description: RecordingDescription(samplingRate: 15000, microvoltsPerUnit: 2))
    #expect(other.samplingRate == 15000)
    #expect(try other.read(frames: 0..<1) == [2, -4])

    try meta(#", "frames": 3"#)
    // A recording cut short is read as far as it goes.
    #expect(try openRecording(at: folder).notices.count == 1)
    let strict = RecordingDescription(isStrict: true)
    #expect(refusal { _ = try openRecording(at: folder, description: strict) } != nil)
    try meta(dtype: "complex64")
    #expect(refusal { _ = try openRecording(at: folder) }?.description.contains("dtype complex64") == true)
    try Data(#"{"file": "x.dat"}"#.utf8).write(to: folder.appendingPathComponent("meta.json"))
    #expect(refusal { _ = try openRecording(at: folder) }?.description.contains("found no dtype") == true)
  }
}
