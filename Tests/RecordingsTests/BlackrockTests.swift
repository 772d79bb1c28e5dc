import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct BlackrockTests {
  private static func value(_ frame: Int, _ channel: Int) -> Int16 {
    Int16(truncatingIfNeeded: 37 * frame + 4001 * channel)
  }

  private static func samples(_ frames: Range<Int>, channels: Int, _ writer: inout ByteWriter) {
    for frame in frames { for channel in 0..<channels { writer.append(value(frame, channel)) } }
  }

  /// Specification 2.1: two electrodes.
  private func bare(frames: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.append("NEURALSG", width: 8)
    writer.append("30 kS/s", width: 16)
    for number in [1, 2, 7, 9] as [UInt32] { writer.append(number) }
    Self.samples(0..<frames, channels: 2, &writer)
    return writer.bytes
  }

  /// A `.nev` of specification 2.1 that gives the electrodes' gains.
  private func events() -> [UInt8] {
    var writer = ByteWriter()
    writer.append("NEURALEV", width: 8)
    writer.bytes += [2, 1]
    writer.append(UInt16(1))
    for number in [336 + 3 * 32, 104, 30000, 30000] as [UInt32] { writer.append(number) }
    for _ in 0..<8 { writer.append(UInt16(1)) }
    writer.append("test", width: 32)
    writer.append("", width: 256)
    writer.append(UInt32(3))
    for (electrode, factor) in [(7, 250), (9, 21516)] as [(UInt16, UInt16)] {
      writer.append("NEUEVWAV", width: 8)
      writer.append(electrode)
      writer.bytes += [1, 1]
      writer.append(factor)
      for _ in 0..<9 { writer.append(UInt16(0)) }
    }
    writer.append("NEUEVLBL", width: 8)
    writer.append(UInt16(7))
    writer.append("a label", width: 22)
    return writer.bytes
  }

  /// Specifications 2.2 to 3.0: two electrodes and an analogue input, the header's part.
  private func header(version: [UInt8], resolution: UInt32 = 30000, units: [String] = ["uV", "uV", "mV"])
    -> ByteWriter
  {
    var writer = ByteWriter()
    writer.append(version[0] == 3 ? "BRSMPGRP" : "NEURALCD", width: 8)
    writer.bytes += version
    writer.append(UInt32(314 + 66 * units.count))
    writer.append("30 kS/s", width: 16)
    writer.append("ein Kommentar", width: 256)
    for number in [1, resolution] as [UInt32] { writer.append(number) }
    for _ in 0..<8 { writer.append(UInt16(1)) }
    writer.append(UInt32(units.count))
    for (channel, unit) in units.enumerated() {
      writer.append("CC", width: 2)
      writer.append(UInt16(channel + 1))
      writer.append("chan\(channel + 1)", width: 16)
      writer.bytes += [1, UInt8(channel)]
      for number in [-32764, 32764, -8191, 8191 - 1000 * channel] { writer.append(Int16(number)) }
      writer.append(unit, width: 16)
      for _ in 0..<2 {
        for number in [250, 1] as [UInt32] { writer.append(number) }
        writer.append(UInt16(1))
      }
    }
    return writer
  }

  /// Blocks of so many frames, with a pause of a second between.
  private func blocks(_ counts: [Int], version: [UInt8], units: [String] = ["uV", "uV", "mV"]) -> [UInt8] {
    var writer = header(version: version, units: units)
    var start = 0
    for (block, count) in counts.enumerated() {
      writer.append(UInt8(1))
      let time = start + 30000 * block
      if version[0] == 3 { writer.append(UInt64(time)) } else { writer.append(UInt32(time)) }
      writer.append(UInt32(count))
      Self.samples(start..<start + count, channels: units.count, &writer)
      start += count
    }
    return writer.bytes
  }

  /// Specification 3.0 with a clock of nanoseconds: every frame has its time, and some are lost before `gap`.
  private func stamped(frames: Int, gap: Int? = nil) -> [UInt8] {
    var writer = header(version: [3, 0], resolution: 1_000_000_000, units: ["uV", "uV"])
    for frame in 0..<frames {
      writer.append(UInt8(1))
      let place = frame + (gap.map { frame >= $0 } ?? false ? 40 : 0)
      writer.append(UInt64(1_700_000_000_000_000_000 + place * 33333))
      writer.append(UInt32(1))
      Self.samples(frame..<frame + 1, channels: 2, &writer)
    }
    return writer.bytes
  }

  private func write(_ bytes: [UInt8], in folder: URL, ending: String = "ns6") throws -> URL {
    let file = folder.appendingPathComponent("séance 4.\(ending)")
    try Data(bytes).write(to: file)
    return file
  }

  private func stem(_ file: URL) -> String { "filename=" + file.deletingPathExtension().path }

  @Test func bareSamples() throws {
    try withTemporaryFolder { (folder) throws in
      let file = try write(bare(frames: 100), in: folder, ending: "ns5")
      let plain = try openRecording(at: file)
      #expect(plain.gain == nil && plain.samplingRate == 30000 && plain.frameCount == 100)
      #expect(plain.format == "Blackrock 2.1")
      #expect(try plain.read(frames: 3..<4) == [Float(Self.value(3, 0)), Float(Self.value(3, 1))])
      _ = try write(events(), in: folder, ending: "nev")
      #expect(try openRecording(at: file).gain?.microvoltsPerUnit == [0.25, 152.592547])
    }
  }

  @Test(arguments: [[2, 2], [2, 3], [3, 0]] as [[UInt8]]) func pausesPartBlocks(_ version: [UInt8]) throws {
    try withTemporaryFolder { (folder) throws in
      let bytes = blocks([500, 0, 300], version: version)
      for url in [try write(bytes, in: folder), folder] {
        let recording = try openRecording(at: url)
        #expect(recording.channelCount == 2 && recording.segments == [0..<500, 500..<800])
        #expect(recording.format == "Blackrock \(version[0]).\(version[1])")
        // The third block begins two seconds late; the file stays one input.
        #expect(abs(recording.clock.seconds(ofFrame: 500) - (500.0 / 30000 + 2)) < 1e-9)
        #expect(recording.inputs.count == 1)
        // 16382 µV, or 15382, over 65528 steps.
        let gains = [16382.0 / 65528, 15382.0 / 65528]
        #expect(recording.gain?.microvoltsPerUnit == gains)
        let samples = try recording.read(frames: 499..<501)
        for (i, sample) in samples.enumerated() {
          let (frame, channel) = (499 + i / 2, i % 2)
          let expected = -8191 + (Double(Self.value(frame, channel)) + 32764) * gains[channel]
          #expect(abs(Double(sample) - expected) < 1e-3)
        }
      }
    }
  }

  @Test func lostFramesAreGaps() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try openRecording(at: write(stamped(frames: 200, gap: 77), in: folder))
      #expect(recording.segments == [0..<77, 77..<200] && recording.channelCount == 2)
      for frame in [0, 76, 77, 199] {
        let time = 1.7e9 + Double(frame < 77 ? frame : frame + 40) * 33333e-9
        #expect(abs(recording.clock.seconds(ofFrame: frame) - time) < 0.5 / 30000)
      }
    }
  }

  @Test(.enabled(if: neoPython != nil, neoReason)) func sameAsNeo() throws {
    for version in [[2, 2], [2, 3], [3, 0]] as [[UInt8]] {
      try withTemporaryFolder { (folder) throws in
        let file = try write(blocks([400, 300], version: version), in: folder)
        try expectSameAsNeo(
          try openRecording(at: file), reader: "BlackrockRawIO", channels: 0..<2, stem(file))
      }
    }
    try withTemporaryFolder { (folder) throws in
      let file = try write(stamped(frames: 300, gap: 100), in: folder)
      try expectSameAsNeo(
        try openRecording(at: file), reader: "BlackrockRawIO", stem(file), "gap_tolerance_ms=0")
    }
  }

  /// Neo leaves the last frame of such a file out.
  @Test(.enabled(if: samplesFolder() != nil && neoPython != nil, neoReason)) func sampleSameAsNeo() throws {
    try withTemporaryFolder { (folder) throws in
      let sample = try #require(samplesFolder()).appendingPathComponent("blackrock_ndr/example_2.ns2")
      let file = try write(Array(try Data(contentsOf: sample)), in: folder, ending: "ns2")
      _ = try write(
        Array(
          try Data(contentsOf: sample.deletingLastPathComponent().appendingPathComponent("example_1.nev"))),
        in: folder, ending: "nev")
      let recording = try openRecording(at: file)
      #expect(recording.channelCount == 6 && recording.samplingRate == 1000 && recording.frameCount == 3641)
      try expectSameAsNeo(recording, reader: "BlackrockRawIO", dropped: 1, stem(file))
    }
  }

  @Test func survivesChangedFiles() throws {
    for bytes in [bare(frames: 20), blocks([9, 4], version: [2, 3]), stamped(frames: 20)] {
      try withTemporaryFolder { (folder) throws in
        try expectSurvival(of: bytes, changes: 1000) { try openRecording(at: write($0, in: folder)) }
      }
    }
    try withTemporaryFolder { (folder) throws in
      let file = try write(bare(frames: 20), in: folder)
      try expectSurvival(of: events(), changes: 1000) {
        _ = try write($0, in: folder, ending: "nev")
        return try openRecording(at: file)
      }
    }
  }
}
