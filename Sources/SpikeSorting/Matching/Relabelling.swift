import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection
import SpikeTrains

/// Gives matched spikes to the components of their largest posterior, heaps left out.
struct Relabelling {
  /// The templates of the components that are no heaps.
  let templates: [UnitTemplate]
  /// Which of them lie so near to the noise that their sizes tell units from background.
  let nearNoise: [Int]
  /// The roles of the components that are no heaps, and their mixture.
  private var roles: [ComponentRole]
  /// For each the size along its waveform below which most of what it answers to is background; 0 where none is near.
  private var floors: [Double]
  private let mixture: Mixture
  private let space: SnippetSpace
  private let stepCount: Int
  private let noiseVariance: Double
  /// What is known of the recording, without its spikes.
  private let blank: SpikeTable
  /// Where the amplitudes of the components that are no heaps lie.
  private let amplitudes: AmplitudeMap

  /// The background's answers to a template end below ten noise deviations; from this size on a unit is far from them, and
  /// what is small for it is told by the unit alone.
  private static let farFromNoise = 16.0

  init(
    _ components: borrowing DriftingComponents,
    roles found: FoundRoles, noiseVariance: Double
  ) {
    self.noiseVariance = noiseVariance
    let kept = found.roles.indices.filter { found.roles[$0] != .heap }
    templates = kept.map { found.templates[$0] }
    roles = kept.map { found.roles[$0] }
    floors = [Double](repeating: 0, count: kept.count)
    nearNoise = kept.indices.filter { i in
      found.roles[kept[i]] != .unit
        || found.templates[kept[i]].largestSize(noiseVariance) < Self.farFromNoise
    }
    var mixture = components.mixture.selecting(components: kept)
    let total = mixture.weights.reduce(0, +)
    mixture.weights = mixture.weights.map { $0 / total }
    // Locations stand now: a neuron's rare spikes while it is silent are its own.
    mixture.lives = []
    self.mixture = mixture
    space = components.space
    stepCount = components.steps.count
    blank = components.spikes.emptied
    amplitudes = AmplitudeMap(components, kept: kept)
  }

  /// Tells units from background among the components near the noise, and where their spikes end and the background begins.
  ///
  /// - Parameter sizes: of those in `nearNoise`.
  mutating func weigh(_ sizes: [UnitSize]) {
    for (i, size) in zip(nearNoise, sizes) {
      floors[i] = size.floor
      if size.isOwn {
        roles[i] = .unit
      } else if roles[i] == .unit {
        roles[i] = .hash(peak: templates[i].peak)
      }
    }
  }

  /// Whether some components are background.
  var hasBackground: Bool { roles.contains { $0 != .unit } }
  /// The templates of the components that are units.
  var unitTemplates: [UnitTemplate] { roles.indices.filter { roles[$0] == .unit }.map { templates[$0] } }

  /// The spikes with their components.
  func relabelled(
    _ matched: consuming MatchedSpikes, pass: MatchingPass, tracking: TrackingOptions, threads: Int
  ) throws -> SpikeTable {
    var found = consume matched
    var spikes = blank
    let steps = found.frames.map(pass.step)
    spikes.features = space.features(
      of: blank.detected.replaced(frames: found.frames, snippets: found.snippets), threads: threads)
    let labels: [Int]
    do {
      let data = try MixtureData(spikes.features, frames: steps, frameCount: stepCount)
      spikes.drift = amplitudes.tracks(
        along: try tracking.smoothedPaths(of: mixture, data, threads: threads), unwhitening: pass.unwhitening,
        secondsPerFrame: tracking.secondsPerFrame)
      let posterior = try mixture.posterior(data, distances: .none, threads: threads)
      (spikes.clusters.responsibilities, labels) = (posterior.responsibilities, posterior.labels)
    }
    let places = places(of: found, features: spikes.features, labels: labels, steps: steps)
    // In place, as these tables are most of a sorting's memory.
    found.keep(places)
    spikes.features.keepRows(places)
    spikes.clusters.responsibilities.keepRows(places)
    spikes.clusters.labels = places.map { labels[$0] }
    spikes.clusters.mixture = blank.clusters.mixture.describing(mixture)
    spikes.detected = blank.detected.replaced(frames: found.frames, snippets: found.snippets)
    let late = lateWaves(labels: spikes.clusters.labels, frames: found.frames)
    spikes.noiseFindings = roles.indices.map { (late.contains($0) ? .lateWave : roles[$0]).noiseFinding }
    spikes.isMatched = true
    spikes.censoredMilliseconds = TemplateResolver.lockoutMilliseconds
    return spikes
  }

  /// The components near the noise whose spikes are the ends of larger units'.
  private func lateWaves(labels: [Int], frames: [Int]) -> [Int] {
    let search = LateWaves(samplingRate: blank.detected.samplingRate)
    let sizes = templates.map { $0.largestSize(noiseVariance) }
    return nearNoise.filter { k in
      guard roles[k] == .unit else { return false }
      let own = frames.indices.filter { labels[$0] == k }.map { frames[$0] }
      let larger = frames.indices.filter { roles[labels[$0]] == .unit && sizes[labels[$0]] > sizes[k] }
      return search.isMade(of: own, after: larger.map { frames[$0] })
    }
  }

  /// The spikes kept: one of a component within the lockout, and none that is too small for its unit and comes alone,
  /// unless all are.
  private func places(
    of spikes: MatchedSpikes, features: Matrix, labels: [Int], steps: [Int]
  ) -> [Int] {
    let rate = blank.detected.samplingRate
    let isLone = SmallSpikes(
      mixture: mixture, space: space, noiseVariance: noiseVariance, samplingRate: rate
    ).lone(
      features: features, frames: spikes.frames, steps: steps, labels: labels,
      isUnit: roles.map { $0 == .unit }, floors: floors)
    let single = spikes.withoutRepeats(
      labels: labels, labelCount: roles.count,
      lockout: Int(TemplateResolver.lockoutMilliseconds * rate / 1000))
    let kept = single.filter { !isLone[$0] }
    return kept.isEmpty ? single : kept
  }
}

extension ComponentRole {
  /// Why it is no neuron's; nil where it may be one's.
  fileprivate var noiseFinding: NoiseFinding? {
    if self == .lateWave {
      return NoiseFinding(
        "its spikes come within 2 ms after larger units': they are what those leave after their own waveforms end",
        yieldsToTrough: false)
    }
    guard case .hash(let peak) = self else { return nil }
    let size = (peak * 10).rounded() / 10
    return NoiseFinding(
      "its spikes have no size of their own: the larger the fewer, as background is; its whitened mean waveform rises "
        + "\(size) noise deviations")
  }
}
