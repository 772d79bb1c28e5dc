import LinearAlgebra
import Recordings
import SpikeDetection
import SpikeTrains

/// Sorts a probe neighbourhood by neighbourhood, each as a tetrode is, and joins what they found.
struct ProbeSorter {
  let sorter: Sorter
  let neighbourhoods: [Neighbourhood]

  /// Components of whole snippets the mixture of a neighbourhood sees: it meets more neurons than a tetrode's.
  static let dimensions = 12
  /// Spikes found from two neighbourhoods nearer than this are one, in ms: templates stand on one of a few frames.
  static let sameSpikeMilliseconds = 0.4

  func run() throws -> SortingRun {
    var watch = Stopwatch()
    let sampled = try sampleNoise(
      of: sorter.part, options: sorter.detectionOptions, threads: sorter.threads)
    guard sampled.noise.faults.isEmpty else { return try sorter.without(sampled.noise.faults).run() }
    var seconds = StageSeconds()
    var parts: [LocalUnits] = []
    // So many at once as there are threads: memory holds the snippets of those alone.
    let batch = max(1, min(sorter.threads, neighbourhoods.count))
    let inside = max(1, sorter.threads / batch)
    for first in stride(from: 0, to: neighbourhoods.count, by: batch) {
      sorter.progress("Sorting neighbourhoods", Double(first) / Double(neighbourhoods.count))
      let wanted = neighbourhoods[first..<min(first + batch, neighbourhoods.count)]
      let work = Work(sorter, sign: sampled.peakSign, threads: inside)
      let outcomes = try Parallel.map(count: wanted.count, threads: batch) { (i: Int) throws -> Outcome in
        try work.outcome(of: wanted[wanted.startIndex + i])
      }
      let faults = outcomes.flatMap(\.faults)
      guard faults.isEmpty else { return try sorter.without(faults).run() }
      parts += outcomes.compactMap(\.units)
      for outcome in outcomes { seconds.add(outcome.seconds) }
    }
    // Stages of neighbourhoods side by side are told as shares of the time it took.
    seconds.scale(toTotal: watch.lap())
    guard parts.contains(where: { !$0.units.isEmpty }) else {
      let sorting = try sorter.withoutSpikes(noise: sampled.noise, sign: sampled.peakSign)
      return SortingRun(sorting: sorting, seconds: seconds)
    }
    sorter.progress("Joining neighbourhoods", 0)
    let tolerance = Int(Self.sameSpikeMilliseconds * sorter.part.samplingRate / 1000)
    let chosen = UnitsOfProbe(parts: parts, tolerance: tolerance).chosen()
    let joined = JoinedUnits(parts: parts, chosen: chosen, channelPositions: sorter.channelPositions)
    let startFrame = sorter.startFrame
    var sorting = Sorting(
      source: try sorter.source(), options: sorter.spokenOptions, spikes: joined.spikes,
      mixture: joined.mixture(neighbourhoods: neighbourhoods), units: joined.units,
      pairs: joined.pairs(
        frames: startFrame..<startFrame + sorter.part.frameCount, samplingRate: sorter.part.samplingRate,
        gaps: FrameGaps(sorter.part.clock),
        threads: sorter.threads),
      merges: joined.merges, waveforms: joined.waveforms,
      traceExample: try sorter.traceExample(
        around: (joined.spikes.frames ?? []).map { $0 - startFrame }, noise: sampled.noise.deviations,
        sign: sampled.peakSign),
      warnings: sorter.inputWarnings + joined.warnings)
    sorting.drift = joined.drift
    sorting.statedCensoredMilliseconds = joined.censoredMilliseconds
    sorting.noise = Sorting.Noise(origin: .trace, deviations: sampled.noise.deviations)
    seconds.postprocess += watch.lap()
    if sorter.refits, sorter.options.countsAgain {
      sorting.refits = try refits(sign: sampled.peakSign)
      sorting.refits?.found = sorting.units.neuronCount
      seconds.refits = watch.lap()
    }
    return SortingRun(sorting: sorting, seconds: seconds)
  }

  /// The number of units of stretches of the recording, each sorted anew from another seed.
  private func refits(sign: PeakSign) throws -> Sorting.Refits {
    let part = sorter.part
    var options = sorter.options
    let tracking = try Clustering(options: options, threads: 1, progress: { _ in }).trackingOptions(
      spikes: .max)
    let plans = RefitPlan.spread(over: part.seconds, options: options, tracking: tracking)
    let stretch = min(Refits.stretchSeconds, part.seconds)
    let length = min(part.frameCount, Int(stretch * part.samplingRate))
    options.peak = SortingOptions.Peak(rawValue: sign.rawValue) ?? options.peak
    (options.start, options.end, options.excludedChannels, options.thorough) = (nil, nil, [], false)
    if !sorter.options.thorough { options.restarts = 1 }
    var counts: [Int] = []
    for plan in plans {
      sorter.progress("Counting units again", Double(counts.count) / Double(plans.count))
      let first = min(Int(plan.windowStart * part.samplingRate), part.frameCount - length)
      options.seed = plan.seed
      var stretchSorter = try Sorter(
        RecordingSelection(part, channels: Array(0..<part.channelCount), frames: first..<first + length),
        options: options, threads: sorter.threads, progress: { _, _ in })
      stretchSorter.refits = false
      // Only units are counted: the files need not be read through.
      stretchSorter.checksum = ""
      counts.append(
        try ProbeSorter(sorter: stretchSorter, neighbourhoods: neighbourhoods).run().sorting.units.neuronCount
      )
    }
    return Sorting.Refits(plans, counts: counts, stretchSeconds: stretch)
  }

  /// What came of one neighbourhood.
  struct Outcome: Sendable {
    var units: LocalUnits?
    /// Faulty channels, as the probe numbers them.
    var faults: [ChannelFault] = []
    var seconds = StageSeconds()
  }

  /// The sorting of one neighbourhood, as several threads do it.
  struct Work: Sendable {
    let part: any Recording
    let startFrame: Int
    let options: SortingOptions
    let threads: Int

    init(_ sorter: Sorter, sign: PeakSign, threads: Int) {
      part = sorter.part
      startFrame = sorter.startFrame
      var options = sorter.options
      // What is a spike is one question for the whole probe.
      options.peak = SortingOptions.Peak(rawValue: sign.rawValue) ?? options.peak
      (options.start, options.end, options.excludedChannels) = (nil, nil, [])
      self.options = options
      self.threads = threads
    }

    func outcome(of neighbourhood: Neighbourhood) throws -> Outcome {
      var outcome = Outcome()
      let channels = neighbourhood.channels
      var local = try Sorter(
        RecordingSelection(part, channels: channels), options: options, threads: threads,
        progress: { _, _ in })
      local.dimensions = ProbeSorter.dimensions
      // Counts of neighbourhoods do not add up: they share neurons.
      local.refits = false
      var watch = Stopwatch()
      switch try local.find(watch: &watch, seconds: &outcome.seconds) {
      case .faults(let faults):
        outcome.faults = faults.map { $0.renumbered { channels[$0] } }
      case .nothing: break
      case .spikes(let found):
        let features = try found.detected.singlePrecisionChannelFeatures(
          componentsPerChannel: 3, threads: threads
        ).scores
        outcome.seconds.features += watch.lap()
        let perChannel = features.count / max(1, found.detected.count * channels.count)
        outcome.units = LocalUnits(
          found, judged: local.judged(found), features: (features, perChannel),
          frames: found.detected.frames.map { $0 + startFrame }, neighbourhood: neighbourhood,
          censoredMilliseconds: local.lockoutMilliseconds(found))
        outcome.seconds.postprocess += watch.lap()
      }
      return outcome
    }
  }
}

extension StageSeconds {
  fileprivate mutating func add(_ other: StageSeconds) {
    detect += other.detect
    features += other.features
    cluster += other.cluster
    match += other.match
    postprocess += other.postprocess
  }

  fileprivate mutating func scale(toTotal total: Double) {
    let sum = detect + features + cluster + match + postprocess
    guard sum > 0 else { return }
    let share = total / sum
    detect *= share
    features *= share
    cluster *= share
    match *= share
    postprocess *= share
  }
}
