public import LinearAlgebra
internal import MixtureModels
public import Recordings
public import SpikeDetection
public import SpikeTrains

/// Finds the spikes of a recording.
public protocol SpikeDetector: Sendable {
  /// The spikes in order of time, with snippets around their troughs and what is known of the noise.
  ///
  /// - Parameters:
  ///   - recording: channels that see the same neurons.
  ///   - threads: how many threads to use; the result must be the same for any number.
  ///   - progress: told the share of the work that is done.
  func spikes(
    in recording: any Recording, threads: Int, progress: (Double) -> Void
  ) throws -> DetectedSpikes
}

/// Tells which spikes are alike.
public protocol SpikeClusterer: Sendable {
  /// The component of every spike.
  ///
  /// - Parameters:
  ///   - features: a spike a row; of whitened snippets in units of the noise.
  ///   - seconds: the time of every spike, ascending; nil where none is known.
  ///   - threads: how many threads to use; the result must be the same for any number.
  ///   - progress: told the share of the work that is done.
  func clusters(
    of features: Matrix, seconds: [Double]?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters
}

/// Tells spikes that overlap apart, and what components stand for.
public protocol SpikeResolver: Sendable {
  /// The spikes resolved, with their components; as they are where there is nothing to resolve.
  ///
  /// - Parameter recording: the voltage they were found in; nil where it is not at hand.
  func resolved(
    _ spikes: consuming SpikeTable, in recording: (any Recording)?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeTable
}

/// Says what units and pairs of units are.
public protocol SpikeJudge: Sendable {
  /// What a unit is, by what was measured of it.
  func judgement(on unit: UnitEvidence) -> UnitJudgement
  /// What two units are to each other.
  func judgement(on pair: PairEvidence) -> PairJudgement
}

extension VerdictLimits: SpikeJudge {
  /// The verdict by these limits.
  public func judgement(on unit: UnitEvidence) -> UnitJudgement { unit.judged(limits: self) }
  /// The verdict by these limits.
  public func judgement(on pair: PairEvidence) -> PairJudgement { pair.judged(limits: self) }
}

extension DetectionOptions: SpikeDetector {
  /// The spikes that `detectSpikes` finds.
  public func spikes(
    in recording: any Recording, threads: Int, progress: (Double) -> Void
  ) throws -> DetectedSpikes {
    try detectSpikes(in: recording, options: self, threads: threads, progress: progress)
  }
}

/// Whose each spike is, and what is known of the components.
public struct SpikeClusters: Sendable {
  /// The component of every spike.
  public var labels: [Int]
  /// The probability that a spike (row) is of a component (column).
  public var responsibilities: Matrix
  /// The components, and how their number was chosen.
  public var mixture: Sorting.MixtureSummary
  /// What the user should know.
  public var warnings: [String] = []
  /// The mixture along the recording, where its components drift.
  var track: ComponentTrack?

  /// Spikes given to components for sure, by other means than a mixture.
  ///
  /// - Parameter labels: the component of every spike, 0 ..< `count`.
  public init(labels: [Int], count: Int) {
    self.labels = labels
    responsibilities = Matrix(rows: labels.count, columns: count)
    var weights = [Double](repeating: 0, count: count)
    for (n, label) in labels.enumerated() {
      responsibilities[n, label] = 1
      weights[label] += 1 / Double(labels.count)
    }
    mixture = Sorting.MixtureSummary(model: nil, weights: weights)
  }

  /// What a mixture says of the spikes.
  init(_ posterior: Posterior, mixture: Sorting.MixtureSummary, track: ComponentTrack? = nil) {
    labels = posterior.labels
    responsibilities = posterior.responsibilities
    self.mixture = mixture
    self.track = track
  }
}

/// A mixture whose components drift, with what it says of the spikes.
struct ComponentTrack: Sendable {
  let mixture: Mixture
  /// How it was followed through the recording.
  let tracking: TrackingOptions
  /// With the distances from the spikes' own components.
  let posterior: Posterior
  /// What features were multiplied by before.
  let scale: Double
  /// Jumps of the electrode.
  var jumps: [ElectrodeJump] = []
}
