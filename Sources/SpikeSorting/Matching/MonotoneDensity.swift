import Foundation

/// Densities of counts in bins that are free but for where they rise and fall (isotonic regression, Barlow et al. 1972).
enum MonotoneDensity {
  /// The counts pooled to where they do not rise: the likeliest density that only falls (pool adjacent violators).
  static func falling(_ counts: some Sequence<Double>) -> [Double] {
    var pools: [(mean: Double, count: Int)] = []
    for value in counts {
      pools.append((value, 1))
      while let last = pools.last, pools.count > 1, pools[pools.count - 2].mean < last.mean {
        pools.removeLast()
        let before = pools.removeLast()
        let count = before.count + last.count
        let sum = before.mean * Double(before.count) + last.mean * Double(last.count)
        pools.append((sum / Double(count), count))
      }
    }
    return pools.flatMap { [Double](repeating: $0.mean, count: $0.count) }
  }

  /// The log-likelihood of counts, but for what is the same for all densities of their sum, as pools keep it.
  static func logLikelihood(of counts: some Sequence<Double>, under density: [Double]) -> Double {
    zip(counts, density).reduce(0) { $1.0 > 0 ? $0 + $1.0 * log(max($1.1, 1e-12)) : $0 }
  }

  /// By how much a density of two modes explains counts better than one of a single mode, in nats.
  ///
  /// - Complexity: O(bins³).
  static func natsOfTwoModes(_ counts: [Double]) -> Double {
    let one = likelihoodOfOneMode(counts[...])
    let two = counts.indices.dropFirst().map { valley in
      likelihoodOfOneMode(counts[..<valley]) + likelihoodOfOneMode(counts[valley...])
    }
    return max(0, (two.max() ?? one) - one)
  }

  /// The log-likelihood under the best density that rises to a mode and falls.
  private static func likelihoodOfOneMode(_ counts: ArraySlice<Double>) -> Double {
    counts.indices.reduce(-.infinity) { best, mode in
      let density = falling(counts[..<mode].reversed()).reversed() + falling(counts[mode...])
      return max(best, logLikelihood(of: counts, under: density))
    }
  }
}
