import Foundation
import TestSupport
import Testing

@testable import Recordings

/// Opens a file cut at every byte, then with seeded bytes changed: it reads, or is refused in one sentence.
///
/// - Parameter open: writes the bytes given and opens the file.
func expectSurvival(
  of bytes: [UInt8], changes: Int = 500, open: ([UInt8]) throws -> any Recording
) throws {
  func check(_ changed: [UInt8], _ what: String) throws {
    do {
      let recording = try open(changed)
      _ = try recording.read(frames: 0..<min(recording.frameCount, 1000))
    } catch let error as RecordingError {
      #expect(!error.description.contains("\n"), "\(what)")
    }
  }
  // A file whose header is long is cut at some of its bytes.
  for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 500)) {
    try check(Array(bytes[..<count]), "cut at \(count)")
  }
  var random = SeededGenerator(seed: 7)
  for change in 0..<changes {
    var changed = bytes
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      changed[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    try check(changed, "change \(change)")
  }
}
