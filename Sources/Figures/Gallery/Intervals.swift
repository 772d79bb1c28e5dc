/// The intervals between successive spikes of one unit.
public struct UnitIntervals: Sendable, Equatable {
  /// What the unit is called.
  public var name: String
  /// Intervals in milliseconds, any order.
  public var milliseconds: [Double]

  /// A unit's intervals.
  public init(name: String, milliseconds: [Double]) {
    self.name = name
    self.milliseconds = milliseconds
  }
}

extension Figure {
  /// Histograms of the intervals between successive spikes, one panel a unit, in bins of half a millisecond
  /// up to 50 ms, with the refractory period marked and the share of intervals within it stated.
  ///
  /// - Parameters:
  ///   - units: the intervals; colours follow the index.
  ///   - refractoryMilliseconds: the refractory period.
  public static func intervalHistograms(
    _ units: [UnitIntervals], refractoryMilliseconds: Double = 2
  ) -> Figure {
    let columns = min(max(units.count, 1), 4)
    let size = (width: 196.0, height: 104.0)
    var canvas = Canvas()
    canvas.header(
      "Intervals between spikes", note: "0.5 ms bins, each panel on its own scale · orange: refractory period"
    )
    for (index, unit) in units.enumerated() {
      let box = Box(
        x: 24 + Double(index % columns) * (size.width + 28),
        y: 78 + Double(index / columns) * (size.height + 62), width: size.width, height: size.height)
      canvas.intervalPanel(unit, index: index, refractory: refractoryMilliseconds, in: box)
    }
    let rows = Double((max(units.count, 1) + columns - 1) / columns)
    let bottom = 78 + rows * (size.height + 62) - 62
    let width = max(24 + Double(columns) * (size.width + 28), 420)
    canvas.text("Interval (ms)", x: width / 2, y: bottom + 34, anchor: .middle)
    if units.isEmpty {
      canvas.notice("no units", in: Box(x: 24, y: 78, width: size.width, height: size.height))
    }
    return Figure(
      title: "Intervals between spikes",
      summary: "Histograms of the intervals between successive spikes of \(units.count) units.",
      width: width, height: bottom + 48, canvas: canvas)
  }
}

extension Canvas {
  fileprivate mutating func intervalPanel(_ unit: UnitIntervals, index: Int, refractory: Double, in box: Box)
  {
    let bins = 100
    var counts = [Int](repeating: 0, count: bins)
    for interval in unit.milliseconds where interval >= 0 && interval < 50 {
      counts[min(Int(interval * 2), bins - 1)] += 1
    }
    let x = Scale(0, 50, start: box.x, end: box.maxX)
    let y = Scale(0, Double(max(counts.max() ?? 0, 1)), start: box.maxY, end: box.y)
    rectangle(Box(x: box.x, y: box.y, width: x(refractory) - box.x, height: box.height), "window")
    var path = PathData()
    path.move(box.x, box.maxY)
    for (bin, count) in counts.enumerated() {
      path.line(x(Double(bin) / 2), y(Double(count)))
      path.line(x(Double(bin + 1) / 2), y(Double(count)))
    }
    path.line(box.maxX, box.maxY)
    path.close()
    if counts.contains(where: { $0 > 0 }) { fill(path.text, colour: Palette.colour(index)) }
    axes(Panel(box: box, x: x, y: y), PanelLabels(xTicks: x.ticks(about: 5), hasGrid: false))
    unitName(unit.name, index: index, x: box.x, y: box.y - 8)
    let within = unit.milliseconds.count { $0 < refractory }
    let share = unit.milliseconds.isEmpty ? .nan : Double(within) / Double(unit.milliseconds.count)
    let note = share.isNaN ? "no intervals" : "\(decimalText(share * 100, decimals: 2)) % within"
    text(note, x: box.maxX, y: box.y - 8, "soft tick", anchor: .end)
  }
}
