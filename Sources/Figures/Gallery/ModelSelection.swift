/// An information criterion over a range of component numbers.
public struct CriterionCurve: Sendable, Equatable {
  /// What the curve is called in the legend, such as "full covariance".
  public var name: String
  /// The numbers of components, ascending.
  public var components: [Int]
  /// For each number of components the criterion of every seed's fit; what is not finite is left out.
  public var values: [[Double]]

  /// A curve from its name, its numbers of components and the values of all seeds.
  public init(name: String, components: [Int], values: [[Double]]) {
    precondition(components.count == values.count, "one list of values a number of components")
    self.name = name
    self.components = components
    self.values = values
  }

  /// The best (lowest) value of each number of components.
  fileprivate var best: [Double] {
    values.map { $0.filter(\.isFinite).min() ?? .nan }
  }

  /// The lowest and highest value of each number of components.
  fileprivate var spread: [(lower: Double, upper: Double)] {
    values.map { all in
      let finite = all.filter(\.isFinite)
      return (finite.min() ?? .nan, finite.max() ?? .nan)
    }
  }
}

extension Figure {
  /// A criterion such as the BIC over the number of components: best of all seeds as a line, every seed as a
  /// dot, their spread as a band, the chosen numbers marked.
  ///
  /// - Parameters:
  ///   - curves: one or several fits to compare, lower is better.
  ///   - bestComponents: the number of components that the fit of the lowest value started with.
  ///   - robustComponents: the number that most seeds choose for themselves; nil where they disagree.
  ///   - componentsLeft: the components left of that fit, where they are known.
  ///   - criterion: the criterion's name.
  public static func modelSelection(
    _ curves: [CriterionCurve], bestComponents: Int?, robustComponents: Int?, componentsLeft: Int? = nil,
    criterion: String = "BIC"
  ) -> Figure {
    let yScale = Scale(covering: curves.flatMap { $0.values.joined() }, margin: 0.08, start: 370, end: 78)
    let box = Box(x: leftMargin(yScale.ticks(about: 6)), y: 78, width: 560, height: 292)
    let numbers = curves.flatMap(\.components).map(Double.init)
    let xScale = Scale(
      (numbers.min() ?? 1) - 0.5, (numbers.max() ?? 2) + 0.5, start: box.x, end: box.maxX)
    let panel = Panel(box: box, x: xScale, y: yScale)
    var canvas = Canvas()
    canvas.header("\(criterion) over the number of components")
    canvas.axes(
      panel,
      PanelLabels(
        x: "K, components a fit starts with", y: "\(criterion) (lower is better)",
        xTicks: xScale.wholeTicks(),
        yTicks: yScale.ticks(about: 6)))
    let left = componentsLeft.flatMap { $0 == bestComponents ? nil : " (\($0) left)" } ?? ""
    markChoices(best: bestComponents, left: left, robust: robustComponents, in: panel, on: &canvas)
    for (index, curve) in curves.enumerated() {
      draw(curve, colour: Palette.colour(index), hasBand: curves.count == 1, in: panel, on: &canvas)
    }
    if curves.allSatisfy({ $0.best.allSatisfy(\.isNaN) }) { canvas.notice("no fits", in: box) }
    let entries = selectionLegend(curves)
    canvas.legend(entries, x: box.maxX + 18, y: box.y)
    let choice = [bestComponents.map { "best K \($0)\(left)" }, robustComponents.map { "robust K \($0)" }]
    return Figure(
      title: "\(criterion) over the number of components",
      summary: "\(criterion) of \(curves.map(\.name).joined(separator: ", ")) over the number of components; "
        + choice.compactMap(\.self).joined(separator: ", ") + ".",
      width: box.maxX + legendWidth(entries) + 26, height: box.maxY + 46, canvas: canvas)
  }

  private static func selectionLegend(_ curves: [CriterionCurve]) -> [LegendEntry] {
    let lowest = LegendEntry(symbol: .ring, label: "Lowest")
    guard curves.count == 1, let curve = curves.first else {
      return curves.indices.map {
        LegendEntry(symbol: .line(colour: Palette.colour($0)), label: curves[$0].name)
      } + (curves.isEmpty ? [] : [lowest])
    }
    let seeds = curve.values.map(\.count).max() ?? 0
    guard seeds > 1 else {
      return [LegendEntry(symbol: .line(colour: Palette.colour(0)), label: curve.name), lowest]
    }
    return [
      LegendEntry(symbol: .line(colour: Palette.colour(0)), label: "Best of \(seeds) seeds"), lowest,
      LegendEntry(symbol: .dot(colour: Palette.unassigned), label: "Each seed"),
      LegendEntry(symbol: .band(colour: Palette.colour(0)), label: "Spread over seeds"),
    ]
  }

  private static func draw(
    _ curve: CriterionCurve, colour: String, hasBand: Bool, in panel: Panel, on canvas: inout Canvas
  ) {
    let xs = curve.components.map { panel.x(Double($0)) }
    if hasBand {
      let usable = zip(xs, curve.spread).filter { $1.lower.isFinite }
      let lower = usable.map { (x: $0, y: panel.y($1.lower)) }
      let upper = usable.reversed().map { (x: $0, y: panel.y($1.upper)) }
      canvas.fill(PathData(lower + upper, closed: true).text, colour: colour, opacity: 0.12)
      for (x, values) in zip(xs, curve.values) {
        for value in values where value.isFinite {
          canvas.dot(x: x, y: panel.y(value), radius: 2.2, colour: Palette.unassigned, opacity: 0.7)
        }
      }
    }
    let best = zip(xs, curve.best).filter { $1.isFinite }
    canvas.stroke(PathData(best.map { (x: $0, y: panel.y($1)) }).text, colour: colour, width: 2)
    for (number, value) in zip(curve.components, curve.best) where value.isFinite {
      if value == curve.best.filter(\.isFinite).min() {
        let (x, y) = (pixels(panel.x(Double(number))), pixels(panel.y(value)))
        canvas.add("circle", ["cx": x, "cy": y, "r": "6.5", "class": "ink", "stroke-width": "1.3"])
      }
      canvas.dot(
        x: panel.x(Double(number)), y: panel.y(value), radius: 3.6, colour: colour,
        tooltip: "\(curve.name), K = \(number): \(decimalText(value, decimals: 2))")
    }
  }

  private static func markChoices(
    best: Int?, left: String, robust: Int?, in panel: Panel, on canvas: inout Canvas
  ) {
    func mark(_ number: Int, _ label: String, dashes: String, y: Double) {
      let x = panel.x(Double(number))
      guard panel.x.contains(Double(number)) else { return }
      canvas.line(x, panel.box.y - 2, x, panel.box.maxY, "ink", dashes: dashes)
      let width = estimatedWidth(label, size: 12) / 2
      let centre = min(max(x, panel.box.x + width), panel.box.maxX - width)
      canvas.text(label, x: centre, y: y, "text heading", anchor: .middle)
    }
    if let best, best == robust {
      mark(best, "best and robust K = \(best)\(left)", dashes: "5 4", y: panel.box.y - 8)
    } else {
      if let best { mark(best, "best K = \(best)\(left)", dashes: "5 4", y: panel.box.y - 8) }
      if let robust { mark(robust, "robust K = \(robust)", dashes: "1.5 3", y: panel.box.y - 23) }
    }
  }
}
