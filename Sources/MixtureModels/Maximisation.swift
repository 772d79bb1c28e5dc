internal import LinearAlgebra

/// The M-step: new parameters from the moments under the old ones.
///
/// Weights, then location paths with the old scales, then scales with the new locations: each step raises the
/// likelihood penalised by the random walk it took (an ECM step; Shan, Lubenov and Siapas 2017 fit the drifting t this
/// way). With `relativeDrift` the next step takes another walk, that of the new locations, so that from step to step the
/// penalised likelihood may fall. The scale's divisor is Σ ω·τ, not Σ ω·τ·u.
struct Maximisation: Sendable {
  let options: MixtureOptions
  let data: MixtureData
  let walk: RandomWalk?

  init(options: MixtureOptions, data: MixtureData) {
    self.options = options
    self.data = data
    walk = data.frameCount > 1 ? options.driftPerFrame.flatMap { RandomWalk(stepCovariance: $0) } : nil
  }

  /// The new parameters; components too small for the options are gone.
  func callAsFunction(_ moments: Moments, current: FactoredMixture) -> FactoredMixture {
    var mixture = current.mixture
    mixture.weights = weights(moments.counts)
    var scatters: [Matrix] = []
    for k in mixture.weights.indices {
      guard isAlive(moments, k) else {
        // Nothing is known of it now: it stays where it was.
        scatters.append(mixture.scales[k] * moments.counts[k])
        continue
      }
      let walk = walk(of: current.mixture.locations[k])
      let path = path(moments, k, current: current, walk: walk)
      scatters.append(scatter(moments, k, path: path))
      for t in 0..<data.frameCount {
        for j in 0..<data.dimensions { mixture.locations[k][t, j] = path[t, j] + data.centre[j] }
      }
    }
    setScales(of: &mixture, scatters: scatters, moments: moments)
    var next = FactoredMixture(mixture, options: options, data: data)
    let kept = survivors(weights: mixture.weights, counts: moments.counts)
    if kept.count < mixture.componentCount { next.keep(kept) }
    return next
  }

  /// The log-density of the location paths under the random walk.
  func logPrior(_ mixture: Mixture) -> Double {
    mixture.locations.reduce(0) { $0 + (walk(of: $1)?.logDensity(ofSteps: $1) ?? 0) }
  }

  /// The random walk of a component that stands at some locations; nil without drift.
  func walk(of locations: Matrix) -> RandomWalk? {
    guard let walk, options.relativeDrift > 0, locations.rows > 0 else { return walk }
    let square = locations.storage.reduce(0) { $0 + $1 * $1 } / Double(locations.rows)
    return walk.scaled(by: 1 + options.relativeDrift * square)
  }

  private func isAlive(_ moments: Moments, _ k: Int) -> Bool {
    let weight = moments.frameWeights.row(k).reduce(0, +)
    return moments.counts[k] > 1e-100 && weight > 1e-100
  }

  private func weights(_ counts: [Double]) -> [Double] {
    let extra = options.weightPrior - 1
    let total = data.totalWeight + Double(counts.count) * extra
    return counts.map { ($0 + extra) / total }
  }

  /// The location of a component in every frame, relative to the data's centre.
  private func path(_ moments: Moments, _ k: Int, current: FactoredMixture, walk: RandomWalk?) -> Matrix {
    let precision = current.precisions[k]
    var weights = Array(moments.frameWeights.row(k))
    var sums = moments.frameSums[k]
    if walk != nil, options.locationInertia > 0 {
      weights[0] += options.locationInertia
      for j in 0..<data.dimensions {
        let last = current.mixture.locations[k][0, j] - data.centre[j]
        sums[0, j] += options.locationInertia * last
      }
    }
    if let walk, let smoother = PathSmoother(weights: weights, precision: precision, walk: walk) {
      return smoother.path(sums: sums, precision: precision)
    }
    let total = weights.reduce(0, +)
    let mean = (0..<data.dimensions).map { j in sums.column(j).reduce(0, +) / total }
    return Matrix(rows: [[Double]](repeating: mean, count: data.frameCount))
  }

  /// Σ c·(x − µ)(x − µ)ᵀ about the new path, from the moments about the data's centre.
  ///
  /// Taken first about the component's own mean, so that what cancels is small.
  private func scatter(_ moments: Moments, _ k: Int, path: Matrix) -> Matrix {
    let d = data.dimensions
    let frames = data.frameCount
    let weights = Array(moments.frameWeights.row(k))
    let total = weights.reduce(0, +)
    var mean = [Double](repeating: 0, count: d)
    for t in 0..<frames { for j in 0..<d { mean[j] += moments.frameSums[k][t, j] } }
    for j in 0..<d { mean[j] /= total }
    var scatter = moments.seconds[k]
    for i in 0..<d { for j in 0..<d { scatter[i, j] -= total * mean[i] * mean[j] } }
    guard frames > 1 else { return scatter }
    // Σₜ (hₜ eₜᵀ + eₜ hₜᵀ − Wₜ eₜ eₜᵀ) with e the path and h the sums, both about the mean.
    var deviations = path
    var half = moments.frameSums[k]
    for t in 0..<frames {
      for j in 0..<d {
        deviations[t, j] -= mean[j]
        half[t, j] -= weights[t] * mean[j]
        half[t, j] -= 0.5 * weights[t] * deviations[t, j]
      }
    }
    let cross = Matrix.product(half, deviations, transposeA: true)
    for i in 0..<d { for j in 0..<d { scatter[i, j] -= cross[i, j] + cross[j, i] } }
    return scatter
  }

  /// Scales of the options' shape from the scatter about the new locations.
  private func setScales(of mixture: inout Mixture, scatters: [Matrix], moments: Moments) {
    let inertia = options.scaleInertia
    var shaped = scatters.indices.map { k in
      let divisor = max(moments.counts[k] + inertia, .leastNormalMagnitude)
      let kept = inertia > 0 ? mixture.scales[k] * inertia : nil
      return (kept.map { scatters[k] + $0 } ?? scatters[k]) * (1 / divisor)
    }
    for k in shaped.indices where moments.counts[k] + inertia <= 1e-100 { shaped[k] = mixture.scales[k] }
    if options.covariance == .tied {
      var pooled = Matrix(rows: data.dimensions, columns: data.dimensions)
      for scatter in scatters { pooled = pooled + scatter }
      pooled = pooled * (1 / moments.counts.reduce(0, +))
      shaped = shaped.map { _ in pooled }
    }
    mixture.scales = shaped.map { conform($0) }
  }

  /// A scale matrix of the options' shape, with the ridge added.
  func conform(_ scale: Matrix) -> Matrix {
    let d = data.dimensions
    var result = scale
    switch options.covariance {
    case .full, .tied: break
    case .diagonal: result = Matrix(diagonal: scale.diagonal)
    case .spherical: result = .identity(d, scale: scale.diagonal.reduce(0, +) / Double(d))
    }
    result.addToDiagonal(options.covarianceRidge)
    return result
  }

  /// The components large enough to stay; the largest always does.
  private func survivors(weights: [Double], counts: [Double]) -> [Int] {
    let kept = weights.indices.filter {
      weights[$0] >= options.pruningWeight && counts[$0] >= options.starvationCount
    }
    guard kept.isEmpty else { return kept }
    return weights.indices.max { weights[$0] < weights[$1] }.map { [$0] } ?? []
  }
}
