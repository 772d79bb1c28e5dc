public import LinearAlgebra
internal import MixtureModels
public import Recordings
internal import SpikeDetection
public import SpikeFiles
internal import SpikeTrains

/// Sorts spikes: voltage, or what another program detected, in; judged units out.
///
/// Each stage is a value that can be replaced by one's own.
public struct Sorter: Sendable {
  /// The choices; the defaults need no tuning.
  public var options: SortingOptions
  /// How many threads to use; the result is the same bits for any number.
  public var threads: Int
  /// Finds the spikes; nil for what the options say.
  public var detector: (any SpikeDetector)?
  /// Gives spikes to components; nil for the mixture that the options say.
  public var clusterer: (any SpikeClusterer)?
  /// Tells overlapping spikes apart; nil for templates where components drift, else nothing.
  public var resolver: (any SpikeResolver)?
  /// Says what units are.
  public var judge: any SpikeJudge = VerdictLimits()

  /// Components of whole snippets that features are: ten hold all but the noise of a tetrode's spikes.
  var dimensions = 10
  /// Whether units are counted again from other seeds and windows.
  var countsAgain = true
  /// Whether what is only shown of units is left out, as they are but counted.
  var onlyCounts = false

  /// A sorter of these options.
  public init(_ options: SortingOptions = SortingOptions(), threads: Int = Parallel.defaultThreads) {
    self.options = options
    self.threads = threads
  }

  /// The stages from detected spikes to judged units, whichever way the spikes came in.
  ///
  /// - Parameters:
  ///   - spikes: detected, and described where their features come from elsewhere.
  ///   - recording: the voltage they were found in; nil where it is not at hand.
  /// - Returns: the sorting, and what every refit found.
  func sorting(
    of source: Sorting.Source, _ entered: consuming SpikeTable, in recording: (any Recording)?,
    drawn: ChannelFeatures? = nil, _ watch: StageWatch
  ) throws -> (sorting: Sorting, again: [FoundUnits]) {
    let clustered = try clustered(described(consume entered, watch), watch)
    var again: (refits: Sorting.Refits, found: [FoundUnits])?
    if countsAgain, let track = clustered.clusters.track {
      watch.enter(.count)
      again = try Refits(self, track, of: clustered, in: recording).run(progress: watch.tell)
    }
    let resolved = try resolved(consume clustered, in: recording, watch)
    watch.enter(.judge)
    let judged = units(of: resolved)
    watch.enter(.describe)
    var sorting = try Sorting(source, options, consume resolved, judged, drawn: drawn, threads: threads)
    sorting.refits = again?.refits
    sorting.refits?.settle(on: sorting.units)
    return (sorting, again?.found ?? [])
  }

  private func described(_ spikes: consuming SpikeTable, _ watch: StageWatch) throws -> SpikeTable {
    guard spikes.features.columns == 0 else { return spikes }
    watch.enter(.describe)
    try spikes.describe(dimensions: dimensions, threads: threads)
    return spikes
  }

  private func clustered(_ spikes: consuming SpikeTable, _ watch: StageWatch) throws -> SpikeTable {
    watch.enter(.cluster)
    spikes.clusters = try (clusterer ?? MixtureClusterer(options)).clusters(
      of: spikes.features, seconds: spikes.hasTimes ? spikes.seconds : nil, threads: threads,
      progress: watch.tell)
    return spikes
  }

  private func resolved(
    _ spikes: consuming SpikeTable, in recording: (any Recording)?, _ watch: StageWatch
  ) throws -> SpikeTable {
    guard let resolver = resolver(for: spikes) else { return spikes }
    watch.enter(.resolve)
    return try resolver.resolved(spikes, in: recording, threads: threads, progress: watch.tell)
  }

  /// What resolves collisions: of components at rest nothing, as they have no templates that follow what drifts.
  func resolver(for spikes: SpikeTable) -> (any SpikeResolver)? {
    if let resolver { return resolver }
    return spikes.clusters.track == nil ? nil : TemplateResolver(detection: options.detection)
  }

  /// Components joined to units, and what is to be said of each.
  func units(of spikes: SpikeTable) -> JudgedUnits {
    JudgedUnits(
      spikes, judge: judge, joining: options.merges, onlyCounts: onlyCounts, threads: threads)
  }
}

// MARK: A recording

extension Sorter {
  /// Sorts a recording: raw voltage in, judged units out.
  ///
  /// - Parameters:
  ///   - recording: any number of channels that see the same neurons.
  ///   - checksum: the input's checksum where it is known already (`inputChecksum`), as of several groups of one file.
  ///   - progress: told the stage and its share done.
  /// - Throws: `SortingError`, `RecordingError`, `SpikeDetectionError`.
  public func sort(
    _ recording: any Recording, checksum: String? = nil,
    progress: @escaping (String, Double) -> Void = { _, _ in }
  ) throws -> SortingRun {
    let watch = StageWatch(progress)
    var part = try RecordingPart(recording, options: options)
    part.checksum = checksum
    part = try part.without(channelFaults(in: part.recording))
    watch.enter(.clean)
    let found = try part.cleaned(threads: threads).leavingOutFaults(threads: threads) {
      try sorting(of: $0, watch)
    }
    return SortingRun(sorting: found, seconds: watch.seconds)
  }

  /// Sorts a part of a recording, by neighbourhoods where it has many channels.
  ///
  /// - Throws: `FaultyChannels` where some are to be left out first.
  private func sorting(of part: RecordingPart, _ watch: StageWatch) throws -> Sorting {
    if let neighbourhoods = Neighbourhood.covering(part.positions) {
      return try ProbeSorter(sorter: self, part: part, neighbourhoods: neighbourhoods).sorting(watch)
    }
    var (sorting, found, _) = try sortingOfAllChannels(part, watch)
    sorting.warnings = part.warnings + found.warnings + sorting.warnings
    sorting.options = part.spokenOptions
    sorting.traceExample = try part.traceExample(
      around: (sorting.spikes.frames ?? []).map { $0 - part.startFrame }, noise: found.noise.deviations,
      sign: found.peakSign)
    return sorting
  }

  /// Sorts channels that see the same neurons.
  ///
  /// - Returns: what was found, what detection says of the recording, and what every refit found.
  /// - Throws: `FaultyChannels` where some are to be left out first.
  func sortingOfAllChannels(
    _ part: RecordingPart, _ watch: StageWatch
  ) throws -> (sorting: Sorting, found: DetectedSpikes, again: [FoundUnits]) {
    watch.enter(.detect)
    let detected = try (detector ?? options.detection).spikes(
      in: part.recording, threads: threads, progress: watch.tell)
    try FaultyChannels.check(detected.noise)
    let blank = detected.replaced(frames: [], snippets: detected.snippets.emptied)
    guard detected.count > 0 else { return (try part.withoutSpikes(dimensions: dimensions), blank, []) }
    let table = SpikeTable(
      consume detected, frameCount: part.recording.frameCount, gaps: FrameGaps(part.recording.clock),
      excluded: part.recording.excludedFrames)
    var (sorting, again) = try sorting(of: part.source(), consume table, in: part.recording, watch)
    sorting.noise = Sorting.Noise(origin: .trace, deviations: blank.noise.deviations)
    return (sorting, blank, again)
  }
}

/// Channels that carry nothing of their own, to be left out before anything else is done.
struct FaultyChannels: Error {
  let faults: [ChannelFault]

  /// Throws where a noise has faulty channels.
  static func check(_ noise: NoiseModel) throws {
    guard noise.faults.isEmpty else { throw FaultyChannels(faults: noise.faults) }
  }
}

extension RecordingPart {
  /// Does something with as many of the channels as carry something of their own, also in more of the recording than was
  /// looked at before.
  ///
  /// - Parameter threads: with which the part is cleaned anew; nil where it is not to be.
  func leavingOutFaults<Result>(
    threads: Int? = nil, _ body: (RecordingPart) throws -> Result
  ) throws -> Result {
    var part = self
    while true {
      do { return try body(part) } catch let found as FaultyChannels {
        part = try part.without(found.faults)
        if let threads { part = try part.cleaned(threads: threads) }
      }
    }
  }

  /// A sorting of a recording in which nothing stands out.
  func withoutSpikes(dimensions: Int) throws -> Sorting {
    var sorting = Sorting(
      source: try source(), options: spokenOptions,
      spikes: Sorting.Spikes(
        frames: [], components: [], units: [], amplitudes: [], features: [],
        featureChannels: recording.channelCount, featuresPerChannel: 3),
      mixture: Sorting.MixtureSummary(model: options.family, weights: []))
    sorting.mixture.dimensions = dimensions
    sorting.warnings = [
      "no deflection passes \(options.threshold) standard deviations of the noise: there is nothing to sort"
    ]
    return sorting
  }
}
