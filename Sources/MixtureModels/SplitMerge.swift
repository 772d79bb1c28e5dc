internal import Foundation
internal import LinearAlgebra

extension Mixture {
  /// The mixture with one component parted in two, at rest: the halves of a normal distribution cut at its middle
  /// across its longest axis.
  ///
  /// Cut there, each half has the mean ±√(2λ/π) along the axis and the variance λ(1 − 2/π), the rest as it was.
  func splitting(_ component: Int) -> Mixture {
    let scale = scales[component]
    guard let eigen = try? scale.symmetricEigen(), let length = eigen.values.last, length > 0 else {
      return self
    }
    let axis = (0..<dimensions).map { eigen.vectors[$0, dimensions - 1] }
    let shift = (2 * length / .pi).squareRoot()
    var result = self
    var half = scale
    for i in 0..<dimensions {
      for j in 0..<dimensions { half[i, j] -= 2 / .pi * length * axis[i] * axis[j] }
    }
    var moved = locations[component]
    for t in 0..<frameCount {
      for j in 0..<dimensions {
        moved[t, j] -= shift * axis[j]
        result.locations[component][t, j] += shift * axis[j]
      }
    }
    result.weights[component] /= 2
    result.scales[component] = half
    result.weights.append(result.weights[component])
    result.locations.append(moved)
    result.scales.append(half)
    return result
  }

  /// The mixture with two components made one of the same weight, mean and, at rest, covariance.
  func merging(_ a: Int, _ b: Int) -> Mixture {
    let weight = weights[a] + weights[b]
    guard weight > 0 else { return selecting(components: weights.indices.filter { $0 != b }) }
    let (p, q) = (weights[a] / weight, weights[b] / weight)
    var joint = self
    joint.weights[a] = weight
    joint.locations[a] = locations[a] * p + locations[b] * q
    joint.scales[a] = scales[a] * p + scales[b] * q
    for i in 0..<dimensions {
      for j in 0..<dimensions {
        let apart = (0..<2).map { locations[a][0, [i, j][$0]] - locations[b][0, [i, j][$0]] }
        joint.scales[a][i, j] += p * q * apart[0] * apart[1]
      }
    }
    return joint.selecting(components: weights.indices.filter { $0 != b })
  }

  /// Pairs of components, those first that a merge costs least: the rise of Σ w·log|Σ| (the Gaussian likelihood that
  /// one covariance in place of two gives away, a spike).
  func cheapestMerges(_ count: Int) -> [(Int, Int)] {
    func cost(_ mixture: Mixture, _ k: Int) -> Double {
      guard let factor = try? mixture.scales[k].choleskyFactor() else { return -.infinity }
      return mixture.weights[k] * Matrix.logDeterminant(choleskyFactor: factor) / 2
        - mixture.weights[k] * log(max(mixture.weights[k], .leastNormalMagnitude))
    }
    let alone = weights.indices.map { cost(self, $0) }
    let pairs = weights.indices.flatMap { a in (a + 1..<max(weights.count, a + 1)).map { (a, $0) } }
    let costs = pairs.map { a, b in cost(merging(a, b), a) - alone[a] - alone[b] }
    return pairs.indices.sorted { (costs[$0], $0) < (costs[$1], $1) }.prefix(count).map { pairs[$0] }
  }
}
