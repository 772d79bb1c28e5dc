/// The `d` attribute of a path, built from points: tenths of a pixel, relative steps, as few letters as possible.
///
/// Rounding is done on positions, not on steps, so a long path never drifts. A point that is not finite
/// breaks the line: the next one starts a new piece.
struct PathData {
  private var bytes: [UInt8] = []
  private var x = 0
  private var y = 0
  private var isDrawing = false
  private var lastWasLine = false

  /// The finished attribute; empty when nothing was drawn.
  var text: String { String(decoding: bytes, as: UTF8.self) }

  init() {}

  /// A line through points; broken at points that are not finite.
  init(_ points: some Sequence<(x: Double, y: Double)>, closed: Bool = false) {
    for point in points { line(point.x, point.y) }
    if closed { close() }
  }

  /// Continues to a point, or starts there.
  mutating func line(_ newX: Double, _ newY: Double) {
    guard let (tenthX, tenthY) = Self.tenths(newX, newY) else {
      isDrawing = false
      return
    }
    guard isDrawing else { return start(tenthX, tenthY) }
    let dx = tenthX - x
    let dy = tenthY - y
    guard dx != 0 || dy != 0 else { return }
    if !lastWasLine {
      bytes.append(UInt8(ascii: "l"))
    } else if dx >= 0 {
      bytes.append(UInt8(ascii: " "))
    }
    appendPair(dx, dy)
    lastWasLine = true
    x = tenthX
    y = tenthY
  }

  /// Lifts the pen to a point.
  mutating func move(_ newX: Double, _ newY: Double) {
    isDrawing = false
    line(newX, newY)
  }

  /// Closes the current piece.
  mutating func close() {
    guard isDrawing else { return }
    bytes.append(UInt8(ascii: "z"))
    isDrawing = false
    lastWasLine = false
  }

  private mutating func start(_ tenthX: Int, _ tenthY: Int) {
    bytes.append(UInt8(ascii: "M"))
    appendPair(tenthX, tenthY)
    x = tenthX
    y = tenthY
    isDrawing = true
    lastWasLine = false
  }

  private mutating func appendPair(_ first: Int, _ second: Int) {
    appendDecimal(first, decimals: 1, to: &bytes)
    if second >= 0 { bytes.append(UInt8(ascii: " ")) }
    appendDecimal(second, decimals: 1, to: &bytes)
  }

  private static func tenths(_ x: Double, _ y: Double) -> (Int, Int)? {
    guard x.isFinite, y.isFinite else { return nil }
    let limit = 1e5
    return (
      Int((min(max(x, -limit), limit) * 10).rounded()), Int((min(max(y, -limit), limit) * 10).rounded())
    )
  }
}
