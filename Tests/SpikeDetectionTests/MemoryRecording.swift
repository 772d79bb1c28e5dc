import Foundation
import Recordings

/// A recording that lies in memory.
struct MemoryRecording: Recording {
  var samples: [Float]
  var channelCount = 4
  var samplingRate = 30000.0
  var gain: Gain? = Gain(microvoltsPerUnit: 1)
  var cuts: [Int] = []

  var frameCount: Int { samples.count / channelCount }
  var probe: Probe { .standard(channelCount: channelCount) }
  var files: [URL] { [URL(fileURLWithPath: "/memory")] }
  var segments: [Range<Int>] {
    let edges = [0] + cuts + [frameCount]
    return zip(edges, edges.dropFirst()).map { $0..<$1 }
  }

  func read(frames: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    _ = target.update(
      fromContentsOf: samples[(frames.lowerBound * channelCount)..<(frames.upperBound * channelCount)])
    if let i = target.firstIndex(where: { !$0.isFinite }) {
      throw RecordingError.notFinite(
        file: "/memory", frame: frames.lowerBound + i / channelCount, channel: i % channelCount,
        value: target[i])
    }
  }
}
