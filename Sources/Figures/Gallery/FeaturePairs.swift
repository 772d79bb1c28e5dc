#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A component of a mixture, seen in the features a figure shows.
public struct ComponentShape: Sendable, Equatable {
  /// What the component is called.
  public var name: String
  /// Its mean in every feature shown.
  public var mean: [Double]
  /// Its covariance of the features shown, row after row; empty when no ellipse is wanted.
  public var covariance: [Double]

  /// A component from its name, mean (length D) and covariance (D × D, row-major, or empty).
  public init(name: String, mean: [Double], covariance: [Double] = []) {
    precondition(covariance.isEmpty || covariance.count == mean.count * mean.count, "a D × D covariance")
    self.name = name
    self.mean = mean
    self.covariance = covariance
  }
}

extension Figure {
  /// Scatter plots of every pair of features (the first principal component of each channel), coloured by
  /// cluster, with the means marked and the components' ellipses.
  ///
  /// The features are cut at their 0.1 and 99.9 percentiles, widened to show every mean; the number of spikes
  /// outside is stated. The size of the drawing is bounded by its area, not by the number of spikes.
  /// - Parameters:
  ///   - features: one array a feature, one value a spike.
  ///   - names: one a feature, such as "Ch 1".
  ///   - labels: one a spike, indices of `components`; negative for none.
  ///   - components: means and covariances in these features.
  ///   - ellipseDeviations: radius of the ellipses in standard deviations.
  /// - Complexity: O(pairs × n log n).
  public static func featurePairs(
    features: [[Double]], names: [String], labels: [Int], components: [ComponentShape],
    ellipseDeviations: Double = 2
  ) -> Figure {
    precondition(features.count == names.count, "one name a feature")
    precondition(features.allSatisfy { $0.count == labels.count }, "one value a spike and feature")
    precondition(components.allSatisfy { $0.mean.count == features.count }, "one mean a feature")
    let pairs = features.indices.flatMap { i in features.indices.filter { $0 > i }.map { (i, $0) } }
    let ranges = features.indices.map { d in bulk(features[d], including: components.map { $0.mean[d] }) }
    let columns = pairs.count <= 3 ? max(pairs.count, 1) : pairs.count <= 12 ? 3 : 5
    let size = pairs.count == 1 ? 420.0 : pairs.count <= 12 ? 280 : 200
    let outside = labels.indices.count { n in
      features.indices.contains { !(ranges[$0].lower...ranges[$0].upper).contains(features[$0][n]) }
    }
    var canvas = Canvas()
    var note = "\(decimalText(Double(labels.count))) spikes · crosses: means"
    if components.contains(where: { !$0.covariance.isEmpty }) {
      note += " · ellipses: \(decimalText(ellipseDeviations, decimals: 0)) standard deviations"
    }
    if outside > 0 { note += " · \(decimalText(Double(outside))) spikes outside the axes" }
    canvas.header("First principal components, every pair of channels", note: note)
    for (index, pair) in pairs.enumerated() {
      let box = Box(
        x: 66 + Double(index % columns) * (size + 72), y: 62 + Double(index / columns) * (size + 62),
        width: size, height: size)
      let panel = Panel(
        box: box, x: Scale(ranges[pair.0].lower, ranges[pair.0].upper, start: box.x, end: box.maxX),
        y: Scale(ranges[pair.1].lower, ranges[pair.1].upper, start: box.maxY, end: box.y))
      let axisLabels = PanelLabels(
        x: names[pair.0], y: names[pair.1], xTicks: panel.x.ticks(about: 4), yTicks: panel.y.ticks(about: 4))
      canvas.axes(panel, axisLabels)
      drawPair(
        pair, features: features, labels: labels, components: components, deviations: ellipseDeviations,
        in: panel, on: &canvas)
    }
    let rows = Double((pairs.count + columns - 1) / columns)
    let right = 66 + Double(columns) * (size + 72) - 72
    let entries = components.indices.map {
      LegendEntry(symbol: .dot(colour: Palette.colour($0)), label: components[$0].name)
    }
    canvas.legend(entries, x: right + 22, y: 62, rowsPerColumn: max(Int(rows * (size + 40) / 18), 8))
    if pairs.isEmpty { canvas.notice("needs two channels", in: Box(x: 66, y: 62, width: size, height: size)) }
    return Figure(
      title: "First principal components, every pair of channels",
      summary: "\(pairs.count) scatter plots of \(labels.count) spikes in \(components.count) clusters.",
      width: right + 22 + max(legendWidth(entries), 30) + 10, height: 62 + max(rows, 1) * (size + 62) - 10,
      canvas: canvas)
  }

  private static func drawPair(
    _ pair: (Int, Int), features: [[Double]], labels: [Int], components: [ComponentShape],
    deviations: Double, in panel: Panel, on canvas: inout Canvas
  ) {
    if labels.isEmpty { canvas.notice("no spikes", in: panel.box) }
    canvas.labelledDots(
      xs: features[pair.0].map { panel.x($0) }, ys: features[pair.1].map { panel.y($0) }, labels: labels,
      in: panel.box, diameter: DotCloud.diameter(points: labels.count), opacity: 0.75)
    canvas.clipped(to: panel.box) { canvas in
      for (index, component) in components.enumerated() {
        let colour = Palette.colour(index)
        canvas.ellipse(component, pair, colour: colour, deviations: deviations, in: panel)
      }
    }
    let shown = components.filter {
      panel.x.contains($0.mean[pair.0]) && panel.y.contains($0.mean[pair.1])
    }
    for component in shown {
      canvas.cross(x: panel.x(component.mean[pair.0]), y: panel.y(component.mean[pair.1]), radius: 3.2)
    }
    for component in shown {
      let (x, y) = (panel.x(component.mean[pair.0]), panel.y(component.mean[pair.1]))
      canvas.text(shortName(component.name), x: x + 6, y: y - 5, "text tag halo")
    }
  }

  /// The number a name ends with, where it does, else the name.
  private static func shortName(_ name: String) -> String {
    let digits = String(name.reversed().prefix(while: \.isNumber).reversed())
    return digits.isEmpty ? name : digits
  }

  /// The 0.1 to 99.9 percentiles, widened by 8 % and to hold some values.
  static func bulk(_ values: [Double], including others: [Double]) -> (lower: Double, upper: Double) {
    let sorted = values.filter(\.isFinite).sorted()
    let finite = others.filter(\.isFinite)
    guard let first = sorted.first ?? finite.first else { return (0, 1) }
    var (lower, upper) = (first, first)
    if !sorted.isEmpty {
      lower = sorted[Int(Double(sorted.count - 1) * 0.001)]
      upper = sorted[Int((Double(sorted.count - 1) * 0.999).rounded(.up))]
    }
    lower = min(lower, finite.min() ?? lower)
    upper = max(upper, finite.max() ?? upper)
    let room = upper > lower ? (upper - lower) * 0.08 : max(abs(lower) * 0.05, 0.5)
    return (lower - room, upper + room)
  }
}

extension Canvas {
  /// The ellipse of a component in a pair of features, in its colour with a rim like the crosses'.
  fileprivate mutating func ellipse(
    _ component: ComponentShape, _ pair: (Int, Int), colour: String, deviations: Double, in panel: Panel
  ) {
    let d = component.mean.count
    guard !component.covariance.isEmpty else { return }
    let xUnit = (panel.x.end - panel.x.start) / (panel.x.upper - panel.x.lower)
    let yUnit = (panel.y.end - panel.y.start) / (panel.y.upper - panel.y.lower)
    let a = component.covariance[pair.0 * d + pair.0] * xUnit * xUnit
    let b = component.covariance[pair.0 * d + pair.1] * xUnit * yUnit
    let c = component.covariance[pair.1 * d + pair.1] * yUnit * yUnit
    // Eigenvalues of the symmetric 2 × 2 matrix [a b; b c] in closed form.
    let centre = (a + c) / 2
    let radius = ((a - c) * (a - c) / 4 + b * b).squareRoot()
    let (long, short) = ((centre + radius).squareRoot(), max(centre - radius, 0).squareRoot())
    let (x, y) = (panel.x(component.mean[pair.0]), panel.y(component.mean[pair.1]))
    guard long.isFinite, short.isFinite, x.isFinite, y.isFinite else { return }
    let degrees = 0.5 * atan2(2 * b, a - c) * 180 / .pi
    let turn = "rotate(\(pixels(degrees)) \(pixels(x)) \(pixels(y)))"
    let (rx, ry) = (pixels(long * deviations), pixels(short * deviations))
    add(
      "ellipse",
      [
        "cx": pixels(x), "cy": pixels(y), "rx": rx, "ry": ry, "transform": turn, "class": "halo",
        "fill": "none", "stroke-width": "3.6", "stroke-opacity": ".75",
      ])
    add(
      "ellipse",
      [
        "cx": pixels(x), "cy": pixels(y), "rx": rx, "ry": ry, "transform": turn, "fill": "none",
        "stroke": colour, "stroke-width": "1.6",
      ])
  }
}
