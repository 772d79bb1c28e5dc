internal import Foundation
public import LinearAlgebra
internal import MixtureModels
internal import Recordings
internal import SpikeDetection
public import SpikeFiles
internal import SpikeTrains

/// Sorts spikes that another program detected, entering the pipeline where the data enter it.
///
/// Snippets with times become features, drifting components and units as a recording's spikes do; there is no trace to
/// match templates to, so collisions stay as they were detected. Features with times skip the first step. Without times
/// there is a mixture and its figures, and no verdicts.
/// - Parameters:
///   - events: the spikes of one group of channels.
///   - options: the defaults need no tuning.
///   - threads: how many threads to use; the result is the same for any number.
///   - progress: told the stage and its share done.
/// - Throws: `SortingError`, `SpikeDetectionError`, `MixtureError`.
public func sort(
  _ events: SpikeEvents, options: SortingOptions = SortingOptions(),
  threads: Int = Parallel.defaultThreads, progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try options.check()
  try events.checkTables()
  guard events.count > 0 else {
    throw SortingError.badInput(
      "\(events.files.first?.path ?? events.name) (\(events.name)): found no spike, expected at least one")
  }
  try options.checkEffects(on: .detectedSpikes)
  // Features are of all channels, also of those whose snippets show nothing.
  let faults = events.features == nil ? events.channelFaults : []
  let left = try events.without(faults)
  let sentences = faults.map {
    $0.renumbered { events.channels.indices.contains($0) ? events.channels[$0] : $0 }
  }
  .map(\.description)
  var run: SortingRun
  if let snippets = left.snippets, let frames = left.frames, let rate = left.samplingRate {
    run = try SnippetSorter(
      events: left, snippets: snippets, frames: frames, rate: rate,
      contacts: Probe.standard(channelCount: events.snippets?.channels ?? 0).contacts.enumerated().filter {
        place, _ in
        !faults.contains { $0.channel == place }
      }.map(\.element), options: options, threads: threads, progress: progress
    ).run()
  } else {
    run = try cluster(
      try FeatureInput(left, threads: threads), options: options, threads: threads, progress: progress)
  }
  run.sorting.warnings = events.notices + sentences + run.sorting.warnings
  return run
}

extension SpikeEvents {
  /// Refuses tables that do not belong together, as nothing else keeps a caller from making them.
  ///
  /// - Throws: `SortingError.badInput`.
  fileprivate func checkTables() throws(SortingError) {
    let name = files.first?.path ?? name
    if let snippets {
      let (size, overflows) = snippets.frames.multipliedReportingOverflow(by: snippets.channels)
      guard snippets.frames > 0, snippets.channels > 0, !overflows,
        snippets.samples.count.isMultiple(of: size), snippets.samples.allSatisfy(\.isFinite)
      else {
        throw .badInput(
          "\(name): found snippets of \(snippets.frames) frames and \(snippets.channels) channels with "
            + "\(snippets.samples.count) samples, expected finite samples of whole snippets")
      }
    }
    if let features, features.columns < 1 || features.values.count != count * features.columns {
      throw .badInput(
        "\(name): found \(features.values.count) features in \(features.columns) columns, expected a row for each of "
          + "\(count) spikes")
    }
    if let frames {
      let isAscending = zip(frames, frames.dropFirst()).allSatisfy { $0 <= $1 }
      guard frames.count == count, isAscending, frames.first ?? 0 >= 0,
        frames.last ?? 0 <= 1_000_000_000_000_000
      else {
        throw .badInput("\(name): found \(frames.count) times, expected \(count) that ascend from 0")
      }
    }
    if let rate = samplingRate, !(rate > 0 && rate < 1e12) {
      throw .badInput("\(name): found \(rate) frames a second, expected a positive number")
    }
  }

  /// Wires that are constant or repeat another in all snippets.
  fileprivate var channelFaults: [ChannelFault] {
    guard let snippets, snippets.channels > 0 else { return [] }
    var check = ChannelCheck(channelCount: snippets.channels)
    check.add(snippets.samples)
    return check.faults
  }

  /// The same spikes on the channels that carry something of their own.
  ///
  /// - Throws: `SpikeDetectionError.noSignal` where none does.
  fileprivate func without(_ faults: [ChannelFault]) throws -> SpikeEvents {
    guard !faults.isEmpty, let snippets else { return self }
    let kept = (0..<snippets.channels).filter { c in !faults.contains { $0.channel == c } }
    guard !kept.isEmpty else { throw SpikeDetectionError.noSignal(file: files.first?.path ?? name) }
    var result = self
    result.snippets = snippets.selecting(channels: kept)
    if channels.count == snippets.channels { result.channels = kept.map { channels[$0] } }
    return result
  }
}

/// The stages from snippets to a sorting.
private struct SnippetSorter {
  let events: SpikeEvents
  let snippets: Snippets
  let frames: [Int]
  let rate: Double
  /// Where the channels' contacts are.
  let contacts: [Probe.Contact]
  let options: SortingOptions
  let threads: Int
  let progress: (String, Double) -> Void

  /// Components of whole snippets the mixture sees, as of a recording's.
  static let dimensions = 10
  /// Other programs' thresholds leave few spikes a minute, and BIC finds no more components than it has spikes for: on
  /// the real tetrodes tried, 1 to 30 spikes a second, a window of a minute held three clusters where all spikes held
  /// five.
  static let fewestInWindow = 5000

  func run() throws -> SortingRun {
    var watch = Stopwatch()
    var seconds = StageSeconds()
    progress("Aligning snippets", 0)
    // From the start of what was observed, whatever the clock said before.
    let first = observed.lowerBound
    let detected = try DetectedSpikes(
      frames: frames.map { $0 - first }, aligning: snippets, samplingRate: rate,
      file: events.files.first?.path ?? events.name, threads: threads)
    seconds.detect = watch.lap()
    let space = try SnippetSpace(
      of: detected, dimensions: Self.dimensions)
    let features = space.features(of: detected, threads: threads)
    seconds.features = watch.lap()
    let clustering = Clustering(options: options, threads: threads, fewestInWindow: Self.fewestInWindow) {
      progress("Fitting mixtures", $0)
    }
    let found =
      options.model == .driftingT
      ? try drifting(clustering, features, space, detected)
      : ResolvedSpikes(
        unmatched: detected, features: features, outcome: try clustering.fitAtRest(features))
    seconds.cluster = watch.lap()
    let sorting = try judge(found)
    seconds.postprocess = watch.lap()
    return SortingRun(sorting: sorting, seconds: seconds)
  }

  private func drifting(
    _ clustering: Clustering, _ features: Matrix, _ space: SnippetSpace, _ detected: DetectedSpikes
  ) throws -> ResolvedSpikes {
    let first = Double(frames.first ?? 0)
    let times = frames.map { (Double($0) - first) / rate }
    let (_, tracked, summary, tracking) = try clustering.track(features, seconds: times)
    let (timeFrames, timeFrameCount) = tracking.frames(ofSeconds: times)
    let components = try DriftingUnits.parted(
      DriftingComponents(
        detected: detected, space: space, features: features, timeFrames: timeFrames,
        timeFrameCount: timeFrameCount, mixture: tracked.fit.mixture, threads: threads),
      tracking: tracking, threads: threads)
    return ResolvedSpikes(
      unmatched: detected, features: components.features,
      outcome: ClusteringOutcome(
        labels: components.posterior.labels, responsibilities: components.posterior.responsibilities,
        summary: summary.describing(components.mixture), warnings: []))
  }

  private func judge(_ found: ResolvedSpikes) throws -> Sorting {
    progress("Judging units", 0)
    let (detected, outcome) = (found.detected, found.outcome)
    let perChannel = try detected.channelFeatures(componentsPerChannel: 3, threads: threads)
    let clustered = ClusteredSpikes(
      frames: frames, samplingRate: rate, range: observed,
      gaps: events.clock.map { FrameGaps($0) } ?? .none, components: outcome.labels,
      componentCount: outcome.summary.components,
      responsibilities: outcome.responsibilities, features: found.features,
      snippets: detected.snippets, noise: detected.noise.deviations,
      censoredMilliseconds: censoredMilliseconds)
    let judged = clustered.judged(merging: options.merges, threads: threads)
    let spikes = Sorting.Spikes(
      frames: frames, components: outcome.labels, units: judged.unitOfSpike, amplitudes: judged.amplitudes,
      features: perChannel.scores.storage.map(Float.init), featureChannels: perChannel.channels.count,
      featuresPerChannel: perChannel.scores.columns / max(perChannel.channels.count, 1),
      explainedVariance: perChannel.components.map(\.explainedVarianceRatio))
    var source = Sorting.Source(
      files: events.files.map(\.lastPathComponent), checksum: try inputChecksum(of: events.files),
      samplingRate: rate, frameCount: observed.count,
      channelPositions: contacts.map { [$0.xMicrometers, $0.yMicrometers] }, channels: events.channels,
      amplitudeUnit: snippets.unit, flatBinary: nil,
      startFrame: observed.lowerBound, inputs: events.inputs)
    source.clock = events.clock
    var sorting = Sorting(
      source: source, options: options, spikes: spikes, mixture: outcome.summary, units: judged.units,
      pairs: judged.pairs,
      merges: judged.merges, waveforms: judged.waveforms, traceExample: nil,
      warnings: detected.warnings + outcome.warnings)
    sorting.statedCensoredMilliseconds = censoredMilliseconds
    sorting.noise = Sorting.Noise(origin: .snippets, deviations: detected.noise.deviations)
    return sorting
  }

  private var observed: Range<Int> { observedFrames(of: frames, sessionFrames: events.frameCount) }

  /// The shortest interval that the detector let through, by what it let through: another program's lockout is not
  /// known, and lags it cannot have seen must not count as kept refractory periods.
  private var censoredMilliseconds: Double {
    let shortest = zip(frames.dropFirst(), frames).map { $0 - $1 }.filter { $0 > 0 }.min() ?? 0
    return min(Double(max(shortest - 1, 0)) / rate * 1000, ComponentsToUnits.refractoryMilliseconds * 0.75)
  }
}

extension FeatureInput {
  /// Spikes with features, or with snippets and no times, as `cluster` takes them.
  fileprivate init(_ events: SpikeEvents, threads: Int) throws {
    let features: Matrix
    if let given = events.features {
      features = try Self.reduced(
        Matrix(rows: events.count, columns: given.columns, storage: given.values))
    } else if let snippets = events.snippets {
      let detected = try DetectedSpikes(
        frames: Array(0..<events.count), aligning: snippets, samplingRate: events.samplingRate ?? 30_000,
        file: events.files.first?.path ?? events.name, threads: threads)
      features = try SnippetSpace(of: detected, dimensions: 10).features(of: detected, threads: threads)
    } else {
      throw SortingError.badInput("\(events.name) holds neither snippets nor features")
    }
    self.init(
      urls: events.files, features: features, frames: events.samplingRate == nil ? nil : events.frames,
      samplingRate: events.samplingRate, waveforms: events.snippets, isLab: false)
    (inputs, clock) = (events.inputs, events.clock)
  }

  /// Covariances of more features than this ask for more spikes than recordings have.
  private static let mostFeatures = 24
  /// The principal components that take the place of more.
  private static let fewerFeatures = 12

  /// Features, or the first principal components of those of whole probes.
  private static func reduced(_ features: Matrix) throws -> Matrix {
    guard features.columns > mostFeatures, features.rows > fewerFeatures else { return features }
    return try PrincipalComponents(of: features, count: fewerFeatures).scores(of: features)
  }
}
