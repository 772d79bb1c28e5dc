internal import LinearAlgebra
internal import SpikeSorting
internal import SpikeTrains

extension UnitMeasures {
  /// Neighbours are looked for among at most so many spikes, as among the sorter's: the search is quadratic.
  private static let neighbourSample = 3000

  /// Units with SpikeInterface's quality metrics: those that people made are measured anew among all units as they are
  /// now, those of the sorter keep their own.
  ///
  /// Neighbours and silhouettes are of the stored features, as isolation is.
  func withMetrics(_ units: [Sorting.Unit], of curated: [CurationState.Unit], unitOfSpike: [Int]) -> [Sorting
    .Unit]
  {
    guard let frames, curated.contains(where: { $0.origin != .sorter }) else { return units }
    let place = Dictionary(uniqueKeysWithValues: units.enumerated().map { ($1.id, $0) })
    let places = unitOfSpike.map { place[$0] ?? 0 }
    let synchrony = [(QualityMetric.syncSpike2, 2), (.syncSpike4, 4), (.syncSpike8, 8)].map {
      ($0, synchronyShares(times: frames, units: places, unitCount: units.count, size: $1))
    }
    let apart = separations(places, unitCount: units.count)
    return zip(units, curated).enumerated().map { u, pair in
      var (unit, source) = pair
      guard source.origin != .sorter, let train = train(source) else { return unit }
      var found = train.qualityMetrics(amplitudes: amplitudes(of: source))
      if let sizes = amplitudes(of: source), unit.peakChannel < base.noise.count,
        let noise = base.noise[unit.peakChannel]
      {
        found[.sdRatio] = train.amplitudeNoiseRatio(sizes, noise: noise)
      }
      found[.snr] = unit.signalToNoise
      found[.isolationDistance] = unit.isolationDistance
      found[.lRatio] = unit.lRatio
      found[.nnHitRate] = apart.neighbours[u]?.hit
      found[.nnMissRate] = apart.neighbours[u]?.miss
      found[.silhouette] = apart.silhouettes[u]
      for (metric, shares) in synchrony { found[metric] = shares[u] }
      unit.metrics = Dictionary(
        uniqueKeysWithValues: found.filter(\.value.isFinite).map { ($0.key.rawValue, $0.value) })
      return unit
    }
  }

  /// The size of every spike; nil without snippets, where each is 1 and says nothing.
  private func amplitudes(of unit: CurationState.Unit) -> [Double]? {
    let spikes = base.sorting.spikes
    guard base.sorting.waveforms != nil, spikes.amplitudes.count == spikes.count else { return nil }
    return unit.spikes.map { Double(spikes.amplitudes[Int($0)]) }
  }

  private func separations(
    _ places: [Int], unitCount: Int
  ) -> (neighbours: [NeighbourRates?], silhouettes: [Double?]) {
    let nothing = [NeighbourRates?](repeating: nil, count: unitCount)
    guard let sample else { return (nothing, [Double?](repeating: nil, count: unitCount)) }
    let rows = Array(0..<sample.features.rows)
    let count = min(Self.neighbourSample, rows.count)
    let few = (0..<count).map { $0 * rows.count / count }
    func units(_ rows: [Int]) -> [Int] { rows.map { places[$0 * sample.step] } }
    return (
      few.count > 5
        ? nearestNeighbourRates(
          features: sample.features.selecting(rows: few), units: units(few), unitCount: unitCount) : nothing,
      simplifiedSilhouettes(features: sample.features, units: units(rows), unitCount: unitCount)
    )
  }
}
