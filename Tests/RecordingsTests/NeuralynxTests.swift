import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct NeuralynxTests {
  /// What is recorded in one record.
  private struct Entry {
    var time: UInt64
    var count = 512
  }

  /// The bytes of a file, as the format's description lays them out.
  private func file(
    channel: Int, _ entries: [Entry], bitVolts: String = "0.000000030518510385491027", rate: Int = 32000
  ) -> Data {
    let text = """
      ######## Neuralynx Data File Header
      ## Time Opened (m/d/y): 1/1/2020  (h:m:s.ms) 10:00:00.000
      -FileType NCS
      -RecordSize 1044
      -HardwareSubSystemName AcqSystem1
      -HardwareSubSystemType DigitalLynx
      -AcqEntName CSC\(channel)
      -SamplingFrequency \(rate)
      -ADMaxValue 32767
      -ADBitVolts \(bitVolts)
      -NumADChannels 1
      -ADChannel \(channel)
      -InputRange 1000
      -InputInverted \(channel == 2 ? "True" : "False")

      """
    var data = Data(text.replacing("\n", with: "\r\n").utf8)
    data.append(Data(count: 16384 - data.count))
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
    for (i, entry) in entries.enumerated() {
      append(entry.time)
      append(UInt32(channel))
      append(UInt32(32000))
      append(UInt32(entry.count))
      for j in 0..<512 { append(Int16(truncatingIfNeeded: (i * 512 + j) * 37 * channel - 9000)) }
    }
    return data
  }

  private func folder(_ channels: [Int], _ entries: [Entry]) throws -> URL {
    let folder = try temporaryFolder("à côté")
    for channel in channels {
      try file(channel: channel, entries).write(to: folder.appendingPathComponent("CSC\(channel).ncs"))
    }
    return folder
  }

  private let unbroken = (0..<6).map { Entry(time: 1_000_000 + 16000 * UInt64($0)) }

  @Test func channelsInTheOrderOfTheirNumbers() throws {
    let folder = try folder([10, 1, 2], unbroken)
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try openRecording(at: folder)
    #expect(recording.files.map(\.lastPathComponent) == ["CSC1.ncs", "CSC2.ncs", "CSC10.ncs"])
    #expect(recording.samplingRate == 32000 && recording.frameCount == 6 * 512)
    #expect(recording.segments == [0..<3072])
    // The second channel is inverted.
    let samples = try recording.read(frames: 700..<701)
    let raw = [1, 2, 10].map { Double(Int16(truncatingIfNeeded: 700 * 37 * $0 - 9000)) }
    #expect(samples == zip(raw, [1.0, -1, 1]).map { Float($0 * ($1 * 1e6 * 0.000000030518510385491027)) })
    #expect(try recording.read(frames: 500..<1030) == Array(recording.read(frames: 0..<3072)[1500..<3090]))
  }

  @Test func gapsPartSegments() throws {
    var entries = unbroken
    entries[2].count = 100
    for i in 4..<6 { entries[i].time += 50_000 }
    let folder = try folder([1], entries)
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try openRecording(at: folder.appendingPathComponent("CSC1.ncs"))
    #expect(recording.segments == [0..<1124, 1124..<1636, 1636..<2660])
    // Records at 1, 1.016, 1.032 (100 samples), 1.048, then 50 ms late.
    let late: Double = 1.032 + 99.0 / 32_000
    let known: [(Int, Double)] = [(0, 1), (1123, late), (1124, 1.048), (1636, 1.114), (2659, 1.145_968_75)]
    for (frame, time) in known {
      #expect(abs(recording.clock.seconds(ofFrame: frame) - time) < 0.5 / 32e3)
    }
  }

  @Test(.enabled(if: neoPython != nil, neoReason)) func sameAsNeo() throws {
    var entries = unbroken
    for i in 4..<6 { entries[i].time += 50_000 }
    for entries in [unbroken, entries] {
      let folder = try folder([1, 2, 3, 4], entries)
      defer { try? FileManager.default.removeItem(at: folder) }
      try expectSameAsNeo(
        try openRecording(at: folder), reader: "NeuralynxRawIO", "dirname=\(folder.path)",
        "gap_tolerance_ms=0.1")
    }
  }

  /// Channels 1 and 2, the second of other records.
  private func pair(_ other: [Entry], in folder: URL) throws -> any Recording {
    try file(channel: 1, unbroken).write(to: folder.appendingPathComponent("CSC1.ncs"))
    try file(channel: 2, other).write(to: folder.appendingPathComponent("CSC2.ncs"))
    return try openRecording(at: folder)
  }

  @Test func clocksThatDifferByLessThanASample() throws {
    try withTemporaryFolder { (folder) throws in
      let other = unbroken.enumerated().map { Entry(time: $1.time + UInt64($0 % 2)) }
      let recording = try pair(other, in: folder)
      #expect(recording.frameCount == 3072 && recording.gaps.isEmpty && recording.notices == [])
    }
  }

  @Test func recordsThatOneChannelLacks() throws {
    try withTemporaryFolder { (folder) throws in
      let whole = try pair(unbroken, in: folder)
      let all = try whole.read(frames: 0..<3072)
      // At the end, at the beginning, in the middle.
      for lost in [5, 0, 2] {
        var other = unbroken
        other.remove(at: lost)
        let path = folder.appendingPathComponent("CSC2.ncs")
        var bytes = file(channel: 2, unbroken)
        bytes.removeSubrange(16384 + 1044 * lost..<16384 + 1044 * (lost + 1))
        try bytes.write(to: path)
        let recording = try openRecording(at: folder)
        let kept = (0..<6).filter { $0 != lost }
        #expect(recording.frameCount == 5 * 512)
        #expect(
          try recording.read(frames: 0..<2560) == kept.flatMap { Array(all[1024 * $0..<1024 * ($0 + 1)]) })
        #expect(recording.gaps.map(\.frame) == (lost == 2 ? [1024] : []))
        #expect(recording.notices.count == 1 && recording.notices[0].contains("CSC1.ncs: 1 of 6 records"))
        #expect(abs((recording.clockStart ?? 0) - (lost == 0 ? 1.016 : 1)) < 1e-6)
        #expect(
          refusal {
            _ = try openRecording(at: folder, description: RecordingDescription(isStrict: true))
          }?.description.contains("CSC1.ncs: 1 of 6 records") == true)
      }
      let few = refusal { _ = try pair(Array(unbroken.prefix(2)), in: folder) }
      #expect(few?.description.contains("CSC2.ncs: found 2 records") == true, "\(few?.description ?? "")")
    }
  }

  @Test func theFastestFilesAreRead() throws {
    try withTemporaryFolder { (folder) throws in
      _ = try pair(unbroken, in: folder)
      let slow = folder.appendingPathComponent("LFP3.ncs")
      try file(channel: 3, unbroken, rate: 2000).write(to: slow)
      try file(channel: 4, []).write(to: folder.appendingPathComponent("CSC4.ncs"))
      let recording = try openRecording(at: folder)
      #expect(recording.samplingRate == 32000 && recording.channelCount == 2)
      #expect(recording.notices.count == 2)
      #expect(recording.notices.contains { $0.contains("LFP3.ncs: left out, as sampled at 2000.0 Hz") })
      #expect(recording.notices.contains { $0.contains("CSC4.ncs: left out, as without a record") })
      #expect(try openRecording(at: slow).samplingRate == 2000)
    }
  }

  @Test func namedFilesAreChannelsWhereTheirTimesAreOne() throws {
    let folder = try folder([1, 2, 3, 4], unbroken)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = (1...4).map { folder.appendingPathComponent("CSC\($0).ncs") }
    let recording = try openRecording(at: files)
    #expect(recording.channelCount == 4 && recording.frameCount == 3072)
    #expect(recording.format == "Neuralynx" && recording.notices == [])
    let turned = try openRecording(at: [files[2], files[0]])
    #expect(turned.files == [files[2], files[0]])
    let twice = refusal { _ = try openRecording(at: [files[0], files[1], files[0]]) }
    #expect(twice?.description.contains("the same bytes") == true)
    let beside = refusal { _ = try openRecording(at: [folder, files[1]]) }
    #expect(beside?.description.contains("another input") == true, "\(beside?.description ?? "")")
    // A pause with new files: the same channels, later.
    let later = unbroken.map { Entry(time: $0.time + 60_000_000) }
    for channel in 1...4 {
      try file(channel: channel, later).write(
        to: folder.appendingPathComponent("CSC\(channel)_0001.ncs"))
    }
    let both = try openRecording(at: folder)
    #expect(both.channelCount == 4 && both.segments == [0..<3072, 3072..<6144] && both.notices == [])
    let other = folder.appendingPathComponent("CSC5_0001.ncs")
    try file(channel: 5, later).write(to: other)
    let mixed = refusal { _ = try openRecording(at: [files[0], other]) }
    #expect(mixed?.description.contains("the channels CSC5") == true, "\(mixed?.description ?? "")")
  }

  @Test func survivesChangedFiles() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("CSC1.ncs")
    let whole = [UInt8](file(channel: 1, unbroken))
    // The text, and the records without the blank between.
    let textCount = 480
    try expectSurvival(of: Array(whole[..<textCount] + whole[16384...])) { bytes in
      let head = bytes.prefix(textCount)
      let blank = [UInt8](repeating: 0, count: bytes.count < textCount ? 0 : 16384 - textCount)
      try Data(head + blank + bytes.dropFirst(textCount)).write(to: path)
      return try openRecording(at: path)
    }
  }
}
