import LinearAlgebra
import Recordings
internal import SpikeTrains

/// Spikes with their components, on the way to units.
struct ClusteredSpikes: Sendable {
  /// The frame of every spike, ascending.
  var frames: [Int]
  /// Frames a second.
  var samplingRate: Double
  /// The first frame and the length of what was sorted.
  var range: Range<Int>
  /// What was not recorded between the frames.
  var gaps = FrameGaps.none
  /// The mixture component of every spike.
  var components: [Int]
  /// The number of components.
  var componentCount: Int
  /// The probability that a spike (row) is of a component (column).
  var responsibilities: Matrix
  /// The features the mixture saw, a spike a row.
  var features: Matrix
  /// Snippets; nil where not known.
  var snippets: Snippets?
  /// The noise's standard deviation on every channel; nil where not known.
  var noise: [Double]?
  /// Spikes nearer to each other than this cannot both be detected, in ms.
  var censoredMilliseconds: Double
  /// For every component why it is known to be no neuron's; empty or nil where it may be one's.
  var noiseReasons: [String?] = []
  /// Whether heaps of collisions were told by matching, so that the scatter of waveforms need not tell them.
  var isResolved = false

  /// The train of some of the spikes, from the start of what was sorted.
  func train(_ members: [Int]) -> SpikeTrain {
    SpikeTrain(
      times: members.map { frames[$0] - range.lowerBound }, frames: max(range.count, 1),
      samplingRate: samplingRate, gaps: gaps.from(frame: range.lowerBound))
  }

  /// Why some components together are no neuron's; nil where one of them may be.
  func noiseReason(_ components: [Int]) -> String? {
    let reasons = components.compactMap { $0 < noiseReasons.count ? noiseReasons[$0] : nil }
    return reasons.count == components.count ? reasons.first : nil
  }
}
