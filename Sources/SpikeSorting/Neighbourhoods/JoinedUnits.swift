import LinearAlgebra
import MixtureModels
import Recordings
import SpikeTrains

/// Units of several neighbourhoods as those of one sorting: numbered through, their spikes in one row of time, their
/// waveforms on all channels of the probe.
struct JoinedUnits {
  private let parts: [NeighbourhoodUnits]
  private let chosen: [UnitsOfProbe.Unit]
  /// The joined number of every component of every part that a chosen unit is made of.
  private let components: [[Int: Int]]
  private let channelCount: Int
  /// The spikes, in order of time.
  private(set) var spikes: Sorting.Spikes
  /// Where each spike stands in its part.
  private let places: [(part: Int, spike: Int)]

  /// Of every spike the features of at most so many channels are kept, those nearest to its unit's peak. All spikes have as
  /// many: where a neighbourhood has fewer channels the next ones of the probe follow, with 0 for what was not sorted
  /// there.
  static let mostFeatureChannels = 12

  /// - Parameter channelPositions: x and y of every channel in µm.
  init(parts: [NeighbourhoodUnits], chosen: [UnitsOfProbe.Unit], channelPositions: [[Double]]) {
    self.parts = parts
    self.chosen = chosen
    channelCount = channelPositions.count
    let widest = chosen.map { parts[$0.part].channels.count }.max() ?? 1
    let featureChannels = min(Self.mostFeatureChannels, widest)
    var components = [[Int: Int]](repeating: [:], count: parts.count)
    var channelsOfComponents: [[Int]] = []
    for place in chosen {
      let part = parts[place.part]
      let unit = part.sorting.units[place.unit]
      let nearest = Self.nearestChannels(
        to: part.channels[unit.peakChannel], own: part.channels, positions: channelPositions
      ).prefix(featureChannels)
      for component in unit.components {
        components[place.part][component] = channelsOfComponents.count
        channelsOfComponents.append(Array(nearest))
      }
    }
    self.components = components
    let rows = Self.rows(of: parts, chosen: chosen)
    places = rows.map { ($0.part, $0.spike) }
    let componentOfSpike = rows.map {
      components[$0.part][parts[$0.part].sorting.spikes.components[$0.spike]] ?? 0
    }
    let perChannel = parts.map(\.sorting.spikes.featuresPerChannel).max() ?? 3
    spikes = Sorting.Spikes(
      frames: rows.map(\.frame), components: componentOfSpike, units: rows.map(\.unit),
      amplitudes: rows.map { parts[$0.part].sorting.spikes.amplitudes[$0.spike] },
      features: Self.features(
        of: zip(places, componentOfSpike.map { channelsOfComponents[$0] }), in: parts, perChannel: perChannel),
      featureChannels: featureChannels, featuresPerChannel: perChannel)
    spikes.channelsOfComponents = channelsOfComponents
  }

  /// The spikes of the chosen units, in order of time.
  private static func rows(
    of parts: [NeighbourhoodUnits], chosen: [UnitsOfProbe.Unit]
  ) -> [(frame: Int, part: Int, spike: Int, unit: Int)] {
    let unitNumber = Dictionary(chosen.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    var rows: [(frame: Int, part: Int, spike: Int, unit: Int)] = []
    for (p, part) in parts.enumerated() {
      for (n, frame) in (part.sorting.spikes.frames ?? []).enumerated() {
        guard let unit = unitNumber[.init(part: p, unit: part.sorting.spikes.units[n])] else { continue }
        rows.append((frame, p, n, unit))
      }
    }
    rows.sort { ($0.frame, $0.part, $0.spike) < ($1.frame, $1.part, $1.spike) }
    return rows
  }

  /// The principal components of spikes on channels of the probe; 0 where one was not sorted with its spike.
  private static func features(
    of spikes: some Sequence<((part: Int, spike: Int), [Int])>, in parts: [NeighbourhoodUnits],
    perChannel: Int
  ) -> [Float] {
    var features: [Float] = []
    for (place, channels) in spikes {
      for channel in channels {
        let known = parts[place.part].features(ofSpike: place.spike, channel: channel)
        features.append(contentsOf: known)
        features.append(contentsOf: repeatElement(0, count: perChannel - known.count))
      }
    }
    return features
  }

  /// All channels of a probe by their distance from one of them, those of a neighbourhood first.
  private static func nearestChannels(to peak: Int, own: [Int], positions: [[Double]]) -> [Int] {
    let isOwn = Set(own)
    func key(_ channel: Int) -> (Int, Double, Int) {
      let (x, y) = (positions[channel][0] - positions[peak][0], positions[channel][1] - positions[peak][1])
      return (isOwn.contains(channel) ? 0 : 1, x * x + y * y, channel)
    }
    return positions.indices.sorted { key($0) < key($1) }
  }

  /// Spikes of a unit nearer to each other than this were not both kept in any neighbourhood, in ms.
  var censoredMilliseconds: Double {
    parts.map(\.sorting.censoredMilliseconds).max() ?? TemplateResolver.lockoutMilliseconds
  }

  /// The units, numbered through.
  var units: [Sorting.Unit] {
    chosen.enumerated().map { id, place in
      var unit = parts[place.part].sorting.units[place.unit]
      unit.id = id
      unit.components = joined(unit.components, of: place.part)
      unit.peakChannel = parts[place.part].channels[unit.peakChannel]
      return unit
    }
  }

  private func joined(_ numbers: [Int], of part: Int) -> [Int] { numbers.compactMap { components[part][$0] } }

  /// What was made one unit within the neighbourhoods.
  var merges: [Sorting.Merge] {
    parts.enumerated().flatMap { p, part in
      part.sorting.merges.compactMap { merge in
        let (first, second) = (joined(merge.first, of: p), joined(merge.second, of: p))
        guard first.count == merge.first.count, second.count == merge.second.count else { return nil }
        return Sorting.Merge(first: first, second: second, reasons: merge.reasons)
      }
    }
  }

  /// What the neighbourhoods warn of, each sentence once.
  var warnings: [String] {
    parts.flatMap(\.sorting.warnings).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The mixtures of the neighbourhoods side by side, weighted by their spikes.
  func mixture(neighbourhoods: [Neighbourhood]) -> Sorting.MixtureSummary {
    var summary = parts[chosen.first?.part ?? 0].sorting.mixture
    let order = sources
    var counts = [Double](repeating: 0, count: order.count)
    for component in spikes.components { counts[component] += 1 }
    summary.components = order.count
    summary.weights = counts.map { $0 / Double(max(spikes.count, 1)) }
    summary.effectiveComponents = Mixture.effectiveCount(of: summary.weights)
    summary.locations = order.map { parts[$0.part].sorting.mixture.locations[$0.component] }
    summary.scales = order.map { parts[$0.part].sorting.mixture.scales[$0.component] }
    summary.logLikelihood = nil
    summary.selection = nil
    summary.neighbourhoods = neighbourhoods.map { neighbourhood in
      let numbers = order.filter { parts[$0.part].neighbourhood == neighbourhood }.map(\.joined)
      let core = zip(neighbourhood.channels, neighbourhood.isCore).filter(\.1).map(\.0)
      return .init(channels: neighbourhood.channels, core: core, components: numbers)
    }
    return summary
  }

  /// Where every joined component comes from.
  private var sources: [(joined: Int, part: Int, component: Int)] {
    components.enumerated().flatMap { p, numbers in
      numbers.map { (joined: $0.value, part: p, component: $0.key) }
    }.sorted { $0.joined < $1.joined }
  }

  /// The amplitudes of the components over time on all channels, 0 beyond a neighbourhood's own; nil where they were not
  /// matched.
  var drift: Sorting.Drift? {
    let known = parts.compactMap(\.sorting.drift)
    guard let frames = known.map(\.timeFrames).max(), let seconds = known.first?.secondsPerFrame, frames > 0
    else { return nil }
    let size = frames * channelCount
    let none = [Float](repeating: 0, count: sources.count * size)
    var result = Sorting.Drift(
      secondsPerFrame: seconds, timeFrames: frames, channels: channelCount, amplitudes: none, deviations: none
    )
    for source in sources {
      guard let drift = parts[source.part].sorting.drift, drift.timeFrames > 0 else { continue }
      for t in 0..<frames {
        // A neighbourhood's last spike may lie before the probe's.
        let row = (source.component * drift.timeFrames + min(t, drift.timeFrames - 1)) * drift.channels
        for (c, channel) in parts[source.part].channels.enumerated() {
          let place = source.joined * size + t * channelCount + channel
          result.amplitudes[place] = drift.amplitudes[row + c]
          result.deviations[place] = drift.deviations[row + c]
        }
      }
    }
    return result
  }

  /// Waveforms on all channels; a neighbourhood's are 0 beyond its own.
  var waveforms: Sorting.Waveforms? {
    guard let shape = parts.lazy.compactMap(\.sorting.waveforms).first else { return nil }
    let frames = shape.frames
    func wide(_ table: [Float], _ row: Int, _ part: NeighbourhoodUnits, into target: inout [Float]) {
      let start = target.count
      target.append(contentsOf: repeatElement(0, count: frames * channelCount))
      let width = part.channels.count
      for f in 0..<frames {
        for (c, channel) in part.channels.enumerated() {
          target[start + f * channelCount + channel] = table[(row * frames + f) * width + c]
        }
      }
    }
    var result = Sorting.Waveforms(
      frames: frames, channels: channelCount, troughFrame: shape.troughFrame, componentMeans: [],
      unitMeans: [],
      unitDeviations: [], exampleSpikes: [], examples: [])
    var number: [Int: [Int: Int]] = [:]
    for (n, place) in places.enumerated() { number[place.part, default: [:]][place.spike] = n }
    for place in chosen {
      let part = parts[place.part]
      guard let own = part.sorting.waveforms else { continue }
      for component in part.sorting.units[place.unit].components {
        wide(own.componentMeans, component, part, into: &result.componentMeans)
      }
      wide(own.unitMeans, place.unit, part, into: &result.unitMeans)
      wide(own.unitDeviations, place.unit, part, into: &result.unitDeviations)
      for (i, spike) in own.exampleSpikes.enumerated()
      where part.sorting.spikes.units[spike] == place.unit {
        guard let joined = number[place.part]?[spike] else { continue }
        result.exampleSpikes.append(joined)
        wide(own.examples, i, part, into: &result.examples)
      }
    }
    return result
  }

  /// Every pair of units: within a neighbourhood as judged there, across by trains, bursts and waveforms.
  func pairs(
    frames: Range<Int>, samplingRate: Double, gaps: FrameGaps, excluded: FrameSet = .none,
    judge: any SpikeJudge = VerdictLimits(), threads: Int
  ) -> [Sorting.Pair] {
    var times = [[Int]](repeating: [], count: chosen.count)
    for (frame, unit) in zip(spikes.frames ?? [], spikes.units) {
      times[unit].append(frame - frames.lowerBound)
    }
    let trains = times.map {
      SpikeTrain(
        times: $0, frames: frames.count, samplingRate: samplingRate, gaps: gaps, without: excluded)
    }
    let means = waveforms.map { table in
      let size = table.frames * table.channels
      return chosen.indices.map { u in table.unitMeans[u * size..<(u + 1) * size].map(Double.init) }
    }
    let (channels, judged) = (channelCount, judgedPairs)
    let measurer = UnitMeasurer(censoredMilliseconds: ProbeSorter.sameSpikeMilliseconds, judge: judge)
    let all = chosen.indices.flatMap { a in (a + 1..<chosen.count).map { (a, $0) } }
    return Parallel.map(count: all.count, threads: threads) { (i: Int) -> Sorting.Pair in
      let (a, b) = all[i]
      if let pair = judged[[a, b]] { return pair }
      let likeness = means.map { WaveformPair($0[a], $0[b], channels: channels) } ?? WaveformPair()
      return Sorting.Pair(
        first: a, second: b, measurer.finding(trains[a], trains[b], waveforms: likeness))
    }
  }

  /// The pairs that neighbourhoods judged, by their joined numbers.
  private var judgedPairs: [[Int]: Sorting.Pair] {
    let known = Dictionary(chosen.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    var judged: [[Int]: Sorting.Pair] = [:]
    for (p, part) in parts.enumerated() {
      for pair in part.sorting.pairs {
        guard let a = known[.init(part: p, unit: pair.first)],
          let b = known[.init(part: p, unit: pair.second)]
        else { continue }
        var pair = pair
        (pair.first, pair.second) = (min(a, b), max(a, b))
        judged[[pair.first, pair.second]] = pair
      }
    }
    return judged
  }
}
