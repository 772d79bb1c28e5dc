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
  func parted(_ components: consuming DriftingComponents) throws -> DriftingComponents {
    try Self.parted(components, tracking: tracking, threads: threads)
  }

  /// The same where there is no recording.
  static func parted(
    _ components: consuming DriftingComponents, tracking: TrackingOptions, threads: Int
  ) throws -> DriftingComponents {
    var current = consume components
    for round in 0..<Self.splitRounds {
      let splits = try current.splits(
        sign: sign(current.detected), seed: tracking.seed + 7 + round, threads: threads)
      guard splits.contains(where: { $0 != nil }) else { break }
      current = try current.parted(by: splits, tracking: tracking, threads: threads)
    }
    return current
  }

  /// The spikes the components' templates find; nil where no component is a unit, or none of their templates is found.
  ///
  /// - Parameter components: let go of before the matching, so that not two sets of snippets are in memory.
  /// - Throws: what reading throws.
  func resolve(
    _ components: consuming DriftingComponents, summary: Sorting.MixtureSummary, progress: (Double) -> Void
  ) throws -> ResolvedSpikes? {
    let judge = try SpikeJudge(
      components, roles: try search(components).roles(),
      noiseVariance: noiseVariance(components.detected.samplingRate))
    guard let pass = try matchingPass(components, templates: judge.unitTemplates) else { return nil }
    let count = components.detected.count
    _ = consume components
    return try judge.judged(
      pass.run(expecting: count, threads: threads, progress: progress), pass: pass, summary: summary,
      tracking: tracking, threads: threads)
  }

  private func search(_ components: DriftingComponents) throws -> RoleSearch {
    let detected = components.detected
    return RoleSearch(
      components: components,
      traces: try WhitenedTraces(of: recording, options: detection, noise: detected.noise),
      sign: Self.sign(detected), noiseVariance: noiseVariance(detected.samplingRate), threads: threads)
  }

  /// The matching of some templates; nil for none.
  private func matchingPass(
    _ components: DriftingComponents, templates: [UnitTemplate]
  ) throws -> MatchingPass? {
    guard !templates.isEmpty else { return nil }
    let detected = components.detected
    return MatchingPass(
      traces: try WhitenedTraces(of: recording, options: detection, noise: detected.noise),
      templates: UnitTemplates(
        units: templates, frames: detected.snippets.frames, channels: detected.snippets.channels,
        trough: detected.snippets.trough, noiseVariance: noiseVariance(detected.samplingRate)),
      shape: detected.snippets.emptied,
      unwhitening: try unwhitening(detected.noise), sign: Float(Self.sign(detected)),
      framesPerTimeFrame: tracking.secondsPerFrame * detected.samplingRate,
      timeFrameCount: components.timeFrameCount)
  }

  private static func sign(_ detected: DetectedSpikes) -> Double {
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

/// Gives matched spikes to the components of their largest posterior, heaps left out.
private struct SpikeJudge {
  /// The templates of the components that are units.
  let unitTemplates: [UnitTemplate]
  /// The roles of the components that are no heaps, and their mixture.
  private let roles: [ComponentRole]
  private let mixture: Mixture
  private let space: SnippetSpace
  private let timeFrameCount: Int
  private let noiseVariance: Double
  /// What is known of the recording, without its spikes.
  private let blank: DetectedSpikes
  /// Where the amplitudes of the components that are no heaps lie.
  private let amplitudes: AmplitudeMap

  init(
    _ components: borrowing DriftingComponents,
    roles found: (roles: [ComponentRole], templates: [UnitTemplate]), noiseVariance: Double
  ) throws {
    self.noiseVariance = noiseVariance
    let kept = found.roles.indices.filter { found.roles[$0] != .heap }
    unitTemplates = found.roles.indices.filter { found.roles[$0] == .unit }.map { found.templates[$0] }
    roles = kept.map { found.roles[$0] }
    var mixture = components.mixture.selecting(components: kept)
    let total = mixture.weights.reduce(0, +)
    mixture.weights = mixture.weights.map { $0 / total }
    self.mixture = mixture
    space = components.space
    timeFrameCount = components.timeFrameCount
    blank = components.detected.replaced(frames: [], snippets: components.detected.snippets.emptied)
    amplitudes = AmplitudeMap(components, kept: kept)
  }

  /// The spikes with their components; nil for no spikes.
  func judged(
    _ matched: consuming MatchedSpikes, pass: MatchingPass, summary: Sorting.MixtureSummary,
    tracking: TrackingOptions, threads: Int
  ) throws -> ResolvedSpikes? {
    var spikes = consume matched
    guard !spikes.frames.isEmpty else { return nil }
    var features = space.features(
      of: blank.replaced(frames: spikes.frames, snippets: spikes.snippets), threads: threads)
    var responsibilities: Matrix
    let labels: [Int]
    let drift: Sorting.Drift
    do {
      let data = try MixtureData(
        features, frames: spikes.frames.map(pass.timeFrame), frameCount: timeFrameCount)
      drift = amplitudes.tracks(
        along: try tracking.smoothedPaths(of: mixture, data, threads: threads), unwhitening: pass.unwhitening,
        secondsPerFrame: tracking.secondsPerFrame)
      let posterior = try mixture.posterior(data, distances: .none, threads: threads)
      (responsibilities, labels) = (posterior.responsibilities, posterior.labels)
    }
    let places = places(of: spikes, features: features, labels: labels, pass: pass)
    guard !places.isEmpty else { return nil }
    // In place, as these tables are most of a sorting's memory.
    spikes.keep(places)
    features.keepRows(places)
    responsibilities.keepRows(places)
    return ResolvedSpikes(
      detected: blank.replaced(frames: spikes.frames, snippets: spikes.snippets), features: features,
      outcome: ClusteringOutcome(
        labels: places.map { labels[$0] }, responsibilities: responsibilities,
        summary: summary.describing(mixture), warnings: []),
      noiseReasons: roles.map { role in
        guard case .hash(let peak) = role else { return nil }
        let size = (peak * 10).rounded() / 10
        return "its whitened mean waveform rises \(size) noise deviations at most, "
          + "as background hash does"
      }, isMatched: true, drift: drift)
  }

  /// The spikes kept: one of a component within the lockout, and none that is too small for its unit and comes alone.
  private func places(
    of spikes: MatchedSpikes, features: Matrix, labels: [Int], pass: MatchingPass
  ) -> [Int] {
    let isLone = SmallSpikes(
      mixture: mixture, space: space, noiseVariance: noiseVariance, samplingRate: blank.samplingRate
    ).lone(
      features: features, frames: spikes.frames, timeFrames: spikes.frames.map(pass.timeFrame),
      labels: labels, isUnit: roles.map { $0 == .unit })
    let lockout = Int(DriftingUnits.lockoutMilliseconds * blank.samplingRate / 1000)
    return spikes.withoutRepeats(labels: labels, labelCount: roles.count, lockout: lockout)
      .filter { !isLone[$0] }
  }
}
