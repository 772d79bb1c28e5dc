internal import LinearAlgebra
public import Recordings

/// The noise of a trace that is not at hand, from the snippets that were cut out of it.
///
/// Spikes are put together with those like them, and the mean of each such heap is taken away; what is left is noise,
/// and near the spikes' deflections what the heap's spikes differ by. So every channel's deviation is the robust one of
/// the calm frames. Frames before the spike alone, without taking anything away, hold 1.1 to 1.3 times the noise of the
/// trace, and more where spikes are dense: other spikes, and where this one began.
public struct SnippetNoise: Sendable {
  /// The robust standard deviation of every channel in the snippets' unit; 0 where too few values differ.
  public let deviations: [Double]
  /// What is left of single frames at calm times, a frame a row.
  let calmFrames: Matrix

  /// Spikes looked at, and the samples of all their snippets, at most.
  private static let (mostSpikes, mostSamples) = (3000, 2_000_000)
  /// A heap has at least so many spikes, and there are at most so many heaps: a mean of 25 leaves 98 % of the deviation.
  private static let (smallestHeap, mostHeaps) = (25, 32)

  /// Looks at snippets.
  ///
  /// - Parameter snippets: finite ones.
  public init(_ snippets: Snippets) {
    let (frames, channels, size) = (snippets.frames, snippets.channels, snippets.size)
    let count = size > 0 ? snippets.count : 0
    guard count > 0 else {
      deviations = [Double](repeating: 0, count: max(channels, 0))
      calmFrames = Matrix(rows: 0, columns: max(channels, 0))
      return
    }
    let taken = min(count, Self.mostSpikes, max(2 * Self.smallestHeap, Self.mostSamples / size))
    var rows = (0..<taken).map { n in
      snippets[n * count / taken].map(Double.init)
    }
    // Of fewer spikes nothing can be taken away that would not be noise.
    if taken >= Self.smallestHeap {
      for heap in Self.heaps(of: rows) { Self.takeMean(of: heap, from: &rows) }
    }
    let spread = (0..<size).map { i in Noise.deviation(rows.map { $0[i] }) }
    let calm = (frames - 1) / 5
    let own = (0..<channels).map { c in
      taken > 1
        ? (0..<frames).map { spread[$0 * channels + c] }.sorted()[calm]
        : Noise.deviation((0...calm).map { rows[0][$0 * channels + c] })
    }
    let sizes = (0..<frames).map { f in
      (0..<channels).reduce(0.0) { $0 + (own[$1] > 0 ? spread[f * channels + $1] / own[$1] : 0) }
    }
    let calmest = sizes.indices.sorted { (sizes[$0], $0) < (sizes[$1], $1) }.prefix(calm + 1)
    deviations = own
    calmFrames = Matrix(
      rows: taken * calmest.count, columns: channels,
      storage: rows.flatMap { row in calmest.flatMap { row[$0 * channels..<($0 + 1) * channels] } })
  }

  /// Spikes in heaps of those like each other: halved along the direction they vary most in until heaps are small.
  private static func heaps(of rows: [[Double]]) -> [[Int]] {
    let least = max(smallestHeap, rows.count / mostHeaps)
    var open = [Array(rows.indices)]
    var closed: [[Int]] = []
    while let heap = open.popLast() {
      guard heap.count >= 2 * least, let places = places(heap, in: rows) else {
        closed.append(heap)
        continue
      }
      let order = heap.indices.sorted { (places[$0], $0) < (places[$1], $1) }.map { heap[$0] }
      open += [Array(order[..<(order.count / 2)]), Array(order[(order.count / 2)...])]
    }
    return closed
  }

  /// Where some spikes lie along the direction they vary most in, found by the power method; nil where all are equal.
  private static func places(_ heap: [Int], in rows: [[Double]]) -> [Double]? {
    let size = rows[0].count
    var mean = [Double](repeating: 0, count: size)
    for n in heap { for i in 0..<size { mean[i] += rows[n][i] / Double(heap.count) } }
    func distance(_ n: Int) -> Double {
      zip(rows[n], mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let far = heap.reduce((spike: heap[0], distance: -1.0)) { best, n in
      let own = distance(n)
      return own > best.distance ? (n, own) : best
    }
    guard far.distance > 0, far.distance.isFinite else { return nil }
    var direction = zip(rows[far.spike], mean).map { $0 - $1 }
    var places: [Double] = []
    // A few steps are enough: any direction in which much varies will do.
    for _ in 0..<4 {
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 0, length.isFinite else { break }
      places = heap.map { n in
        var sum = 0.0
        for i in 0..<size { sum += (rows[n][i] - mean[i]) * direction[i] }
        return sum / length
      }
      var next = [Double](repeating: 0, count: size)
      for (n, place) in zip(heap, places) { for i in 0..<size { next[i] += (rows[n][i] - mean[i]) * place } }
      direction = next
    }
    return places.isEmpty ? nil : places
  }

  /// Takes the mean of the middle half of a heap from its spikes, sample by sample, and makes good what its own noise
  /// took with it.
  private static func takeMean(of heap: [Int], from rows: inout [[Double]]) {
    let scale = heap.count > 1 ? (Double(heap.count) / Double(heap.count - 1)).squareRoot() : 1
    for i in rows[0].indices {
      let sorted = heap.map { rows[$0][i] }.sorted()
      let middle = sorted[(sorted.count / 4)..<(sorted.count - sorted.count / 4)]
      let mean = middle.reduce(0, +) / Double(middle.count)
      for n in heap { rows[n][i] = (rows[n][i] - mean) * scale }
    }
  }
}
