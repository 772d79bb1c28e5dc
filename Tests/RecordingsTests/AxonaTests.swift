import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct AxonaTests {
  /// Tetrodes 1 and 2 were recorded.
  private let settings = """
    trial_date Thursday, 31 Oct 2013
    trial_time 17:20:11
    ADC_fullscale_mv 1500
    rawRate 48000
    collectMask_1 1
    collectMask_2 1
    collectMask_3 0

    """ + (0..<64).map { "gain_ch_\($0) \(5000 + 100 * $0)\n" }.joined()

  /// Where the description of the format puts the channels 0 to 7 of a frame, and those of tetrode 3 to 6.
  private let places = [
    32, 33, 34, 35, 36, 37, 38, 39, 0, 1, 2, 3, 4, 5, 6, 7, 40, 41, 42, 43, 44, 45, 46, 47,
  ]

  /// Packets whose sample at a place of a frame is told by both.
  private func packets(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { packet in
      var bytes = [UInt8](repeating: 0xaa, count: 32)
      for value in 0..<192 {
        let sample = UInt16(truncatingIfNeeded: (3 * packet * 64 + value) * 13 - 1000)
        bytes += [UInt8(sample & 0xff), UInt8(sample >> 8)]
      }
      return bytes + [UInt8](repeating: 0x55, count: 16)
    }
  }

  private func write(_ bytes: [UInt8], _ settings: String, in folder: URL) throws -> URL {
    let file = folder.appendingPathComponent("dag 1 (ø).bin")
    try Data(bytes).write(to: file)
    try Data(settings.utf8).write(to: file.deletingPathExtension().appendingPathExtension("set"))
    return file
  }

  @Test func everyTetrodeIsAGroup() throws {
    try withTemporaryFolder { (folder) throws in
      let file = try write(packets(1000), settings, in: folder)
      for url in [file, file.deletingPathExtension().appendingPathExtension("set")] {
        let recording = try openRecording(at: url)
        #expect(recording.frameCount == 3000 && recording.samplingRate == 48000)
        #expect(recording.probe.groups == [[0, 1, 2, 3], [4, 5, 6, 7]])
        for frame in [0, 1, 2, 3, 1901, 2999] {
          let samples = try recording.read(frames: frame..<frame + 1)
          for channel in 0..<8 {
            let raw = Int16(truncatingIfNeeded: (frame * 64 + places[channel]) * 13 - 1000)
            let gain = 1000.0 * 1500 / 32768 / Double(5000 + 100 * channel)
            #expect(samples[channel] == Float(Double(raw) * gain))
          }
        }
        #expect(try recording.read(frames: 0..<3000).suffix(800) == recording.read(frames: 2900..<3000)[...])
      }
    }
  }

  /// Packets are numbered; those that are missing are gaps, and a counter that began anew is one of unknown length.
  @Test func missingPacketsAreGaps() throws {
    try withTemporaryFolder { (folder) throws in
      let numbers = Array(16000..<16010) + Array(16050..<16060) + Array(3..<8)
      var bytes = packets(numbers.count)
      for (i, number) in numbers.enumerated() {
        let head = Array("ADU1".utf8) + (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        bytes.replaceSubrange(432 * i..<432 * i + 8, with: head)
      }
      let recording = try openRecording(at: write(bytes, settings, in: folder))
      #expect(recording.segments == [0..<30, 30..<60, 60..<75])
      #expect(recording.gaps.map(\.seconds) == [120.0 / 48000, nil])
      for (frame, place) in [(0, 48000.0), (29, 48029), (30, 48150), (59, 48179)] {
        #expect(abs(recording.clock.seconds(ofFrame: frame) * 48000 - place) < 1e-6)
      }
    }
  }

  @Test func laterTetrodes() throws {
    try withTemporaryFolder { (folder) throws in
      let later = settings.replacing("collectMask_1 1", with: "collectMask_1 0")
        .replacing("collectMask_2 1", with: "collectMask_2 0").replacing(
          "collectMask_3 0", with: "collectMask_3 1")
      let recording = try openRecording(at: write(packets(2), later, in: folder))
      let samples = try recording.read(frames: 0..<1)
      for (i, channel) in (8..<12).enumerated() {
        let gain = 1000.0 * 1500 / 32768 / Double(5000 + 100 * channel)
        #expect(samples[i] == Float(Double(places[channel] * 13 - 1000) * gain))
      }
    }
  }

  @Test(.enabled(if: neoPython != nil, neoReason)) func sameAsNeo() throws {
    try withTemporaryFolder { (folder) throws in
      // Neo's first channels are always those of tetrode 1.
      let file = try write(packets(40), settings, in: folder)
      try expectSameAsNeo(try openRecording(at: file), reader: "AxonaRawIO", "filename=\(file.path)")
    }
  }

  @Test func survivesChangedFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try expectSurvival(of: packets(2)) { try openRecording(at: write($0, settings, in: folder)) }
      try expectSurvival(of: Array(settings.utf8)) {
        try openRecording(at: write(packets(2), String(decoding: $0, as: UTF8.self), in: folder))
      }
    }
  }
}
