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
  private func file(channel: Int, _ entries: [Entry], bitVolts: String = "0.000000030518510385491027") -> Data
  {
    let text = """
      ######## Neuralynx Data File Header
      ## Time Opened (m/d/y): 1/1/2020  (h:m:s.ms) 10:00:00.000
      -FileType NCS
      -RecordSize 1044
      -HardwareSubSystemName AcqSystem1
      -HardwareSubSystemType DigitalLynx
      -AcqEntName CSC\(channel)
      -SamplingFrequency 32000
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

  @Test func channelsNotRecordedTogetherAreRefused() throws {
    let folder = try folder([1], unbroken)
    defer { try? FileManager.default.removeItem(at: folder) }
    var other = unbroken
    other[3].time += 5
    for entries in [other, Array(unbroken.dropLast())] {
      try file(channel: 2, entries).write(to: folder.appendingPathComponent("CSC2.ncs"))
      #expect(throws: RecordingError.self) { try openRecording(at: folder) }
    }
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
