import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// Tells overlapping spikes apart by templates that follow the components of a mixture along the recording.
///
/// Components that are two units are parted in their own subspace; those that are background or heaps of collisions are
/// recognised; the others' templates are matched to the recording; and every spike found, cleaned of the others, is given
/// to the component of its largest posterior. Without voltage components are parted and no more.
struct TemplateResolver: SpikeResolver {
  let detection: DetectionOptions

  /// Splitting rounds, so that parts can be parted again.
  private static let splitRounds = 3
  /// One unit has one spike in so many milliseconds: no neuron fires again so soon.
  static let lockoutMilliseconds = 0.5

  func resolved(
    _ spikes: consuming SpikeTable, in recording: (any Recording)?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeTable {
    guard let track = spikes.clusters.track, let space = spikes.space else { return spikes }
    let steps = TimeSteps(
      track.tracking, seconds: spikes.seconds, jumps: track.jumps.map(\.frame))
    let components = try DriftingComponents(
      consume spikes, space: space, steps: steps, mixture: track.mixture, posterior: track.posterior,
      threads: threads)
    guard let recording else {
      return try parted(components, tracking: track.tracking, threads: threads, heaps: { _, _ in [] })
        .spikesAsDetected
    }
    let traces = try WhitenedTraces(of: recording, options: detection, noise: components.detected.noise)
    let parted = try parted(components, tracking: track.tracking, threads: threads) {
      try roleSearch(of: $0, in: traces, threads: threads).collisions(among: $1)
    }
    return try matched(parted, in: traces, tracking: track.tracking, threads: threads, progress: progress)
  }

  private func roleSearch(
    of components: DriftingComponents, in traces: WhitenedTraces, threads: Int
  ) -> RoleSearch {
    RoleSearch(
      components: components, traces: traces,
      noiseVariance: noiseVariance(components.detected.samplingRate), threads: threads)
  }

  /// The components with those parted that are two units.
  ///
  /// - Parameter heaps: which of some components stay whole.
  private func parted(
    _ components: consuming DriftingComponents, tracking: TrackingOptions, threads: Int,
    heaps: (DriftingComponents, [Int]) throws -> Set<Int>
  ) throws -> DriftingComponents {
    var current = consume components
    for round in 0..<Self.splitRounds {
      var splits = try current.splits(
        sign: Double(current.detected.peakSign.direction), seed: tracking.seed + 7 + round, threads: threads)
      let candidates = splits.indices.filter { splits[$0] != nil }
      for k in candidates.isEmpty ? [] : try heaps(current, candidates) { splits[k] = nil }
      guard splits.contains(where: { $0 != nil }) else { break }
      current = try current.parted(by: splits, tracking: tracking, threads: threads)
    }
    return current
  }

  /// The spikes that the components' templates find; those detected where no component is a unit or none is found.
  private func matched(
    _ parted: consuming DriftingComponents, in traces: WhitenedTraces, tracking: TrackingOptions,
    threads: Int, progress: (Double) -> Void
  ) throws -> SpikeTable {
    let components = consume parted
    let noiseVariance = noiseVariance(components.detected.samplingRate)
    let roles = try roleSearch(of: components, in: traces, threads: threads).roles()
    var relabelling = Relabelling(components, roles: roles, noiseVariance: noiseVariance)
    guard !relabelling.templates.isEmpty else { return components.spikesAsDetected }
    let framesPerStep = tracking.secondsPerFrame * components.detected.samplingRate
    let (blank, stepCount) = (components.spikes.emptied, components.steps.count)
    func pass(of templates: [UnitTemplate]) throws -> MatchingPass {
      try MatchingPass(
        blank, traces: traces, templates: templates, noiseVariance: noiseVariance,
        framesPerStep: framesPerStep,
        stepCount: stepCount)
    }
    var matching = try pass(of: relabelling.templates)
    // The detected spikes are let go of as soon as a template finds one, so that not two sets of snippets are in memory.
    var detected: DriftingComponents? = consume components
    var (found, sizes) = try matching.run(
      expecting: detected?.spikes.count ?? 0, weighing: relabelling.nearNoise, threads: threads,
      progress: { progress($0 / 2) }
    ) { detected = nil }
    if let detected { return detected.spikesAsDetected }
    relabelling.weigh(sizes)
    // The background's template would take the smaller spikes of bursts.
    if relabelling.hasBackground, !relabelling.unitTemplates.isEmpty {
      let count = found.frames.count
      found = MatchedSpikes(snippets: blank.detected.snippets)
      matching = try pass(of: relabelling.unitTemplates)
      found = try matching.run(expecting: count, threads: threads, progress: { progress(0.5 + $0 / 2) })
        .spikes
    }
    return try relabelling.relabelled(found, pass: matching, tracking: tracking, threads: threads)
  }

  /// The variance of filtered noise along a smooth waveform: half the sampling rate over the band.
  private func noiseVariance(_ rate: Double) -> Double {
    guard case .between(let low, let high) = detection.band(samplingRate: rate) else { return 1 }
    return max(1, rate / 2 / (high - low))
  }
}

extension NoiseModel {
  /// Takes whitened frames back to the recording's unit; channels left out stay 0.
  func unwhitening() throws -> Matrix {
    let used = deviations.indices.filter { deviations[$0] > 0 }
    let inverse = try whitening.selecting(rows: used).selecting(columns: used).positiveDefiniteInverse()
    var result = Matrix(rows: deviations.count, columns: deviations.count)
    for (i, a) in used.enumerated() { for (j, b) in used.enumerated() { result[a, b] = inverse[i, j] } }
    return result
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
