import Foundation
import LinearAlgebra
import Recordings
import Simulation
import SpikeDetection
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

/// Finds troughs of any channel below a voltage, by the public interface alone.
private struct VoltageThreshold: SpikeDetector {
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
    let noise = try sampleNoise(of: recording, threads: threads).noise
    return DetectedSpikes(
      samplingRate: recording.samplingRate, noise: noise, peakSign: .negative, lockoutMilliseconds: 0.3,
      frames: frames,
      snippets: Snippets(frames: 40, channels: channels, trough: 12, samples: cut, unit: recording.unit))
  }
}

/// Parts spikes at the median of their first feature.
private struct Halves: SpikeClusterer {
  func clusters(
    of features: Matrix, seconds: [Double]?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters {
    let first = features.column(0)
    let middle = first.sorted()[first.count / 2]
    return SpikeClusters(labels: first.map { $0 < middle ? 0 : 1 }, count: 2)
  }
}

/// A detector and a clusterer of one's own take the places of ours.
@Suite struct OwnStagesTests {
  @Test func stagesAreReplaced() throws {
    try withTemporaryFolder { folder in
      var made = SimulationOptions()
      (made.seconds, made.units) = (6, 2)
      let truth = try simulate(made, to: folder, name: "r")
      var sorter = Sorter(threads: 1)
      sorter.options.merges = false
      (sorter.detector, sorter.clusterer) = (VoltageThreshold(microvolts: 60), Halves())
      let sorting = try sorter.sort(openRecording(at: folder)).sorting
      #expect(sorting.mixture.model == nil && sorting.units.count == 2)
      #expect(sorting.statedCensoredMilliseconds == 0.3)
      #expect(sorting.refits == nil && sorting.drift == nil)
      let frames = try #require(sorting.spikes.frames)
      #expect(truth.times.count { time in frames.contains { abs($0 - time) <= 12 } } > truth.times.count / 2)
      #expect(abs(sorting.units[0].spikeCount - sorting.units[1].spikeCount) <= 1)
    }
  }
}
