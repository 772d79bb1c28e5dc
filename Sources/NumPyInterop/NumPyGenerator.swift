/// NumPy's random generator: the draws of `numpy.random.default_rng(seed)`, bit for bit.
///
/// PCG64 (O'Neill 2014: a 128-bit linear congruential generator with the XSL-RR output) seeded by NumPy's
/// `SeedSequence`. A value type: a copy continues on its own from the same place in the stream.
///
/// ```swift
/// var generator = NumPyGenerator(seed: 0)
/// generator.random()  // 0.6369616873214543, as default_rng(0).random()
/// ```
public struct NumPyGenerator: RandomNumberGenerator, Sendable, Equatable {
  /// The 128-bit state, before the step that makes the next word.
  package private(set) var state: UInt128
  /// The odd increment that names the stream.
  package let increment: UInt128
  /// The high half of the last word of which a 32-bit draw took the low half.
  package private(set) var spareHalf: UInt32?

  /// The generator `numpy.random.default_rng(seed)`.
  public init(seed: UInt64) {
    self.init(entropy: [seed])
  }

  /// The generator `numpy.random.default_rng([entropy[0], entropy[1], …])`: independent streams of one seed.
  ///
  /// - Precondition: at least one integer.
  public init(entropy: [UInt64]) {
    precondition(!entropy.isEmpty, "a generator needs entropy")
    let words = SeedSequence(integers: entropy).longWords(count: 4).map { UInt128($0) }
    increment = (words[2] << 64 | words[3]) << 1 | 1
    state = 0
    step()
    state &+= words[0] << 64 | words[1]
    step()
  }

  @inline(__always) private mutating func step() {
    state = state &* 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645 &+ increment
  }

  /// The next 64-bit word of the stream, NumPy's `random_raw`.
  @inline(__always) public mutating func next() -> UInt64 {
    step()
    let folded = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let rotation = UInt64(truncatingIfNeeded: state >> 122)
    return folded &>> rotation | folded &<< (0 &- rotation)
  }

  /// The next 32 bits: the low half of a new word, then its high half.
  mutating func nextHalf() -> UInt32 {
    if let half = spareHalf {
      spareHalf = nil
      return half
    }
    let word = next()
    spareHalf = UInt32(truncatingIfNeeded: word >> 32)
    return UInt32(truncatingIfNeeded: word)
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³: NumPy's `random()`.
  @inline(__always) public mutating func random() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A number in [low, high): NumPy's `uniform(low, high)`.
  public mutating func uniform(from low: Double, to high: Double) -> Double {
    low + (high - low) * random()
  }

  /// A whole number in 0..<bound, each as likely: NumPy's `integers(0, bound)`.
  ///
  /// - Precondition: `bound` > 0.
  public mutating func integers(below bound: Int) -> Int {
    precondition(bound > 0, "a range of integers needs an element")
    return Int(truncatingIfNeeded: bounded(atMost: UInt64(bound - 1)))
  }

  /// A whole number from 0 to `maximum` by Lemire's multiplication (arXiv:1805.10941), in 32 bits where they do.
  mutating func bounded(atMost maximum: UInt64) -> UInt64 {
    if maximum == 0 { return 0 }
    if maximum == UInt64(UInt32.max) { return UInt64(nextHalf()) }
    if maximum < UInt64(UInt32.max) { return UInt64(bounded32(atMost: UInt32(maximum))) }
    if maximum == .max { return next() }
    let size = maximum + 1
    var product = next().multipliedFullWidth(by: size)
    if product.low < size {
      let threshold = (UInt64.max - maximum) % size
      while product.low < threshold { product = next().multipliedFullWidth(by: size) }
    }
    return product.high
  }

  private mutating func bounded32(atMost maximum: UInt32) -> UInt32 {
    let size = maximum + 1
    var product = nextHalf().multipliedFullWidth(by: size)
    if product.low < size {
      let threshold = (UInt32.max - maximum) % size
      while product.low < threshold { product = nextHalf().multipliedFullWidth(by: size) }
    }
    return product.high
  }

  /// A whole number from 0 to `maximum` by masking and trying again: what NumPy's shuffles draw.
  mutating func masked(atMost maximum: UInt64) -> UInt64 {
    if maximum == 0 { return 0 }
    let mask = UInt64.max >> UInt64(maximum.leadingZeroBitCount)
    while true {
      let value = (maximum <= UInt64(UInt32.max) ? UInt64(nextHalf()) : next()) & mask
      if value <= maximum { return value }
    }
  }
}
