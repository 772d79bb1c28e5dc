internal import Foundation
public import LinearAlgebra
internal import MixtureModels
internal import Recordings
internal import SpikeTrains

/// Sorts spikes that somebody else detected.
///
/// With times there are units and verdicts; without, a mixture and its figures only, which a warning says.
/// - Parameters:
///   - input: features, and times and waveforms where known.
///   - options: `SortingOptions.lab` for the lab's procedure.
///   - threads: how many threads to use; the result is the same for any number.
///   - progress: told the stage and its share done.
/// - Throws: `SortingError`, `MixtureError`.
public func cluster(
  _ input: FeatureInput, options: SortingOptions, threads: Int = Parallel.defaultThreads,
  progress: @escaping (String, Double) -> Void = { _, _ in }
) throws -> SortingRun {
  try options.check()
  try input.check()
  let name = input.urls.first?.lastPathComponent ?? "the features"
  guard input.features.rows > 0, input.features.columns > 0 else {
    throw SortingError.badInput(
      "\(name) holds an array of \(input.features.rows) × \(input.features.columns); expected spikes × features"
    )
  }
  var watch = Stopwatch()
  var seconds = StageSeconds()
  let ordered = input.inOrderOfTime()
  var options = options
  if ordered.frames == nil || ordered.samplingRate == nil, options.model == .driftingT { options.model = .t }
  try options.checkEffects(on: .detectedSpikes)
  progress("Fitting mixtures", 0)
  let clustering = Clustering(options: options, threads: threads) { progress("Fitting mixtures", $0) }
  var outcome: ClusteringOutcome
  var refits: Sorting.Refits?
  if options.model == .driftingT, let frames = ordered.frames, let rate = ordered.samplingRate {
    let first = frames.first ?? 0
    let scaled = try clustering.scaledToClusters(ordered.features)
    let times = frames.map { Double($0 - first) / rate }
    let (fitted, tracking) = try clustering.fitDrifting(scaled, seconds: times)
    outcome = fitted
    seconds.cluster = watch.lap()
    progress("Counting units again", 0)
    refits = try FeatureRefits(
      input: ordered, scaled: scaled, seconds: times, options: options, tracking: tracking, threads: threads
    ).run(components: fitted.summary.selection?.bestK ?? fitted.summary.components)
    seconds.refits = watch.lap()
  } else {
    outcome = try clustering.fitAtRest(ordered.features)
  }
  if input.isLab, options.covariance == .full {
    outcome.summary.selection?.otherCurves = try clustering.otherShapes(ordered.features)
  }
  seconds.cluster += watch.lap()
  progress("Judging units", 0)
  let checksum = try inputChecksum(of: input.urls)
  var sorting = ordered.sorting(from: outcome, options: options, checksum: checksum, threads: threads)
  refits?.found = sorting.units.neuronCount
  sorting.refits = refits
  seconds.postprocess = watch.lap()
  return SortingRun(sorting: sorting, seconds: seconds)
}

extension FeatureInput {
  /// The same spikes in order of time; as they are where no times are known.
  func inOrderOfTime() -> FeatureInput {
    guard let frames else { return self }
    let order = frames.indices.sorted { (frames[$0], $0) < (frames[$1], $1) }
    guard order != Array(frames.indices) else { return self }
    return selecting(order)
  }

  /// Some of the spikes, in the order given.
  func selecting(_ chosen: [Int]) -> FeatureInput {
    var result = self
    result.frames = frames.map { frames in chosen.map { frames[$0] } }
    result.features = features.selecting(rows: chosen)
    result.waveforms = waveforms?.selecting(chosen)
    return result
  }

  /// The spikes with their components, on the way to units; nil where no times are known.
  func clustered(labels: [Int], responsibilities: Matrix) -> ClusteredSpikes? {
    guard let frames, let rate = samplingRate else { return nil }
    var table = waveforms
    table?.trough = waveforms?.largestFrame ?? 0
    return ClusteredSpikes(
      frames: frames, samplingRate: rate, range: observedFrames(of: frames),
      gaps: clock.map { FrameGaps($0) } ?? .none, components: labels,
      componentCount: responsibilities.columns, responsibilities: responsibilities,
      features: features, snippets: table, noise: waveforms?.noise,
      censoredMilliseconds: Self.censoredMilliseconds)
  }

  /// Another program's lockout is not known: lags that it may not have seen are left out, in ms.
  private static let censoredMilliseconds = DriftingUnits.lockoutMilliseconds

  /// The channels the features are of: the lab's three components a channel, else every feature by itself.
  fileprivate var featureLayout: (channels: Int, perChannel: Int) {
    let channels =
      waveforms?.channels ?? (features.columns % 3 == 0 ? features.columns / 3 : features.columns)
    return features.columns % channels == 0 ? (channels, features.columns / channels) : (features.columns, 1)
  }

  fileprivate func sorting(
    from outcome: ClusteringOutcome, options: SortingOptions, checksum: String, threads: Int
  ) -> Sorting {
    let layout = featureLayout
    var warnings = outcome.warnings
    let stored = features.storage.map(Float.init)
    // A tetrode's positions where nothing else is known, in µm; waveforms say how many wires there are.
    let wires = waveforms?.channels ?? layout.channels
    let positions = (0..<wires).map { c in
      wires == 4 ? [[12.5, 0], [0, 12.5], [-12.5, 0], [0, -12.5]][c] : [0, 25.0 * Double(c)]
    }
    let observed = observedFrames(of: frames ?? [])
    var source = Sorting.Source(
      files: urls.map(\.lastPathComponent), checksum: checksum, samplingRate: samplingRate,
      frameCount: observed.count,
      channelPositions: positions, amplitudeUnit: isLab ? "µV" : "feature units", flatBinary: nil,
      startFrame: observed.lowerBound, inputs: inputs)
    source.clock = clock
    var spikes = Sorting.Spikes(
      frames: frames, components: outcome.labels, units: outcome.labels, amplitudes: [], features: stored,
      featureChannels: layout.channels, featuresPerChannel: layout.perChannel)
    guard
      let clustered = clustered(labels: outcome.labels, responsibilities: outcome.responsibilities)
    else {
      warnings.append(
        "no spike times are known, so there are a mixture, its criteria and figures but no verdicts")
      return Sorting(
        source: source, options: options, spikes: spikes, mixture: outcome.summary, units: [], pairs: [],
        merges: [],
        waveforms: nil, traceExample: nil, warnings: warnings)
    }
    let judged = clustered.judged(merging: options.merges, threads: threads)
    spikes.units = judged.unitOfSpike
    spikes.amplitudes = judged.amplitudes
    var sorting = Sorting(
      source: source, options: options, spikes: spikes, mixture: outcome.summary, units: judged.units,
      pairs: judged.pairs, merges: judged.merges, waveforms: judged.waveforms, traceExample: nil,
      warnings: warnings)
    sorting.statedCensoredMilliseconds = Self.censoredMilliseconds
    sorting.noise = clustered.noise.map { Sorting.Noise(origin: .snippets, deviations: $0) }
    return sorting
  }
}

extension Snippets {
  /// The frame where the mean over all spikes of the largest deflection lies.
  fileprivate var largestFrame: Int {
    var sizes = [Double](repeating: 0, count: frames)
    for (i, sample) in samples.enumerated() { sizes[i / channels % frames] += Double(abs(sample)) }
    return sizes.indices.reduce(0) { sizes[$1] > sizes[$0] ? $1 : $0 }
  }
}
