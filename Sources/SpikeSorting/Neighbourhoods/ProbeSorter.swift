import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection
import SpikeTrains

/// Sorts a probe neighbourhood by neighbourhood, each as a tetrode is, and joins what they found.
struct ProbeSorter {
  let sorter: Sorter
  let part: RecordingPart
  let neighbourhoods: [Neighbourhood]

  /// Components of whole snippets the mixture of a neighbourhood sees: it meets more neurons than a tetrode's.
  static let dimensions = 12
  /// Spikes found from two neighbourhoods nearer than this are one, in ms: templates stand on one of a few frames.
  static let sameSpikeMilliseconds = 0.4

  func sorting(_ watch: StageWatch) throws -> Sorting {
    let sampled = try sampleNoise(
      of: part.recording, options: sorter.options.detection, threads: sorter.threads)
    try FaultyChannels.check(sampled.noise)
    let (parts, chosen) = try units(sign: sampled.peakSign, watch)
    guard parts.contains(where: { !$0.sorting.units.isEmpty }) else {
      var nothing = try part.withoutSpikes(dimensions: sorter.dimensions)
      nothing.warnings = part.warnings + nothing.warnings
      nothing.options = part.spokenOptions
      nothing.traceExample = try part.traceExample(
        around: [], noise: sampled.noise.deviations, sign: sampled.peakSign)
      return nothing
    }
    watch.enter(.join)
    let joined = JoinedUnits(parts: parts, chosen: chosen, channelPositions: part.positions)
    var sorting = Sorting(
      source: try part.source(), options: part.spokenOptions, spikes: joined.spikes,
      mixture: joined.mixture(neighbourhoods: neighbourhoods), units: joined.units,
      pairs: joined.pairs(
        frames: part.startFrame..<part.startFrame + part.recording.frameCount,
        samplingRate: part.recording.samplingRate, gaps: FrameGaps(part.recording.clock),
        excluded: part.recording.excludedFrames, judge: sorter.judge, threads: sorter.threads),
      merges: joined.merges, waveforms: joined.waveforms,
      traceExample: try part.traceExample(
        around: (joined.spikes.frames ?? []).map { $0 - part.startFrame }, noise: sampled.noise.deviations,
        sign: sampled.peakSign),
      warnings: part.warnings + joined.warnings)
    sorting.drift = joined.drift
    sorting.statedCensoredMilliseconds = joined.censoredMilliseconds
    sorting.noise = Sorting.Noise(origin: .trace, deviations: sampled.noise.deviations)
    if sorter.countsAgain, sorter.options.isDrifting {
      watch.enter(.count)
      sorting.refits = try refits(sign: sampled.peakSign, watch)
      sorting.refits?.found = sorting.units.neuronCount
    }
    return sorting
  }

  /// The units of all neighbourhoods, and those of them that stand for a neuron of their own.
  fileprivate func units(
    sign: PeakSign, _ watch: StageWatch
  ) throws -> (parts: [NeighbourhoodUnits], chosen: [UnitsOfProbe.Unit]) {
    watch.enter(.neighbourhoods)
    var own = sorter
    // What is a spike is one question for the whole probe.
    own.options = part.options.ofStretch(sign: sign)
    // So many at once as there are threads: memory holds the snippets of those alone.
    let batch = max(1, min(sorter.threads, neighbourhoods.count))
    (own.dimensions, own.threads) = (Self.dimensions, max(1, sorter.threads / batch))
    // Counts of neighbourhoods do not add up: they share neurons.
    own.countsAgain = false
    let (one, whole) = (own, part)
    var parts: [NeighbourhoodUnits] = []
    var seconds: [StageSeconds] = []
    for first in stride(from: 0, to: neighbourhoods.count, by: batch) {
      watch.tell(Double(first) / Double(neighbourhoods.count))
      let wanted = Array(neighbourhoods[first..<min(first + batch, neighbourhoods.count)])
      let found = try Parallel.map(count: wanted.count, threads: batch) {
        (i: Int) throws -> (units: NeighbourhoodUnits?, seconds: StageSeconds) in
        try one.units(of: wanted[i], in: whole)
      }
      parts += found.compactMap(\.units)
      seconds += found.map(\.seconds)
    }
    watch.leave(for: seconds)
    let tolerance = Int(Self.sameSpikeMilliseconds * part.recording.samplingRate / 1000)
    return (parts, UnitsOfProbe(parts: parts, tolerance: tolerance).chosen())
  }

  /// The number of units of stretches of the recording, each sorted anew from another seed.
  private func refits(sign: PeakSign, _ watch: StageWatch) throws -> Sorting.Refits {
    let recording = part.recording
    let tracking = try MixtureClusterer(sorter.options).trackingOptions(spikes: .max)
    let plans = RefitPlan.spread(over: recording.seconds, options: sorter.options, tracking: tracking)
    let stretch = min(Refits.stretchSeconds, recording.seconds)
    let length = min(recording.frameCount, Int(stretch * recording.samplingRate))
    var counter = sorter
    counter.onlyCounts = true
    counter.options = sorter.options.ofStretch(sign: sign)
    counter.options.model = .driftingT()
    if !sorter.options.thorough { counter.options.restarts = 1 }
    var counts: [Int] = []
    for plan in plans {
      watch.tell(Double(counts.count) / Double(plans.count))
      let first = min(Int(plan.windowStart * recording.samplingRate), recording.frameCount - length)
      counter.options.seed = plan.seed
      let stretch = try RecordingPart(
        RecordingSelection(
          recording, channels: Array(0..<recording.channelCount), frames: first..<first + length),
        options: counter.options)
      counts.append(try stretch.leavingOutFaults { try counter.neuronCount(of: $0, sign: sign) })
    }
    return Sorting.Refits(plans, counts: counts, stretchSeconds: stretch)
  }
}

extension Sorter {
  /// The number of units of a part that are not noise.
  fileprivate func neuronCount(of part: RecordingPart, sign: PeakSign) throws -> Int {
    guard let neighbourhoods = Neighbourhood.covering(part.positions) else {
      return try sortingOfAllChannels(part, StageWatch()).sorting.units.neuronCount
    }
    let probe = ProbeSorter(sorter: self, part: part, neighbourhoods: neighbourhoods)
    let (parts, chosen) = try probe.units(sign: sign, StageWatch())
    return chosen.count { parts[$0.part].sorting.units[$0.unit].verdict != .noise }
  }

  /// The units of one neighbourhood that are its own; nil where it has no spikes.
  fileprivate func units(
    of neighbourhood: Neighbourhood, in part: RecordingPart
  ) throws -> (units: NeighbourhoodUnits?, seconds: StageSeconds) {
    let watch = StageWatch()
    let channels = neighbourhood.channels
    do {
      let found = try sortingOfAllChannels(
        RecordingPart(part, channels: channels, options: options), watch)
      let isEmpty = found.sorting.spikes.count == 0
      return (isEmpty ? nil : NeighbourhoodUnits(found.sorting, of: neighbourhood), watch.seconds)
    } catch let found as FaultyChannels {
      throw FaultyChannels(faults: found.faults.map { $0.renumbered { channels[$0] } })
    }
  }
}

extension SortingOptions {
  /// The options for a stretch and channels that are chosen already, with the sign the whole was seen to have.
  fileprivate func ofStretch(sign: PeakSign) -> SortingOptions {
    var options = self
    options.peak = sign
    (options.start, options.end, options.excludedChannels) = (nil, nil, [])
    // Other channels are taken away already.
    if options.reference != .median { options.reference = .none }
    return options
  }
}
