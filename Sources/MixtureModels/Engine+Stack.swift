internal import LinearAlgebra

/// What every sum of a fit is linear in: φ(z) = (1, z₁ … z_d, zᵢzⱼ for i ≤ j) of a centred and scaled point z.
///
/// The linear part comes first; mixtures of diagonal shape do without the mixed products.
struct FeatureMap: Sendable {
  let dimensions: Int
  let pairs: [(i: Int, j: Int)]

  init(dimensions: Int, covariance: CovarianceShape) {
    self.dimensions = dimensions
    let mixed = covariance == .full || covariance == .tied
    pairs = (0..<dimensions).flatMap { i in (i...(mixed ? dimensions - 1 : i)).map { (i, $0) } }
  }

  /// 1 and the coordinates.
  var linearCount: Int { 1 + dimensions }
  /// The products of coordinates.
  var quadraticCount: Int { pairs.count }
  /// All features.
  var count: Int { linearCount + quadraticCount }
}

/// The components of several mixtures, one below the other, as linear functions of the features.
///
/// For a Gaussian the function is the log of weight times density; for a t-distribution it is 1 + δ/ν with δ the
/// squared Mahalanobis distance, from which the rest follows.
struct ComponentStack: Sendable {
  /// One mixture's place in the stack.
  struct Segment: Sendable {
    let first: Int
    let count: Int
    let degreesOfFreedom: Double
  }

  /// The squared distance of every point from a component in frames in which it has none.
  private static let farAway = 1e6

  let map: FeatureMap
  let segments: [Segment]
  let rows: Int
  let frameCount: Int
  /// The weights of the features 1, z: frame × rows × linearCount.
  var linear: [Double]
  /// The weights of the products, the same in every frame: rows × quadraticCount.
  var quadratic: [Double]
  /// log of weight and constant factor of the density; used for t-distributions alone.
  var logConstants: [Double]

  init(_ mixtures: [FactoredMixture], map: FeatureMap, data: MixtureData) {
    self.map = map
    frameCount = data.frameCount
    var segments: [Segment] = []
    var first = 0
    for mixture in mixtures {
      let count = mixture.mixture.componentCount
      segments.append(
        Segment(first: first, count: count, degreesOfFreedom: mixture.mixture.degreesOfFreedom))
      first += count
    }
    self.segments = segments
    rows = first
    linear = [Double](repeating: 0, count: frameCount * rows * map.linearCount)
    quadratic = [Double](repeating: 0, count: rows * map.quadraticCount)
    logConstants = []
    for (mixture, segment) in zip(mixtures, segments) { add(mixture, segment: segment, data: data) }
  }

  private mutating func add(_ factored: FactoredMixture, segment: Segment, data: MixtureData) {
    let d = map.dimensions
    let constants = factored.logConstants()
    logConstants.append(contentsOf: constants)
    let gaussian = segment.degreesOfFreedom == .infinity
    // A Gaussian takes −δ/2, a t-distribution δ/ν.
    let factor = gaussian ? -0.5 : 1 / segment.degreesOfFreedom
    for k in 0..<segment.count {
      var precision = factored.precisions[k]
      for i in 0..<d { for j in 0..<d { precision[i, j] *= data.scale[i] * data.scale[j] } }
      let row = segment.first + k
      for (q, pair) in map.pairs.enumerated() {
        quadratic[row * map.quadraticCount + q] =
          factor * precision[pair.i, pair.j] * (pair.i == pair.j ? 1 : 2)
      }
      let location = factored.mixture.locations[k]
      let life = factored.mixture.life(of: k)
      for t in 0..<frameCount {
        let z = (0..<d).map { (location[t, $0] - data.centre[$0]) / data.scale[$0] }
        let base = (t * rows + row) * map.linearCount
        var square = 0.0
        for i in 0..<d {
          var product = 0.0
          for j in 0..<d { product += precision[i, j] * z[j] }
          linear[base + 1 + i] = -2 * factor * product
          square += product * z[i]
        }
        let away = life.contains(t) ? 0 : factor * Self.farAway
        linear[base] = factor * square + (gaussian ? constants[k] : 1) + away
      }
    }
  }
}
