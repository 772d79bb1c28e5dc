import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// What a component of the mixture stands for.
enum ComponentRole: Sendable, Equatable {
  /// A neuron, or several alike: its template is matched.
  case unit
  /// Background whose mean waveform hardly rises above the noise; the number is its peak in noise deviations.
  case hash(peak: Double)
  /// Collisions of other components' spikes.
  case heap
  /// What larger units' spikes leave after their snippets end.
  case lateWave
}

/// What components stand for, as far as waveforms tell.
struct FoundRoles: Sendable {
  /// Of every component.
  var roles: [ComponentRole]
  /// Of every component, hash and heaps too.
  var templates: [UnitTemplate]
}

/// Finds out what components stand for and makes the units' templates.
struct RoleSearch {
  let components: DriftingComponents
  let traces: WhitenedTraces
  let noiseVariance: Double
  let threads: Int

  /// A component whose waveform's peak, median over time, is below this many noise deviations may be hash: it is taken for
  /// it until its sizes are known.
  static let hashPeak = 5.5
  /// Spikes of one neuron scatter around their template with 1.0 to 2.5 times the noise's variance; from here on a
  /// component may be a heap.
  static let suspectVariance = 1.8
  /// No neuron that bursts or drifts was seen to scatter so much (4.9 at most over 38 simulated recordings): beyond it
  /// a fifth of the spikes explained by the others tells a heap, else a half. A heap that is kept takes the spikes of
  /// weak units it overlaps.
  static let heapVariance = 5.0
  /// Hash scatters as noise around its template; weak components that scatter more are heaps.
  static let hashVariance = 2.5
  /// What two other waveforms may leave of a heap's mean waveform, as a share of its energy and of what one leaves.
  /// In heaps of simulated bursting recordings that the share misses they are 0.02 to 0.19 and, for most, 0.04 to 0.75.
  static let sumResidual: Float = 0.2
  static let sumGain: Float = 0.75
  /// What another waveform may leave of the mean waveform of a heap of its own unit's spikes: 0.001 to 0.09 in
  /// simulated recordings.
  static let sameResidual: Float = 0.1
  /// Fragments of a unit scatter more than it, from here on, and leave less than this; of a burst's smaller spikes,
  /// which do as well, 0.035 and more is left.
  static let fragmentVariance = 1.3
  static let fragmentResidual: Float = 0.02
  /// Collisions are fewer than this share of either unit's spikes; a neuron between two others is not.
  static let sumShare = 0.2
  /// How much deeper a component's waveform must be elsewhere than where it is aligned to be an echo, and the share of
  /// its spikes that must have been found there too; collisions come at all lags.
  static let echoDepth = 1.05
  static let echoShare = 0.5
  /// −1 for troughs, +1 for peaks, 0 for either.
  private var sign: Double { Double(components.detected.peakSign.direction) }
  /// Frames before and after a spike in which others are looked for.
  private static let reach = 20
  /// Spikes of a suspect looked at.
  private static let heapSample = 300

  /// The role of every component; units and hash are told apart by their sizes once they are matched (`Relabelling`).
  func roles() throws -> FoundRoles {
    let labels = components.posterior.labels
    let members = (0..<components.count).map { k in labels.indices.filter { labels[$0] == k } }
    let found = try Parallel.map(count: components.count, threads: threads) {
      (k: Int) throws -> (template: UnitTemplate, peak: Double, variance: Double) in
      try describe(k, members: members[k])
    }
    var roles = found.map { $0.peak < Self.hashPeak ? ComponentRole.hash(peak: $0.peak) : .unit }
    // A smear of collisions small on average is no background that cleaned spikes might be.
    for k in roles.indices where roles[k] != .unit && found[k].variance > Self.hashVariance {
      roles[k] = .heap
    }
    let templates = found.map(\.template)
    for k in roles.indices where roles[k] == .unit && isEcho(members[k], templates[k]) { roles[k] = .heap }
    let suspects = found.indices.filter { roles[$0] != .heap && found[$0].variance >= Self.fragmentVariance }
    // The most scattered first: what is found to be a heap explains no other.
    for k in suspects.sorted(by: { (-found[$0].variance, $0) < (-found[$1].variance, $1) }) {
      let others = roles.indices.filter { $0 != k && roles[$0] == .unit }
      guard !others.isEmpty else { continue }
      let parts = others.filter {
        found[$0].variance < found[k].variance
          && Double(members[k].count) < Self.sumShare * Double(members[$0].count)
      }
      let left = leftovers(of: templates[k], at: step(in: members[k]), by: parts.map { templates[$0] })
      if found[k].variance < Self.suspectVariance {
        if left.one < Self.fragmentResidual { roles[k] = .heap }
        continue
      }
      let share = try shareExplained(
        k, members: DriftingComponents.thinned(members[k], to: Self.heapSample), own: templates[k],
        by: others.map { templates[$0] })
      let isHeap =
        share > (found[k].variance > Self.heapVariance ? 0.2 : 0.5) || left.one < Self.sameResidual
        || (left.two < Self.sumResidual && left.two < Self.sumGain * left.one)
      if isHeap { roles[k] = .heap }
    }
    return FoundRoles(roles: roles, templates: templates)
  }

  /// Whether a component holds the smaller troughs of spikes whose larger ones were found as well.
  ///
  /// Where a waveform has two troughs further apart than the detector's lockout every spike is found twice, a fixed lag
  /// apart. The component aligned to the smaller trough goes: a spike's time is that of its largest.
  private func isEcho(_ members: [Int], _ template: UnitTemplate) -> Bool {
    let channels = components.space.channels
    let trough = components.detected.snippets.trough
    let waveform = template.waveforms.row(step(in: members))
    let depths = (0..<components.space.frames).map { frame in
      waveform.dropFirst(frame * channels).prefix(channels).reduce(0) {
        max($0, sign == 0 ? abs($1) : sign * $1)
      }
    }
    let deepest = depths.indices.reduce(0) { depths[$1] > depths[$0] ? $1 : $0 }
    guard depths[deepest] > Self.echoDepth * depths[trough] else { return false }
    let frames = components.detected.frames
    // At an end of the snippet the trough itself lies beyond.
    let low = deepest - trough - (deepest == 0 ? trough : 2)
    let high = deepest - trough + (deepest == depths.count - 1 ? trough : 2)
    let found = Self.accompanied(members, among: frames, lags: low...max(low, high))
    return Double(found) > Self.echoShare * Double(members.count)
  }

  /// How many of some spikes have another one at some lags.
  ///
  /// - Parameters:
  ///   - members: indices into `frames`, ascending.
  ///   - frames: of all spikes, ascending.
  ///   - lags: in frames; where they hold 0 a spike is still no company to itself.
  static func accompanied(_ members: [Int], among frames: [Int], lags: ClosedRange<Int>) -> Int {
    var next = 0
    return members.count { spike in
      while next < frames.count, frames[next] < frames[spike] + lags.lowerBound { next += 1 }
      let other = next == spike ? next + 1 : next
      return other < frames.count && frames[other] <= frames[spike] + lags.upperBound
    }
  }

  /// A component's template, its peak and the median over its spikes of their mean square around it.
  private func describe(
    _ k: Int, members: [Int]
  ) throws -> (template: UnitTemplate, peak: Double, variance: Double) {
    let waveforms = components.template(k)
    let frames = Double(components.detected.frames.last ?? 0) + 1
    let probability = Double(members.count) / frames
    let size = components.space.size
    let count = min(UnitTemplates.directionCount, size)
    guard members.count > 10 else {
      let none = Matrix.identity(size).selecting(rows: 0..<count)
      return (
        UnitTemplate(
          waveforms: waveforms, directions: none, variances: [Double](repeating: 0, count: count),
          probability: probability), components.medianPeak(of: waveforms, sign: sign), 0
      )
    }
    let residuals = components.residuals(DriftingComponents.thinned(members, to: 3000), from: waveforms)
    let squares = (0..<residuals.rows).map { n in
      residuals.row(n).reduce(0) { $0 + $1 * $1 } / Double(size)
    }
    let sorted = squares.sorted()
    // A tenth is left out: collisions are no variation of the unit's.
    let most = sorted[(sorted.count - 1) * 9 / 10]
    let kept = squares.indices.filter { squares[$0] <= most }
    let (directions, variances) = try strongestDirections(of: residuals.selecting(rows: kept), count: count)
    let template = UnitTemplate(
      waveforms: waveforms, directions: directions, variances: variances.map { max($0 - noiseVariance, 0) },
      probability: probability)
    return (template, components.medianPeak(of: waveforms, sign: sign), sorted[sorted.count / 2])
  }

  /// The shares of a mean waveform's energy that one and two of some other waveforms leave.
  ///
  /// Spikes that collide at all lags with small ones, or with parts of larger ones, keep their unit's mean waveform and
  /// scatter about it; such a heap explains its own spikes better than the unit does. One of collisions always at about
  /// one lag is compact, and many of its spikes fit its own mean better than two waveforms they must be fitted to anew.
  private func leftovers(
    of template: UnitTemplate, at step: Int, by others: [UnitTemplate]
  ) -> (one: Float, two: Float) {
    guard !others.isEmpty else { return (1, 1) }
    let space = components.space
    let templates = UnitTemplates(
      units: others, frames: space.frames, channels: space.channels,
      trough: components.detected.snippets.trough,
      noiseVariance: noiseVariance)
    let waveform = template.waveforms.row(step).map(Float.init)
    let whole = waveform.reduce(0) { $0 + $1 * $1 }
    let rest = [Float](repeating: 0, count: Self.reach * space.channels)
    let trace = rest + waveform + rest
    var matcher = EventMatcher(templates.bank(step: step))
    func left(by count: Int) -> Float {
      let found = trace.withUnsafeBufferPointer {
        matcher.resolve($0, lags: 2 * Self.reach + 1, atMost: count)
      }
      return found.isEmpty ? 1 : matcher.residualEnergy / whole
    }
    return (left(by: 1), left(by: 2))
  }

  /// The step in the middle of some spikes.
  private func step(in members: [Int]) -> Int {
    members.isEmpty ? 0 : components.steps.ofSpike[members[members.count / 2]]
  }

  /// The share of some spikes of a component that the other units' templates explain better than its own.
  private func shareExplained(
    _ k: Int, members: [Int], own: UnitTemplate, by others: [UnitTemplate]
  ) throws -> Double {
    let space = components.space
    let trough = components.detected.snippets.trough
    let templates = UnitTemplates(
      units: others, frames: space.frames, channels: space.channels, trough: trough,
      noiseVariance: noiseVariance)
    let residuals = components.residuals(members, from: own.waveforms)
    let snippets = space.whitened(members, of: components.detected)
    let better = try Parallel.map(count: members.count, threads: threads) { (i: Int) throws -> Bool? in
      let step = components.steps.ofSpike[members[i]]
      guard let explained = try explained(members[i], by: templates, step: step) else { return nil }
      func square(_ row: ArraySlice<Double>) -> Double { row.reduce(0) { $0 + $1 * $1 } }
      var energy = square(snippets.row(i)) - square(residuals.row(i))
      let along = innerProduct(own.directions.row(0), residuals.row(i))
      energy += along * along
      return explained > energy
    }.compactMap { $0 }
    return Double(better.count { $0 }) / Double(max(better.count, 1))
  }

  /// The energy that other templates explain around a spike; nil at the ends of a segment.
  private func explained(_ spike: Int, by templates: UnitTemplates, step: Int) throws -> Double? {
    let frame = components.detected.frames[spike]
    let lags = frame - Self.reach..<frame + Self.reach + 1
    let range = lags.lowerBound - templates.trough..<lags.upperBound - 1 - templates.trough + templates.frames
    let segment = traces.blocks.first { $0.frames.contains(frame) }?.segment
    guard let segment, segment.contains(range.lowerBound), segment.contains(range.upperBound - 1) else {
      return nil
    }
    let samples = try traces.read(range, of: segment)
    var matcher = EventMatcher(templates.bank(step: step))
    let found = samples.withUnsafeBufferPointer { matcher.resolve($0, lags: lags.count) }
    return found.reduce(0) { $0 + 2 * Double($1.gain) * noiseVariance }
  }
}
