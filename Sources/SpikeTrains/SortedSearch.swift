extension Array {
  /// The place of the first element that a condition holds for, where it holds for all that follow it; the count for none.
  ///
  /// - Complexity: O(log count).
  package func firstPlace(where holds: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
