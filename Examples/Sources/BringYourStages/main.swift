import Foundation
import Spikesort

/// A spike is the deepest frame within 8 frames of where any channel of the filtered trace falls below a voltage.
struct VoltageThreshold: SpikeDetector {
  let microvolts: Float

  func spikes(
    in recording: any Recording, threads: Int, progress: (Double) -> Void
  ) throws -> DetectedSpikes {
    let filtered = FilteredRecording(
      recording,
      filter: try .butterworth(order: 3, .between(300, 6000), samplingRate: recording.samplingRate))
    let samples = try filtered.read(frames: 0..<recording.frameCount)
    let channels = recording.channelCount
    let depths = stride(from: 0, to: samples.count, by: channels).map { start in
      -(samples[start..<start + channels].min() ?? 0)
    }
    let frames = depths.indices.dropFirst(30).dropLast(30).filter { frame in
      depths[frame] > microvolts && depths[frame] >= (depths[frame - 8...frame + 8].max() ?? 0)
    }
    let cut = frames.flatMap { samples[($0 - 12) * channels..<($0 + 28) * channels] }
    progress(1)
    return DetectedSpikes(
      samplingRate: recording.samplingRate,
      noise: try sampleNoise(of: recording, threads: threads).noise, peakSign: .negative,
      lockoutMilliseconds: 0.3, frames: frames,
      snippets: Snippets(frames: 40, channels: channels, trough: 12, samples: cut, unit: recording.unit))
  }
}

/// Parts spikes at the median of their first feature.
struct Halves: SpikeClusterer {
  func clusters(
    of features: Matrix, seconds: [Double]?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters {
    let first = features.column(0)
    let middle = first.sorted()[first.count / 2]
    return SpikeClusters(labels: first.map { $0 < middle ? 0 : 1 }, count: 2)
  }
}

var sorter = Sorter()
sorter.detector = VoltageThreshold(microvolts: 60)
sorter.clusterer = Halves()
let sorting = try sorter.sort(Recordings.open(URL(fileURLWithPath: "session.npy"))).sorting
print(sorting.units.map { "\($0.spikeCount) spikes: \($0.verdict.words)" })
