/// A stretch of time that is shaded in a figure.
public struct ShadedTime: Sendable, Equatable {
  /// Its start in seconds.
  public var start: Double
  /// Its end in seconds.
  public var end: Double

  /// A stretch by its ends.
  public init(start: Double, end: Double) {
    self.start = start
    self.end = end
  }
}

extension Canvas {
  /// The width of what is shaded alike, so that thousands of stretches are a few rectangles.
  private static let shadeWidth = 2.0

  /// Shades stretches of time, the darker the more of a place they cover.
  mutating func shade(_ times: [ShadedTime], x: Scale, in box: Box) {
    let columns = Int(box.width / Self.shadeWidth)
    guard !times.isEmpty, columns > 0 else { return }
    var covered = [Double](repeating: 0, count: columns)
    for time in times {
      let (low, high) = ((x(time.start) - box.x) / Self.shadeWidth, (x(time.end) - box.x) / Self.shadeWidth)
      guard low.isFinite, high > low, high > 0, low < Double(columns) else { continue }
      let (first, last) = (max(0, Int(max(low, 0))), min(columns - 1, Int(min(high, Double(columns)))))
      for column in first...max(first, last) {
        covered[column] += max(0, min(high, Double(column + 1)) - max(low, Double(column)))
      }
    }
    // Quarters, so that neighbours are alike; what is little is not nothing.
    let levels = covered.map { Int((4 * min($0, 1)).rounded(.up)) }
    var first = 0
    for column in 1...columns where column == columns || levels[column] != levels[first] {
      if levels[first] > 0 {
        let shaded = Box(
          x: box.x + Double(first) * Self.shadeWidth, y: box.y,
          width: Double(column - first) * Self.shadeWidth, height: box.height)
        rectangle(shaded, colour: "#808080", opacity: 0.08 * Double(levels[first]))
      }
      first = column
    }
  }
}
