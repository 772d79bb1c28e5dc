/// How well one true unit was found.
public struct UnitScore: Sendable, Equatable {
  /// What the true unit is called.
  public var name: String
  /// The found unit matched to it; nil when there is none.
  public var match: String?
  /// Matches / (matches + misses + false positives), 0…1.
  public var accuracy: Double
  /// Share of the found unit's spikes that are true, 0…1.
  public var precision: Double
  /// Share of the true spikes that were found, 0…1.
  public var recall: Double

  /// A score from its three shares.
  public init(name: String, match: String?, accuracy: Double, precision: Double, recall: Double) {
    self.name = name
    self.match = match
    self.accuracy = accuracy
    self.precision = precision
    self.recall = recall
  }
}

extension Figure {
  /// Accuracy of every true unit as a bar, precision and recall as marks, the line of good detection.
  ///
  /// - Parameters:
  ///   - scores: one a true unit, in the order to be drawn.
  ///   - wellDetected: the accuracy from which a unit counts as well detected.
  public static func accuracyBars(_ scores: [UnitScore], wellDetected: Double = 0.8) -> Figure {
    let left = max(
      (scores.map { estimatedWidth("\($0.name) → \($0.match ?? "not found")") }.max() ?? 0) + 26, 110)
    let rowHeight = 28.0
    let box = Box(x: left, y: 46, width: 440, height: Double(max(scores.count, 1)) * rowHeight + 8)
    let x = Scale(0, 1, start: box.x, end: box.maxX)
    let finite = scores.map(\.accuracy).filter(\.isFinite)
    let mean = finite.isEmpty ? Double.nan : finite.reduce(0, +) / Double(finite.count)
    let title = "Agreement with the true units: mean accuracy \(decimalText(mean, decimals: 3))"
    var canvas = Canvas()
    canvas.header(title)
    var grid = PathData()
    for tick in x.ticks() {
      grid.move(x(tick.value), box.y)
      grid.line(x(tick.value), box.maxY)
      canvas.text(tick.label, x: x(tick.value), y: box.maxY + 16, "soft tick", anchor: .middle)
    }
    canvas.add("path", ["d": grid.text, "class": "grid"])
    for (row, score) in scores.enumerated() {
      canvas.scoreRow(score, x: x, y: box.y + 4 + Double(row) * rowHeight, height: rowHeight)
    }
    canvas.line(x(wellDetected), box.y, x(wellDetected), box.maxY, "ink", dashes: "5 4")
    canvas.line(box.x, box.y, box.x, box.maxY, "axis")
    canvas.text("Share", x: box.midX, y: box.maxY + 34, anchor: .middle)
    let entries = [
      LegendEntry(symbol: .dot(colour: Palette.colour(0)), label: "Accuracy (bar)"),
      LegendEntry(symbol: .dot(colour: Palette.colour(1)), label: "Precision"),
      LegendEntry(symbol: .dot(colour: Palette.colour(3)), label: "Recall"),
      LegendEntry(symbol: .dashedInk(dashes: "5 4"), label: "Well detected"),
    ]
    canvas.legend(entries, x: box.maxX + 60, y: box.y)
    if scores.isEmpty { canvas.notice("no true units", in: box) }
    return Figure(
      title: title,
      summary: "Accuracy, precision and recall of \(scores.count) true units; "
        + "\(scores.count { $0.accuracy >= wellDetected }) well detected.",
      width: box.maxX + 60 + legendWidth(entries) + 10, height: max(box.maxY + 48, 160), canvas: canvas)
  }
}

extension Canvas {
  fileprivate mutating func scoreRow(_ score: UnitScore, x: Scale, y: Double, height: Double) {
    let label = "\(score.name) → \(score.match ?? "not found")"
    text(label, x: x.start - 8, y: y + height / 2 + 4, anchor: .end)
    guard score.accuracy.isFinite else { return }
    let bar = Box(
      x: x.start, y: y + 5, width: x(min(max(score.accuracy, 0), 1)) - x.start, height: height - 10)
    rectangle(
      bar, colour: Palette.colour(0), opacity: 0.75,
      tooltip: "\(label): accuracy \(decimalText(score.accuracy, decimals: 3))")
    for (value, colour) in [(score.precision, Palette.colour(1)), (score.recall, Palette.colour(3))]
    where value.isFinite && score.match != nil {
      let offset = colour == Palette.colour(1) ? -3.5 : 3.5
      dot(x: x(value), y: y + height / 2 + offset, radius: 3.5, colour: colour)
    }
    text(
      decimalText(score.accuracy, decimals: 3), x: x.end + 10, y: y + height / 2 + 4, "soft tick")
  }
}
