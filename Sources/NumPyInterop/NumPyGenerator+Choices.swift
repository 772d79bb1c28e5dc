extension NumPyGenerator {
  /// `count` of the numbers 0..<n: NumPy's `choice(n, count, replace=replacing, shuffle=shuffling)`.
  ///
  /// - Parameters:
  ///   - n: how many there are to choose from.
  ///   - count: how many to draw; without replacement at most `n`.
  ///   - replacing: whether a number may come again.
  ///   - shuffling: whether, without replacement, every order is as likely; otherwise faster.
  /// - Complexity: O(count); without replacement of more than a fiftieth of over 10,000, O(n).
  public mutating func choice(_ n: Int, count: Int, replacing: Bool, shuffling: Bool = true) -> [Int] {
    precondition(count >= 0 && (n > 0 || count == 0), "a choice needs something to choose from")
    if replacing { return (0..<count).map { _ in integers(below: n) } }
    precondition(count <= n, "without replacement no more can be drawn than there are")
    return n > 10_000 && count > n / (shuffling ? 50 : 20)
      ? tailOfShuffle(n, count: count) : floydSample(n, count: count, shuffling: shuffling)
  }

  /// The last `count` places of 0..<n after a Fisher-Yates shuffle of those places alone.
  private mutating func tailOfShuffle(_ n: Int, count: Int) -> [Int] {
    var all = Array(0..<n)
    for i in stride(from: n - 1, through: max(n - count, 1), by: -1) {
      all.swapAt(i, Int(bounded(atMost: UInt64(i))))
    }
    return Array(all.suffix(count))
  }

  /// `count` distinct numbers of 0..<n by Floyd's method (Bentley and Floyd 1987).
  private mutating func floydSample(_ n: Int, count: Int, shuffling: Bool) -> [Int] {
    var taken = Set<Int>(minimumCapacity: count)
    var result: [Int] = []
    result.reserveCapacity(count)
    for j in (n - count)..<n {
      let drawn = Int(bounded(atMost: UInt64(j)))
      let value = taken.insert(drawn).inserted ? drawn : j
      taken.insert(value)
      result.append(value)
    }
    guard shuffling else { return result }
    for i in stride(from: count - 1, through: 1, by: -1) {
      result.swapAt(i, Int(bounded(atMost: UInt64(i))))
    }
    return result
  }

  /// `count` indices of `probabilities`, drawn with replacement: NumPy's `choice(n, count, p=probabilities)`.
  ///
  /// One `random()` a draw, looked up in the cumulative sum.
  /// - Precondition: probabilities ≥ 0 whose sum is 1 to 1.5e-8.
  /// - Complexity: O(n + count × log n).
  public mutating func choice(count: Int, probabilities: [Double]) -> [Int] {
    var cumulative: [Double] = []
    var sum = 0.0
    for probability in probabilities {
      precondition(probability >= 0, "a probability must not be negative")
      sum += probability
      cumulative.append(sum)
    }
    precondition(abs(sum - 1) < 1.5e-8, "probabilities must add up to 1")
    for i in cumulative.indices { cumulative[i] /= sum }
    return (0..<count).map { _ in
      let u = random()
      // The number of cumulative values ≤ u, `searchsorted(u, side="right")`.
      var low = 0
      var high = cumulative.count
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] <= u { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// The numbers 0..<n in random order: NumPy's `permutation(n)`.
  ///
  /// - Complexity: O(n).
  public mutating func permutation(_ n: Int) -> [Int] {
    var result = Array(0..<n)
    for i in stride(from: n - 1, through: 1, by: -1) {
      result.swapAt(i, Int(masked(atMost: UInt64(i))))
    }
    return result
  }
}
