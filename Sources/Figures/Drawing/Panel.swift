/// A pair of axes: where it stands and how values map to it.
struct Panel: Sendable {
  var box: Box
  var x: Scale
  var y: Scale
}

/// What stands around a panel.
struct PanelLabels {
  var title = ""
  var x = ""
  var y = ""
  var xTicks: [Tick] = []
  var yTicks: [Tick] = []
  var hasGrid = true
}

extension Canvas {
  /// Grid lines, axis lines below and left, ticks, labels and the panel's title.
  mutating func axes(_ panel: Panel, _ labels: PanelLabels) {
    let box = panel.box
    if labels.hasGrid {
      var grid = PathData()
      for tick in labels.yTicks {
        let y = panel.y(tick.value)
        grid.move(box.x, y)
        grid.line(box.maxX, y)
      }
      add("path", ["d": grid.text, "class": "grid"])
    }
    var lines = PathData([(box.x, box.y), (box.x, box.maxY), (box.maxX, box.maxY)])
    for tick in labels.xTicks {
      let x = panel.x(tick.value)
      lines.move(x, box.maxY)
      lines.line(x, box.maxY + 4)
      text(tick.label, x: x, y: box.maxY + 16, "soft tick", anchor: .middle)
    }
    for tick in labels.yTicks {
      let y = panel.y(tick.value)
      lines.move(box.x - 4, y)
      lines.line(box.x, y)
      text(tick.label, x: box.x - 7, y: y + 4, "soft tick", anchor: .end)
    }
    add("path", ["d": lines.text, "class": "axis"])
    if !labels.title.isEmpty { text(labels.title, x: box.x, y: box.y - 8, "text heading") }
    if !labels.x.isEmpty {
      let below = labels.xTicks.isEmpty ? 16.0 : 33
      text(labels.x, x: box.midX, y: box.maxY + below, anchor: .middle)
    }
    if !labels.y.isEmpty {
      let tickWidth = labels.yTicks.map { estimatedWidth($0.label, size: 11) }.max() ?? 0
      text(labels.y, x: box.x - tickWidth - 15, y: box.midY, anchor: .middle, turned: true)
    }
  }

  /// A cloud of labelled points with the means marked.
  mutating func scatter(
    _ panel: Panel, xs: [Double], ys: [Double], labels: [Int], means: [(x: Double, y: Double)],
    diameter: Double
  ) {
    labelledDots(
      xs: xs.map { panel.x($0) }, ys: ys.map { panel.y($0) }, labels: labels, in: panel.box,
      diameter: diameter)
    for mean in means where panel.x.contains(mean.x) && panel.y.contains(mean.y) {
      cross(x: panel.x(mean.x), y: panel.y(mean.y))
    }
  }
}

/// The room the labels of a y axis need to its left.
func leftMargin(_ ticks: [Tick], hasLabel: Bool = true) -> Double {
  let widest = ticks.map { estimatedWidth($0.label, size: 11) }.max() ?? 0
  return widest + (hasLabel ? 34 : 16)
}

/// One line of a legend.
struct LegendEntry {
  /// How the entry looks in the figure.
  enum Symbol {
    case dot(colour: String)
    case line(colour: String)
    case dashedInk(dashes: String)
    case cross
    case ring
    case band(colour: String)
  }

  var symbol: Symbol
  var label: String
}

extension Canvas {
  /// Entries one below the other, from a top left corner, in as many columns as needed.
  mutating func legend(_ entries: [LegendEntry], x: Double, y: Double, rowsPerColumn: Int = .max) {
    let columnWidth = (entries.map { estimatedWidth($0.label) }.max() ?? 0) + 32
    for (index, entry) in entries.enumerated() {
      let left = x + Double(index / rowsPerColumn) * columnWidth
      let middle = y + Double(index % rowsPerColumn) * 18 + 9
      switch entry.symbol {
      case .dot(let colour): dot(x: left + 9, y: middle, radius: 4.5, colour: colour)
      case .line(let colour):
        stroke("M\(pixels(left)) \(pixels(middle))h18", colour: colour, width: 2)
        dot(x: left + 9, y: middle, radius: 3, colour: colour)
      case .dashedInk(let dashes): line(left, middle, left + 18, middle, "ink", dashes: dashes)
      case .ring:
        add(
          "circle",
          ["cx": pixels(left + 9), "cy": pixels(middle), "r": "6", "class": "ink", "stroke-width": "1.3"])
      case .cross: cross(x: left + 9, y: middle, radius: 4)
      case .band(let colour):
        rectangle(Box(x: left, y: middle - 5, width: 18, height: 10), colour: colour, opacity: 0.25)
      }
      text(entry.label, x: left + 25, y: middle + 4)
    }
  }
}

/// The width a legend of one column takes.
func legendWidth(_ entries: [LegendEntry]) -> Double {
  (entries.map { estimatedWidth($0.label) }.max() ?? 0) + 32
}
