public import LinearAlgebra

/// The directions in which observations vary most.
public struct PrincipalComponents: Sendable, Equatable {
  /// The mean of the observations, one number a variable.
  public let mean: [Double]
  /// The directions: components × variables, orthonormal rows, the strongest first; each row's largest absolute
  /// loading is positive.
  public let components: Matrix
  /// The variance along every direction (divided by observations − 1).
  public let explainedVariance: [Double]
  /// The share of the total variance along every direction.
  public let explainedVarianceRatio: [Double]

  /// The components of some observations.
  ///
  /// - Parameters:
  ///   - observations: observations × variables.
  ///   - count: the number of components, at most that of variables.
  /// - Precondition: at least two observations.
  /// - Throws: `LinearAlgebraError`, where a value is NaN or infinite.
  /// - Complexity: O(observations × variables²) + O(variables³).
  public init(of observations: Matrix, count: Int) throws(LinearAlgebraError) {
    precondition(observations.rows > 1, "components need two observations")
    try self.init(mean: observations.columnMeans, covariance: observations.covariance(), count: count)
  }

  /// The components of a distribution with a mean and a covariance.
  ///
  /// - Throws: `LinearAlgebraError`.
  public init(mean: [Double], covariance: Matrix, count: Int) throws(LinearAlgebraError) {
    precondition(count <= covariance.rows, "no more components than variables")
    let (values, vectors) = try covariance.largestEigen(count: count)
    var components = Matrix(rows: count, columns: covariance.rows)
    for row in 0..<count {
      let direction = vectors.row(row)
      let largest = direction.max { abs($0) < abs($1) } ?? 0
      let sign: Double = largest < 0 ? -1 : 1
      for (column, loading) in direction.enumerated() { components[row, column] = sign * loading }
    }
    let total = covariance.diagonal.reduce(0, +)
    self.mean = mean
    self.components = components
    explainedVariance = values.map { max($0, 0) }
    explainedVarianceRatio = explainedVariance.map { total > 0 ? $0 / total : 0 }
  }

  /// The observations seen along the components: observations × components.
  public func scores(of observations: Matrix) -> Matrix {
    precondition(observations.columns == mean.count, "an observation has as many variables as the mean")
    var centred = observations
    for i in 0..<centred.rows {
      for j in 0..<centred.columns { centred.storage[i * centred.columns + j] -= mean[j] }
    }
    return Matrix.product(centred, components, transposeB: true)
  }
}
