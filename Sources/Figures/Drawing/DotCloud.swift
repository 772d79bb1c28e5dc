/// Many points as one path of dots, light enough that tens of thousands open at once.
///
/// Points are put on a grid of half pixels. Points that fall on the same cell are one dot; cells of a row that
/// lie closer than a third of a dot become one short stroke. The number of bytes is therefore bounded by the
/// area covered, not by the number of points.
struct DotCloud {
  /// Cells per pixel.
  static let cellsPerPixel = 2.0

  /// The dot's diameter in pixels for a number of points.
  static func diameter(points: Int) -> Double {
    switch points {
    case ..<600: 4
    case ..<2_500: 3.2
    case ..<10_000: 2.2
    default: 1.5
    }
  }

  /// The path in cells, relative to the box's corner; empty without points.
  let path: String
  /// How many points fell into the box.
  let count: Int

  /// Rasterises the points (pixels) that fall into the box.
  ///
  /// - Complexity: O(n log n) in the points.
  init(xs: [Double], ys: [Double], in box: Box, diameter: Double) {
    let columns = Int((box.width * Self.cellsPerPixel).rounded(.up)) + 1
    var cells: [Int] = []
    cells.reserveCapacity(xs.count)
    for (x, y) in zip(xs, ys) where x >= box.x && x <= box.maxX && y >= box.y && y <= box.maxY {
      let column = Int(((x - box.x) * Self.cellsPerPixel).rounded())
      let row = Int(((y - box.y) * Self.cellsPerPixel).rounded())
      cells.append(row * columns + column)
    }
    count = cells.count
    cells.sort()
    let reach = max(1, Int(diameter * Self.cellsPerPixel / 3))
    path = Self.strokes(cells, columns: columns, reach: reach)
  }

  /// Horizontal strokes through sorted cells, joining those at most `reach` apart.
  private static func strokes(_ cells: [Int], columns: Int, reach: Int) -> String {
    var bytes: [UInt8] = []
    var penX = 0
    var penY = 0
    var index = 0
    while index < cells.count {
      let first = cells[index]
      var last = first
      index += 1
      while index < cells.count, cells[index] - last <= reach, cells[index] / columns == first / columns {
        last = cells[index]
        index += 1
      }
      let (y, x) = first.quotientAndRemainder(dividingBy: columns)
      bytes.append(UInt8(ascii: "m"))
      appendDecimal(x - penX, decimals: 0, to: &bytes)
      if y - penY >= 0 { bytes.append(UInt8(ascii: " ")) }
      appendDecimal(y - penY, decimals: 0, to: &bytes)
      bytes.append(UInt8(ascii: "h"))
      appendDecimal(last - first, decimals: 0, to: &bytes)
      penX = x + last - first
      penY = y
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Canvas {
  /// Points in a colour, as dots; those outside the box are left out.
  mutating func dots(
    xs: [Double], ys: [Double], in box: Box, colour: String, diameter: Double, opacity: Double = 0.8
  ) {
    let cloud = DotCloud(xs: xs, ys: ys, in: box, diameter: diameter)
    guard !cloud.path.isEmpty else { return }
    let scale = 1 / DotCloud.cellsPerPixel
    // Squares draw twice as fast as discs; below two pixels nobody can tell them apart.
    let cap = diameter < 2 ? "square" : "round"
    add(
      "path",
      [
        "d": cloud.path, "fill": "none", "stroke": colour, "stroke-opacity": pixels(opacity),
        "stroke-linecap": cap, "stroke-width": pixels(diameter * DotCloud.cellsPerPixel),
        "transform": "translate(\(pixels(box.x)) \(pixels(box.y)))scale(\(pixels(scale)))",
      ])
  }

  /// Labelled points, the largest cluster at the bottom so that small ones stay visible.
  ///
  /// Labels are indices of the palette; negative ones are drawn grey, below all others.
  mutating func labelledDots(
    xs: [Double], ys: [Double], labels: [Int], in box: Box, diameter: Double, opacity: Double = 0.8
  ) {
    var clusters: [Int: (xs: [Double], ys: [Double])] = [:]
    for ((x, y), label) in zip(zip(xs, ys), labels) {
      clusters[max(label, -1), default: ([], [])].xs.append(x)
      clusters[max(label, -1), default: ([], [])].ys.append(y)
    }
    let order = clusters.sorted { a, b in
      if (a.key < 0) != (b.key < 0) { return a.key < 0 }
      return (b.value.xs.count, a.key) < (a.value.xs.count, b.key)
    }
    for (label, points) in order {
      dots(
        xs: points.xs, ys: points.ys, in: box, colour: Palette.colour(label), diameter: diameter,
        opacity: opacity)
    }
  }
}
