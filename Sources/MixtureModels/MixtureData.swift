public import LinearAlgebra

/// Points made ready for EM: sorted by time frame, centred and scaled, and held column by column.
///
/// The squares of the points enter every sum of the fit, so the columns are centred on their medians and brought
/// to a spread near 1, by powers of two that round nothing. Make it once and fit many mixtures to it.
public struct MixtureData: Sendable {
  /// The points, one a row, as they were given.
  public let points: Matrix
  /// The number of points, those of this range of frames.
  public var count: Int { rows.count }
  /// The number of coordinates of a point.
  public var dimensions: Int { points.columns }
  /// The number of time frames, 1 for points without time.
  public var frameCount: Int { frameStarts.count - 1 }
  /// The sum of the points' weights: their number where none were given.
  public let totalWeight: Double

  /// The largest coordinate whose square and precision times square stay far from overflow.
  static let largestNumber = 1e70

  /// The index in `points` of every sorted row.
  let order: [Int]
  /// The sorted rows that belong to the frames at hand.
  let rows: Range<Int>
  /// The first sorted row of every frame, and the row after the last.
  let frameStarts: [Int]
  /// Column j of the sorted, centred, scaled points at j × order.count.
  let columns: [Double]
  /// The weight of every sorted row, nil where all are 1.
  let weights: [Double]?
  /// What was subtracted from the columns.
  let centre: [Double]
  /// What the centred columns were divided by, powers of two.
  let scale: [Double]

  /// Points without time.
  ///
  /// - Parameters:
  ///   - points: one a row.
  ///   - weights: how many points each stands for, above 0; nil for one each.
  /// - Throws: `tooFewPoints` for none, `notFinite`, `badOption` for a weight that is not above 0.
  public init(_ points: Matrix, weights: [Double]? = nil) throws(MixtureError) {
    try self.init(points, frames: [], frameCount: 1, weights: weights)
  }

  /// Points in time frames.
  ///
  /// - Parameters:
  ///   - points: one a row, in any order of time.
  ///   - frames: the frame of every point, from 0; empty for one frame.
  ///   - frameCount: the number of frames; frames without a point are fine.
  ///   - weights: how many points each stands for, above 0; nil for one each.
  /// - Throws: `tooFewPoints` for none, `notFinite`, `badOption` for a weight that is not above 0 or a frame out
  ///   of range.
  /// - Complexity: O(points × dimensions).
  public init(
    _ points: Matrix, frames: [Int], frameCount: Int, weights: [Double]? = nil
  ) throws(MixtureError) {
    let n = points.rows
    let d = points.columns
    guard n > 0, d > 0 else { throw .tooFewPoints(points: 0, components: 1) }
    precondition(frames.isEmpty || frames.count == n, "every point needs a frame")
    precondition(weights == nil || weights?.count == n, "every point needs a weight")
    if let bad = points.storage.firstIndex(where: { !(abs($0) <= Self.largestNumber) }) {
      throw .notFinite(row: bad / d, column: bad % d)
    }
    guard weights?.allSatisfy({ $0 > 0 && $0.isFinite }) ?? true else {
      throw .badOption("the weights of points must be above 0")
    }
    guard frameCount > 0, frames.allSatisfy({ (0..<frameCount).contains($0) }) else {
      throw .badOption("the frames of points must lie in 0..<\(frameCount)")
    }
    let (order, frameStarts) = Self.sorted(frames: frames, frameCount: frameCount, count: n)
    self.order = order
    self.frameStarts = frameStarts
    (centre, scale) = Self.spread(of: points)
    columns = Self.columns(of: points, order: order, centre: centre, scale: scale)
    self.points = points
    self.weights = weights.map { given in order.map { given[$0] } }
    totalWeight = weights?.reduce(0, +) ?? Double(n)
    rows = 0..<n
  }

  /// The points of some frames, which become the frames 0, 1, … of the result.
  ///
  /// - Complexity: O(points) at worst, nothing is copied.
  public func restricted(toFrames range: Range<Int>) -> MixtureData {
    MixtureData(restricting: self, to: range)
  }

  private init(restricting whole: MixtureData, to range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= whole.frameCount && !range.isEmpty,
      "the frames must be some of those at hand")
    points = whole.points
    order = whole.order
    columns = whole.columns
    weights = whole.weights
    centre = whole.centre
    scale = whole.scale
    frameStarts = Array(whole.frameStarts[range.lowerBound...range.upperBound])
    let rows = whole.frameStarts[range.lowerBound]..<whole.frameStarts[range.upperBound]
    self.rows = rows
    totalWeight = whole.weights.map { $0[rows].reduce(0, +) } ?? Double(rows.count)
  }

  /// The indices in `points` of the points at hand, in the order of time frames.
  public var indices: ArraySlice<Int> { order[rows] }

  /// The points at hand all in one frame, to fit a mixture at rest to them.
  public var withoutFrames: MixtureData { MixtureData(withoutFrames: self) }

  private init(withoutFrames other: MixtureData) {
    points = other.points
    order = other.order
    columns = other.columns
    weights = other.weights
    centre = other.centre
    scale = other.scale
    frameStarts = [other.rows.lowerBound, other.rows.upperBound]
    rows = other.rows
    totalWeight = other.totalWeight
  }

  /// `count` of the points at hand, evenly spaced in their order, in one frame.
  ///
  /// - Throws: `tooFewPoints` for none.
  func thinned(to count: Int) throws(MixtureError) -> MixtureData {
    let chosen = (0..<count).map { rows.lowerBound + $0 * rows.count / count }
    return try MixtureData(
      points.selecting(rows: chosen.map { order[$0] }),
      weights: weights.map { given in chosen.map { given[$0] } })
  }

  /// A stable counting sort by frame.
  private static func sorted(frames: [Int], frameCount: Int, count: Int) -> (order: [Int], starts: [Int]) {
    guard !frames.isEmpty else {
      return (Array(0..<count), [0] + [Int](repeating: count, count: frameCount))
    }
    var starts = [Int](repeating: 0, count: frameCount + 1)
    for frame in frames { starts[frame + 1] += 1 }
    for t in 0..<frameCount { starts[t + 1] += starts[t] }
    var next = starts
    var order = [Int](repeating: 0, count: count)
    for (i, frame) in frames.enumerated() {
      order[next[frame]] = i
      next[frame] += 1
    }
    return (order, starts)
  }

  /// The median of every column and a power of two near its spread, both from at most 4096 rows.
  private static func spread(of points: Matrix) -> (centre: [Double], scale: [Double]) {
    let step = max(1, points.rows / 4096)
    let sample = Array(stride(from: 0, to: points.rows, by: step))
    var centre: [Double] = []
    var scale: [Double] = []
    for j in 0..<points.columns {
      let sorted = sample.map { points[$0, j] }.sorted()
      let last = sorted.count - 1
      centre.append(sorted[last / 2])
      // The middle four fifths of a normal distribution span 2.56 standard deviations.
      var spread = (sorted[last - last / 10] - sorted[last / 10]) / 2.56
      if spread == 0 { spread = (sorted[last] - sorted[0]) / 2.56 }
      let exponent = spread.isNormal ? max(spread.exponent, -100) : 0
      scale.append(Double(sign: .plus, exponent: exponent, significand: 1))
    }
    return (centre, scale)
  }

  private static func columns(
    of points: Matrix, order: [Int], centre: [Double], scale: [Double]
  ) -> [Double] {
    let n = points.rows
    let d = points.columns
    var columns = [Double](repeating: 0, count: n * d)
    points.storage.withUnsafeBufferPointer { source in
      columns.withUnsafeMutableBufferPointer { target in
        for j in 0..<d {
          let shift = centre[j]
          let factor = 1 / scale[j]
          for (i, row) in order.enumerated() {
            target[j * n + i] = (source[row * d + j] - shift) * factor
          }
        }
      }
    }
    return columns
  }
}
