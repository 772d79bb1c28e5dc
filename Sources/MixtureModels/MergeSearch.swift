internal import Foundation
internal import LinearAlgebra

/// Merges components that stand for one neuron: the spikes of one are explained by the other at less than its price.
struct MergeSearch {
  let data: MixtureData
  let options: TrackingOptions
  let threads: Int

  /// Components whose points are shared by less than this have nothing in common.
  static let leastOverlap = 0.05

  /// The fit with merged components, or as it was.
  func run(_ fit: MixtureFit) throws -> MixtureFit {
    var current = fit
    var em = options.driftOptions(dimensions: data.dimensions, tracking: false)
    em.maximumIterations = WindowConsensus.trialIterations
    while let (gone, stays) = try cheapest(current.mixture) {
      var mixture = current.mixture
      mixture.weights[stays] += mixture.weights[gone]
      if !mixture.lives.isEmpty {
        let (a, b) = (mixture.lives[gone], mixture.lives[stays])
        mixture.lives[stays] = min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
      }
      let kept = mixture.weights.indices.filter { $0 != gone }
      current = try fitMixture(data, from: mixture.selecting(components: kept), options: em, threads: threads)
    }
    return current
  }

  /// The component that another replaces at the lowest cost, where in no stretch that costs more than a component.
  private func cheapest(_ mixture: Mixture) throws -> (gone: Int, stays: Int)? {
    guard mixture.componentCount > 1 else { return nil }
    let posterior = try mixture.posterior(data, distances: .none, threads: threads)
    let stretches = WindowConsensus(data: data, options: options, threads: threads).stretches
    let pairs = touching(posterior.responsibilities)
    let costs = Parallel.map(count: pairs.count, threads: threads) { (i: Int) -> Double in
      let (gone, stays) = pairs[i]
      let ratio = mixture.weights[gone] / max(mixture.weights[stays], .leastNormalMagnitude)
      return stretches.reduce(-Double.infinity) { worst, frames in
        let part = data.restricted(toFrames: frames)
        let loss = part.indices.reduce(0.0) { sum, n in
          let r = posterior.responsibilities
          return sum - log(max(1 - r[n, gone] + r[n, stays] * ratio, 1e-100))
        }
        return max(worst, loss - WindowConsensus.price(dimensions: data.dimensions, points: part.totalWeight))
      }
    }
    let best = costs.indices.min { (costs[$0], $0) < (costs[$1], $1) }
    return best.flatMap { costs[$0] < 0 ? pairs[$0] : nil }
  }

  /// Pairs of a component and another that shares its points.
  private func touching(_ responsibilities: Matrix) -> [(gone: Int, stays: Int)] {
    let shared = Matrix.product(responsibilities, responsibilities, transposeA: true)
    let counts = (0..<shared.rows).map { k in responsibilities.column(k).reduce(0, +) }
    return counts.indices.flatMap { gone in
      counts.indices.filter { stays in
        stays != gone && counts[stays] >= counts[gone] && counts[gone] > 0
          && shared[gone, stays] >= Self.leastOverlap * counts[gone]
      }.map { (gone, $0) }
    }
  }
}
