/// Units whose stated chances are alike, and how often they were right.
public struct ReliabilityBin: Sendable, Equatable {
  /// The mean of the stated chances, 0…1.
  public var stated: Double
  /// The share that was right, 0…1, and its 95 % interval.
  public var right: Double
  /// The interval's ends.
  public var interval: ClosedRange<Double>
  /// How many there are.
  public var count: Int

  /// Units of about one chance.
  public init(stated: Double, right: Double, interval: ClosedRange<Double>, count: Int) {
    self.stated = stated
    self.right = right
    self.interval = interval
    self.count = count
  }
}

extension Figure {
  /// How often units were right over the chance that was stated of them; on the diagonal a chance is what it says.
  ///
  /// - Parameters:
  ///   - bins: in order of chance.
  ///   - error: the expected calibration error.
  public static func reliability(_ bins: [ReliabilityBin], error: Double) -> Figure {
    let box = Box(x: 60, y: 48, width: 340, height: 300)
    let panel = Panel(
      box: box, x: Scale(0, 1, start: box.x, end: box.maxX), y: Scale(0, 1, start: box.maxY, end: box.y))
    let units = bins.reduce(0) { $0 + $1.count }
    let title = "Chances of \(units) units: expected calibration error \(decimalText(error, decimals: 3))"
    var canvas = Canvas()
    canvas.header(title)
    canvas.axes(
      panel,
      PanelLabels(
        x: "Stated chance", y: "Share that was right", xTicks: panel.x.ticks(), yTicks: panel.y.ticks()))
    canvas.line(box.x, box.maxY, box.maxX, box.y, "ink", dashes: "5 4")
    for bin in bins {
      let x = panel.x(bin.stated)
      canvas.line(x, panel.y(bin.interval.lowerBound), x, panel.y(bin.interval.upperBound), "axis")
      canvas.dot(x: x, y: panel.y(bin.right), radius: 4.5, colour: Palette.colour(0))
      let below = panel.y(bin.interval.lowerBound) + 14
      canvas.text("\(bin.count)", x: x, y: below, "soft tick", anchor: .middle)
    }
    if bins.isEmpty { canvas.notice("no units", in: box) }
    return Figure(
      title: title, summary: "Share of units that were right in \(bins.count) bins of stated chance.",
      width: box.maxX + 30, height: box.maxY + 46, canvas: canvas)
  }
}
