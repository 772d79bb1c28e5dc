import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct MDAFileTests {
  /// What SpikeInterface 0.105.3 writes for two channels of frames (1, -2), (3, -4), (32767, -32768).
  private let golden: [UInt8] = [
    252, 255, 255, 255, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 0, 254, 255, 3, 0, 252, 255, 255,
    127, 0, 128,
  ]
  private let rate = RecordingDescription(samplingRate: 30000)

  private func open(_ bytes: [UInt8], in folder: URL) throws -> any Recording {
    let file = folder.appendingPathComponent("après midi.mda")
    try Data(bytes).write(to: file)
    return try openRecording(at: file, description: rate)
  }

  @Test func readsWhatSpikeInterfaceWrites() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try open(golden, in: folder)
    #expect(recording.channelCount == 2)
    #expect(try recording.read(frames: 0..<3) == [1, -2, 3, -4, 32767, -32768])
    #expect(try recording.read(frames: 1..<2) == [3, -4])
  }

  @Test func longDimensions() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let header: [UInt8] = [
      0xfd, 0xff, 0xff, 0xff, 4, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0,
      0,
    ]
    let recording = try open(header + [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], in: folder)
    #expect(try recording.read(frames: 0..<2) == [1, -2])
  }

  @Test func everyTruncationIsRefusedOrToldOf() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for count in 0..<24 {
      #expect(throws: RecordingError.self) { try open(Array(golden[..<count]), in: folder) }
    }
    for count in 24..<golden.count {
      #expect(try open(Array(golden[..<count]), in: folder).notices.count == 1)
    }
  }

  @Test func everyFlippedBitOfTheHeaderIsRefusedOrToldOf() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for bit in 0..<(8 * 20) {
      var bytes = golden
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      // A header that promises more than there is may be that of a file cut short.
      let recording = try? open(bytes, in: folder)
      #expect(recording?.notices.count ?? 1 == 1)
    }
  }
}
