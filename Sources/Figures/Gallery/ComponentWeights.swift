#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension Figure {
  /// The mixture weights, largest first, with the pruning threshold and the effective number of components.
  ///
  /// The effective number is exp(−Σ w ln w): the number of equal components of the same entropy.
  /// - Parameters:
  ///   - weights: one a component, summing to 1; colours follow the index.
  ///   - names: one a component; their indices when empty.
  ///   - threshold: the weight below which components are pruned.
  public static func componentWeights(
    _ weights: [Double], names: [String] = [], threshold: Double = 0.01
  ) -> Figure {
    precondition(names.isEmpty || names.count == weights.count, "one name a component")
    let order = weights.indices.filter { weights[$0].isFinite }
      .sorted { (weights[$1], $0) < (weights[$0], $1) }
    let entropy = order.reduce(0) { sum, index in
      weights[index] > 0 ? sum - weights[index] * log(weights[index]) : sum
    }
    let effective = order.isEmpty ? 0 : exp(entropy)
    let top = (order.first.map { weights[$0] } ?? 1) * 108
    let y = Scale(0, max(top, threshold * 150), start: 300, end: 48)
    let slot = min(max(620 / Double(max(order.count, 1)), 18), 60)
    let box = Box(
      x: leftMargin(y.ticks()), y: 48, width: max(slot * Double(order.count) + 10, 240), height: 252)
    var canvas = Canvas()
    let title =
      "Component weights: \(order.count) components, effective number \(decimalText(effective, decimals: 1))"
    canvas.header(title)
    let ticks = order.enumerated().map { position, index in
      Tick(
        value: (Double(position) + 0.5) * slot + 5, label: names.isEmpty ? String(index) : names[index])
    }
    let x = Scale(0, box.width, start: box.x, end: box.maxX)
    let panel = Panel(box: box, x: x, y: y)
    canvas.axes(
      panel, PanelLabels(x: "Component", y: "Weight (% of spikes)", xTicks: ticks, yTicks: y.ticks()))
    for (tick, index) in zip(ticks, order) {
      let height = y(0) - y(weights[index] * 100)
      canvas.rectangle(
        Box(x: x(tick.value) - slot * 0.36, y: y(0) - height, width: slot * 0.72, height: height),
        colour: Palette.colour(index), tooltip: "\(tick.label): \(percentText(weights[index]))")
    }
    let line = y(threshold * 100)
    canvas.line(box.x, line, box.maxX, line, "ink", dashes: "5 4")
    canvas.text("\(percentText(threshold)) pruning line", x: box.maxX + 6, y: line + 4, "soft tick")
    if order.isEmpty { canvas.notice("no components", in: box) }
    return Figure(
      title: title,
      summary: "Bar chart of \(order.count) mixture weights, largest first; "
        + "\(order.count { weights[$0] < threshold }) below \(percentText(threshold)).",
      width: box.maxX + 120, height: box.maxY + 46, canvas: canvas)
  }
}
