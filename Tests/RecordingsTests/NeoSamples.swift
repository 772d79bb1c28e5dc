import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

/// The Python with Neo that `scripts/test` makes; nil where it could not.
let neoPython = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// The reason of a test that is skipped without it.
let neoReason: Comment = "SPIKESORT_PYTHON names no Python with Neo"

/// Holds a recording against what Neo reads of the same file, sample for sample.
///
/// - Parameters:
///   - channels: which of Neo's channels the recording's are, all by default.
///   - arguments: what Neo's reader is made with, as `name=value`.
func expectSameAsNeo(
  _ recording: any Recording, reader: String, stream: Int = 0, channels: Range<Int>? = nil,
  _ arguments: String...
) throws {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let output = folder.appendingPathComponent("neo.npy")
  let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/neo_samples.py")
  let outcome = try RunningCommand(
    try #require(neoPython), [script.path, reader, String(stream), output.path] + arguments
  ).wait()
  try #require(outcome.status == 0, "\(outcome.errors)")
  let array = try NPYFile(output)
  let columns = channels ?? 0..<array.shape[1]
  try #require(array.shape[0] == recording.frameCount && columns.count == recording.channelCount)
  let theirs = try array.read(rows: 0..<array.shape[0]).doubles()
  let ours = try recording.read(frames: 0..<recording.frameCount)
  let differing = ours.indices.first { i in
    let (frame, column) = i.quotientAndRemainder(dividingBy: columns.count)
    let value = theirs[frame * array.shape[1] + columns.lowerBound + column]
    // Neo rounds gains to single precision here and there, and samples are floats here.
    return abs(Double(ours[i]) - value) > 4e-7 * abs(value) + 1e-9
  }
  #expect(differing == nil, "sample \(differing ?? 0)")
}
