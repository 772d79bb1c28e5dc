internal import LinearAlgebra
internal import SpikeSorting
internal import SpikeTrains

extension UnitMeasures {
  /// Units with SpikeInterface's quality metrics: those that people made are measured anew among all units as they are
  /// now, those of the sorter keep their own.
  ///
  /// Neighbours and silhouettes are of the stored features, as isolation is.
  func withMetrics(
    _ units: [Sorting.Unit], of curated: [CurationState.Unit], unitOfSpike: [Int]
  ) -> [Sorting.Unit] {
    guard let frames, curated.contains(where: { $0.origin != .sorter }) else { return units }
    let place = Dictionary(uniqueKeysWithValues: units.enumerated().map { ($1.id, $0) })
    let surroundings = UnitSurroundings(
      frames: frames, units: unitOfSpike.map { place[$0] ?? 0 }, count: units.count,
      features: sample?.features ?? Matrix(rows: 0, columns: 1), step: sample?.step ?? 1,
      threads: Parallel.defaultThreads)
    return zip(units, curated).enumerated().map { u, pair in
      var (unit, source) = pair
      guard source.origin != .sorter, let train = train(source) else { return unit }
      unit.metrics = metrics(of: unit, source, train: train, surroundings: surroundings[u])
      return unit
    }
  }
}
