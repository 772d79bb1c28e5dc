import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

/// The Python with Neo that `scripts/test` makes; nil where it could not.
let neoPython = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// The reason of a test that is skipped without it.
let neoReason: Comment = "SPIKESORT_PYTHON names no Python with Neo"

/// Runs a script of `Scripts` with that Python.
func runPython(_ script: String, _ arguments: [String]) throws {
  let path = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/\(script)").path
  let outcome = try RunningCommand(try #require(neoPython), [path] + arguments).wait()
  try #require(outcome.status == 0, "\(outcome.errors)")
}

/// Holds a recording against what Neo reads of the same file, sample for sample.
///
/// - Parameters:
///   - channels: which of Neo's channels the recording's are, all by default.
///   - dropped: how many frames at the end Neo leaves out.
///   - arguments: what Neo's reader is made with, as `name=value`.
func expectSameAsNeo(
  _ recording: any Recording, reader: String, stream: Int = 0, channels: Range<Int>? = nil, dropped: Int = 0,
  _ arguments: String...
) throws {
  try expectSame(recording, channels: channels, dropped: dropped) { output in
    try runPython("neo_samples.py", [reader, String(stream), output.path] + arguments)
  }
}

/// Holds a recording against an array of frames × channels that another program writes.
func expectSame(
  _ recording: any Recording, channels: Range<Int>? = nil, dropped: Int = 0, _ write: (URL) throws -> Void
) throws {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let output = folder.appendingPathComponent("theirs.npy")
  try write(output)
  let array = try NPYFile(output)
  let columns = channels ?? 0..<array.shape[1]
  try #require(
    array.shape[0] + dropped == recording.frameCount && columns.count == recording.channelCount,
    "\(array.shape)")
  let theirs = try array.read(rows: 0..<array.shape[0]).doubles()
  let ours = try recording.read(frames: 0..<array.shape[0])
  let differing = ours.indices.first { i in
    let (frame, column) = i.quotientAndRemainder(dividingBy: columns.count)
    let value = theirs[frame * array.shape[1] + columns.lowerBound + column]
    // Neo rounds gains to single precision here and there, and samples are floats here.
    return abs(Double(ours[i]) - value) > 4e-7 * abs(value) + 1e-9
  }
  #expect(differing == nil, "sample \(differing ?? 0)")
}

/// Bytes written one value after the other, little endian.
struct ByteWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
  }

  mutating func append(_ value: Float) { append(value.bitPattern) }

  /// A text in so many bytes, zeros after it.
  mutating func append(_ text: String, width: Int) {
    bytes += Array(text.utf8) + [UInt8](repeating: 0, count: width - text.utf8.count)
  }
}
