/// Points clustered in one way: what it is called, a label a point, and the paths of the clusters.
public struct ClusteredPlane: Sendable, Equatable {
  /// What the panel shows.
  public var title: String
  /// One label a point; negative for none.
  public var labels: [Int]
  /// The places of every cluster over time; a single one for a cluster at rest.
  public var paths: [[PlanePoint]]

  /// A clustering from its title, labels and paths.
  public init(title: String, labels: [Int], paths: [[PlanePoint]]) {
    self.title = title
    self.labels = labels
    self.paths = paths
  }
}

extension Figure {
  /// The same points of a plane clustered in several ways, side by side, with the path of every cluster.
  ///
  /// - Parameters:
  ///   - points: the data.
  ///   - panels: one a way of clustering, a label a point each.
  ///   - title: the figure's title.
  public static func clusteringsSideBySide(
    points: [PlanePoint], panels: [ClusteredPlane], title: String
  ) -> Figure {
    precondition(panels.allSatisfy { $0.labels.count == points.count }, "one label a point")
    // A few points far out would leave the others no room.
    let x = Scale.bulk(points.map(\.x))
    let y = Scale.bulk(points.map(\.y))
    let unit = 290 / max(x.upper - x.lower, y.upper - y.lower)
    let size = (width: (x.upper - x.lower) * unit, height: (y.upper - y.lower) * unit)
    let top = 88.0
    var canvas = Canvas()
    canvas.header(
      title, note: "lines: the clusters' paths · crosses: clusters at rest · far points not shown")
    for (column, clustering) in panels.enumerated() {
      let left = 56 + Double(column) * (size.width + 44)
      let box = Box(x: left, y: top, width: size.width, height: size.height)
      let panel = Panel(
        box: box, x: Scale(x.lower, x.upper, start: box.x, end: box.maxX),
        y: Scale(y.lower, y.upper, start: box.maxY, end: box.y))
      canvas.axes(
        panel,
        PanelLabels(
          title: clustering.title, x: "Feature 1", y: column == 0 ? "Feature 2" : "", xTicks: panel.x.ticks(),
          yTicks: panel.y.ticks()))
      let shown = points.indices.filter { panel.x.contains(points[$0].x) && panel.y.contains(points[$0].y) }
      if shown.isEmpty { canvas.notice("no points", in: box) }
      let resting = clustering.paths.filter { $0.count == 1 }.map { (x: $0[0].x, y: $0[0].y) }
      canvas.scatter(
        panel, xs: shown.map { points[$0].x }, ys: shown.map { points[$0].y },
        labels: shown.map { clustering.labels[$0] }, means: resting,
        diameter: DotCloud.diameter(points: points.count))
      canvas.clipped(to: box) { canvas in
        for path in clustering.paths where path.count > 1 {
          let line = PathData(path.map { (x: panel.x($0.x), y: panel.y($0.y)) }).text
          canvas.add("path", ["d": line, "class": "halo", "fill": "none", "stroke-width": "4.5"])
          canvas.add("path", ["d": line, "class": "ink", "stroke-width": "2"])
        }
      }
    }
    return Figure(
      title: title,
      summary: "\(points.count) points clustered in \(panels.count) ways: "
        + panels.map(\.title).joined(separator: "; ") + ".",
      width: 56 + Double(max(panels.count, 1)) * (size.width + 44), height: top + size.height + 48,
      canvas: canvas)
  }
}

extension Scale {
  /// The range of all but the outer hundredth of some values on both sides, with a margin.
  fileprivate static func bulk(_ values: [Double]) -> (lower: Double, upper: Double) {
    let sorted = values.filter(\.isFinite).sorted()
    guard let last = sorted.indices.last else { return (0, 1) }
    let scale = Scale(
      covering: [sorted[last / 100], sorted[last - last / 100]], margin: 0.12, start: 0, end: 1)
    return (scale.lower, scale.upper)
  }
}
