internal import Foundation
internal import LinearAlgebra

/// A mixture whose scale matrices are known to be invertible, with their inverses.
struct FactoredMixture: Sendable {
  var mixture: Mixture
  /// Σ⁻¹ of every component.
  var precisions: [Matrix]
  /// log |Σ| of every component.
  var logDeterminants: [Double]

  /// Factors the scale matrices and mends those that are singular or too badly conditioned.
  init(_ mixture: Mixture, options: MixtureOptions, data: MixtureData) {
    self.mixture = mixture
    precisions = []
    logDeterminants = []
    for k in mixture.scales.indices {
      let factored = factorScale(mixture.scales[k], options: options, columnScale: data.scale)
      self.mixture.scales[k] = factored.scale
      precisions.append(factored.precision)
      logDeterminants.append(factored.logDeterminant)
    }
  }

  /// The mixture with some of its components only, their weights adding up to 1 again.
  mutating func keep(_ components: [Int]) {
    mixture = mixture.selecting(components: components)
    mixture.renormalise()
    precisions = components.map { precisions[$0] }
    logDeterminants = components.map { logDeterminants[$0] }
  }

  /// log of the density's constant factor, weight included, for every component.
  func logConstants() -> [Double] {
    let d = Double(mixture.dimensions)
    let nu = mixture.degreesOfFreedom
    var shared = -d / 2 * log(2 * Double.pi)
    if nu != .infinity {
      let gammas: Double = lgamma((nu + d) / 2) - lgamma(nu / 2)
      shared = gammas - d / 2 * log(nu * Double.pi)
    }
    return mixture.weights.indices.map { k in
      log(max(mixture.weights[k], .leastNormalMagnitude)) + shared - logDeterminants[k] / 2
    }
  }
}

/// The inverse and log-determinant of a scale matrix, which is mended where it has no inverse or, full and tied,
/// where its condition number passes the bound: eigenvalues too small are lifted.
///
/// Condition is judged with the columns on the common scale of the data, so it does not hang on their units.
func factorScale(
  _ given: Matrix, options: MixtureOptions, columnScale: [Double]
) -> (scale: Matrix, precision: Matrix, logDeterminant: Double) {
  let bound = options.maximumConditionNumber
  let bounded = bound.isFinite && (options.covariance == .full || options.covariance == .tied)
  if let factor = try? given.choleskyFactor() {
    let inverse = factor.lowerTriangularInverse()
    let precision = Matrix.product(inverse, inverse, transposeA: true)
    let healthy = !bounded || conditionNumber(given, precision, columnScale: columnScale) <= bound
    if healthy, precision.storage.allSatisfy(\.isFinite) {
      return (given, precision, Matrix.logDeterminant(choleskyFactor: factor))
    }
  }
  return lifted(given, bound: bounded ? bound : 1e12, columnScale: columnScale)
}

/// ‖A‖₁·‖A⁻¹‖₁ of a scale matrix with its columns on a common scale.
private func conditionNumber(_ scale: Matrix, _ precision: Matrix, columnScale s: [Double]) -> Double {
  var largest = 0.0
  var largestInverse = 0.0
  for i in s.indices {
    var sum = 0.0
    var inverseSum = 0.0
    for j in s.indices {
      sum += abs(scale[i, j]) / (s[i] * s[j])
      inverseSum += abs(precision[i, j]) * (s[i] * s[j])
    }
    largest = max(largest, sum)
    largestInverse = max(largestInverse, inverseSum)
  }
  return largest * largestInverse
}

/// The scale matrix with its eigenvalues, on the common scale, at least 1.05/bound of the largest and 1e-12.
private func lifted(
  _ given: Matrix, bound: Double, columnScale s: [Double]
) -> (scale: Matrix, precision: Matrix, logDeterminant: Double) {
  let d = s.count
  var common = given
  for i in 0..<d { for j in 0..<d { common[i, j] = given[i, j] / (s[i] * s[j]) } }
  let eigen = (try? common.symmetricEigen()) ?? ([Double](repeating: 1, count: d), .identity(d))
  let least = max((eigen.values.last ?? 1) * 1.05 / bound, 1e-12)
  let values = eigen.values.map { max($0, least) }
  var scale = Matrix(rows: d, columns: d)
  var precision = scale
  var logDeterminant = 0.0
  for l in 0..<d {
    logDeterminant += log(values[l]) + 2 * log(s[l])
    for i in 0..<d {
      for j in 0..<d {
        let outer = eigen.vectors[i, l] * eigen.vectors[j, l]
        scale[i, j] += outer * values[l] * (s[i] * s[j])
        precision[i, j] += outer / values[l] / (s[i] * s[j])
      }
    }
  }
  return (scale, precision, logDeterminant)
}
