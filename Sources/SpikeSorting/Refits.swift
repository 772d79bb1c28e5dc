import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection
internal import SpikeTrains

/// The sorting done again from other seeds and other windows, to see how sure the number of units is.
///
/// Every refit is the whole way from described spikes to judged units, on a stretch around its window: what it counts are
/// units, after parting, matching and joining.
struct Refits: Sendable {
  private let sorter: Sorter
  /// The sorting's own mixture, whose seed and window each refit replaces.
  private let track: ComponentTrack
  private let spikes: SpikeTable
  private let recording: (any Recording)?
  /// How much of the recording a refit sorts, in seconds.
  private let stretch: Double

  /// Refits of a plain and of a thorough sorting; with the sorting itself 4 and 20 fits.
  static let plainCount = 3
  static let thoroughCount = 19
  /// How much of a recording a refit sorts: long enough for refractory periods to show, so short that an hour's four
  /// take a twentieth of its sorting.
  static let stretchSeconds = 120.0
  /// The same where there is no voltage: without templates it costs little, and joins rest on the trains alone.
  private static let detectedStretchSeconds = 600.0
  /// Refits that run at once.
  private static let batch = 4

  init(_ sorter: Sorter, _ track: ComponentTrack, of spikes: SpikeTable, in recording: (any Recording)?) {
    self.sorter = sorter
    self.track = track
    self.spikes = spikes
    self.recording = recording
    stretch = recording == nil ? Self.detectedStretchSeconds : Self.stretchSeconds
  }

  /// The frames from which drift is followed on.
  private var frames: Range<Int> { spikes.firstFrame..<max(spikes.firstFrame, spikes.frameCount) }

  /// The first of them as numbered without what is left out, as the refits' times are.
  private var firstLeft: Int { spikes.excluded.framesLeft(before: frames.lowerBound) }

  /// What every refit found, and how many of the units are not noise.
  ///
  /// - Parameter progress: told the share of the work that is done.
  /// - Throws: what reading throws.
  func run(progress: (Double) -> Void) throws -> (refits: Sorting.Refits, found: [FoundUnits]) {
    let span =
      Double(spikes.excluded.framesLeft(before: frames.upperBound) - firstLeft) / spikes.detected.samplingRate
    let plans = RefitPlan.spread(over: span, options: sorter.options, tracking: track.tracking)
    var found: [FoundUnits] = []
    for batch in stride(from: 0, to: plans.count, by: Self.batch) {
      progress(Double(batch) / Double(plans.count))
      // Of a batch alone, as a stretch's snippets are copied.
      let stretches = plans[batch..<min(plans.count, batch + Self.batch)].map { stretch(of: $0, span: span) }
      found += try Parallel.map(count: stretches.count, threads: sorter.threads) {
        (i: Int) throws -> FoundUnits in try units(of: stretches[i])
      }
    }
    let refits = Sorting.Refits(
      found: 0, counts: found.map(\.units.neuronCount), windowStarts: plans.map(\.windowStart),
      seeds: plans.map(\.seed), stretchSeconds: min(stretch, span))
    return (refits, found)
  }

  /// What a refit sorts, and how it follows the components.
  private struct Stretch: Sendable {
    var spikes: SpikeTable
    let recording: (any Recording)?
    var tracking: TrackingOptions
  }

  private func stretch(of plan: RefitPlan, span: Double) -> Stretch {
    let rate = spikes.detected.samplingRate
    let excluded = spikes.excluded
    let left = excluded.framesLeft(before: frames.upperBound) - firstLeft
    let length = min(left, Int(min(stretch, span) * rate))
    let first = min(max(0, Int(plan.windowStart * rate)), left - length)
    let start = excluded.frame(left: firstLeft + first)
    let chosen = start..<max(start, excluded.frame(left: firstLeft + first + length - 1) + 1)
    let mixture = spikes.clusters.mixture
    var tracking = plan.fitting(
      track.tracking, options: sorter.options, components: mixture.selection?.bestK ?? mixture.components)
    tracking.windowStartSeconds = max(0, plan.windowStart - Double(first) / rate)
    return Stretch(
      spikes: spikes.during(chosen),
      recording: recording.map {
        RecordingSelection($0, channels: Array(0..<$0.channelCount), frames: chosen)
      }, tracking: tracking)
  }

  private func units(of stretch: Stretch) throws -> FoundUnits {
    var spikes = stretch.spikes
    guard spikes.count > 0 else {
      return FoundUnits([], frames: [], unitOfSpike: [], waveforms: nil, noise: [])
    }
    let (steps, stepCount) = stretch.tracking.frames(ofSeconds: spikes.seconds)
    let data = try MixtureData(
      track.scale == 1 ? spikes.features : spikes.features * track.scale, frames: steps, frameCount: stepCount
    )
    let fit = try windowTrackPolish(data, options: stretch.tracking, threads: 1).fit
    let posterior = try fit.mixture.posterior(data, distances: .toOwn, threads: 1)
    spikes.clusters = SpikeClusters(
      posterior, mixture: Sorting.MixtureSummary(fit, model: sorter.options.family),
      track: ComponentTrack(
        mixture: fit.mixture, tracking: stretch.tracking, posterior: posterior, scale: track.scale))
    if let resolver = sorter.resolver(for: spikes) {
      spikes = try resolver.resolved(spikes, in: stretch.recording, threads: 1) { _ in }
    }
    var counter = sorter
    (counter.threads, counter.onlyCounts) = (1, true)
    let judged = counter.units(of: spikes)
    return FoundUnits(
      judged.units, frames: spikes.detected.frames, unitOfSpike: judged.unitOfSpike,
      waveforms: judged.waveforms, noise: spikes.noise ?? [])
  }
}

/// What a refit starts from.
struct RefitPlan: Sendable, Equatable {
  /// The seed of its first restart.
  let seed: Int
  /// Where its window starts, in seconds.
  let windowStart: Double

  /// Seeds of refits are so far apart that none of their restarts share one.
  private static let seedStep = 1000
  /// How far from the sorting's own number of components a plain refit starts to look; the range grows where need be.
  private static let reach = 3

  /// As many plans as the options ask for, their windows spread evenly over so many seconds.
  static func spread(
    over seconds: Double, options: SortingOptions, tracking: TrackingOptions
  ) -> [RefitPlan] {
    let count = options.thorough ? Refits.thoroughCount : Refits.plainCount
    let room = max(0, seconds - tracking.windowSeconds)
    return (0..<count).map {
      RefitPlan(
        seed: options.seed + seedStep * ($0 + 1), windowStart: Double($0) * room / Double(max(count - 1, 1)))
    }
  }

  /// The tracking of the refit: that of the sorting from this seed and, in a plain sorting, with fewer fits, within the
  /// numbers of components that were asked for.
  func fitting(_ tracking: TrackingOptions, options: SortingOptions, components: Int) -> TrackingOptions {
    var fitting = tracking
    fitting.seed = seed
    guard !options.thorough else { return fitting }
    fitting.restarts = 1
    let near = max(1, components - Self.reach)...max(1, components) + Self.reach
    fitting.components = tracking.growthLimit > 0 ? near : near.clamped(to: tracking.components)
    fitting.mostComponents = tracking.growthLimit
    return fitting
  }
}

extension Sorting.Refits {
  /// The chance that a unit which is not one neuron's holds a second neuron that no other unit does: a quarter. The others
  /// hold background, or spikes of neurons that have units of their own.
  private static let secondNeuronShare = 0.25

  /// Takes the units of the sorting itself as found.
  mutating func settle(on units: [Sorting.Unit]) {
    found = units.neuronCount
    secondNeuronChances = units.filter { $0.verdict != .noise }.map { unit in
      unit.chance.map { Self.secondNeuronShare * (1 - $0) } ?? 0
    }
  }
}

extension [Sorting.Unit] {
  /// Those that are not noise.
  var neuronCount: Int { count { $0.verdict != .noise } }
}
