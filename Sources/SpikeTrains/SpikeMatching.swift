/// Spikes of two sortings that may be the same event, counted for every pair of units.
///
/// SpikeInterface's greedy sweep: spikes pair up when at most `deltaFrames` apart; for each pair of units a spike is
/// not used again right after it was used. In dense bursts the sweep can count more than the ideal one-to-one match,
/// so counts are capped at the tested unit's number of spikes.
struct SpikeMatching {
  /// Spikes of one sorting, ascending in time, their units numbered from 0.
  struct Events {
    let times: [Int]
    let units: [Int]
    /// The label of every unit, ascending.
    let labels: [Int]
    /// The number of spikes of every unit.
    let counts: [Int]

    init(times: [Int], labels spikeLabels: [Int]) {
      precondition(times.count == spikeLabels.count, "every spike needs a time and a label")
      labels = Set(spikeLabels).sorted()
      let numbers = Dictionary(uniqueKeysWithValues: zip(labels, labels.indices))
      let order = times.indices.sorted { (times[$0], spikeLabels[$0], $0) < (times[$1], spikeLabels[$1], $1) }
      self.times = order.map { times[$0] }
      units = order.compactMap { numbers[spikeLabels[$0]] }
      var counts = [Int](repeating: 0, count: labels.count)
      for unit in units { counts[unit] += 1 }
      self.counts = counts
    }
  }

  /// The matches of every unit of `truth` (row) with every unit of `tested` (column).
  ///
  /// - Complexity: O(spikes + pairs within the window).
  static func counts(truth: Events, tested: Events, deltaFrames: Int) -> [[Int]] {
    var counts = sweep(truth, tested, deltaFrames: deltaFrames)
    for row in counts.indices {
      for column in counts[row].indices {
        counts[row][column] = min(counts[row][column], tested.counts[column])
      }
    }
    return counts
  }

  /// The same counts for two sortings neither of which is the truth: the larger of both directions of the sweep.
  static func symmetricCounts(_ first: Events, _ second: Events, deltaFrames: Int) -> [[Int]] {
    let forward = sweep(first, second, deltaFrames: deltaFrames)
    let backward = sweep(second, first, deltaFrames: deltaFrames)
    return forward.indices.map { row in
      forward[row].indices.map { min(max(forward[row][$0], backward[$0][row]), second.counts[$0]) }
    }
  }

  private static func sweep(_ first: Events, _ second: Events, deltaFrames: Int) -> [[Int]] {
    let columns = second.labels.count
    var counts = [Int](repeating: 0, count: first.labels.count * columns)
    var lastOfFirst = [Int](repeating: -1, count: counts.count)
    var lastOfSecond = lastOfFirst
    var start = 0
    for (i, time) in first.times.enumerated() {
      while start < second.times.count, second.times[start] < time - deltaFrames { start += 1 }
      var j = start
      while j < second.times.count, second.times[j] <= time + deltaFrames {
        let pair = first.units[i] * columns + second.units[j]
        if lastOfFirst[pair] != i, lastOfSecond[pair] != j {
          lastOfFirst[pair] = i
          lastOfSecond[pair] = j
          counts[pair] += 1
        }
        j += 1
      }
    }
    return first.labels.indices.map { Array(counts[$0 * columns..<($0 + 1) * columns]) }
  }
}
