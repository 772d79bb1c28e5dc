internal import SpikeTrains

/// The units that sorting one neighbourhood of channels gave and that are its own.
struct NeighbourhoodUnits: Sendable {
  /// The channels sorted and those of them that are the core.
  let neighbourhood: Neighbourhood
  /// The units with their spikes; units, components and channels count within the neighbourhood.
  let sorting: Sorting
  /// For every unit the largest deflection of its mean waveform in the core over its largest anywhere: 1 where its
  /// neuron is surely the core's.
  let belonging: [Double]

  /// The channels sorted, as the probe numbers them.
  var channels: [Int] { neighbourhood.channels }

  /// A unit seen better from another core is left to that one: its peak here is less than this share of its largest. A
  /// neuron between two cores passes in both, and is then kept once.
  static let leastBelonging = 0.8

  /// Units that are known to be a neighbourhood's own.
  init(_ sorting: Sorting, of neighbourhood: Neighbourhood, belonging: [Double]) {
    (self.sorting, self.neighbourhood, self.belonging) = (sorting, neighbourhood, belonging)
  }

  /// Keeps the units of a neighbourhood's sorting that are its own, and forgets all else.
  init(_ sorting: Sorting, of neighbourhood: Neighbourhood) {
    let belonging = sorting.units.indices.map { u in
      Self.belonging(of: u, in: sorting, isCore: neighbourhood.isCore)
    }
    // Noise is kept where it surely lies: it is no neuron that two cores might both lose.
    let kept = sorting.units.indices.filter { u in
      belonging[u] >= (sorting.units[u].verdict == .noise ? 1 : Self.leastBelonging)
    }
    self.init(
      sorting.keeping(units: kept), of: neighbourhood, belonging: kept.map { belonging[$0] })
  }

  private static func belonging(of unit: Int, in sorting: Sorting, isCore: [Bool]) -> Double {
    guard let waveforms = sorting.waveforms, let noise = sorting.noise?.deviations else { return 0 }
    let channels = waveforms.channels
    let trough = (unit * waveforms.frames + waveforms.troughFrame) * channels
    let depths = (0..<channels).map {
      abs(Double(waveforms.unitMeans[trough + $0])) / max(noise[$0], .leastNormalMagnitude)
    }
    let largest = depths.max() ?? 0
    let own = zip(depths, isCore).reduce(0) { $1.1 ? max($0, $1.0) : $0 }
    return largest > 0 ? own / largest : 0
  }

  /// The principal components of a spike on a channel of the probe; none where the channel was not sorted here.
  func features(ofSpike spike: Int, channel: Int) -> ArraySlice<Float> {
    guard let place = channels.firstIndex(of: channel) else { return [] }
    let size = sorting.spikes.featuresPerChannel
    let start = (spike * channels.count + place) * size
    return sorting.spikes.features[start..<start + size]
  }
}

extension Sorting {
  /// Some of the units with their spikes, numbered from 0; all components stay.
  func keeping(units kept: [Int]) -> Sorting {
    let place = Dictionary(kept.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let chosen = spikes.units.indices.filter { place[spikes.units[$0]] != nil }
    let size = spikes.featureChannels * spikes.featuresPerChannel
    var result = self
    result.units = kept.enumerated().map { id, u in
      var unit = units[u]
      unit.id = id
      return unit
    }
    result.spikes.frames = spikes.frames.map { frames in chosen.map { frames[$0] } }
    result.spikes.units = chosen.compactMap { place[spikes.units[$0]] }
    result.spikes.components = chosen.map { spikes.components[$0] }
    result.spikes.amplitudes = chosen.map { spikes.amplitudes[$0] }
    result.spikes.features = chosen.flatMap { spikes.features[$0 * size..<($0 + 1) * size] }
    result.pairs = pairs.compactMap { pair in
      guard let first = place[pair.first], let second = place[pair.second] else { return nil }
      var pair = pair
      (pair.first, pair.second) = (first, second)
      return pair
    }
    let components = Set(result.units.flatMap(\.components))
    result.merges = merges.filter { components.isSuperset(of: $0.first + $0.second) }
    result.waveforms = waveforms?.keeping(units: kept, spikes: chosen)
    return result
  }
}

extension Sorting.Waveforms {
  /// The waveforms of some units, the examples pointing into some spikes; those of components all stay.
  func keeping(units: [Int], spikes: [Int]) -> Sorting.Waveforms {
    let size = frames * channels
    func rows(_ table: [Float], _ wanted: [Int]) -> [Float] {
      wanted.flatMap { table[$0 * size..<($0 + 1) * size] }
    }
    let place = Dictionary(spikes.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let kept = exampleSpikes.indices.filter { place[exampleSpikes[$0]] != nil }
    var result = self
    result.unitMeans = rows(unitMeans, units)
    result.unitDeviations = rows(unitDeviations, units)
    result.exampleSpikes = kept.compactMap { place[exampleSpikes[$0]] }
    result.examples = rows(examples, kept)
    return result
  }
}
