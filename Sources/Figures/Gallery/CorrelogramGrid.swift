/// Auto- and cross-correlograms of some units, as counts.
public struct CorrelogramCounts: Sendable, Equatable {
  /// One name a unit.
  public var names: [String]
  /// `counts[i][j]`: pairs of spikes by lag t_j − t_i, evenly spaced bins from −window to +window.
  public var counts: [[[Int]]]
  /// `coincidences[i][j]`: pairs at lag zero exactly, not in `counts`; may be empty.
  public var coincidences: [[Int]]
  /// Half the width of the window in milliseconds.
  public var windowMilliseconds: Double
  /// The width of a bin in milliseconds.
  public var binMilliseconds: Double
  /// `expected[i][j]`: counts a bin if the two trains were independent; may be empty.
  public var expected: [[Double]]

  /// Correlograms from names, counts (units × units × bins) and what belongs to them.
  public init(
    names: [String], counts: [[[Int]]], coincidences: [[Int]] = [], windowMilliseconds: Double = 30,
    binMilliseconds: Double = 1, expected: [[Double]] = []
  ) {
    precondition(counts.count == names.count, "one row of correlograms a unit")
    precondition(counts.allSatisfy { $0.count == names.count }, "one column of correlograms a unit")
    for table in [coincidences.map(\.count), expected.map(\.count)] where !table.isEmpty {
      precondition(table == names.map { _ in names.count }, "one number a pair of units")
    }
    self.names = names
    self.counts = counts
    self.coincidences = coincidences
    self.windowMilliseconds = windowMilliseconds
    self.binMilliseconds = binMilliseconds
    self.expected = expected
  }
}

extension Figure {
  /// All auto- and cross-correlograms as a square grid: the diagonal shaded and in the units' colours, the
  /// refractory window shaded with the counts in it dark, every panel scaled to its own peak.
  ///
  /// - Parameters:
  ///   - correlograms: the counts.
  ///   - refractoryMilliseconds: half the width of the marked window.
  ///   - splitPairs: pairs of units judged to be one neuron split; framed, in both orders.
  public static func correlogramGrid(
    _ correlograms: CorrelogramCounts, refractoryMilliseconds: Double = 2, splitPairs: [(Int, Int)] = []
  ) -> Figure {
    let count = correlograms.names.count
    let cell = cellSize(count)
    let nameWidth = (correlograms.names.map { estimatedWidth($0) }.max() ?? 0) + 24
    let origin = (x: max(nameWidth, 36), y: 84.0)
    var canvas = Canvas()
    canvas.header(
      "Auto- and cross-correlograms",
      note: explanation(correlograms, refractoryMilliseconds, hasSplits: !splitPairs.isEmpty))
    for i in 0..<count {
      let middle = Double(i) * cell.pitchY + cell.height / 2
      let (left, top) = (origin.x + Double(i) * cell.pitchX, origin.y + Double(i) * cell.pitchY)
      canvas.text(
        correlograms.names[i], x: origin.x - 13, y: origin.y + middle + 4, "text heading", anchor: .end)
      canvas.text(
        correlograms.names[i], x: left + cell.width / 2, y: origin.y - 12, "text heading", anchor: .middle)
      let colour = Palette.colour(i)
      canvas.rectangle(Box(x: origin.x - 8, y: top, width: 3, height: cell.height), colour: colour)
      canvas.rectangle(Box(x: left, y: origin.y - 7, width: cell.width, height: 3), colour: colour)
      for j in 0..<count {
        let box = Box(
          x: origin.x + Double(j) * cell.pitchX, y: origin.y + Double(i) * cell.pitchY, width: cell.width,
          height: cell.height)
        let isFramed = splitPairs.contains { ($0.0 == i && $0.1 == j) || ($0.0 == j && $0.1 == i) }
        canvas.correlogram(
          correlograms, row: i, column: j, refractoryMilliseconds: refractoryMilliseconds, framed: isFramed,
          in: box)
      }
    }
    let bottom = origin.y + Double(max(count, 1)) * cell.pitchY - (cell.pitchY - cell.height)
    let right = origin.x + Double(max(count, 1)) * cell.pitchX - (cell.pitchX - cell.width)
    lagAxis(correlograms, columns: count, origin: origin.x, cell: cell, bottom: bottom, on: &canvas)
    let middle = (origin.x + right) / 2
    canvas.text(
      [
        .plain("Lag t"), .lowered("j"), .plain(" − t"), .lowered("i"),
        .plain(" (ms), row i, column j: right of 0, unit j fires after unit i"),
      ], x: max(middle, 200), y: bottom + 36, anchor: .middle)
    if count == 0 {
      canvas.notice("no units", in: Box(x: origin.x, y: origin.y, width: 320, height: cell.height))
    }
    return Figure(
      title: "Auto- and cross-correlograms",
      summary: "\(count) × \(count) correlograms within ±\(decimalText(correlograms.windowMilliseconds)) ms, "
        + "\(count == 0 ? "no" : "the") autocorrelograms on the shaded diagonal.",
      width: max(right + 16, 640), height: bottom + 52, canvas: canvas)
  }

  private static func cellSize(
    _ count: Int
  ) -> (width: Double, height: Double, pitchX: Double, pitchY: Double) {
    let width = min(max((1080 / Double(max(count, 1))).rounded(.down) - 6, 52), 300)
    let height = (width * (count <= 4 ? 0.62 : 0.78)).rounded()
    return (width, height, width + 6, height + 6)
  }

  private static func explanation(
    _ correlograms: CorrelogramCounts, _ refractory: Double, hasSplits: Bool
  ) -> String {
    let bin = decimalText(
      correlograms.binMilliseconds, decimals: correlograms.binMilliseconds < 1 ? 2 : 0)
    var note = "\(bin) ms bins, pairs at lag 0 apart · each panel on its own scale, its peak in the corner"
    note += " · shaded: ±\(decimalText(refractory, decimals: refractory == refractory.rounded() ? 0 : 1)) ms"
    if !correlograms.expected.isEmpty { note += " · dashed: independent trains" }
    if hasSplits { note += " · framed: one neuron split" }
    return note
  }

  private static func lagAxis(
    _ correlograms: CorrelogramCounts, columns: Int, origin: Double,
    cell: (width: Double, height: Double, pitchX: Double, pitchY: Double), bottom: Double,
    on canvas: inout Canvas
  ) {
    let window = correlograms.windowMilliseconds
    for column in 0..<columns {
      let left = origin + Double(column) * cell.pitchX
      let marks: [(Double, String)] =
        cell.width < 70
        ? [(0.5, "0")] : [(0, "−\(decimalText(window))"), (0.5, "0"), (1, decimalText(window))]
      for (share, label) in marks {
        let x = left + share * cell.width
        canvas.line(x, bottom, x, bottom + 3, "axis")
        let inset = share == 0 ? 9.0 : share == 1 ? -7 : 0
        canvas.text(label, x: x + inset, y: bottom + 15, "soft tick", anchor: .middle)
      }
    }
  }
}

extension Canvas {
  fileprivate mutating func correlogram(
    _ correlograms: CorrelogramCounts, row: Int, column: Int, refractoryMilliseconds: Double, framed: Bool,
    in box: Box
  ) {
    let counts = correlograms.counts[row][column]
    let isOwn = row == column
    if isOwn { rectangle(box, "shade") }
    let lag = Scale(
      -correlograms.windowMilliseconds, correlograms.windowMilliseconds, start: box.x, end: box.maxX)
    let window = max(min(refractoryMilliseconds, correlograms.windowMilliseconds), 0)
    rectangle(Box(x: lag(-window), y: box.y, width: lag(window) - lag(-window), height: box.height), "window")
    let peak = counts.max() ?? 0
    let expected =
      correlograms.expected.indices.contains(row) ? correlograms.expected[row][column] : Double.nan
    let top = max(Double(peak), expected.isFinite ? expected : 0, 1)
    let level = Scale(0, top, start: box.maxY, end: box.y + min(13, box.height * 0.28))
    let path = outline(counts, 0..<counts.count, lag: lag, level: level)
    if isOwn {
      fill(path, colour: Palette.colour(row))
    } else {
      add("path", ["d": path, "class": "bars"])
    }
    let inside = counts.indices.filter { bin in
      abs((Double(bin) + 0.5) / Double(counts.count) * 2 - 1) * lag.upper < window
    }
    if let first = inside.first, let last = inside.last {
      let dark = outline(counts, first..<(last + 1), lag: lag, level: level)
      add("path", ["d": dark, "class": "inkfill", "fill-opacity": ".55"])
    }
    if expected.isFinite, expected > 0 {
      line(box.x, level(expected), box.maxX, level(expected), "ink", dashes: "3 2")
    }
    line(box.x, box.maxY, box.maxX, box.maxY, "axis")
    let label = peak == 0 ? "empty" : decimalText(Double(peak))
    text(label, x: box.x + 2, y: box.y + 9, "soft tiny")
    let description = tooltip(correlograms, row, column)
    add(
      "rect",
      [
        "x": pixels(box.x), "y": pixels(box.y), "width": pixels(box.width), "height": pixels(box.height),
        "class": "ink", "stroke-width": framed ? "1.6" : "0", "pointer-events": "all",
      ], tooltip: description)
  }

  /// The bars of some bins as one stepped area, bin after bin.
  private func outline(_ counts: [Int], _ bins: Range<Int>, lag: Scale, level: Scale) -> String {
    guard counts[bins].contains(where: { $0 > 0 }) else { return "" }
    var path = PathData()
    let width = (lag.end - lag.start) / Double(counts.count)
    path.move(lag.start + Double(bins.lowerBound) * width, level.start)
    for bin in bins {
      let count = counts[bin]
      let left = lag.start + Double(bin) * width
      path.line(left, level(Double(count)))
      path.line(left + width, level(Double(count)))
    }
    path.line(lag.start + Double(bins.upperBound) * width, level.start)
    path.close()
    return path.text
  }

  private func tooltip(_ correlograms: CorrelogramCounts, _ row: Int, _ column: Int) -> String {
    let total = correlograms.counts[row][column].reduce(0, +)
    let names = correlograms.names
    var tip = row == column ? "\(names[row])" : "\(names[row]) → \(names[column])"
    tip += ": \(decimalText(Double(total))) pairs"
    if correlograms.coincidences.indices.contains(row), row != column {
      tip += ", \(decimalText(Double(correlograms.coincidences[row][column]))) coincidences"
    }
    return tip
  }
}
