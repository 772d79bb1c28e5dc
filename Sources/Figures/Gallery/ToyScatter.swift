/// A place in a plane of two features.
public struct PlanePoint: Sendable, Equatable {
  /// The first feature.
  public var x: Double
  /// The second feature.
  public var y: Double

  /// A point from its two features.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// One fit of a mixture to labelled data, its labels already matched to the true ones.
public struct LabelledFit: Sendable, Equatable {
  /// The seed of the fit's initialisation.
  public var seed: Int
  /// The iteration at which the fit converged; nil when it did not.
  public var iterations: Int?
  /// Share of points whose label agrees with the truth, 0…1.
  public var accuracy: Double
  /// The label of every point.
  public var labels: [Int]
  /// The mean of every component.
  public var means: [PlanePoint]

  /// A fit from its seed, convergence, accuracy, labels and means.
  public init(seed: Int, iterations: Int?, accuracy: Double, labels: [Int], means: [PlanePoint]) {
    self.seed = seed
    self.iterations = iterations
    self.accuracy = accuracy
    self.labels = labels
    self.means = means
  }
}

extension Figure {
  /// Two-dimensional points coloured by their true cluster, the cluster means marked, axes of equal scale.
  ///
  /// - Parameters:
  ///   - points: the data.
  ///   - labels: one a point, indices of `means`; negative for none.
  ///   - means: the true means.
  ///   - title: the figure's title.
  public static func toyScatter(
    points: [PlanePoint], labels: [Int], means: [PlanePoint], title: String = "Gaussian mixture samples"
  ) -> Figure {
    precondition(points.count == labels.count, "one label a point")
    let top = 60.0
    let panel = equalPanel(points + means, left: 56, top: top, longest: 440)
    var entries = means.indices.map {
      LegendEntry(symbol: .dot(colour: Palette.colour($0)), label: "Cluster \($0 + 1)")
    }
    entries.append(LegendEntry(symbol: .cross, label: "Cluster means"))
    var canvas = Canvas()
    canvas.header(title, note: "\(decimalText(Double(points.count))) points")
    canvas.axes(panel, equalLabels(panel))
    drawPoints(points, labels, means, in: panel, on: &canvas)
    canvas.legend(entries, x: panel.box.maxX + 20, y: top)
    return Figure(
      title: title,
      summary: "Scatter plot of \(points.count) points of two features, coloured by true cluster; "
        + "\(means.count) cluster means marked.",
      width: panel.box.maxX + legendWidth(entries) + 32, height: panel.box.maxY + 46, canvas: canvas)
  }

  /// For every fit a row of two panels: the true labels and the fit's, with accuracy and convergence.
  ///
  /// - Parameters:
  ///   - points: the data.
  ///   - truth: the true label of every point.
  ///   - trueMeans: the true means.
  ///   - fits: the fits, one label a point each.
  public static func truthBesidePrediction(
    points: [PlanePoint], truth: [Int], trueMeans: [PlanePoint], fits: [LabelledFit]
  ) -> Figure {
    precondition(points.count == truth.count, "one true label a point")
    precondition(fits.allSatisfy { $0.labels.count == points.count }, "one fitted label a point")
    let everything = points + trueMeans + fits.flatMap(\.means)
    let shape = equalPanel(everything, left: 56, top: 78, longest: 330).box
    let rowHeight = shape.height + 78
    var canvas = Canvas()
    canvas.header(
      "True and fitted labels", note: "crosses: means · labels matched to the truth by their best permutation"
    )
    for (row, fit) in fits.enumerated() {
      let top = 78 + Double(row) * rowHeight
      let left = equalPanel(everything, left: 56, top: top, longest: 330)
      let right = equalPanel(everything, left: shape.maxX + 56, top: top, longest: 330)
      var labels = equalLabels(left)
      labels.title = "Seed \(fit.seed): truth"
      canvas.axes(left, labels)
      drawPoints(points, truth, trueMeans, in: left, on: &canvas)
      labels.title = "Fit: accuracy \(decimalText(fit.accuracy * 100, decimals: 1)) %"
      labels.title += fit.iterations.map { ", converged at iteration \($0)" } ?? ", not converged"
      labels.y = ""
      canvas.axes(right, labels)
      drawPoints(points, fit.labels, fit.means, in: right, on: &canvas)
    }
    let width = 2 * shape.width + 56 + 56 + 24
    let height = 78 + Double(max(fits.count, 1)) * rowHeight - 32
    if fits.isEmpty { canvas.notice("no fits", in: Box(x: 0, y: 78, width: width, height: shape.height)) }
    let scores = fits.map { decimalText($0.accuracy * 100, decimals: 1) + " %" }.joined(separator: ", ")
    return Figure(
      title: "True and fitted labels",
      summary:
        "Scatter plots of \(points.count) points, truth beside \(fits.count) fits. Accuracies: \(scores).",
      width: width, height: height, canvas: canvas)
  }

  /// A panel whose two axes have the same pixels a unit; the longer side is given.
  private static func equalPanel(
    _ points: [PlanePoint], left: Double, top: Double, longest: Double
  ) -> Panel {
    let x = Scale(covering: points.map(\.x), start: 0, end: 1)
    let y = Scale(covering: points.map(\.y), start: 0, end: 1)
    let unit = longest / max(x.upper - x.lower, y.upper - y.lower)
    let box = Box(
      x: left, y: top, width: max((x.upper - x.lower) * unit, longest / 4),
      height: max((y.upper - y.lower) * unit, longest / 4))
    return Panel(
      box: box, x: Scale(x.lower, x.upper, start: box.x, end: box.maxX),
      y: Scale(y.lower, y.upper, start: box.maxY, end: box.y))
  }

  private static func equalLabels(_ panel: Panel) -> PanelLabels {
    PanelLabels(x: "Feature 1", y: "Feature 2", xTicks: panel.x.ticks(), yTicks: panel.y.ticks())
  }

  private static func drawPoints(
    _ points: [PlanePoint], _ labels: [Int], _ means: [PlanePoint], in panel: Panel, on canvas: inout Canvas
  ) {
    if points.isEmpty { canvas.notice("no points", in: panel.box) }
    canvas.scatter(
      panel, xs: points.map(\.x), ys: points.map(\.y), labels: labels, means: means.map { ($0.x, $0.y) },
      diameter: DotCloud.diameter(points: points.count))
  }
}
