public import LinearAlgebra
internal import NumPyInterop

/// Points drawn from a mixture, with the component each came from.
public struct LabelledPoints: Sendable, Equatable {
  /// The component of every point.
  public let labels: [Int]
  /// One point a row.
  public let points: Matrix

  /// Points whose components are known.
  public init(labels: [Int], points: Matrix) {
    precondition(labels.count == points.rows, "a label for every point")
    self.labels = labels
    self.points = points
  }
}

/// Draws points from a mixture of Gaussians, as the lab does with NumPy's `default_rng(seed)`: first all labels
/// by one weighted choice, then one multivariate normal a point.
///
/// - Parameters:
///   - count: the number of points.
///   - mixture: the Gaussians to draw from.
///   - seed: not negative.
/// - Throws: `badOption` for a negative seed or count, `LinearAlgebraError` for a covariance that is not finite.
public func sampleData(count: Int, from mixture: Mixture, seed: Int) throws -> LabelledPoints {
  guard seed >= 0, count >= 0 else {
    throw MixtureError.badOption("a seed and a number of points must not be negative")
  }
  try mixture.validate(dimensions: mixture.dimensions, frames: mixture.frameCount)
  var generator = NumPyGenerator(seed: UInt64(seed))
  let labels = generator.choice(count: count, probabilities: mixture.weights)
  let means = mixture.means
  let points = try labels.map { label in
    try generator.multivariateNormal(mean: Array(means.row(label)), covariance: mixture.scales[label])
  }
  return LabelledPoints(labels: labels, points: Matrix(rows: points))
}
