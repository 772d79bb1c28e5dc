internal import LinearAlgebra
internal import SpikeTrains

extension ClusteredSpikes {
  /// Neighbours are looked for among at most so many spikes, evenly spaced: a share of a thousand spikes is known to 1.5 %,
  /// and the search is quadratic.
  private static let neighbourSample = 3000
  /// Silhouettes are means over at most so many spikes, evenly spaced.
  private static let silhouetteSample = 50_000

  /// The units with SpikeInterface's quality metrics.
  func withMetrics(
    _ units: [Sorting.Unit], members: [[Int]], unitOfSpike: [Int], amplitudes: [Float], threads: Int
  ) -> [Sorting.Unit] {
    let apart = separations(unitOfSpike, unitCount: units.count, threads: threads)
    let synchrony = [(QualityMetric.syncSpike2, 2), (.syncSpike4, 4), (.syncSpike8, 8)].map {
      ($0, synchronyShares(times: frames, units: unitOfSpike, unitCount: units.count, size: $1))
    }
    return Parallel.map(count: units.count, threads: threads) { (u: Int) -> Sorting.Unit in
      var unit = units[u]
      let train = train(members[u])
      // Without snippets every amplitude is 1 and says nothing.
      let sizes = snippets == nil ? nil : members[u].map { Double(amplitudes[$0]) }
      var found = train.qualityMetrics(amplitudes: sizes)
      if let sizes, let noise, unit.peakChannel < noise.count {
        found[.sdRatio] = train.amplitudeNoiseRatio(sizes, noise: noise[unit.peakChannel])
      }
      found[.snr] = unit.signalToNoise
      found[.isolationDistance] = unit.isolationDistance
      found[.lRatio] = unit.lRatio
      found[.nnHitRate] = apart.neighbours[u]?.hit
      found[.nnMissRate] = apart.neighbours[u]?.miss
      found[.silhouette] = apart.silhouettes[u]
      for (metric, shares) in synchrony { found[metric] = shares[u] }
      var named = unit.metrics ?? [:]
      for (metric, value) in found where value.isFinite { named[metric.rawValue] = value }
      unit.metrics = named
      return unit
    }
  }

  private func separations(
    _ unitOfSpike: [Int], unitCount: Int, threads: Int
  ) -> (neighbours: [NeighbourRates?], silhouettes: [Double?]) {
    func sample(_ most: Int) -> [Int] {
      let count = min(most, frames.count)
      return (0..<count).map { $0 * frames.count / count }
    }
    let few = sample(Self.neighbourSample)
    let many = sample(Self.silhouetteSample)
    let neighbours =
      few.count > 5
      ? nearestNeighbourRates(
        features: features.selecting(rows: few), units: few.map { unitOfSpike[$0] }, unitCount: unitCount,
        threads: threads) : [NeighbourRates?](repeating: nil, count: unitCount)
    return (
      neighbours,
      simplifiedSilhouettes(
        features: features.selecting(rows: many), units: many.map { unitOfSpike[$0] }, unitCount: unitCount)
    )
  }
}
