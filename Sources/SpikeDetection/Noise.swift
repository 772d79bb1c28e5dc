public import LinearAlgebra

/// Robust measures of a noise that spikes stand out of.
public enum Noise {
  /// The median: the middle value, or the mean of the two middle ones.
  ///
  /// - Precondition: at least one value, none NaN.
  /// - Complexity: O(count) on average.
  public static func median(_ values: [Double]) -> Double {
    var values = values
    return median(&values)
  }

  /// The median; the values are left in another order.
  static func median(_ values: inout [Double]) -> Double {
    precondition(!values.isEmpty, "a median needs a value")
    let middle = values.count / 2
    let upper = values.withUnsafeMutableBufferPointer { select(middle, in: $0) }
    guard values.count % 2 == 0 else { return upper }
    // All before the middle are at most it.
    let lower = values[..<middle].max() ?? upper
    return (lower + upper) / 2
  }

  /// The standard deviation of a Gaussian noise by its median absolute deviation from the median, / 0.6744897501960817.
  ///
  /// - Precondition: at least one value, none NaN.
  public static func deviation(_ values: [Double]) -> Double {
    var values = values
    let middle = median(&values)
    for i in values.indices { values[i] = abs(values[i] - middle) }
    return median(&values) / 0.6744897501960817
  }

  /// Moves the value of rank `k` to place k, smaller ones before it (Hoare's selection).
  private static func select(_ k: Int, in values: UnsafeMutableBufferPointer<Double>) -> Double {
    var low = 0
    var high = values.count - 1
    while low < high {
      // The middle one of three as pivot: sorted input is no worst case.
      let (a, b, c) = (values[low], values[(low + high) / 2], values[high])
      let pivot = max(min(a, b), min(max(a, b), c))
      var i = low
      var j = high
      while i <= j {
        while values[i] < pivot { i += 1 }
        while values[j] > pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if k <= j {
        high = j
      } else if k >= i {
        low = i
      } else {
        break
      }
    }
    return values[k]
  }
}

extension Matrix {
  /// The symmetric matrix that makes noise of a covariance white, with unit variance: W = U (Λ + ε)^−½ Uᵀ (ZCA).
  ///
  /// Of all whitening matrices it changes the channels least (Kessy, Lewin & Strimmer 2018), so channels stay what they
  /// are. A row is filtered as row · W.
  /// - Parameter epsilon: added to every eigenvalue, so that a singular covariance is floored.
  /// - Throws: `LinearAlgebraError`.
  public static func whitening(
    covariance: Matrix, epsilon: Double
  ) throws(LinearAlgebraError) -> Matrix {
    let (values, vectors) = try covariance.symmetricEigen()
    let scaled = vectors * Matrix(diagonal: values.map { 1 / (max($0, 0) + epsilon).squareRoot() })
    return Matrix.product(scaled, vectors, transposeB: true)
  }
}
