internal import SpikeTrains

/// Units as one sorting found them, with what tells whether another one found them too.
struct FoundUnits: Sendable {
  let units: [Sorting.Unit]
  /// The frames of every unit's spikes, ascending.
  private(set) var trains: [[Int]]
  /// The size of every unit's mean waveform at its trough on every channel, in noise deviations.
  let depths: [[Double]]

  /// - Parameters:
  ///   - frames: of all spikes, ascending.
  ///   - unitOfSpike: the place of every spike's unit.
  ///   - noise: the standard deviation of every channel.
  init(
    _ units: [Sorting.Unit], frames: [Int], unitOfSpike: [Int], waveforms: Sorting.Waveforms?, noise: [Double]
  ) {
    self.units = units
    trains = [[Int]](repeating: [], count: units.count)
    for (frame, unit) in zip(frames, unitOfSpike) where unit < units.count { trains[unit].append(frame) }
    depths = units.indices.map { u in
      guard let waveforms, waveforms.channels == noise.count else { return [] }
      let trough = (u * waveforms.frames + waveforms.troughFrame) * waveforms.channels
      return noise.indices.map {
        abs(Double(waveforms.unitMeans[trough + $0])) / max(noise[$0], .leastNormalMagnitude)
      }
    }
  }
}

/// The units that sorting one neighbourhood of channels gave and that are its own.
struct NeighbourhoodUnits: Sendable {
  let neighbourhood: Neighbourhood
  /// Their places among all units found in the neighbourhood, ascending.
  let places: [Int]
  /// The units, as the neighbourhood numbers channels.
  let units: [Sorting.Unit]
  /// The frames of every unit's spikes, ascending.
  let trains: [[Int]]
  /// For every unit the largest deflection of its mean waveform in the core over its largest anywhere: 1 where its
  /// neuron is surely the core's.
  let belonging: [Double]

  /// A unit seen better from another core is left to that one: its peak here is less than this share of its largest. A
  /// neuron between two cores passes in both, and is then kept once.
  static let leastBelonging = 0.8
  /// A unit is another's echo where at least this share of its spikes are events of units already kept. Of two
  /// independent neurons at 10 Hz less than 1 % are.
  static let echoShare = 0.5

  /// Chooses the units found in a neighbourhood that are its own.
  init(_ found: FoundUnits, of neighbourhood: Neighbourhood) {
    let belonging = found.depths.map { depths in
      let largest = depths.max() ?? 0
      let own = zip(depths, neighbourhood.isCore).reduce(0) { $1.1 ? max($0, $1.0) : $0 }
      return largest > 0 ? own / largest : 0
    }
    // Noise is kept where it surely lies: it is no neuron that two cores might both lose.
    places = found.units.indices.filter { u in
      belonging[u] >= (found.units[u].verdict == .noise ? 1 : Self.leastBelonging)
    }
    self.neighbourhood = neighbourhood
    units = places.map { found.units[$0] }
    trains = places.map { found.trains[$0] }
    self.belonging = places.map { belonging[$0] }
  }
}

extension [NeighbourhoodUnits] {
  /// For every neighbourhood those of its units, ascending, that stand for a neuron of their own.
  ///
  /// Neighbourhoods overlap, so a neuron between two cores is found twice, and what one sorting could not explain may be
  /// spikes that its neighbour names.
  /// - Parameter tolerance: spikes of two units nearer than so many frames are one event.
  func withoutEchoes(tolerance: Int) -> [[Int]] {
    // The surest first: neurons before noise, the largest and most central before what may be their echo.
    func key(_ part: Int, _ unit: Int) -> (Int, Double, Int, Int) {
      let (one, belonging) = (self[part].units[unit], self[part].belonging[unit])
      let strength = (one.signalToNoise ?? 0) * belonging * belonging * belonging
      return (one.verdict == .noise ? 1 : 0, -strength, part, unit)
    }
    let order = indices.flatMap { p in self[p].units.indices.map { key(p, $0) } }.sorted(by: <)
    let channels = map { Set($0.neighbourhood.channels) }
    var kept = [[Int]](repeating: [], count: count)
    for (_, _, part, unit) in order {
      let train = self[part].trains[unit]
      let near = indices.filter { $0 != part && !channels[$0].isDisjoint(with: channels[part]) }
      let events = near.flatMap { p in kept[p].flatMap { self[p].trains[$0] } }.sorted()
      let shared = Self.coincidences(train, events, tolerance: tolerance)
      if Double(shared) < NeighbourhoodUnits.echoShare * Double(train.count) { kept[part].append(unit) }
    }
    return kept.map { $0.sorted() }
  }

  /// How many of some times have one of others within a tolerance; both ascending.
  static func coincidences(_ times: [Int], _ others: [Int], tolerance: Int) -> Int {
    var next = 0
    return times.count { time in
      while next < others.count, others[next] < time - tolerance { next += 1 }
      return next < others.count && others[next] <= time + tolerance
    }
  }
}
