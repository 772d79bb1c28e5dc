public import LinearAlgebra

/// How well one unit's spikes stand apart from all others in feature space.
public struct IsolationMetrics: Sendable, Equatable {
  /// The squared Mahalanobis distance, from the unit's centre with its covariance, of the n-th nearest spike of
  /// other units; n is the number of the unit's spikes, or of the others if those are fewer (Harris et al. 2001).
  public let isolationDistance: Double
  /// The number of other spikes that would pass for the unit's own, over the number of its spikes: the sum of the
  /// chances that a chi-square variable exceeds their squared distances (Schmitzer-Torbert et al. 2005).
  public let lRatio: Double
  /// The distance of the unit's mean from the others' along Fisher's discriminant, in standard deviations (the root
  /// mean square of both).
  public let dPrime: Double

  /// The metrics of the spikes marked as members against all the rest. SpikeInterface's definitions.
  ///
  /// - Parameters:
  ///   - features: a spike a row, a feature a column.
  ///   - isMember: for every spike, whether it belongs to the unit.
  /// - Returns: nil where the unit has too few spikes for a covariance (one more than features), its covariance is
  ///   singular, or fewer than two others exist.
  /// - Complexity: O(spikes × features²).
  public init?(features: Matrix, isMember: [Bool]) {
    precondition(features.rows == isMember.count, "every spike needs a mark")
    let members = features.selecting(rows: isMember.indices.filter { isMember[$0] })
    let others = features.selecting(rows: isMember.indices.filter { !isMember[$0] })
    guard members.rows > features.columns, members.rows >= 2, others.rows >= 2,
      let factor = try? members.covariance().choleskyFactor()
    else { return nil }
    let distances = Self.squaredDistances(of: others, from: members.columnMeans, factor: factor).sorted()
    isolationDistance = distances[min(members.rows, others.rows) - 1]
    let chances = distances.map {
      CountStatistics.chiSquareAbove($0, degreesOfFreedom: features.columns)
    }
    lRatio = chances.reversed().reduce(0, +) / Double(members.rows)
    guard let dPrime = Self.dPrime(members, others) else { return nil }
    self.dPrime = dPrime
  }

  /// (x − centre)ᵀ Σ⁻¹ (x − centre) of every row x, Σ given by its lower Cholesky factor.
  private static func squaredDistances(of points: Matrix, from centre: [Double], factor: Matrix) -> [Double] {
    let whitening = factor.lowerTriangularInverse()
    var centred = points
    for i in 0..<points.rows {
      for j in 0..<points.columns { centred[i, j] -= centre[j] }
    }
    let whitened = Matrix.product(centred, whitening, transposeB: true)
    return (0..<whitened.rows).map { whitened.row($0).reduce(0) { $0 + $1 * $1 } }
  }

  /// |m₁ − m₂| / √((v₁ + v₂) / 2) along Fisher's direction S⁻¹ (m₁ − m₂), S the pooled covariance within classes.
  private static func dPrime(_ members: Matrix, _ others: Matrix) -> Double? {
    let covariances = [members, others].map { $0.covariance(deltaDegreesOfFreedom: 0) }
    let total = Double(members.rows + others.rows)
    let pooled =
      covariances[0] * (Double(members.rows) / total) + covariances[1] * (Double(others.rows) / total)
    guard let inverse = try? pooled.positiveDefiniteInverse() else { return nil }
    let difference = zip(members.columnMeans, others.columnMeans).map { $0 - $1 }
    let direction = inverse * difference
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let variances = covariances.map { dot(direction, $0 * direction) }
    return abs(dot(direction, difference)) / ((variances[0] + variances[1]) / 2).squareRoot()
  }
}

/// The simplified silhouette of every unit: distances to centroids instead of to all spikes (Hruschka et al. 2004).
///
/// For a unit the competitor is the one other unit whose centroid is nearest on average; each spike gives
/// (b − a) / max(a, b) with a and b its distances to its own and the competitor's centroid. SpikeInterface's
/// `silhouette` with its default method.
/// - Parameters:
///   - features: a spike a row, a feature a column.
///   - units: the unit of every spike, 0 ..< `unitCount`.
/// - Returns: −1…1 for every unit; nil for a unit without spikes or without a competitor.
/// - Complexity: O(spikes × units × features).
public func simplifiedSilhouettes(features: Matrix, units: [Int], unitCount: Int) -> [Double?] {
  precondition(features.rows == units.count, "every spike needs a unit")
  let members = (0..<unitCount).map { unit in
    features.selecting(rows: units.indices.filter { units[$0] == unit })
  }
  let centres = members.map { $0.rows > 0 ? $0.columnMeans : nil }
  func distances(_ points: Matrix, _ centre: [Double]) -> [Double] {
    (0..<points.rows).map { i in
      zip(points.row(i), centre).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
  }
  return (0..<unitCount).map { unit in
    guard let centre = centres[unit] else { return nil }
    let own = distances(members[unit], centre)
    let rivals = (0..<unitCount).filter { $0 != unit }.compactMap { centres[$0] }
      .map { distances(members[unit], $0) }
    func sum(_ values: [Double]) -> Double { values.reduce(0, +) }
    guard let nearest = rivals.min(by: { sum($0) < sum($1) }) else { return nil }
    let scores = zip(own, nearest).map { max($0, $1) > 0 ? ($1 - $0) / max($0, $1) : 0 }
    return sum(scores) / Double(scores.count)
  }
}
