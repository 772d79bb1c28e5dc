internal import Foundation
public import LinearAlgebra
internal import MixtureModels
public import Recordings
internal import SpikeDetection

/// Sorts a recording: raw voltage in, judged units out.
///
/// - Parameters:
///   - recording: any number of channels that see the same neurons.
///   - options: the defaults need no tuning.
///   - checksum: the input's checksum where it is known already (`inputChecksum`), as of several groups of one file.
///   - threads: how many threads to use; the result is the same bits for any number.
///   - progress: told the stage and its share done.
/// - Throws: `SortingError`, `RecordingError`, `SpikeDetectionError`.
public func sort(
  _ recording: any Recording, options: SortingOptions = SortingOptions(), checksum: String? = nil,
  threads: Int = Parallel.defaultThreads, progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try options.checkEffects(on: .recording)
  var whole = try Sorter(recording, options: options, threads: threads, progress: progress)
  whole.checksum = checksum
  return try whole.without(try channelFaults(in: whole.part)).run()
}

/// The stages of `sort`.
struct Sorter {
  let whole: any Recording
  let part: any Recording
  /// The recording's channels that are sorted.
  let channels: [Int]
  /// The recording's frame that `part` starts at.
  let startFrame: Int
  let options: SortingOptions
  let threads: Int
  let progress: (String, Double) -> Void
  /// Dead and repeated channels that are left out, as the recording numbers them.
  let faults: [ChannelFault]

  /// Components of whole snippets the mixture sees: ten hold all but the noise of a tetrode's spikes.
  var dimensions = 10
  /// Whether the units are counted again from other seeds and windows.
  var refits = true
  /// The checksum of the recording's files; nil where it is still to be made.
  var checksum: String?

  /// The rates at which spikes can be sorted, in Hz. Under 4 kHz a spike of a millisecond takes fewer than four frames.
  /// Recordings of cells are made at up to 200 kHz; beyond, a rate is a slip of the pen, and a snippet of 1.3 ms takes
  /// so many frames that its principal components, whose work grows with their cube, would not end.
  static let rates = 4000.0...250_000

  init(
    _ recording: any Recording, options: SortingOptions, threads: Int,
    faults: [ChannelFault] = [], progress: @escaping (String, Double) -> Void
  ) throws {
    try options.check()
    let name = recording.files.first?.lastPathComponent ?? "the recording"
    let rate = recording.samplingRate
    guard Self.rates.contains(rate) else {
      throw SortingError.badInput(Self.refusal(rate, of: name))
    }
    guard options.excludedChannels.allSatisfy({ $0 < recording.channelCount }) else {
      throw SortingError.badOption(
        "--exclude-channels names a channel that \(name) does not have; expected 0 to \(recording.channelCount - 1)"
      )
    }
    let kept = (0..<recording.channelCount).filter { !options.excludedChannels.contains($0) }
    guard !kept.isEmpty else {
      throw SortingError.badOption("--exclude-channels leaves no channel of \(name)")
    }
    channels = kept.filter { channel in !faults.contains { $0.channel == channel } }
    guard !channels.isEmpty else {
      throw SortingError.badInput(
        "\(name): found every channel constant, expected at least one that carries a signal")
    }
    // Compared as numbers first: not every number of seconds is a frame.
    let frames = Double(recording.frameCount)
    let start = ((options.start ?? 0) * rate).rounded()
    let end = options.end.map { ($0 * rate).rounded() } ?? frames
    let first = start >= 0 && start < frames ? Int(start) : -1
    let last = end > 0 ? Int(min(end, frames)) : 0
    guard first >= 0, first < last else {
      throw SortingError.badOption(
        "--start and --end leave nothing of \(name), which is \(recording.seconds) s long")
    }
    whole = recording
    startFrame = first
    let isWhole = channels.count == recording.channelCount && first == 0 && last == recording.frameCount
    part = isWhole ? recording : RecordingSelection(recording, channels: channels, frames: first..<last)
    self.options = options
    self.threads = threads
    self.faults = faults
    self.progress = progress
  }

  /// Why a recording of a rate is not sorted, and what to do.
  private static func refusal(_ rate: Double, of name: String) -> String {
    let (found, low, high) = (hertz(rate), hertz(rates.lowerBound), hertz(rates.upperBound))
    guard rate > rates.upperBound else {
      return
        "\(name) has \(found) frames a second, in which no spike can be seen; expected \(low) to \(high) "
        + "(a rate is said in Hz, not in kHz)"
    }
    return
      "\(name) has \(found) frames a second; expected \(low) to \(high): say the rate in Hz, or decimate the recording "
      + "before it is sorted"
  }

  /// A rate without a point where it is whole.
  private static func hertz(_ rate: Double) -> String {
    Int(exactly: rate).map { "\($0)" } ?? "\(rate)"
  }

  /// The same without some more channels of `part`.
  func without(_ found: [ChannelFault]) throws -> Sorter {
    guard !found.isEmpty else { return self }
    let more = found.map { $0.renumbered { channels[$0] } }
    var result = try Sorter(
      whole, options: options, threads: threads, faults: faults + more, progress: progress)
    (result.checksum, result.dimensions, result.refits) = (checksum, dimensions, refits)
    return result
  }

  func run() throws -> SortingRun {
    if let neighbourhoods = Neighbourhood.covering(channelPositions) {
      return try ProbeSorter(sorter: self, neighbourhoods: neighbourhoods).run()
    }
    var watch = Stopwatch()
    var seconds = StageSeconds()
    switch try find(watch: &watch, seconds: &seconds) {
    case .faults(let faults):
      // Seen in more of the recording than was looked at before.
      return try without(faults).run()
    case .nothing(let noise, let sign):
      return SortingRun(sorting: try withoutSpikes(noise: noise, sign: sign), seconds: seconds)
    case .spikes(let found):
      let sorting = try judge(found, watch: &watch, seconds: &seconds)
      seconds.postprocess += watch.lap()
      return SortingRun(sorting: sorting, seconds: seconds)
    }
  }

  /// What was found in a recording.
  enum Found {
    /// Channels that carry nothing of their own, to be left out first.
    case faults([ChannelFault])
    /// No spike in this noise, looked for with this sign.
    case nothing(NoiseModel, PeakSign)
    /// Spikes and their components.
    case spikes(ResolvedSpikes)
  }

  /// Detects spikes, fits the mixture and resolves collisions.
  func find(watch: inout Stopwatch, seconds: inout StageSeconds) throws -> Found {
    let detected = try detectSpikes(in: part, options: detectionOptions, threads: threads) {
      progress("Detecting spikes", $0)
    }
    guard detected.noise.faults.isEmpty else { return .faults(detected.noise.faults) }
    seconds.detect = watch.lap()
    guard detected.count > 0 else { return .nothing(detected.noise, detected.peakSign) }
    progress("Projecting", 0)
    let space = try SnippetSpace(of: detected, dimensions: dimensions)
    let features = space.features(of: detected, threads: threads)
    seconds.features = watch.lap()
    let clustering = Clustering(options: options, threads: threads) { progress("Fitting mixtures", $0) }
    guard options.model == .driftingT else {
      let outcome = try clustering.fitAtRest(features)
      seconds.cluster = watch.lap()
      return .spikes(ResolvedSpikes(unmatched: detected, features: features, outcome: outcome))
    }
    return .spikes(
      try driftingUnits(
        clustering, consume features, space, consume detected, watch: &watch, seconds: &seconds))
  }

  /// Drifting components, parted where they are two units, and their spikes resolved by templates.
  private func driftingUnits(
    _ clustering: Clustering, _ features: consuming Matrix, _ space: SnippetSpace,
    _ detected: consuming DetectedSpikes, watch: inout Stopwatch, seconds: inout StageSeconds
  ) throws -> ResolvedSpikes {
    let times = detected.frames.map { Double($0) / detected.samplingRate }
    let (_, tracked, summary, tracking) = try clustering.track(features, seconds: times)
    seconds.cluster = watch.lap()
    var counted: Sorting.Refits?
    if refits, options.countsAgain {
      counted = try Refits(
        recording: part, detection: detectionOptions, options: options, threads: threads, tracking: tracking,
        space: space
      ).run(detected, features: features, components: summary.selection?.bestK ?? summary.components) {
        progress("Counting units again", $0)
      }
      seconds.refits = watch.lap()
    }
    let step = DriftingUnits(
      recording: part, detection: detectionOptions, tracking: tracking, threads: threads)
    let components = try step.parted(
      DriftingComponents(
        consume detected, space: space, features: consume features, mixture: tracked.fit.mixture,
        tracking: tracking, threads: threads))
    seconds.cluster += watch.lap()
    let (partedSpace, mixture) = (components.space, components.mixture)
    var resolved = try step.resolve(consume components, summary: summary) {
      progress("Resolving collisions", $0)
    }
    seconds.match = watch.lap()
    resolved?.refits = counted
    return try resolved
      ?? unresolved(partedSpace, mixture: mixture, tracking: tracking, summary: summary)
  }

  /// The spikes as they are detected, found once more as the matching, which found nothing, let go of them.
  private func unresolved(
    _ space: SnippetSpace, mixture: Mixture, tracking: TrackingOptions, summary: Sorting.MixtureSummary
  ) throws -> ResolvedSpikes {
    let detected = try detectSpikes(in: part, options: detectionOptions, threads: threads)
    let components = try DriftingComponents(
      detected, space: space, features: space.features(of: detected, threads: threads), mixture: mixture,
      tracking: tracking, threads: threads)
    let posterior = components.posterior
    return ResolvedSpikes(
      unmatched: detected, features: components.features,
      outcome: ClusteringOutcome(
        labels: posterior.labels, responsibilities: posterior.responsibilities,
        summary: summary.describing(mixture), warnings: []))
  }

  var detectionOptions: DetectionOptions {
    var detection = DetectionOptions()
    detection.band = options.passBand.map { .between($0.low, $0.high) }
    detection.threshold = options.threshold
    detection.peakSign = PeakSign(rawValue: options.peak.rawValue) ?? .auto
    detection.reference = ReferenceMode(rawValue: options.reference.rawValue) ?? .none
    return detection
  }

  private func judge(
    _ found: ResolvedSpikes, watch: inout Stopwatch, seconds: inout StageSeconds
  ) throws -> Sorting {
    let (detected, outcome) = (found.detected, found.outcome)
    progress("Judging units", 0)
    let judged = judged(found)
    seconds.postprocess = watch.lap()
    // After the judging, whose tables are gone then.
    progress("Projecting", 1)
    let (channelFeatures, explainedVariance) = try detected.singlePrecisionChannelFeatures(
      componentsPerChannel: 3, threads: threads)
    seconds.features += watch.lap()
    let spikes = Sorting.Spikes(
      frames: detected.frames.map { $0 + startFrame }, components: outcome.labels, units: judged.unitOfSpike,
      amplitudes: judged.amplitudes, features: channelFeatures, featureChannels: detected.snippets.channels,
      featuresPerChannel: channelFeatures.count / max(1, detected.count * detected.snippets.channels),
      explainedVariance: explainedVariance)
    var sorting = Sorting(
      source: try source(), options: spokenOptions, spikes: spikes, mixture: outcome.summary,
      units: judged.units,
      pairs: judged.pairs, merges: judged.merges, waveforms: judged.waveforms,
      traceExample: try traceExample(
        around: detected.frames, noise: detected.noise.deviations, sign: detected.peakSign),
      warnings: inputWarnings + detected.warnings + outcome.warnings)
    sorting.drift = found.drift
    sorting.noise = Sorting.Noise(origin: .trace, deviations: detected.noise.deviations)
    sorting.refits = found.refits
    sorting.refits?.found = judged.units.neuronCount
    sorting.statedCensoredMilliseconds = lockoutMilliseconds(found)
    return sorting
  }

  /// The units that found spikes are, and what is said of each.
  func judged(_ found: ResolvedSpikes) -> JudgedSpikes {
    let clustered = ClusteredSpikes(
      found, recording: part, startFrame: startFrame, lockout: lockoutMilliseconds(found))
    return clustered.judged(merging: options.merges, threads: threads)
  }

  /// Spikes of a unit nearer to each other than this were not both kept, in ms.
  func lockoutMilliseconds(_ found: ResolvedSpikes) -> Double {
    found.isMatched ? DriftingUnits.lockoutMilliseconds : detectionOptions.lockoutMilliseconds
  }

  /// A sorting of a recording in which nothing stands out.
  func withoutSpikes(noise: NoiseModel, sign: PeakSign) throws -> Sorting {
    let spikes = Sorting.Spikes(
      frames: [], components: [], units: [], amplitudes: [], features: [],
      featureChannels: part.channelCount,
      featuresPerChannel: 3)
    let mixture = Sorting.MixtureSummary(
      model: options.model.rawValue, dimensions: dimensions, components: 0, weights: [],
      effectiveComponents: 0,
      locations: [], scales: [], degreesOfFreedom: nil, logLikelihood: nil, selection: nil)
    let none =
      "no deflection passes \(options.threshold) standard deviations of the noise: there is nothing to sort"
    return Sorting(
      source: try source(), options: spokenOptions, spikes: spikes, mixture: mixture, units: [], pairs: [],
      merges: [],
      waveforms: nil, traceExample: try traceExample(around: [], noise: noise.deviations, sign: sign),
      warnings: inputWarnings + noise.faults.map(\.description) + [none])
  }

  /// A sentence for everything that was left out of the recording, as it was opened and as it was looked at.
  var inputWarnings: [String] { whole.notices + faults.map(\.description) }

  /// The options with what was left to the recording filled in.
  var spokenOptions: SortingOptions {
    var spoken = options
    if spoken.band == nil { spoken.band = [300, min(6000, 0.45 * part.samplingRate)] }
    return spoken
  }

  /// x and y of every channel that is sorted, in µm; a column where nobody says.
  var channelPositions: [[Double]] {
    channels.enumerated().map { place, channel in
      let contact = whole.probe.contact(ofChannel: channel)
      return contact.map { [$0.xMicrometers, $0.yMicrometers] } ?? [0, 25 * Double(place)]
    }
  }

  /// Where the spikes come from.
  func source() throws -> Sorting.Source {
    let layout = whole.flatLayout
    var source = Sorting.Source(
      files: whole.files.map(\.lastPathComponent), checksum: try checksum ?? inputChecksum(of: whole.files),
      samplingRate: part.samplingRate, frameCount: part.frameCount,
      channelPositions: channelPositions, channels: channels, amplitudeUnit: part.unit,
      flatBinary: layout.flatMap {
        $0.headerBytes == 0
          ? Sorting.FlatBinary(
            path: $0.file.standardizedFileURL.path, dataType: $0.sampleType.rawValue,
            channels: whole.channelCount)
          : nil
      }, startFrame: startFrame, inputs: whole.inputs.count > 1 ? whole.inputs : nil,
      session: whole.session)
    let clock = whole.clock
    source.clock = clock.isPlain(samplingRate: whole.samplingRate) ? nil : clock
    return source
  }

  /// A tenth of a second around the middle one of some spikes, before and after filtering.
  func traceExample(
    around spikes: [Int], noise: [Double], sign: PeakSign
  ) throws -> Sorting.TraceExample? {
    let rate = part.samplingRate
    let length = min(part.frameCount, Int(0.1 * rate))
    guard length > 0 else { return nil }
    // The spike in the middle of the recording, so that the stretch shows one.
    let centre = spikes.isEmpty ? part.frameCount / 2 : spikes[spikes.count / 2]
    let first = min(max(0, centre - length / 2), part.frameCount - length)
    let band = detectionOptions.band(samplingRate: rate)
    let filtered = FilteredRecording(
      part, filter: try .butterworth(order: detectionOptions.filterOrder, band, samplingRate: rate))
    let direction =
      switch sign {
      case .positive: 1
      case .both: 0
      default: -1
      }
    return Sorting.TraceExample(
      startFrame: first + startFrame, channels: part.channelCount,
      raw: try part.read(frames: first..<first + length),
      filtered: try filtered.read(frames: first..<first + length),
      thresholds: noise.map { $0 * options.threshold }, sign: direction)
  }
}
