internal import LinearAlgebra

/// The sorted sweep that counts lags between all pairs of spikes within a window.
struct LagSweep: Sendable {
  let unitCount: Int
  /// Slots per pair of units: coincidences, then the bins.
  private let slots: Int
  /// The slot of every lag in frames below the window's end.
  private let slotOfLag: [Int32]

  init(edges: [Int], unitCount: Int) {
    self.unitCount = unitCount
    slots = edges.count
    var table: [Int32] = [0]
    for (bin, (start, end)) in zip(edges, edges.dropFirst()).enumerated() {
      table += repeatElement(Int32(bin + 1), count: end - max(start, 1))
    }
    slotOfLag = table
  }

  /// Counts indexed by (unit of the earlier spike × `unitCount` + unit of the later) × slots + slot.
  ///
  /// Pieces of the train are counted apart and added up: whole numbers, so their order cannot matter.
  func counts(times: [Int], units: [Int], threads: Int) -> [Int] {
    precondition(units.allSatisfy { $0 >= 0 && $0 < unitCount }, "a unit lies outside 0 ..< unitCount")
    precondition(zip(times, times.dropFirst()).allSatisfy(<=), "spike times must ascend")
    let pieces = max(1, min(threads, times.count / 20_000))
    guard pieces > 1 else { return counts(times: times, units: units, earlier: times.indices) }
    let parts = Parallel.map(count: pieces, threads: threads) { piece in
      let start = piece * times.count / pieces
      let end = (piece + 1) * times.count / pieces
      return counts(times: times, units: units, earlier: start..<end)
    }
    var total = [Int](repeating: 0, count: unitCount * unitCount * slots)
    for part in parts {
      for index in total.indices { total[index] &+= part[index] }
    }
    return total
  }

  /// The counts of the pairs whose earlier spike stands in the given range.
  private func counts(times: [Int], units: [Int], earlier: Range<Int>) -> [Int] {
    var counts = [Int](repeating: 0, count: unitCount * unitCount * slots)
    let window = slotOfLag.count
    let row = unitCount * slots
    let slots = self.slots
    // Every index below is a unit, a spike or a lag that the preconditions of `counts` hold in range.
    counts.withUnsafeMutableBufferPointer { counts in
      times.withUnsafeBufferPointer { times in
        units.withUnsafeBufferPointer { units in
          slotOfLag.withUnsafeBufferPointer { slotOfLag in
            for i in earlier {
              let time = times[i]
              let base = units[i] &* row
              var j = i &+ 1
              while j < times.count {
                let lag = times[j] &- time
                guard lag < window else { break }
                counts[base &+ units[j] &* slots &+ Int(slotOfLag[lag])] &+= 1
                j &+= 1
              }
            }
          }
        }
      }
    }
    return counts
  }
}
