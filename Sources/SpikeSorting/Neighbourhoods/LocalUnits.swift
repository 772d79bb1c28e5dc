import LinearAlgebra
import SpikeDetection

/// The units that sorting one neighbourhood of channels gave and that are its own, with their spikes.
struct LocalUnits: Sendable {
  /// The channels sorted and those of them that are the core.
  let neighbourhood: Neighbourhood
  /// The units, numbered from 0; components and channels too count within the neighbourhood.
  var units: [Sorting.Unit] = []
  /// For every unit the largest deflection of its mean waveform in the core over its largest anywhere: 1 where its
  /// neuron is surely the core's.
  var belonging: [Double] = []
  /// The frame, unit, component and size of every spike, in order of time.
  var frames: [Int] = []
  var unitOfSpike: [Int] = []
  var componentOfSpike: [Int] = []
  var amplitudes: [Float] = []
  /// First principal components of every channel: spikes × channels × `featuresPerChannel`.
  var features: [Float] = []
  var featuresPerChannel = 0
  /// Pairs of the units, and merges in terms of the components.
  var pairs: [Sorting.Pair] = []
  var merges: [Sorting.Merge] = []
  /// Waveforms of the components and units on `channels`; examples point into the spikes here.
  var waveforms: Sorting.Waveforms
  /// The mixture.
  var mixture: Sorting.MixtureSummary
  /// The amplitudes of all its components over time, on `channels`.
  var drift: Sorting.Drift?
  var warnings: [String] = []
  /// Spikes of a unit nearer to each other than this were not both kept, in ms.
  var censoredMilliseconds = DriftingUnits.lockoutMilliseconds

  /// The channels sorted, as the probe numbers them.
  var channels: [Int] { neighbourhood.channels }

  /// A unit seen better from another core is left to that one: its peak here is less than this share of its largest. A
  /// neuron between two cores passes in both, and is then kept once.
  static let leastBelonging = 0.8
}

extension LocalUnits {
  /// Keeps the units of a neighbourhood that are its own, and forgets all else.
  ///
  /// - Parameter found: what was sorted, with a feature for every channel.
  init(
    _ found: ResolvedSpikes, judged: JudgedSpikes, features: (values: [Float], perChannel: Int),
    frames: [Int], neighbourhood: Neighbourhood, censoredMilliseconds: Double
  ) {
    let channels = neighbourhood.channels
    let noise = found.detected.noise.deviations
    let whole =
      judged.waveforms
      ?? Sorting.Waveforms(
        frames: 0, channels: channels.count, troughFrame: 0, componentMeans: [], unitMeans: [],
        unitDeviations: [],
        exampleSpikes: [], examples: [])
    let belonging = judged.units.map { unit in
      Self.belonging(of: unit.id, in: whole, noise: noise, isCore: neighbourhood.isCore)
    }
    // Noise is kept where it surely lies: it is no neuron that two cores might both lose.
    let kept = judged.units.indices.filter { u in
      belonging[u] >= (judged.units[u].verdict == "noise" ? 1 : Self.leastBelonging)
    }
    let place = Dictionary(kept.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let spikes = judged.unitOfSpike.indices.filter { place[judged.unitOfSpike[$0]] != nil }
    self.init(
      neighbourhood: neighbourhood, waveforms: whole.keeping(units: kept, spikes: spikes),
      mixture: found.outcome.summary)
    self.censoredMilliseconds = censoredMilliseconds
    units = kept.enumerated().map { id, u in
      var unit = judged.units[u]
      unit.id = id
      return unit
    }
    self.belonging = kept.map { belonging[$0] }
    self.frames = spikes.map { frames[$0] }
    unitOfSpike = spikes.compactMap { place[judged.unitOfSpike[$0]] }
    componentOfSpike = spikes.map { found.outcome.labels[$0] }
    amplitudes = spikes.map { judged.amplitudes[$0] }
    featuresPerChannel = features.perChannel
    let size = channels.count * features.perChannel
    self.features.reserveCapacity(spikes.count * size)
    for n in spikes { self.features.append(contentsOf: features.values[n * size..<(n + 1) * size]) }
    pairs = judged.pairs.compactMap { pair in
      guard let first = place[pair.first], let second = place[pair.second] else { return nil }
      var pair = pair
      (pair.first, pair.second) = (first, second)
      return pair
    }
    let components = Set(units.flatMap(\.components))
    merges = judged.merges.filter { components.isSuperset(of: $0.first + $0.second) }
    drift = found.drift
    warnings = found.outcome.warnings
  }

  private static func belonging(
    of unit: Int, in waveforms: Sorting.Waveforms, noise: [Double], isCore: [Bool]
  ) -> Double {
    let channels = waveforms.channels
    guard waveforms.frames > 0 else { return 0 }
    let trough = (unit * waveforms.frames + waveforms.troughFrame) * channels
    let depths = (0..<channels).map {
      abs(Double(waveforms.unitMeans[trough + $0])) / max(noise[$0], .leastNormalMagnitude)
    }
    let largest = depths.max() ?? 0
    let own = zip(depths, isCore).reduce(0) { $1.1 ? max($0, $1.0) : $0 }
    return largest > 0 ? own / largest : 0
  }
}

extension LocalUnits {
  /// The principal components of a spike on a channel of the probe; none where the channel was not sorted here.
  func features(ofSpike spike: Int, channel: Int) -> ArraySlice<Float> {
    guard let place = channels.firstIndex(of: channel) else { return [] }
    let start = (spike * channels.count + place) * featuresPerChannel
    return features[start..<start + featuresPerChannel]
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
    return Sorting.Waveforms(
      frames: frames, channels: channels, troughFrame: troughFrame, componentMeans: componentMeans,
      unitMeans: rows(unitMeans, units), unitDeviations: rows(unitDeviations, units),
      exampleSpikes: kept.compactMap { place[exampleSpikes[$0]] }, examples: rows(examples, kept))
  }
}
