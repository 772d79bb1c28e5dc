import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

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
  /// Principal components of snippets the mixture sees.
  let dimensions: Int

  /// Refits of a plain and of a thorough sorting.
  static let plainCount = 4
  static let thoroughCount = 20
  /// How much of the recording a refit sorts: long enough for refractory periods to show, so short that an hour's four
  /// take a twentieth of its sorting.
  static let stretchSeconds = 120.0

  /// The number of units of every refit that are not noise.
  ///
  /// - Parameters:
  ///   - detected: the spikes as they were detected.
  ///   - components: the number the sorting's window was fitted by; a plain refit tries the numbers about it.
  /// - Throws: what reading throws.
  func run(_ detected: DetectedSpikes, components: Int) throws -> Sorting.Refits {
    let count = options.thorough ? Self.thoroughCount : Self.plainCount
    let stretch = min(Self.stretchSeconds, recording.seconds)
    // The windows are spread over the recording, the last one ends with it.
    let room = max(0, recording.seconds - tracking.windowSeconds)
    let starts = (0..<count).map { Double($0) * room / Double(max(count - 1, 1)) }
    let seeds = (0..<count).map { options.seed + Self.seedStep * ($0 + 1) }
    let counts = try Parallel.map(count: count, threads: threads) { (i: Int) throws -> Int in
      var fitting = tracking
      fitting.seed = seeds[i]
      if !options.thorough {
        fitting.restarts = 1
        fitting.components = max(1, components - Self.reach)...components + Self.reach
      }
      return try self.count(detected, fitting: fitting, windowStart: starts[i], stretch: stretch)
    }
    return Sorting.Refits(
      found: 0, counts: counts, windowStarts: starts, seeds: seeds, stretchSeconds: stretch)
  }

  /// Seeds of refits are so far apart that none of their restarts share one.
  private static let seedStep = 1000
  /// How far from the sorting's own number of components a plain refit starts to look; the range grows where need be.
  private static let reach = 3

  private func count(
    _ all: DetectedSpikes, fitting: TrackingOptions, windowStart: Double, stretch: Double
  ) throws -> Int {
    let rate = all.samplingRate
    let length = min(recording.frameCount, Int(stretch * rate))
    let first = min(max(0, Int(windowStart * rate)), recording.frameCount - length)
    let part = RecordingSelection(
      recording, channels: Array(0..<recording.channelCount), frames: first..<first + length)
    let detected = all.inside(first..<first + length)
    guard detected.count > 0 else { return 0 }
    var fitting = fitting
    fitting.windowStartSeconds = max(0, windowStart - Double(first) / rate)
    let space = try SnippetSpace(of: detected, dimensions: dimensions)
    let features = space.features(of: detected, threads: 1)
    let (timeFrames, timeFrameCount) = fitting.frames(ofSeconds: detected.frames.map { Double($0) / rate })
    let data = try MixtureData(features, frames: timeFrames, frameCount: timeFrameCount)
    let tracked = try windowTrackPolish(data, options: fitting, threads: 1)
    let step = DriftingUnits(recording: part, detection: detection, tracking: fitting, threads: 1)
    let components = try step.parted(
      DriftingComponents(
        detected: detected, space: space, features: features, timeFrames: timeFrames,
        timeFrameCount: timeFrameCount, mixture: tracked.fit.mixture, threads: 1))
    let summary = Sorting.MixtureSummary(tracked.fit, model: options.model)
    guard let found = try step.resolve(components, summary: summary, progress: { _ in }) else { return 0 }
    return ClusteredSpikes(found, recording: part, startFrame: 0, lockout: DriftingUnits.lockoutMilliseconds)
      .judged(merging: options.merges, threads: 1).units.neuronCount
  }
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
      range: startFrame..<startFrame + recording.frameCount, components: outcome.labels,
      componentCount: outcome.summary.components, responsibilities: outcome.responsibilities,
      features: found.features,
      snippets: SnippetTable(
        frames: detected.window.count, channels: detected.channelCount, trough: detected.window.before,
        samples: detected.snippets), noise: detected.noise.deviations, censoredMilliseconds: lockout,
      noiseReasons: found.noiseReasons, isResolved: found.isMatched)
  }
}

extension DetectedSpikes {
  /// The spikes whose snippets lie in a range of frames, counted from its start.
  fileprivate func inside(_ range: Range<Int>) -> DetectedSpikes {
    let low = firstSpike(from: range.lowerBound + window.before)
    let high = max(low, firstSpike(from: range.upperBound - (window.count - window.before)))
    return replaced(
      frames: frames[low..<high].map { $0 - range.lowerBound },
      snippets: Array(snippets[low * snippetLength..<high * snippetLength]))
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
