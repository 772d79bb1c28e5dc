import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection
import SpikeTrains

/// The sorting done again from other seeds and other windows, to see how sure the number of units is.
///
/// Every refit is the whole way from detected spikes to judged units, on a stretch of the recording around its window: what
/// it counts are units, after parting, matching and joining.
struct Refits {
  let recording: any Recording
  let detection: DetectionOptions
  let options: SortingOptions
  let threads: Int
  /// The tracking of the sorting itself, whose seed and window each refit replaces.
  let tracking: TrackingOptions
  /// Where the sorting's features lie, which those of the refits share.
  let space: SnippetSpace

  /// Refits of a plain and of a thorough sorting; with the sorting itself 4 and 20 fits.
  static let plainCount = 3
  static let thoroughCount = 19
  /// How much of the recording a refit sorts: long enough for refractory periods to show, so short that an hour's four
  /// take a twentieth of its sorting.
  static let stretchSeconds = 120.0

  /// The number of units of every refit that are not noise.
  ///
  /// - Parameters:
  ///   - detected: the spikes as they were detected.
  ///   - components: the number the sorting's window was fitted by; a plain refit tries the numbers about it.
  ///   - features: of the spikes, along the axes of `space`.
  ///   - progress: told the share of the work that is done.
  /// - Throws: what reading throws.
  func run(
    _ detected: borrowing DetectedSpikes, features: borrowing Matrix, components: Int,
    progress: (Double) -> Void
  ) throws -> Sorting.Refits {
    let plans = RefitPlan.spread(over: recording.seconds, options: options, tracking: tracking)
    let stretch = min(Self.stretchSeconds, recording.seconds)
    var counts: [Int] = []
    for batch in stride(from: 0, to: plans.count, by: Self.batch) {
      progress(Double(batch) / Double(plans.count))
      let next = plans[batch..<min(plans.count, batch + Self.batch)]
      // Of a batch alone, as a stretch's snippets are copied.
      let parts = next.map {
        part(of: detected, features: features, windowStart: $0.windowStart, stretch: stretch)
      }
      let fittings = next.map { $0.fitting(tracking, options: options, components: components) }
      counts += try Parallel.map(count: parts.count, threads: threads) { (i: Int) throws -> Int in
        try count(parts[i], fitting: fittings[i])
      }
    }
    return Sorting.Refits(plans, counts: counts, stretchSeconds: stretch)
  }

  /// Refits that run at once.
  private static let batch = 4

  /// A stretch of the recording with its spikes.
  private struct Part: Sendable {
    let recording: any Recording
    let detected: DetectedSpikes
    let features: Matrix
    /// Where the window starts, in seconds from the start of the stretch.
    let windowStart: Double
  }

  private func part(
    of all: borrowing DetectedSpikes, features: borrowing Matrix, windowStart: Double, stretch: Double
  ) -> Part {
    let rate = all.samplingRate
    let length = min(recording.frameCount, Int(stretch * rate))
    let first = min(max(0, Int(windowStart * rate)), recording.frameCount - length)
    let spikes = all.inside(first..<first + length)
    return Part(
      recording: RecordingSelection(
        recording, channels: Array(0..<recording.channelCount), frames: first..<first + length),
      detected: all.replaced(
        frames: all.frames[spikes].map { $0 - first },
        snippets: all.snippets.selecting(spikes)),
      features: features.selecting(rows: spikes), windowStart: max(0, windowStart - Double(first) / rate))
  }

  private func count(_ part: Part, fitting: TrackingOptions) throws -> Int {
    guard part.detected.count > 0 else { return 0 }
    var fitting = fitting
    fitting.windowStartSeconds = part.windowStart
    let rate = part.detected.samplingRate
    let (frames, frameCount) = fitting.frames(ofSeconds: part.detected.frames.map { Double($0) / rate })
    let data = try MixtureData(part.features, frames: frames, frameCount: frameCount)
    let tracked = try windowTrackPolish(data, options: fitting, threads: 1)
    let step = DriftingUnits(recording: part.recording, detection: detection, tracking: fitting, threads: 1)
    let components = try step.parted(
      DriftingComponents(
        part.detected, space: space, features: part.features, mixture: tracked.fit.mixture, tracking: fitting,
        threads: 1))
    let summary = Sorting.MixtureSummary(tracked.fit, model: options.model)
    guard let found = try step.resolve(components, summary: summary, progress: { _ in }) else { return 0 }
    return ClusteredSpikes(
      found, recording: part.recording, startFrame: 0, lockout: DriftingUnits.lockoutMilliseconds
    ).judged(merging: options.merges, threads: 1).units.neuronCount
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
  init(_ plans: [RefitPlan], counts: [Int], stretchSeconds: Double) {
    self.init(
      found: 0, counts: counts, windowStarts: plans.map(\.windowStart), seeds: plans.map(\.seed),
      stretchSeconds: stretchSeconds)
  }
}

extension SortingOptions {
  /// Whether units are counted again from other seeds and windows: where components drift, be it on a tetrode or a probe.
  /// A mixture at rest has all of its restarts on all spikes.
  var countsAgain: Bool { model == .driftingT }
}

extension [Sorting.Unit] {
  /// Those that are not noise.
  var neuronCount: Int { count { $0.verdict != "noise" } }
}

extension ClusteredSpikes {
  /// Spikes with their components, as they were resolved.
  ///
  /// - Parameters:
  ///   - startFrame: the frame of the whole recording that `recording` starts at.
  ///   - lockout: spikes nearer to each other than this cannot both be found, in ms.
  init(_ found: ResolvedSpikes, recording: any Recording, startFrame: Int, lockout: Double) {
    let (detected, outcome) = (found.detected, found.outcome)
    self.init(
      frames: detected.frames.map { $0 + startFrame }, samplingRate: recording.samplingRate,
      range: startFrame..<startFrame + recording.frameCount,
      gaps: FrameGaps(recording.clock).from(frame: -startFrame), components: outcome.labels,
      componentCount: outcome.summary.components, responsibilities: outcome.responsibilities,
      features: found.features,
      snippets: detected.snippets, noise: detected.noise.deviations, censoredMilliseconds: lockout,
      noiseReasons: found.noiseReasons, isResolved: found.isMatched)
  }
}

extension DetectedSpikes {
  /// The spikes whose snippets lie in a range of frames.
  fileprivate func inside(_ range: Range<Int>) -> Range<Int> {
    let low = firstSpike(from: range.lowerBound + snippets.trough)
    return low..<max(low, firstSpike(from: range.upperBound - (snippets.frames - snippets.trough)))
  }

  /// The first spike at a frame or later.
  private func firstSpike(from frame: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if frames[middle] >= frame { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
