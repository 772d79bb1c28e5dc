internal import LinearAlgebra

/// Merges components that stand for one neuron: one in their place costs less than a component in every stretch.
struct MergeSearch {
  let data: MixtureData
  let options: TrackingOptions
  let threads: Int

  /// Components whose points are shared by less than this have nothing in common.
  static let leastOverlap = 0.05

  /// The fit with merged components, or as it was.
  func run(_ fit: MixtureFit) throws -> MixtureFit {
    var current = fit
    var trials = 0
    var isSearching = true
    while isSearching {
      isSearching = false
      for (gone, stays) in try touching(current.mixture) where trials < WindowConsensus.mostTrials {
        trials += 1
        guard let merged = try trial(gone, into: stays, in: current) else { continue }
        current = merged
        isSearching = true
        break
      }
    }
    return current
  }

  /// The fit with two components made one, unless that costs more than a component in some stretch.
  private func trial(_ gone: Int, into stays: Int, in current: MixtureFit) throws -> MixtureFit? {
    let consensus = WindowConsensus(data: data, options: options, threads: threads)
    var em = options.driftOptions(dimensions: data.dimensions, tracking: false)
    em.maximumIterations = WindowConsensus.trialIterations
    let start = current.mixture.mergingLives(gone, into: stays)
    let fit = try fitMixture(data, from: start, options: em, threads: threads)
    let before = try consensus.stretchLikelihoods(of: current.mixture)
    let after = try consensus.stretchLikelihoods(of: fit.mixture)
    let pays = zip(before, after).contains {
      $0.likelihood - $1.likelihood > consensus.price(points: $0.points)
    }
    return pays ? nil : fit
  }

  /// Pairs of a component and a larger one that shares its points, those that share most first.
  private func touching(_ mixture: Mixture) throws -> [(gone: Int, stays: Int)] {
    let responsibilities = try mixture.posterior(data, distances: .none, threads: threads).responsibilities
    let shared = Matrix.product(responsibilities, responsibilities, transposeA: true)
    let counts = (0..<shared.rows).map { k in responsibilities.column(k).reduce(0, +) }
    var pairs: [(gone: Int, stays: Int, share: Double)] = []
    for gone in counts.indices where counts[gone] > 0 {
      for stays in counts.indices {
        let isSmaller = (counts[gone], gone) < (counts[stays], stays)
        let share = shared[gone, stays] / counts[gone]
        if isSmaller, share >= Self.leastOverlap { pairs.append((gone, stays, share)) }
      }
    }
    return pairs.sorted { ($1.share, $0.gone, $0.stays) < ($0.share, $1.gone, $1.stays) }.map {
      ($0.gone, $0.stays)
    }
  }
}

extension Mixture {
  /// The mixture with two components made one, which lives as long as both and goes where the one went that lived.
  func mergingLives(_ gone: Int, into stays: Int) -> Mixture {
    let (a, b) = (life(of: gone), life(of: stays))
    var joint = self
    joint.lives = weights.indices.map(life)
    joint.lives[stays] = min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
    for t in 0..<frameCount where a.contains(t) != b.contains(t) {
      let (from, to) = a.contains(t) ? (gone, stays) : (stays, gone)
      for j in 0..<dimensions { joint.locations[to][t, j] = locations[from][t, j] }
    }
    return joint.merging(stays, gone)
  }
}
