import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// Spikes resolved by their units' templates, and the mixture they are judged by.
struct ResolvedSpikes: Sendable {
  let detected: DetectedSpikes
  let features: Matrix
  let outcome: ClusteringOutcome
  /// For every component why it is no neuron's; nil for those that may be.
  let noiseReasons: [String?]
  /// Whether templates were matched.
  let isMatched: Bool
  /// The amplitudes of the components over time; nil where they were not matched.
  var drift: Sorting.Drift?
  /// The number of units over refits; nil where there were none.
  var refits: Sorting.Refits?
}

extension ResolvedSpikes {
  /// Spikes as they were detected.
  init(unmatched detected: DetectedSpikes, features: Matrix, outcome: ClusteringOutcome) {
    self.detected = detected
    self.features = features
    self.outcome = outcome
    noiseReasons = [String?](repeating: nil, count: outcome.summary.components)
    isMatched = false
    drift = nil
    refits = nil
  }
}

extension Sorting.MixtureSummary {
  /// The summary with another mixture's parameters.
  func describing(_ mixture: Mixture) -> Sorting.MixtureSummary {
    var result = self
    result.dimensions = mixture.dimensions
    result.components = mixture.componentCount
    result.weights = mixture.weights
    result.effectiveComponents = mixture.effectiveComponentCount
    result.locations = mixture.locations.map { Array($0.row($0.rows / 2)) }
    result.scales = mixture.scales.map(\.storage)
    return result
  }
}

/// From a mixture tracked along a recording to spikes without collisions.
///
/// Components that are two units are parted in their own subspace; those that are background or heaps of collisions are
/// recognised; the others' time-varying templates are matched to the recording; and every spike found, cleaned of the
/// others, is given to the component of its largest posterior.
struct DriftingUnits {
  let recording: any Recording
  let detection: DetectionOptions
  let tracking: TrackingOptions
  let threads: Int

  /// Splitting rounds, so that parts can be parted again.
  private static let splitRounds = 3
  /// One unit has one spike in so many milliseconds: no neuron fires again so soon.
  static let lockoutMilliseconds = 0.5

  /// The components with those parted that are two units.
  func parted(_ components: DriftingComponents) throws -> DriftingComponents {
    var current = components
    for round in 0..<Self.splitRounds {
      let splits = try current.splits(
        sign: sign(current.detected), seed: tracking.seed + 7 + round, threads: threads)
      guard splits.contains(where: { $0 != nil }) else { break }
      current = try current.parted(by: splits, tracking: tracking, threads: threads)
    }
    return current
  }

  /// The spikes the components' templates find; nil where no component is a unit.
  ///
  /// - Throws: what reading throws.
  func resolve(
    _ components: DriftingComponents, summary: Sorting.MixtureSummary, progress: (Double) -> Void
  ) throws -> ResolvedSpikes? {
    let detected = components.detected
    let traces = try WhitenedTraces(of: recording, options: detection, noise: detected.noise)
    let framesPerTimeFrame = tracking.secondsPerFrame * detected.samplingRate
    let noiseVariance = noiseVariance(detected.samplingRate)
    let search = RoleSearch(
      components: components, traces: traces, sign: sign(detected), noiseVariance: noiseVariance,
      threads: threads)
    let (roles, templates) = try search.roles()
    let units = roles.indices.filter { roles[$0] == .unit }
    guard !units.isEmpty else { return nil }
    let pass = MatchingPass(
      traces: traces,
      templates: UnitTemplates(
        units: units.map { templates[$0] }, frames: detected.window.count, channels: detected.channelCount,
        trough: detected.window.before, noiseVariance: noiseVariance),
      unwhitening: try unwhitening(detected.noise), sign: Float(sign(detected)),
      framesPerTimeFrame: framesPerTimeFrame, timeFrameCount: components.timeFrameCount)
    var matched = try pass.run(expecting: detected.count, threads: threads, progress: progress)
    return try assigned(&matched, pass: pass, components: components, roles: roles, summary: summary)
  }

  /// The spikes found with the components of their largest posterior, heaps left out.
  private func assigned(
    _ matched: inout MatchedSpikes, pass: MatchingPass, components: DriftingComponents,
    roles: [ComponentRole],
    summary: Sorting.MixtureSummary
  ) throws -> ResolvedSpikes? {
    let kept = roles.indices.filter { roles[$0] != .heap }
    var mixture = components.mixture.selecting(components: kept)
    let total = mixture.weights.reduce(0, +)
    mixture.weights = mixture.weights.map { $0 / total }
    guard !matched.frames.isEmpty else { return nil }
    let features: Matrix
    let posterior: Posterior
    let drift: Sorting.Drift
    do {
      let all = components.detected.replaced(frames: matched.frames, snippets: matched.snippets)
      features = components.space.features(of: all, threads: threads)
      let data = try MixtureData(
        features, frames: all.frames.map(pass.timeFrame), frameCount: components.timeFrameCount)
      posterior = try mixture.posterior(data, threads: threads)
      drift = components.amplitudeTracks(
        of: kept, paths: try tracking.smoothedPaths(of: mixture, data, threads: threads),
        unwhitening: pass.unwhitening, secondsPerFrame: tracking.secondsPerFrame)
    }
    let labels = posterior.labels
    let lockout = Int(Self.lockoutMilliseconds * components.detected.samplingRate / 1000)
    let places = matched.withoutRepeats(labels: labels, labelCount: kept.count, lockout: lockout)
    var spikes = matched
    matched = MatchedSpikes()
    spikes.keep(places)
    return ResolvedSpikes(
      detected: components.detected.replaced(frames: spikes.frames, snippets: spikes.snippets),
      features: features.selecting(rows: places),
      outcome: ClusteringOutcome(
        labels: places.map { labels[$0] },
        responsibilities: posterior.responsibilities.selecting(rows: places),
        summary: summary.describing(mixture), warnings: []),
      noiseReasons: kept.map { k in
        guard case .hash(let peak) = roles[k] else { return nil }
        let size = (peak * 10).rounded() / 10
        return "its whitened mean waveform rises \(size) noise deviations at most, as background hash does"
      }, isMatched: true, drift: drift)
  }

  private func sign(_ detected: DetectedSpikes) -> Double {
    switch detected.peakSign {
    case .positive: 1
    case .both, .auto: 0
    case .negative: -1
    }
  }

  /// The variance of filtered noise along a smooth waveform: half the sampling rate over the band.
  private func noiseVariance(_ rate: Double) -> Double {
    guard case .between(let low, let high) = detection.band(samplingRate: rate) else { return 1 }
    return max(1, rate / 2 / (high - low))
  }

  /// Takes whitened frames back to the recording's unit; channels left out stay 0.
  private func unwhitening(_ noise: NoiseModel) throws -> Matrix {
    let used = noise.deviations.indices.filter { noise.deviations[$0] > 0 }
    let small = noise.whitening.selecting(rows: used).selecting(columns: used)
    let inverse = try small.positiveDefiniteInverse()
    var result = Matrix(rows: noise.deviations.count, columns: noise.deviations.count)
    for (i, a) in used.enumerated() { for (j, b) in used.enumerated() { result[a, b] = inverse[i, j] } }
    return result
  }
}
