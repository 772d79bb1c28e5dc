#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

extension Figure {
  /// The log likelihood gained for each parameter added, ΔL/ΔP, from one number of components to the next.
  ///
  /// BIC = −2 L + P ln N falls exactly where ΔL/ΔP is above ½ ln N; that line is drawn, and ln N, twice as
  /// strict, beside it. The gain axis is logarithmic when every gain is positive.
  /// - Parameters:
  ///   - components: the numbers of components, ascending.
  ///   - logLikelihoods: the best log likelihood of each, natural logarithm.
  ///   - parameters: the number of free parameters of each.
  ///   - sampleCount: the number N of data points.
  public static func likelihoodGain(
    components: [Int], logLikelihoods: [Double], parameters: [Int], sampleCount: Int
  ) -> Figure {
    precondition(
      components.count == logLikelihoods.count && components.count == parameters.count,
      "one log likelihood and one parameter count a number of components")
    let gains = components.indices.dropFirst().map { index -> (number: Int, gain: Double) in
      let added = parameters[index] - parameters[index - 1]
      let gained = logLikelihoods[index] - logLikelihoods[index - 1]
      return (components[index], added == 0 ? .nan : gained / Double(added))
    }
    let lnN = log(Double(max(sampleCount, 1)))
    let values = gains.map(\.gain).filter(\.isFinite)
    let panel = gainPanel(gains.map { Double($0.number) }, values, lines: [lnN / 2, lnN])
    var canvas = Canvas()
    canvas.header("Likelihood gained per added parameter")
    let isLogarithmic = panel.y.isLogarithmic
    canvas.axes(
      panel,
      PanelLabels(
        x: "K, components a fit starts with",
        y: "ΔL / ΔP from K − 1 to K" + (isLogarithmic ? " (log scale)" : ""),
        xTicks: panel.x.wholeTicks(), yTicks: panel.y.ticks(about: 6)))
    let half = "½ ln N = \(decimalText(lnN / 2, decimals: 2)): BIC falls above"
    let whole = "ln N = \(decimalText(lnN, decimals: 2)): twice as strict"
    canvas.line(panel.box.x, panel.y(lnN / 2), panel.box.maxX, panel.y(lnN / 2), "ink", dashes: "5 4")
    canvas.line(panel.box.x, panel.y(lnN), panel.box.maxX, panel.y(lnN), "ink", dashes: "1.5 3")
    let points = gains.map { (x: panel.x(Double($0.number)), y: panel.y($0.gain)) }
    canvas.stroke(PathData(points).text, colour: Palette.colour(0), width: 2)
    for (point, gain) in zip(points, gains) where gain.gain.isFinite {
      canvas.dot(
        x: point.x, y: point.y, radius: 3.6, colour: Palette.colour(0),
        tooltip: "K = \(gain.number): \(decimalText(gain.gain, decimals: 2))")
    }
    if values.isEmpty { canvas.notice("needs two numbers of components", in: panel.box) }
    let entries = [
      LegendEntry(symbol: .line(colour: Palette.colour(0)), label: "ΔL / ΔP"),
      LegendEntry(symbol: .dashedInk(dashes: "1.5 3"), label: whole),
      LegendEntry(symbol: .dashedInk(dashes: "5 4"), label: half),
    ]
    canvas.legend(entries, x: panel.box.maxX + 18, y: panel.box.y)
    let paying = gains.filter { $0.gain > lnN / 2 }.map { String($0.number) }.joined(separator: ", ")
    return Figure(
      title: "Likelihood gained per added parameter",
      summary: "ΔL/ΔP over the number of components against ½ ln N = \(decimalText(lnN / 2, decimals: 2)). "
        + "The BIC falls on reaching K = \(paying.isEmpty ? "none" : paying).",
      width: panel.box.maxX + legendWidth(entries) + 26, height: panel.box.maxY + 46, canvas: canvas)
  }

  private static func gainPanel(_ numbers: [Double], _ gains: [Double], lines: [Double]) -> Panel {
    let shown = gains + lines
    let y = Scale(
      covering: gains.allSatisfy { $0 > 0 } ? shown : shown + [0], margin: 0.08, start: 344, end: 52,
      isLogarithmic: shown.allSatisfy { $0 > 0 })
    let box = Box(x: leftMargin(y.ticks(about: 6)), y: 52, width: 480, height: 292)
    let x = Scale((numbers.min() ?? 2) - 0.5, (numbers.max() ?? 3) + 0.5, start: box.x, end: box.maxX)
    return Panel(box: box, x: x, y: y)
  }
}
