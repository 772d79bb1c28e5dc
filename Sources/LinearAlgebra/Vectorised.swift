internal import SpikeKernels

/// Elementwise functions over many numbers at once, at the width of the machine's vectors.
public enum Vectorised {
  /// Replaces every x by exp(x); at most 2 ulp off, 0 below −708.
  public static func exponentiate(_ values: UnsafeMutableBufferPointer<Double>) {
    guard let base = values.baseAddress else { return }
    sk_exp(base, values.count)
  }

  /// Replaces every x by exp(x) in single precision; 0 below −87.
  public static func exponentiate(_ values: UnsafeMutableBufferPointer<Float>) {
    guard let base = values.baseAddress else { return }
    sk_expf(base, values.count)
  }

  /// Replaces every finite x > 0 by log(x); at most 2 ulp off.
  public static func takeLogarithm(_ values: UnsafeMutableBufferPointer<Double>) {
    guard let base = values.baseAddress else { return }
    sk_log(base, values.count)
  }

  /// Replaces every x by exp(x); at most 2 ulp off, 0 below −708.
  public static func exponentiate(_ values: inout [Double]) {
    values.withUnsafeMutableBufferPointer { exponentiate($0) }
  }
}
