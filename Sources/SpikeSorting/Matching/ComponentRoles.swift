import Foundation
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
  /// Where the others explain more of a component's events better than it does, it is none: collisions of three and more spikes are
  /// not always found, so their heap keeps some events of which it is worth much. On tetrodes of up to 500 spikes a second neurons had
  /// at most a quarter, heaps of collisions two fifths and more.
  static let mostOfOthers = 1.0 / 3
  /// How much deeper a component's waveform must be elsewhere than where it is aligned to be an echo, and the share of
  /// its spikes that must have been found there too; collisions come at all lags.
  static let echoDepth = 1.05
  static let echoShare = 0.5
  /// −1 for troughs, +1 for peaks, 0 for either.
  private var sign: Double { Double(components.detected.peakSign.direction) }

  /// Which of some components' events are others' but for too few to hold a unit of their own.
  func collisions(among candidates: [Int]) throws -> Set<Int> {
    let (members, found) = try described()
    let events = members.indices.map { candidates.contains($0) ? members[$0] : [] }
    let search = try leaveOneOut(found.map(\.template), members: events)
    return Set(
      candidates.filter { search.loss(of: $0, without: []).shareOfOthers > 1 - SplitLimits.heapShare })
  }

  /// The role of every component; units and hash are told apart by their sizes once they are matched (`Relabelling`).
  func roles() throws -> FoundRoles {
    let (members, found) = try described()
    let templates = found.map(\.template)
    var roles = found.map { $0.peak < Self.hashPeak ? ComponentRole.hash(peak: $0.peak) : .unit }
    for k in roles.indices where roles[k] == .unit && isEcho(members[k], templates[k]) { roles[k] = .heap }
    let echoes = roles.indices.filter { roles[$0] == .heap }
    for k in try heaps(among: templates, members: members, besides: echoes) { roles[k] = .heap }
    return FoundRoles(roles: roles, templates: templates)
  }

  /// The spikes of every component, its template and its peak.
  private func described() throws -> (members: [[Int]], found: [(template: UnitTemplate, peak: Double)]) {
    let labels = components.posterior.labels
    var members = [[Int]](repeating: [], count: components.count)
    for (spike, k) in labels.enumerated() { members[k].append(spike) }
    let all = members
    let found = try Parallel.map(count: components.count, threads: threads) {
      (k: Int) throws -> (template: UnitTemplate, peak: Double) in
      try describe(k, members: all[k])
    }
    return (members, found)
  }

  private func leaveOneOut(_ templates: [UnitTemplate], members: [[Int]]) throws -> LeaveOneOut {
    try LeaveOneOut(
      templates, members: members, of: components, in: traces, noiseVariance: noiseVariance, threads: threads)
  }

  /// The components whose events the others explain as well, at the price of a component's parameters.
  ///
  /// - Parameter echoes: components that explain nothing.
  private func heaps(
    among templates: [UnitTemplate], members: [[Int]], besides echoes: [Int]
  ) throws -> Set<Int> {
    let search = try leaveOneOut(templates, members: members)
    return search.dead(besides: echoes) { k, loss in
      loss.shareOfOthers > Self.mostOfOthers || loss.nats * Double(members[k].count) < price
    }
  }

  /// What the parameters of a component cost in nats: half their number times the log of the spikes (Schwarz 1978).
  private var price: Double {
    let dimensions = components.mixture.dimensions
    let parameters = dimensions + dimensions * (dimensions + 1) / 2 + 1
    return 0.5 * Double(parameters) * log(Double(max(components.features.rows, 1)))
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

  /// A component's template and its peak.
  private func describe(
    _ k: Int, members: [Int]
  ) throws -> (template: UnitTemplate, peak: Double) {
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
          probability: probability), components.medianPeak(of: waveforms, sign: sign)
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
    return (template, components.medianPeak(of: waveforms, sign: sign))
  }

  /// The step in the middle of some spikes.
  private func step(in members: [Int]) -> Int {
    members.isEmpty ? 0 : components.steps.ofSpike[members[members.count / 2]]
  }
}
