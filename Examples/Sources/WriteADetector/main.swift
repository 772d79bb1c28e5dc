import Foundation
import Spikesort

/// A detector of one line: a spike is the lowest frame of every stretch under −60 µV on the first channel.
func troughs(in recording: any Recording) throws -> [Int] {
  let samples = try recording.read(frames: 0..<recording.frameCount)
  let trace = stride(from: 0, to: samples.count, by: recording.channelCount).map { samples[$0] }
  var frames: [Int] = []
  for frame in trace.indices.dropFirst().dropLast() where trace[frame] < -60 {
    if trace[frame] < trace[frame - 1], trace[frame] <= trace[frame + 1] { frames.append(frame) }
  }
  return frames
}

let recording = try Recordings.open(URL(fileURLWithPath: "session.npy"))
let (before, length) = (10, 32)
let frames = try troughs(in: recording).filter {
  $0 >= before && $0 - before + length <= recording.frameCount
}
var snippets = Snippets(
  frames: length, channels: recording.channelCount, trough: before, unit: recording.unit)
for frame in frames {
  snippets.samples += try recording.read(frames: frame - before..<frame - before + length)
}

let spikes = SpikeEvents(
  frames: frames, samplingRate: recording.samplingRate, frameCount: recording.frameCount, snippets: snippets)
let sorting = try Sorter().sort(spikes).sorting
print(sorting.units.map(\.verdict.words))
