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
    let members = FeatureRows(features, chosen: isMember, as: true)
    let others = FeatureRows(features, chosen: isMember, as: false)
    guard members.count > features.columns, members.count >= 2, others.count >= 2,
      let factor = try? members.covariance(deltaDegreesOfFreedom: 1).choleskyFactor()
    else { return nil }
    var distances = others.squaredDistances(from: members.mean, factor: factor)
    distances.sort()
    isolationDistance = distances[min(members.count, others.count) - 1]
    // Summed from the smallest chance up.
    lRatio =
      distances.reversed().reduce(0.0) {
        $0 + CountStatistics.chiSquareAbove($1, degreesOfFreedom: features.columns)
      } / Double(members.count)
    guard let dPrime = Self.dPrime(members, others) else { return nil }
    self.dPrime = dPrime
  }

  /// |m₁ − m₂| / √((v₁ + v₂) / 2) along Fisher's direction S⁻¹ (m₁ − m₂), S the pooled covariance within classes.
  private static func dPrime(_ members: FeatureRows, _ others: FeatureRows) -> Double? {
    let covariances = [members, others].map { $0.covariance(deltaDegreesOfFreedom: 0) }
    let total = Double(members.count + others.count)
    let pooled =
      covariances[0] * (Double(members.count) / total) + covariances[1] * (Double(others.count) / total)
    guard let inverse = try? pooled.positiveDefiniteInverse() else { return nil }
    let difference = zip(members.mean, others.mean).map { $0 - $1 }
    let direction = inverse * difference
    let variances = covariances.map { innerProduct(direction, $0 * direction) }
    return abs(innerProduct(direction, difference)) / ((variances[0] + variances[1]) / 2).squareRoot()
  }
}

/// Some rows of a table of features and their mean, gone through in blocks so that no copy of the table is made.
private struct FeatureRows {
  private let features: Matrix
  private let marks: [Bool]
  private let mark: Bool
  let count: Int
  let mean: [Double]

  private static let blockRows = 4096

  /// The rows whose mark is the one given.
  init(_ features: Matrix, chosen marks: [Bool], as mark: Bool) {
    (self.features, self.marks, self.mark) = (features, marks, mark)
    var sums = [Double](repeating: 0, count: features.columns)
    var count = 0
    for i in marks.indices where marks[i] == mark {
      count += 1
      for (j, value) in features.row(i).enumerated() { sums[j] += value }
    }
    self.count = count
    mean = sums.map { $0 / Double(max(count, 1)) }
  }

  /// Calls `body` with the rows less a point, block by block.
  private func forEachBlock(less point: [Double], _ body: (Matrix) -> Void) {
    for start in stride(from: 0, to: marks.count, by: Self.blockRows) {
      var block = features.selecting(
        rows: (start..<min(start + Self.blockRows, marks.count)).filter { marks[$0] == mark })
      for i in 0..<block.rows {
        for j in 0..<block.columns { block[i, j] -= point[j] }
      }
      if block.rows > 0 { body(block) }
    }
  }

  /// The sample covariance, divided by rows − `deltaDegreesOfFreedom`.
  func covariance(deltaDegreesOfFreedom: Int) -> Matrix {
    var sum = Matrix(rows: features.columns, columns: features.columns)
    forEachBlock(less: mean) { sum = sum + Matrix.product($0, $0, transposeA: true) }
    return sum * (1 / Double(count - deltaDegreesOfFreedom))
  }

  /// (x − centre)ᵀ Σ⁻¹ (x − centre) of every row x, Σ given by its lower Cholesky factor.
  func squaredDistances(from centre: [Double], factor: Matrix) -> [Double] {
    let whitening = factor.lowerTriangularInverse()
    var distances: [Double] = []
    distances.reserveCapacity(count)
    forEachBlock(less: centre) { block in
      let whitened = Matrix.product(block, whitening, transposeB: true)
      for i in 0..<whitened.rows { distances.append(whitened.row(i).reduce(0) { $0 + $1 * $1 }) }
    }
    return distances
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
