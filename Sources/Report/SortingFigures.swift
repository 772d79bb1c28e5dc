internal import Figures
internal import MixtureModels
internal import Recordings
internal import SortingFormats
internal import SpikeDetection
internal import SpikeSorting
internal import SpikeTrains

/// The figures of a sorting, each nil where its data are not there.
struct SortingFigures {
  /// At most this many spikes are drawn in the panels that show single spikes over time.
  static let spikesDrawn = 40_000

  let sorting: Sorting

  /// The place in `units` of every spike's unit: curated units are not numbered without gaps.
  private let places: [Int]

  init(sorting: Sorting) {
    self.sorting = sorting
    places = sorting.unitPlaces
  }

  private var unitNames: [String] { sorting.units.map { "Unit \($0.id)" } }
  private var channelNames: [String] {
    (0..<max(sorting.source.channelPositions.count, sorting.waveforms?.channels ?? 0)).map { "Ch \($0)" }
  }

  /// The first principal components of every pair of channels, with means and ellipses of the units.
  var featurePairs: Figure? {
    let spikes = sorting.spikes
    // On a probe every unit has channels of its own.
    guard spikes.featureChannels > 1, spikes.count > 0, !isProbe else { return nil }
    // More than six channels make too many pairs: those with the largest spikes are shown.
    // Features that are not of the waveforms' channels are shown as they are numbered.
    let isOfChannels = sorting.waveforms.map { $0.channels == spikes.featureChannels } ?? true
    let channels =
      isOfChannels
      ? shownChannels(atMost: 6).filter { $0 < spikes.featureChannels }
      : Array(0..<min(spikes.featureChannels, 6))
    let stride = spikes.featureChannels * spikes.featuresPerChannel
    let features = channels.map { channel in
      (0..<spikes.count).map { Double(spikes.features[$0 * stride + channel * spikes.featuresPerChannel]) }
    }
    let isUnits = spikes.frames != nil
    let labels = isUnits ? places : spikes.components
    let count = isUnits ? sorting.units.count : sorting.mixture.components
    let shapes = (0..<count).map { label in
      shape(
        named: isUnits ? unitNames[label] : "Component \(label)", label: label, labels: labels,
        features: features)
    }
    return .featurePairs(
      features: features,
      names: channels.map { isOfChannels ? "Ch \($0), PC 1" : "Feature \($0 * spikes.featuresPerChannel)" },
      labels: labels, components: shapes)
  }

  /// Mean waveforms on every channel; on a probe those that see the unit, at their places.
  var waveforms: Figure? {
    guard let waveforms = sorting.waveforms, !sorting.units.isEmpty else { return nil }
    guard !isProbe else { return probeWaveforms(waveforms) }
    let channels = shownChannels(atMost: 8)
    let table = WaveformTable(waveforms)
    var start = 0
    let units = sorting.units.enumerated().map { place, unit -> UnitWaveform in
      var examples: [[[Double]]] = []
      while start < waveforms.exampleSpikes.count, places[waveforms.exampleSpikes[start]] == place {
        examples.append(table.snippet(waveforms.examples, start, channels))
        start += 1
      }
      return UnitWaveform(
        name: unitNames[place], spikeCount: unit.spikeCount,
        mean: table.snippet(waveforms.unitMeans, place, channels),
        standardDeviation: table.snippet(waveforms.unitDeviations, place, channels), examples: examples)
    }
    return .waveforms(
      units, channelNames: channels.map { channelNames[$0] },
      timing: SnippetTiming(rateHertz: sorting.source.samplingRate ?? 1, peakSample: waveforms.troughFrame),
      voltageUnit: sorting.source.amplitudeUnit)
  }

  /// Whether the channels were sorted neighbourhood by neighbourhood.
  private var isProbe: Bool { !sorting.spikes.channelsOfComponents.isEmpty }

  private func probeWaveforms(_ waveforms: Sorting.Waveforms) -> Figure {
    let table = WaveformTable(waveforms)
    let positions = sorting.source.channelPositions
    let units = sorting.units.enumerated().map { place, unit -> PlacedWaveform in
      let seen = unit.components.first.map { sorting.spikes.channelsOfComponents[$0] } ?? [unit.peakChannel]
      let channels = seen.prefix(10).sorted()
      return PlacedWaveform(
        name: unitNames[place], spikeCount: unit.spikeCount, channelNames: channels.map { "\($0)" },
        positions: channels.map { (x: positions[$0][0], y: positions[$0][1]) },
        mean: table.snippet(waveforms.unitMeans, place, channels),
        standardDeviation: table.snippet(waveforms.unitDeviations, place, channels))
    }
    return .probeWaveforms(
      units,
      timing: SnippetTiming(rateHertz: sorting.source.samplingRate ?? 1, peakSample: waveforms.troughFrame),
      voltageUnit: sorting.source.amplitudeUnit)
  }

  /// All auto- and cross-correlograms.
  var correlograms: Figure? {
    guard let frames = sorting.spikes.frames, let rate = sorting.source.samplingRate, !sorting.units.isEmpty
    else { return nil }
    let counts = Correlograms(
      times: sorting.source.gaps.apart(frames), units: places, unitCount: sorting.units.count,
      samplingRate: rate)
    let all = sorting.units.indices
    let place = Dictionary(sorting.units.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { $1 })
    let split = sorting.pairs.filter { $0.verdict == .split }.compactMap { pair in
      place[pair.first].flatMap { first in place[pair.second].map { (first, $0) } }
    }
    return .correlogramGrid(
      CorrelogramCounts(
        names: unitNames, counts: all.map { i in all.map { counts[i, $0] } },
        coincidences: all.map { i in all.map { counts.coincidences(i, $0) } }), splitPairs: split)
  }

  /// The shape of the covariances fitted.
  private var covariance: String { sorting.options.covariance.rawValue }

  /// The criterion over numbers of components.
  var modelSelection: Figure? {
    guard let selection = sorting.mixture.selection, selection.components.count > 1,
      let choice = SweepChoice(sorting)
    else { return nil }
    let own = CriterionCurve(
      name: "\(covariance) covariance", components: selection.components,
      values: selection.bic.map { $0.map { $0 ?? .nan } })
    return .modelSelection(
      [own], bestComponents: choice.bestByBIC, robustComponents: choice.robust,
      componentsLeft: choice.best == choice.bestByBIC ? choice.left : nil)
  }

  /// The criterion for other shapes of the covariances, beside the chosen one.
  var otherShapes: Figure? {
    guard let selection = sorting.mixture.selection, !selection.otherCurves.isEmpty else { return nil }
    let own = Sorting.Selection.Curve(
      name: "\(covariance) covariance", bestBIC: selection.bestBIC)
    let curves = ([own] + selection.otherCurves).map {
      CriterionCurve(name: $0.name, components: selection.components, values: $0.bestBIC.map { [$0] })
    }
    return .modelSelection(curves, bestComponents: nil, robustComponents: nil)
  }

  /// Some spikes as they are, coloured by unit.
  var spikeSample: Figure? {
    guard let waveforms = sorting.waveforms, !waveforms.exampleSpikes.isEmpty, !isProbe else { return nil }
    let channels = shownChannels(atMost: 4)
    let table = WaveformTable(waveforms)
    let count = min(150, waveforms.exampleSpikes.count)
    let shown = (0..<count).map { $0 * waveforms.exampleSpikes.count / count }
    return .spikeSample(
      snippets: shown.map { table.snippet(waveforms.examples, $0, channels) },
      labels: shown.map { places[waveforms.exampleSpikes[$0]] }, names: unitNames,
      channelNames: channels.map { channelNames[$0] },
      timing: SnippetTiming(rateHertz: sorting.source.samplingRate ?? 1, peakSample: waveforms.troughFrame),
      voltageUnit: sorting.source.amplitudeUnit)
  }

  /// What each further component gains per parameter.
  var likelihoodGain: Figure? {
    guard let selection = sorting.mixture.selection, selection.components.count > 1 else { return nil }
    let best = selection.logLikelihood.map { $0.compactMap { $0 }.max() ?? .nan }
    return .likelihoodGain(
      components: selection.components, logLikelihoods: best, parameters: selection.parameters,
      sampleCount: selection.spikeCount)
  }

  /// The components' shares.
  var weights: Figure? {
    guard !sorting.mixture.weights.isEmpty else { return nil }
    return .componentWeights(sorting.mixture.weights)
  }

  /// Amplitudes over time, thinned evenly where there are very many spikes.
  var amplitudes: Figure? {
    guard let frames = sorting.spikes.frames, let span = sorting.source.clockSpan, !sorting.units.isEmpty,
      sorting.spikes.amplitudes.count == frames.count
    else { return nil }
    let step = max(1, (frames.count + Self.spikesDrawn - 1) / Self.spikesDrawn)
    let drawn = Swift.stride(from: 0, to: frames.count, by: step)
    let seconds = sorting.source.seconds(ofFrames: drawn.map { frames[$0] })
    var times = [[Double]](repeating: [], count: sorting.units.count)
    var sizes = times
    for n in drawn {
      times[places[n]].append(seconds[n / step])
      sizes[places[n]].append(Double(sorting.spikes.amplitudes[n]))
    }
    let units = sorting.units.indices.map {
      UnitAmplitudes(name: unitNames[$0], timesSeconds: times[$0], amplitudes: sizes[$0])
    }
    return .amplitudes(
      units, startSeconds: span.start, durationSeconds: span.end - span.start,
      amplitudeUnit: sorting.source.amplitudeUnit, shaded: leftOut)
  }

  /// The stretches that were left out as no brain signal.
  private var leftOut: [ShadedTime] {
    guard let time = sorting.source.time else { return [] }
    return sorting.source.excludedFrames.stretches.map {
      ShadedTime(start: time.seconds(ofFrame: $0.lowerBound), end: time.seconds(atEndOf: $0))
    }
  }

  /// When the middle of every time frame of the drift is, where what was left out makes them uneven; nil elsewhere.
  private func driftTimes(_ drift: Sorting.Drift) -> [Double]? {
    let (source, excluded) = (sorting.source, sorting.source.excludedFrames)
    guard !excluded.isEmpty, let rate = source.samplingRate, let time = source.time else { return nil }
    let inside = excluded.shifted(by: -source.startFrame)
    return (0..<drift.timeFrames).map { t in
      let left = Int((Double(t) + 0.5) * drift.secondsPerFrame * rate)
      return time.seconds(ofFrame: inside.frame(left: left) + source.startFrame)
    }
  }

  /// The mean amplitudes of every unit's components over time, with their band.
  var drift: Figure? {
    guard let drift = sorting.drift, drift.timeFrames > 1, !sorting.units.isEmpty,
      let start = sorting.source.seconds(ofFrame: sorting.source.startFrame)
    else { return nil }
    let shown = shownChannels(atMost: 4).filter { $0 < drift.channels }
    // Of a probe every unit has the channels it is largest on.
    let isProbe = drift.channels > shown.count
    let known = drift.amplitudes.count / (drift.timeFrames * max(drift.channels, 1))
    let units = sorting.units.enumerated().map { place, unit -> UnitDrift in
      let components = unit.components.filter { $0 < known }
      // Deflections of the sign of the unit's own largest one are positive.
      let own = components.flatMap { track(of: $0, channel: unit.peakChannel, in: drift, sign: 1).means }
      let sign = own.reduce(0, +) < 0 ? -1.0 : 1
      let channels = isProbe ? largestChannels(of: components, in: drift, count: shown.count) : shown
      return UnitDrift(
        name: unitNames[place],
        tracks: components.map { k in channels.map { track(of: k, channel: $0, in: drift, sign: sign) } },
        channelNames: isProbe ? channels.map { channelNames[$0] } : []
      )
    }
    return .driftTracks(
      units,
      channelNames: isProbe
        ? ["its largest channel", "second", "third", "fourth"] : shown.map { channelNames[$0] },
      startSeconds: start, secondsPerFrame: drift.secondsPerFrame,
      amplitudeUnit: sorting.source.amplitudeUnit, times: driftTimes(drift), shaded: leftOut)
  }

  /// The channels some components are largest on, on average over time.
  private func largestChannels(of components: [Int], in drift: Sorting.Drift, count: Int) -> [Int] {
    let sizes = (0..<drift.channels).map { channel in
      components.reduce(0.0) { sum, k in
        track(of: k, channel: channel, in: drift, sign: 1).means.reduce(sum) { $0 + abs($1) }
      }
    }
    return Array(sizes.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }.prefix(count))
  }

  private func track(
    of component: Int, channel: Int, in drift: Sorting.Drift, sign: Double
  ) -> AmplitudeTrack {
    let places = (0..<drift.timeFrames).map { (component * drift.timeFrames + $0) * drift.channels + channel }
    return AmplitudeTrack(
      means: places.map { sign * Double(drift.amplitudes[$0]) },
      deviations: places.map { Double(drift.deviations[$0]) })
  }

  /// Intervals between each unit's spikes.
  var intervals: Figure? {
    guard let frames = sorting.spikes.frames, let rate = sorting.source.samplingRate, !sorting.units.isEmpty
    else { return nil }
    var last = [Int?](repeating: nil, count: sorting.units.count)
    var intervals = [[Double]](repeating: [], count: sorting.units.count)
    for (frame, unit) in zip(sorting.source.gaps.apart(frames), places) {
      if let before = last[unit] { intervals[unit].append(Double(frame - before) / rate * 1000) }
      last[unit] = frame
    }
    return .intervalHistograms(
      sorting.units.indices.map { UnitIntervals(name: unitNames[$0], milliseconds: intervals[$0]) })
  }

  /// The trace before and after filtering, with what was detected.
  var traces: Figure? {
    guard let trace = sorting.traceExample, let frames = sorting.spikes.frames,
      let rate = sorting.source.samplingRate, trace.channels > 0
    else { return nil }
    let length = trace.raw.count / trace.channels
    let inside = frames.filter { $0 >= trace.startFrame && $0 < trace.startFrame + length }
    let shown = shownChannels(atMost: 8)
    let channels = shown.map { channel in
      let threshold = trace.thresholds[channel]
      return ChannelTrace(
        name: channelNames[channel],
        raw: (0..<length).map { Double(trace.raw[$0 * trace.channels + channel]) },
        filtered: (0..<length).map { Double(trace.filtered[$0 * trace.channels + channel]) },
        thresholds: trace.sign.directions.map { $0 * threshold },
        detections: inside.map { $0 - trace.startFrame })
    }
    let band = sorting.options.band.map {
      "\(Words.number($0[0], digits: 0))–\(Words.number($0[1], digits: 0)) Hz"
    }
    return .traces(
      channels, startSeconds: sorting.source.seconds(ofFrame: trace.startFrame) ?? 0, rateHertz: rate,
      band: band ?? "",
      voltageUnit: sorting.source.amplitudeUnit)
  }

  /// How well the true units were found.
  func accuracy(_ comparison: ComparisonSummary) -> Figure {
    .accuracyBars(
      comparison.units.map {
        UnitScore(
          name: "True unit \($0.truth)", match: $0.unit.map { "Unit \($0)" }, accuracy: $0.accuracy,
          precision: $0.precision, recall: $0.recall)
      })
  }

  /// The channels with the largest mean waveforms, in their order on the probe.
  private func shownChannels(atMost limit: Int) -> [Int] {
    let count = sorting.waveforms?.channels ?? sorting.spikes.featureChannels
    guard count > limit, let waveforms = sorting.waveforms else { return Array(0..<min(count, limit)) }
    var largest = [Float](repeating: 0, count: count)
    for (i, value) in waveforms.unitMeans.enumerated() {
      largest[i % count] = max(largest[i % count], abs(value))
    }
    return (0..<count).sorted { (largest[$1], $0) < (largest[$0], $1) }.prefix(limit).sorted()
  }

  /// Mean and covariance of one label's spikes in the given features.
  private func shape(named name: String, label: Int, labels: [Int], features: [[Double]]) -> ComponentShape {
    let members = labels.indices.filter { labels[$0] == label }
    let n = Double(max(members.count, 1))
    let mean = features.map { feature in members.reduce(0.0) { $0 + feature[$1] } / n }
    guard members.count > features.count else { return ComponentShape(name: name, mean: mean) }
    var covariance: [Double] = []
    for i in features.indices {
      for j in features.indices {
        let sum = members.reduce(0.0) { $0 + (features[i][$1] - mean[i]) * (features[j][$1] - mean[j]) }
        covariance.append(sum / (n - 1))
      }
    }
    return ComponentShape(name: name, mean: mean, covariance: covariance)
  }
}

/// Snippets of a flat table, channel by channel.
private struct WaveformTable {
  let frames: Int
  let channels: Int

  init(_ waveforms: Sorting.Waveforms) {
    frames = waveforms.frames
    channels = waveforms.channels
  }

  /// Row `index` of a rows × frames × channels table as channels × frames.
  func snippet(_ table: [Float], _ index: Int, _ wanted: [Int]) -> [[Double]] {
    let start = index * frames * channels
    return wanted.map { channel in (0..<frames).map { Double(table[start + $0 * channels + channel]) } }
  }
}
