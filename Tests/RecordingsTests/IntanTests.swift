import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct IntanTests {
  /// A small file of version 1.3, written from the format's description: two amplifier channels (and one that is
  /// switched off), an auxiliary input, a supply voltage, a temperature sensor and digital inputs.
  private func file(blocks: Int, gapBeforeBlock: Int? = nil) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
    }
    func append(_ text: String) {
      append(UInt32(2 * text.utf16.count))
      for unit in text.utf16 { append(unit) }
    }
    append(UInt32(0xc691_2702))
    for number in [1, 3] { append(Int16(number)) }
    append(Float(20000).bitPattern)
    append(Int16(1))
    for _ in 0..<6 { append(Float(1).bitPattern) }
    append(Int16(0))
    for _ in 0..<2 { append(Float(1000).bitPattern) }
    append("nœud")
    append(UInt32.max)
    append("")
    for number in [1, 0, 2] { append(Int16(number)) }  // sensors, board mode, ports
    append("Port A")
    append("A")
    for number in [1, 6, 3] { append(Int16(number)) }
    let channels = [(0, 1), (0, 0), (0, 1), (1, 1), (2, 1), (4, 1)]
    for (place, (kind, isEnabled)) in channels.enumerated() {
      append("A-00\(place)")
      append("own")
      for number in [0, 0, kind, isEnabled, 0, 0, 0, 0, 0, 0] { append(Int16(number)) }
      for _ in 0..<2 { append(Float(0).bitPattern) }
    }
    append("Port B")
    append("B")
    for number in [0, 0, 0] { append(Int16(number)) }
    for block in 0..<blocks {
      let late = gapBeforeBlock.map { block >= $0 } ?? false
      for i in 0..<60 { append(Int32(60 * block + i + (late ? 600 : 0))) }
      for channel in 0..<2 {
        for i in 0..<60 { append(UInt16(32768 + 100 * channel - 60 * block - i)) }
      }
      for i in 0..<(15 + 1 + 1 + 60) { append(UInt16(i)) }
    }
    return bytes
  }

  private func open(_ bytes: [UInt8], in folder: URL) throws -> any Recording {
    let file = folder.appendingPathComponent("sonde à 2.rhd")
    try Data(bytes).write(to: file)
    return try openRecording(at: file)
  }

  @Test func amplifiersAlone() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try open(file(blocks: 4), in: folder)
      #expect(recording.channelCount == 2 && recording.frameCount == 240)
      #expect(recording.samplingRate == 20000 && recording.segments == [0..<240])
      let samples = try recording.read(frames: 59..<61)
      let expected: [Double] = [-59, 41, -60, 40]
      for (sample, steps) in zip(samples, expected) { #expect(abs(Double(sample) - 0.195 * steps) < 1e-5) }
    }
  }

  @Test func gapsPartSegments() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try open(file(blocks: 4, gapBeforeBlock: 3), in: folder)
      #expect(recording.segments == [0..<180, 180..<240])
    }
  }

  @Test(.enabled(if: samplesFolder() != nil && neoPython != nil, neoReason)) func sameAsNeo() throws {
    let file = try #require(samplesFolder()).appendingPathComponent("intan_rhd/sampledata_v1.rhd")
    try expectSameAsNeo(try openRecording(at: file), reader: "IntanRawIO", "filename=\(file.path)")
  }

  /// Neo 0.14.6 fails on this one.
  @Test(.enabled(if: samplesFolder() != nil, "the sample recordings are not here (set SPIKESORT_SAMPLES)"))
  func olderSample() throws {
    let file = try #require(samplesFolder()).appendingPathComponent("intan_rhd/sampledata_v2.rhd")
    let recording = try openRecording(at: file)
    #expect(recording.samplingRate == 20000 && recording.frameCount % 60 == 0)
    #expect(try recording.read(frames: 0..<1000).allSatisfy { abs($0) <= 6400 })
  }

  @Test func survivesChangedFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try expectSurvival(of: file(blocks: 2), changes: 2000) { try open($0, in: folder) }
    }
  }
}
