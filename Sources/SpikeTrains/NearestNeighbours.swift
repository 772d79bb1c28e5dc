public import LinearAlgebra

/// How the nearest neighbours of a unit's spikes, and of the others, share out.
public struct NeighbourRates: Sendable, Equatable {
  /// The share of its spikes' neighbours that are its own: 1 for a unit apart.
  public let hit: Double
  /// The share of other spikes' neighbours that are this unit's: 0 for a unit apart.
  public let miss: Double
}

/// Hit and miss rates of every unit among the nearest neighbours of all spikes in feature space.
///
/// Neighbours are the `neighbours` nearest other spikes by Euclidean distance; equal distances go to the earlier
/// spike. SpikeInterface's `nearest_neighbor` without its thinning: thin the spikes first where there are more
/// than some ten thousand.
/// - Parameters:
///   - features: a spike a row, a feature a column.
///   - units: the unit of every spike, 0 ..< `unitCount`.
///   - threads: the number of threads used; the result does not depend on it.
/// - Returns: nil for a unit without spikes or without others.
/// - Complexity: O(spikes² × features).
public func nearestNeighbourRates(
  features: Matrix, units: [Int], unitCount: Int, neighbours: Int = 5, threads: Int = Parallel.defaultThreads
) -> [NeighbourRates?] {
  precondition(features.rows == units.count, "every spike needs a unit")
  precondition(neighbours > 0 && neighbours < max(features.rows, 2), "there are fewer spikes than neighbours")
  let block = 256
  let tables = Parallel.map(count: (units.count + block - 1) / block, threads: threads) { piece in
    let rows = piece * block..<min((piece + 1) * block, units.count)
    // table[own unit × unitCount + neighbour's unit]
    var table = [Int](repeating: 0, count: unitCount * unitCount)
    for row in rows {
      for neighbour in nearest(to: row, in: features, count: neighbours) {
        table[units[row] * unitCount + units[neighbour]] += 1
      }
    }
    return table
  }
  var counts = [Int](repeating: 0, count: unitCount * unitCount)
  for table in tables { for index in counts.indices { counts[index] += table[index] } }
  return (0..<unitCount).map { unit in
    let own = units.count { $0 == unit }
    guard own > 0, own < units.count else { return nil }
    let hits = counts[unit * unitCount + unit]
    let all = (0..<unitCount).reduce(0) { $0 + counts[$1 * unitCount + unit] }
    return NeighbourRates(
      hit: Double(hits) / Double(own * neighbours),
      miss: Double(all - hits) / Double((units.count - own) * neighbours))
  }
}

/// The rows nearest to a row, without itself.
private func nearest(to row: Int, in features: Matrix, count: Int) -> [Int] {
  let columns = features.columns
  var best: [(distance: Double, row: Int)] = []
  features.storage.withUnsafeBufferPointer { values in
    for other in 0..<features.rows where other != row {
      var distance = 0.0
      for column in 0..<columns {
        let difference = values[row &* columns &+ column] - values[other &* columns &+ column]
        distance += difference * difference
      }
      if best.count == count, distance >= best[count - 1].distance { continue }
      let place = best.firstIndex { distance < $0.distance } ?? best.count
      best.insert((distance, other), at: place)
      if best.count > count { best.removeLast() }
    }
  }
  return best.map(\.row)
}
