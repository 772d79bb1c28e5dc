import LinearAlgebra
import Recordings
import SpikeDetection

/// What the likelihood of a component's events loses once its template leaves.
///
/// A heap of collisions has a mean waveform, a size of its own and often a shape of its own; but all its events are explained better
/// by several of the others' spikes, overlapping. A neuron's are not. So the events of a component are explained twice, with a
/// spike of its own and by the others alone, and the difference is what the template is worth.
struct LeaveOneOut {
  /// The templates of all components in every step of time.
  private let banks: [TemplateBank]
  /// Of every component some events spread over its spikes.
  private let events: [[Event]]
  private let threads: Int

  /// The whitened trace around a spike, in a step of time.
  struct Event: Sendable {
    var step: Int
    /// (2 reach + frames of a waveform) × channels, the spike in the middle of the lags.
    var samples: [Float]
  }

  /// Frames before and after a spike in which others are looked for: a snippet's half.
  static let reach = 20
  /// Events looked at of a component. Collisions lose 10 to 80 nats each without their template, neurons gain 10 to 190 (units of
  /// six simulated tetrodes), with a deviation as large: of a hundred the mean is known to a tenth.
  private static let eventCount = 100

  /// Events that are at hand.
  init(_ templates: UnitTemplates, stepCount: Int, events: [[Event]], threads: Int) {
    self.events = events
    self.threads = threads
    banks = Parallel.map(count: stepCount, threads: threads) { templates.bank(step: $0) }
  }

  /// Events around the spikes of components.
  ///
  /// - Parameters:
  ///   - templates: of all components.
  ///   - members: the spikes of every component.
  /// - Throws: what reading throws.
  init(
    _ templates: [UnitTemplate], members: [[Int]], of components: DriftingComponents,
    in traces: WhitenedTraces,
    noiseVariance: Double, threads: Int
  ) throws {
    let templates = UnitTemplates(
      units: templates, frames: components.space.frames, channels: components.space.channels,
      trough: components.detected.snippets.trough, noiseVariance: noiseVariance)
    let (frames, steps) = (components.detected.frames, components.steps)
    let events = try Parallel.map(count: members.count, threads: threads) { k in
      try DriftingComponents.thinned(members[k], to: Self.eventCount).compactMap { spike in
        try Self.samples(around: frames[spike], templates, in: traces).map {
          Event(step: steps.ofSpike[spike], samples: $0)
        }
      }
    }
    self.init(templates, stepCount: steps.count, events: events, threads: threads)
  }

  /// The trace around a spike; nil at the ends of a segment.
  private static func samples(
    around frame: Int, _ templates: UnitTemplates, in traces: WhitenedTraces
  ) throws -> [Float]? {
    let first = frame - reach - templates.trough
    let range = first..<first + 2 * reach + templates.frames
    let segment = traces.blocks.first { $0.frames.contains(frame) }?.segment
    guard let segment, segment.contains(range.lowerBound), segment.contains(range.upperBound - 1) else {
      return nil
    }
    return try traces.read(range, of: segment)
  }

  /// What a component's events lose when its template leaves.
  struct Loss: Sendable {
    /// An event's on average, in nats.
    var nats = 0.0
    /// The share of events that the others explain better than a spike of the component's own does.
    var shareOfOthers = 0.0
  }

  /// What the events of a component lose when its template leaves.
  ///
  /// - Parameter dead: components that explain nothing any more.
  func loss(of k: Int, without dead: Set<Int>) -> Loss {
    let own = events[k]
    guard !own.isEmpty else { return Loss() }
    let losses = Parallel.map(count: own.count, threads: threads) { i -> Float in
      let event = own[i]
      let bank = banks[event.step].without(dead)
      let lags = 2 * Self.reach + 1
      return event.samples.withUnsafeBufferPointer { trace in
        var with = EventMatcher(bank)
        var without = EventMatcher(bank.without([k]))
        return with.nats(explaining: trace, lags: lags, first: k)
          - without.nats(explaining: trace, lags: lags, first: nil)
      }
    }
    let count = Double(losses.count)
    return Loss(
      nats: losses.reduce(0) { $0 + Double($1) } / count,
      shareOfOthers: Double(losses.count { $0 < 0 }) / count)
  }

  /// The components that can leave, one after the other.
  ///
  /// Those whose events are the most others' go first: what is dead explains no other, so that of two alike one stays.
  /// - Parameters:
  ///   - known: those that are dead already.
  ///   - isWorthless: whether a component is not worth its parameters by what its events lose.
  func dead(besides known: [Int], isWorthless: (Int, Loss) -> Bool) -> Set<Int> {
    var dead = Set(known)
    let losses = events.indices.filter { !dead.contains($0) }.map {
      (component: $0, loss: loss(of: $0, without: dead))
    }
    for (k, first) in losses.sorted(by: { ($0.loss.nats, $0.component) < ($1.loss.nats, $1.component) })
    where isWorthless(k, first) && isWorthless(k, loss(of: k, without: dead)) {
      dead.insert(k)
    }
    return dead
  }
}
