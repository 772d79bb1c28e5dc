/// NumPy's `SeedSequence`: any entropy in, four well-mixed 32-bit words out, from which states are hashed.
///
/// The algorithm is M. E. O'Neill's `seed_seq_fe128` ("Developing a seed_seq alternative", 2015) with
/// NumPy's constants.
struct SeedSequence {
  /// The mixed words.
  let pool: [UInt32]

  /// Mixes little-endian 32-bit words of entropy.
  init(words: [UInt32]) {
    var hash: UInt32 = 0x43b0_d7e5
    func hashed(_ word: UInt32) -> UInt32 {
      var value = word ^ hash
      hash &*= 0x931e_8875
      value &*= hash
      return value ^ (value >> 16)
    }
    func mixed(_ x: UInt32, _ y: UInt32) -> UInt32 {
      let value = 0xca01_f9dd &* x &- 0x4973_f715 &* y
      return value ^ (value >> 16)
    }
    var pool = (0..<4).map { hashed($0 < words.count ? words[$0] : 0) }
    for source in 0..<4 {
      for target in 0..<4 where target != source {
        pool[target] = mixed(pool[target], hashed(pool[source]))
      }
    }
    for word in words.dropFirst(4) {
      for target in 0..<4 { pool[target] = mixed(pool[target], hashed(word)) }
    }
    self.pool = pool
  }

  /// Mixes a list of integers, each as the fewest 32-bit words that hold it (zero as one word).
  init(integers: [UInt64]) {
    self.init(
      words: integers.flatMap { value in
        let low = UInt32(truncatingIfNeeded: value)
        let high = UInt32(truncatingIfNeeded: value >> 32)
        return high == 0 ? [low] : [low, high]
      })
  }

  /// The first `count` 32-bit words of state.
  func words(count: Int) -> [UInt32] {
    var hash: UInt32 = 0x8b51_f9dd
    return (0..<count).map { i in
      var value = pool[i % 4] ^ hash
      hash &*= 0x58f3_8ded
      value &*= hash
      return value ^ (value >> 16)
    }
  }

  /// The first `count` 64-bit words of state.
  func longWords(count: Int) -> [UInt64] {
    let words = words(count: 2 * count)
    return (0..<count).map { UInt64(words[2 * $0]) | UInt64(words[2 * $0 + 1]) << 32 }
  }
}
