import LinearAlgebra
import Recordings
import SpikeTrains

@testable import SpikeDetection
@testable import SpikeSorting

/// Spikes given to components for sure, at 30 kHz.
///
/// - Parameter snippets: one a spike; nil for none.
func madeTable(frames: [Int], labels: [Int], snippets: Snippets? = nil, noise: [Double] = []) -> SpikeTable {
  let detected = DetectedSpikes(
    samplingRate: 30_000, noise: NoiseModel(deviations: noise), peakSign: .negative, lockoutMilliseconds: 0.5,
    frames: frames, snippets: snippets ?? Snippets(frames: 0, channels: 0))
  var table = SpikeTable(detected, frameCount: (frames.last ?? 0) + 18_000, gaps: .none)
  table.features = Matrix(rows: frames.count, columns: 1, storage: labels.map(Double.init))
  table.clusters = SpikeClusters(labels: labels, count: (labels.max() ?? -1) + 1)
  return table
}
