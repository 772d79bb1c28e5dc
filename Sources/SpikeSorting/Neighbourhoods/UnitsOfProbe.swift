internal import SpikeTrains

/// Chooses among the units of several neighbourhoods those that stand for a neuron of their own.
///
/// Neighbourhoods overlap, so a neuron between two cores is found twice, and what one sorting could not explain may be
/// spikes that its neighbour names.
struct UnitsOfProbe {
  let parts: [NeighbourhoodUnits]
  /// Spikes of two units nearer than so many frames are one event.
  let tolerance: Int

  /// A unit of one of the parts.
  struct Unit: Hashable {
    let part: Int
    let unit: Int
  }

  /// A unit is another's echo where at least this share of its spikes are events of units already kept. Of two
  /// independent neurons at 10 Hz less than 1 % are.
  static let echoShare = 0.5

  /// The units that are kept, in order of part and unit.
  func chosen() -> [Unit] {
    let all = parts.indices.flatMap { p in parts[p].sorting.units.indices.map { Unit(part: p, unit: $0) } }
    // The surest first: neurons before noise, the largest and most central before what may be their echo.
    func strength(_ unit: Unit) -> Double {
      let belonging = parts[unit.part].belonging[unit.unit]
      return (parts[unit.part].sorting.units[unit.unit].signalToNoise ?? 0) * belonging * belonging
        * belonging
    }
    func isNoise(_ unit: Unit) -> Int { parts[unit.part].sorting.units[unit.unit].verdict == .noise ? 1 : 0 }
    let order = all.sorted {
      (isNoise($0), -strength($0), $0.part, $0.unit) < (isNoise($1), -strength($1), $1.part, $1.unit)
    }
    let trains = parts.map { part in
      var trains = [[Int]](repeating: [], count: part.sorting.units.count)
      for (frame, unit) in zip(part.sorting.spikes.frames ?? [], part.sorting.spikes.units) {
        trains[unit].append(frame)
      }
      return trains
    }
    var kept: [Unit] = []
    for unit in order {
      let train = trains[unit.part][unit.unit]
      let near = kept.filter {
        $0.part != unit.part && !Set(parts[$0.part].channels).isDisjoint(with: parts[unit.part].channels)
      }
      let events = near.flatMap { trains[$0.part][$0.unit] }.sorted()
      let shared = Self.coincidences(train, events, tolerance: tolerance)
      if Double(shared) < Self.echoShare * Double(train.count) { kept.append(unit) }
    }
    return kept.sorted { ($0.part, $0.unit) < ($1.part, $1.unit) }
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
