internal import Foundation
internal import LinearAlgebra

/// The random walk of locations from frame to frame: steps of covariance Q.
struct RandomWalk: Sendable {
  /// Lower triangular L with L·Lᵀ = Q.
  let factor: Matrix
  let inverseFactor: Matrix
  let logDeterminant: Double

  /// nil where Q is not positive definite.
  init?(stepCovariance: Matrix) {
    guard let factor = try? stepCovariance.choleskyFactor() else { return nil }
    self.factor = factor
    inverseFactor = factor.lowerTriangularInverse()
    logDeterminant = Matrix.logDeterminant(choleskyFactor: factor)
  }

  private init(factor: Matrix, inverseFactor: Matrix, logDeterminant: Double) {
    self.factor = factor
    self.inverseFactor = inverseFactor
    self.logDeterminant = logDeterminant
  }

  /// The walk whose steps have so many times the covariance.
  func scaled(by scale: Double) -> RandomWalk {
    RandomWalk(
      factor: factor * scale.squareRoot(), inverseFactor: inverseFactor * (1 / scale.squareRoot()),
      logDeterminant: logDeterminant + Double(factor.rows) * log(scale))
  }

  /// The log-density of a path's steps, Σₜ log N(µₜ₊₁ − µₜ; 0, Q), with its constants.
  func logDensity(ofSteps path: Matrix) -> Double {
    guard path.rows > 1 else { return 0 }
    let d = path.columns
    let z = Matrix.product(path, inverseFactor, transposeB: true)
    var squares = 0.0
    for t in 1..<path.rows {
      for j in 0..<d {
        let step = z[t, j] - z[t - 1, j]
        squares += step * step
      }
    }
    let steps = Double(path.rows - 1)
    return -0.5 * squares - steps / 2 * (Double(d) * log(2 * .pi) + logDeterminant)
  }
}

/// The best path of one component's location and, on request, how sure it is.
///
/// The path minimises ½ Σₜ (Wₜ µₜᵀΣ⁻¹µₜ − 2 gₜᵀΣ⁻¹µₜ) + ½ Σₜ ΔµₜᵀQ⁻¹Δµₜ, a block-tridiagonal system H·µ = b. With
/// Q = L·Lᵀ and Lᵀ·Σ⁻¹·L = U·Λ·Uᵀ the change of coordinates µ = L·U·y makes every block diagonal, so that there
/// are d tridiagonal systems of single numbers, solved from sums of positive terms alone.
/// - Complexity: O(frames × d² + d³).
struct PathSmoother {
  private let weights: [Double]
  private let basis: Matrix
  private let eigenvalues: [Double]
  /// Pivots of the elimination: frames × dimensions.
  private let pivots: Matrix

  /// - Parameters:
  ///   - weights: Wₜ ≥ 0, one of them above 0.
  ///   - precision: Σ⁻¹.
  /// - Returns: nil where the eigenvalues cannot be had.
  init?(weights: [Double], precision: Matrix, walk: RandomWalk) {
    let inner = Matrix.product(walk.factor, precision * walk.factor, transposeA: true)
    guard let eigen = try? inner.symmetricEigen() else { return nil }
    let d = precision.rows
    let frames = weights.count
    var pivots = Matrix(rows: frames, columns: d)
    for i in 0..<d {
      let lambda = max(eigen.values[i], 0)
      // The excess of a pivot over 1: what the frames up to here know of the location.
      var known = 0.0
      for t in 0..<frames {
        known = lambda * weights[t] + known / (1 + known)
        pivots[t, i] = t < frames - 1 ? 1 + known : max(known, .leastNormalMagnitude)
      }
    }
    self.weights = weights
    self.pivots = pivots
    basis = walk.factor * eigen.vectors
    eigenvalues = eigen.values.map { max($0, 0) }
  }

  /// The path for weighted sums gₜ of the points.
  ///
  /// - Parameters:
  ///   - sums: frames × dimensions.
  ///   - precision: Σ⁻¹, as given before.
  func path(sums: Matrix, precision: Matrix) -> Matrix {
    let (frames, d) = (sums.rows, sums.columns)
    // Relative to the mean over all frames, which the random walk leaves free.
    let total = weights.reduce(0, +)
    let mean = (0..<d).map { j in sums.column(j).reduce(0, +) / total }
    var centred = sums
    for t in 0..<frames { for j in 0..<d { centred[t, j] -= weights[t] * mean[j] } }
    var y = centred * (precision * basis)
    for i in 0..<d {
      for t in 1..<max(frames, 1) where frames > 1 { y[t, i] += y[t - 1, i] / pivots[t - 1, i] }
      for t in stride(from: frames - 1, through: 0, by: -1) {
        y[t, i] = (y[t, i] + (t < frames - 1 ? y[t + 1, i] : 0)) / pivots[t, i]
      }
    }
    var path = Matrix.product(y, basis, transposeB: true)
    for t in 0..<frames { for j in 0..<d { path[t, j] += mean[j] } }
    return path
  }

  /// The posterior covariance of the location in every frame, (H⁻¹)ₜₜ, and the effective degrees of freedom
  /// tr(H⁻¹·blockdiag(Wₜ·Σ⁻¹)): d for a path that cannot move, d a frame for one that is free.
  func uncertainty() -> (covariances: [Matrix], effectiveDegreesOfFreedom: Double) {
    let (frames, d) = (pivots.rows, pivots.columns)
    var variances = Matrix(rows: frames, columns: d)
    var freedom = 0.0
    for i in 0..<d {
      var next = 0.0
      for t in stride(from: frames - 1, through: 0, by: -1) {
        next = (1 + next / pivots[t, i]) / pivots[t, i]
        variances[t, i] = next
        freedom += weights[t] * eigenvalues[i] * next
      }
    }
    let covariances = (0..<frames).map { t in
      var scaled = basis
      for i in 0..<d { for j in 0..<d { scaled[i, j] *= variances[t, j] } }
      return Matrix.product(scaled, basis, transposeB: true)
    }
    return (covariances, freedom)
  }
}
