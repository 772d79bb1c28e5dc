internal import Foundation
public import LinearAlgebra

extension NumPyGenerator {
  /// A standard normal number: NumPy's `standard_normal()`.
  ///
  /// The ziggurat of Marsaglia and Tsang (2000) in Doornik's form, 256 layers. Beyond 3.65 and in the wedges
  /// the system's `log1p` and `exp` decide the last bit.
  public mutating func standardNormal() -> Double {
    while true {
      let word = next()
      let layer = Int(truncatingIfNeeded: word & 0xff)
      let magnitude = word >> 9 & 0x000f_ffff_ffff_ffff
      let size = Double(magnitude) * Ziggurat.widths[layer]
      let x = word & 0x100 == 0 ? size : -size
      if magnitude < Ziggurat.thresholds[layer] { return x }
      if layer == 0 { return normalTail(negative: magnitude & 0x100 != 0) }
      let upper = Ziggurat.densities[layer - 1]
      let lower = Ziggurat.densities[layer]
      if (upper - lower) * random() + lower < exp(-0.5 * x * x) { return x }
    }
  }

  /// A normal number beyond the last layer's edge (Marsaglia 1964).
  private mutating func normalTail(negative: Bool) -> Double {
    while true {
      let x = -Ziggurat.inverseTailStart * log1p(-random())
      let y = -log1p(-random())
      if y + y > x * x { return negative ? -(Ziggurat.tailStart + x) : Ziggurat.tailStart + x }
    }
  }

  /// `count` standard normal numbers: NumPy's `standard_normal(count)`.
  public mutating func standardNormals(count: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
      fillWithStandardNormals(buffer)
      initialised = count
    }
  }

  /// Fills memory with standard normal numbers in the order of the stream.
  public mutating func fillWithStandardNormals(_ buffer: UnsafeMutableBufferPointer<Double>) {
    guard let base = buffer.baseAddress else { return }
    for i in 0..<buffer.count { (base + i).initialize(to: standardNormal()) }
  }

  /// One point of a multivariate normal distribution: NumPy's `multivariate_normal(mean, covariance)`.
  ///
  /// The point is mean + U·√s·z with the singular value decomposition of the covariance and standard normal z.
  /// - Parameters:
  ///   - mean: d numbers.
  ///   - covariance: symmetric, positive semidefinite, d × d.
  /// - Throws: `noConvergence` where the covariance is not finite.
  /// - Complexity: O(d³).
  public mutating func multivariateNormal(
    mean: [Double], covariance: Matrix
  ) throws(LinearAlgebraError) -> [Double] {
    let d = mean.count
    precondition(covariance.rows == d && covariance.columns == d, "a covariance must be as wide as the mean")
    let (u, singularValues, _) = try covariance.singularValueDecomposition()
    let z = standardNormals(count: d)
    let scales = singularValues.map { $0.squareRoot() }
    return (0..<d).map { i in
      // Fused from the last term back, as NumPy's BLAS does for two dimensions.
      var sum = 0.0
      for j in (0..<d).reversed() { sum = (u[i, j] * scales[j]).fused(times: z[j], plus: sum) }
      return mean[i] + sum
    }
  }
}

extension Double {
  @inline(__always) fileprivate func fused(times factor: Double, plus addend: Double) -> Double {
    addend.addingProduct(self, factor)
  }
}
