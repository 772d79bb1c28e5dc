/// Times in milliseconds turned into whole frames, exactly.
///
/// A rate counts to the millionth of a hertz and a time to the picosecond; the products are taken in 128-bit
/// integers, so no lag falls on the wrong side of an edge by rounding.
enum FrameLags {
  /// The least whole number of frames that is not below `multiple` times the given time.
  static func notBefore(milliseconds: Double, times multiple: Int = 1, samplingRate: Double) -> Int {
    let product = scaledProduct(milliseconds, samplingRate) * Int128(multiple)
    return Int((product + framePicoseconds - 1) / framePicoseconds)
  }

  /// The greatest whole number of frames that is not beyond the given time.
  static func notAfter(milliseconds: Double, samplingRate: Double) -> Int {
    Int(scaledProduct(milliseconds, samplingRate) / framePicoseconds)
  }

  /// Picoseconds times millionths of a hertz in one frame.
  private static let framePicoseconds: Int128 = 1_000_000_000_000_000_000

  private static func scaledProduct(_ milliseconds: Double, _ samplingRate: Double) -> Int128 {
    precondition(samplingRate > 0 && samplingRate < 1e12, "a sampling rate is a positive number of hertz")
    precondition(milliseconds >= 0 && milliseconds < 1e9, "a lag is not negative")
    return Int128((milliseconds * 1e9).rounded()) * Int128((samplingRate * 1e6).rounded())
  }
}
