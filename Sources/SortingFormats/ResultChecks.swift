internal import Foundation
internal import Recordings
internal import SpikeFiles
internal import SpikeSorting
internal import SpikeTrains

/// Holds what files of results say against what the rest of the program relies on: once, where it enters.
///
/// What passes has numbers in range, indices that lead somewhere, tables without holes and times in order.
struct ResultChecks {
  let folder: ResultFolder

  /// More units than any sorting has: tables of pairs grow with their square.
  static let mostUnits = 5000
  private static let mostComponents = 100_000
  private static let mostChannels = 65_536
  /// Whole numbers that are counts, seeds or places in a file.
  private static let counts = 0...(1 << 53)

  private func demand(
    _ holds: Bool, _ found: @autoclosure () -> String, _ expected: String,
    in name: String = ResultFolder.recordName
  ) throws(ResultError) {
    guard holds else { throw .damaged(path: folder.file(name).path, found: found(), expected: expected) }
  }

  // MARK: sorting.json

  /// Checks a record before the arrays beside it are read.
  ///
  /// - Throws: `ResultError.damaged`.
  func check(_ record: SortingRecord) throws(ResultError) {
    try demand(
      (0..<Int(Int32.max)).contains(record.spikeCount), "\(record.spikeCount) spikes",
      "a number of spikes below 2^31")
    try check(record.source)
    let channels = record.source.channelPositions.count
    try check(record.mixture, channels: channels)
    if let selection = record.mixture.selection { try check(selection) }
    try check(record.units, components: record.mixture.components, channels: channels)
    try check(record.pairs, units: Set(record.units.map(\.id)))
    let components = 0..<record.mixture.components
    try demand(
      record.merges.allSatisfy { ($0.first + $0.second).allSatisfy(components.contains) },
      "a merge of a component beyond \(record.mixture.components)", "components of the mixture")
    try demand(
      Set(record.explainedVariance.map(\.count)).count < 2, "rows of explained variance of several lengths",
      "rows of one length")
    try check(record.options)
    if let seconds = record.driftSecondsPerFrame {
      try demand(seconds > 0 && seconds < 1e9, "time frames of \(seconds) s", "time frames of some length")
    }
    if let refits = record.refits {
      try demand(
        ([refits.found] + refits.counts).allSatisfy { (0...Self.mostComponents).contains($0) }
          && refits.counts.count == refits.seeds.count && refits.counts.count == refits.windowStarts.count
          && refits.secondNeuronChances.count <= refits.found
          && refits.secondNeuronChances.allSatisfy { (0...1).contains($0) },
        "refits that do not fit one another", "a number of units, a seed and a window a refit")
    }
    if let trace = record.trace {
      try demand(
        SpikeClock.frames.contains(trace.startFrame) && (-1...1).contains(trace.sign)
          && trace.thresholds.count == channels,
        "a trace that starts at \(trace.startFrame) with \(trace.thresholds.count) thresholds",
        "a start within the recording and a threshold a channel")
    }
  }

  private func check(_ source: Sorting.Source) throws(ResultError) {
    if let rate = source.samplingRate {
      try demand(SpikeClock.rates.contains(rate), "a sampling rate of \(rate) Hz", SpikeClock.expectedRate)
      try demand(
        Double(source.frameCount) / rate <= SpikeClock.longestSeconds,
        "\(source.frameCount) frames at \(rate) Hz",
        SpikeClock.expectedLength)
    }
    for clock in [source.clock] + (source.inputs ?? []).map(\.clock) {
      try demand(
        clock?.stretches.allSatisfy { SpikeClock.rates.contains($0.samplingRate) } ?? true,
        "a clock of another rate", SpikeClock.expectedRate)
    }
    let began = source.session?.clockAtStart ?? 0
    try demand(
      abs(began) < SpikeClock.latestSeconds, "a clock that began at \(began) s", "a number of seconds")
    let parts = (source.inputs ?? []).map(\.frames)
    try demand(
      SpikeClock.frames.contains(source.frameCount) && SpikeClock.frames.contains(source.startFrame)
        && parts.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= SpikeClock.frames.upperBound },
      "\(source.frameCount) frames from \(source.startFrame) on", "frames from 0 on")
    if let artifacts = source.artifacts {
      try check(artifacts, frames: source.startFrame..<source.startFrame + source.frameCount)
    }
    let positions = source.channelPositions
    try demand(
      positions.count <= Self.mostChannels
        && positions.allSatisfy { $0.count == 2 && $0.allSatisfy { abs($0) < 1e9 } },
      "\(positions.count) channel positions, not all of them x and y", "x and y of every channel in µm")
    try demand(
      source.channels.count == positions.count
        && source.channels.allSatisfy { (0..<Int(Int32.max)).contains($0) },
      "channels \(source.channels.prefix(20))",
      "a channel of the file for each of \(positions.count) positions")
    if let channels = source.opened?.channels {
      try demand(
        (1...Self.mostChannels).contains(channels), "\(channels) channels of what was opened",
        "1 to \(Self.mostChannels) channels")
    }
    if let flat = source.flatBinary {
      try demand(
        (1...Self.mostChannels).contains(flat.channels), "\(flat.channels) channels in \(flat.path)",
        "1 to \(Self.mostChannels) channels")
    }
  }

  private func check(_ artifacts: Sorting.Artifacts, frames: Range<Int>) throws(ResultError) {
    for bounds in (artifacts.excluded + artifacts.bridged).map(\.frames) + [artifacts.states] {
      let isWhole = bounds.count.isMultiple(of: 2)
      try demand(
        isWhole
          && stride(from: 0, to: bounds.count - 1, by: 2).allSatisfy {
            frames.lowerBound <= bounds[$0] && bounds[$0] < bounds[$0 + 1]
              && bounds[$0 + 1] <= frames.upperBound
          },
        "artefacts in frames \(bounds.prefix(4))",
        "stretches of frames \(frames.lowerBound) to \(frames.upperBound)")
    }
    let channels = (artifacts.excluded + artifacts.bridged).flatMap(\.channels)
    try demand(
      channels.allSatisfy { (0..<Int(Int32.max)).contains($0) },
      "artefacts on channels \(channels.prefix(4))",
      "channels of the file")
  }

  private func check(_ mixture: Sorting.MixtureSummary, channels: Int) throws(ResultError) {
    let count = mixture.components
    try demand(
      (0...Self.mostComponents).contains(count) && mixture.weights.count == count
        && mixture.weights.allSatisfy { $0 >= 0 && $0 <= 1 + 1e-6 },
      "\(count) components with \(mixture.weights.count) shares", "a share from 0 to 1 for every component")
    try demand(
      (0...Self.mostComponents).contains(mixture.dimensions)
        && [0, count].contains(mixture.locations.count) && [0, count].contains(mixture.scales.count),
      "\(mixture.locations.count) locations and \(mixture.scales.count) scales of \(count) components",
      "one of both for every component")
    for place in mixture.neighbourhoods ?? [] {
      try demand(
        (place.channels + place.core).allSatisfy { (0..<channels).contains($0) }
          && place.components.allSatisfy { (0..<count).contains($0) },
        "a neighbourhood of channels \(place.channels.prefix(20))",
        "channels below \(channels) and components below \(count)")
    }
  }

  /// A sweep is a table: what was found for every number of components tried.
  private func check(_ sweep: Sorting.Selection) throws(ResultError) {
    let rows = sweep.components.count
    let seeds = sweep.bic.first?.count ?? 0
    let lengths =
      [
        sweep.bic.count, sweep.logLikelihood.count, sweep.componentsLeft.count, sweep.iterations.count,
        sweep.bestBIC.count, sweep.parameters.count, sweep.agreement.count, sweep.stuckShare.count,
      ] + [sweep.bestICL, sweep.heldOut].compactMap { $0?.count } + sweep.otherCurves.map(\.bestBIC.count)
    try demand(
      lengths.allSatisfy { $0 == rows },
      "a sweep over \(rows) numbers of components with lists of other lengths",
      "lists of one length")
    let columns =
      sweep.bic.map(\.count) + sweep.logLikelihood.map(\.count) + sweep.componentsLeft.map(\.count)
      + sweep.iterations.map(\.count)
    try demand(
      columns.allSatisfy { $0 == seeds }, "a sweep whose rows have several lengths",
      "as many fits in every row")
    let numbers =
      sweep.components + [sweep.bestK] + [sweep.robustK, sweep.runnerUpK, sweep.heldOutK].compactMap(\.self)
    try demand(
      numbers.allSatisfy { (1...Self.mostComponents).contains($0) }
        && zip(sweep.components, sweep.components.dropFirst()).allSatisfy(<),
      "a sweep over \(sweep.components.prefix(20)) components", "ascending numbers of components")
    try demand(
      (sweep.parameters + [sweep.spikeCount]).allSatisfy(Self.counts.contains)
        && sweep.windowSeconds?.count ?? 2 == 2,
      "a sweep over \(sweep.spikeCount) spikes", "the spikes, parameters and window of a sweep")
    if let tally = sweep.splitsAndMerges {
      try demand(
        [tally.tried, tally.kept, tally.rounds, tally.mostRounds].allSatisfy(Self.counts.contains),
        "a negative number of splits and merges", "numbers from 0 on")
    }
  }

  private func check(_ units: [Sorting.Unit], components: Int, channels: Int) throws(ResultError) {
    try demand(units.count <= Self.mostUnits, "\(units.count) units", "at most \(Self.mostUnits)")
    let ids = units.map(\.id)
    try demand(
      Set(ids).count == ids.count && ids.allSatisfy { (0..<Int(Int32.max)).contains($0) },
      "units \(ids.prefix(20))", "a number of its own for every unit")
    for unit in units {
      try demand(
        unit.components.allSatisfy { (0..<components).contains($0) },
        "unit \(unit.id) of components \(unit.components.prefix(20))",
        "components below \(components)")
      try demand(
        (0..<max(channels, 1)).contains(unit.peakChannel),
        "unit \(unit.id) on channel \(unit.peakChannel)", "a channel below \(channels)")
      try demand(
        (0..<Int(Int32.max)).contains(unit.spikeCount)
          && Self.counts.contains(unit.refractoryViolations ?? 0),
        "unit \(unit.id) with \(unit.spikeCount) spikes", "numbers from 0 on")
      try demand(
        (0...1).contains(unit.chance ?? 0), "unit \(unit.id) of a chance of \(unit.chance ?? 0)",
        "a chance from 0 to 1")
    }
  }

  private func check(_ pairs: [Sorting.Pair], units: Set<Int>) throws(ResultError) {
    for pair in pairs {
      try demand(
        pair.first != pair.second && units.contains(pair.first) && units.contains(pair.second),
        "a pair of units \(pair.first) and \(pair.second)", "two of the units")
      try demand(
        Self.counts.contains(pair.shortLags),
        "\(pair.shortLags) short lags of units \(pair.first) and \(pair.second)",
        "a number from 0 on")
    }
  }

  private func check(_ options: SortingOptions) throws(ResultError) {
    try demand(
      options.band.map { $0.count == 2 && $0[0] >= 0 && $0[0] < $0[1] && $0[1] < 1e9 } ?? true,
      "a band of \(options.band ?? []) Hz", "a lower and an upper edge")
    try demand(
      options.components.lowerBound >= 1 && options.components.upperBound <= Self.mostComponents
        && Self.counts.contains(options.restarts) && options.threshold >= 0 && options.threshold < 1e9,
      "options out of range", "those spikesort writes")
  }

  // MARK: Arrays

  /// Whether the sides of an array can be counted with. Those of one with elements are bounded by its file's size, those of
  /// an empty one by nothing.
  ///
  /// - Parameter expected: its shape as far as it is known; nil sizes are free.
  static func isBounded(_ shape: [Int], expected: [Int?]) -> Bool {
    !shape.contains(0) || zip(shape, expected).allSatisfy { $1 != nil || $0 <= mostChannels }
  }

  /// Checks a sorting whose arrays were read; their shapes were then.
  ///
  /// - Throws: `ResultError.damaged`.
  func check(_ sorting: Sorting) throws(ResultError) {
    let channels = sorting.source.channelPositions.count
    try checkTimes(sorting)
    let spikes = sorting.spikes
    try demand(
      spikes.featureChannels <= channels || spikes.count == 0,
      "features of \(spikes.featureChannels) channels", "at most \(channels)", in: "pc_features.npy")
    try checkNumbers(spikes.features, "pc_features.npy")
    try checkNumbers(spikes.amplitudes, "amplitudes.npy")
    if let waveforms = sorting.waveforms { try check(waveforms, of: sorting) }
    if let drift = sorting.drift {
      try demand(
        drift.channels <= channels, "\(drift.channels) channels", "at most \(channels)",
        in: "component_drift.npy")
      try checkNumbers(drift.amplitudes, "component_drift.npy")
      try checkNumbers(drift.deviations, "component_drift.npy")
    }
    if let trace = sorting.traceExample {
      try demand(
        trace.channels == channels, "\(trace.channels) channels", "\(channels)", in: "trace_example.npy")
      try checkNumbers(trace.raw, "trace_example.npy")
      try checkNumbers(trace.filtered, "trace_example.npy")
    }
  }

  private func checkTimes(_ sorting: Sorting) throws(ResultError) {
    guard let frames = sorting.spikes.frames else { return }
    try demand(sorting.source.samplingRate != nil, "no sampling rate", "frames a second")
    try demand(
      zip(frames, frames.dropFirst()).allSatisfy(<=), "times in disorder", "ascending times",
      in: "spike_times.npy")
    let (start, count) = (sorting.source.startFrame, sorting.source.frameCount)
    if let first = frames.first, let last = frames.last {
      try demand(
        first >= start && last - start < count, "spikes from frame \(first) to \(last)",
        "frames within the \(count) from \(start) on", in: "spike_times.npy")
    }
  }

  private func check(_ waveforms: Sorting.Waveforms, of sorting: Sorting) throws(ResultError) {
    let channels = sorting.source.channelPositions.count
    let (frames, size) = (waveforms.frames, waveforms.frames * waveforms.channels)
    try demand(
      size > 0 && waveforms.channels <= channels && frames <= 1 << 20
        && (sorting.traceExample == nil || waveforms.channels == channels),
      "waveforms of \(frames) frames × \(waveforms.channels) channels", "frames × \(channels) channels",
      in: "unit_waveforms.mean.npy")
    try demand(
      (0..<frames).contains(waveforms.troughFrame), "a trough at frame \(waveforms.troughFrame)",
      "a frame below \(frames)")
    try demand(
      [0, sorting.mixture.components * size].contains(waveforms.componentMeans.count),
      "\(waveforms.componentMeans.count) values", "waveforms of \(sorting.mixture.components) components",
      in: "templates.npy")
    try demand(
      waveforms.exampleSpikes.allSatisfy { (0..<sorting.spikes.count).contains($0) },
      "an example beyond the spikes", "spikes below \(sorting.spikes.count)", in: "unit_waveforms.spikes.npy")
    try demand(
      waveforms.exampleChannels.allSatisfy { (0..<waveforms.channels).contains($0) },
      "an example's channel beyond the others", "channels below \(waveforms.channels)",
      in: "unit_waveforms.channels.npy")
    try checkNumbers(waveforms.componentMeans, "templates.npy")
    try checkNumbers(waveforms.unitMeans, "unit_waveforms.mean.npy")
    try checkNumbers(waveforms.unitDeviations, "unit_waveforms.sd.npy")
    try checkNumbers(waveforms.examples, "unit_waveforms.examples.npy")
  }

  private func checkNumbers(_ values: [Float], _ name: String) throws(ResultError) {
    let bad = values.firstIndex { !($0.magnitude < 1e18) }
    try demand(bad == nil, "\(bad.map { "\(values[$0])" } ?? "")", "finite numbers", in: name)
  }
}
