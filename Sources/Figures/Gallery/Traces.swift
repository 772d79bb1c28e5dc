/// A stretch of one channel before and after filtering.
public struct ChannelTrace: Sendable, Equatable {
  /// What the channel is called.
  public var name: String
  /// The voltage as recorded.
  public var raw: [Double]
  /// The voltage after filtering, as many samples as `raw`.
  public var filtered: [Double]
  /// The detection thresholds in the filtered voltage, signed: one or two.
  public var thresholds: [Double]
  /// The samples of the detected spikes, from the start of the stretch.
  public var detections: [Int]

  /// A stretch from its two voltages, the thresholds and the detected samples.
  public init(
    name: String, raw: [Double], filtered: [Double], thresholds: [Double], detections: [Int]
  ) {
    self.name = name
    self.raw = raw
    self.filtered = filtered
    self.thresholds = thresholds
    self.detections = detections
  }
}

extension Figure {
  /// Raw above filtered voltage of some channels on one time axis, with thresholds and detections.
  ///
  /// Long stretches are drawn by the lowest and highest sample of each half pixel, so no spike is lost.
  /// - Parameters:
  ///   - channels: the stretches, all of the same length.
  ///   - startSeconds: the time of the first sample.
  ///   - rateHertz: samples a second.
  ///   - band: the filter's band in words, such as "300–6,000 Hz".
  ///   - voltageUnit: "µV", or "ADC units" where the gain is unknown.
  public static func traces(
    _ channels: [ChannelTrace], startSeconds: Double, rateHertz: Double, band: String,
    voltageUnit: String = "µV"
  ) -> Figure {
    let samples = channels.map { max($0.raw.count, $0.filtered.count) }.max() ?? 0
    let left = max((channels.map { estimatedWidth($0.name) }.max() ?? 0) + 26, 64)
    let width = 820.0
    let rowHeight = 62.0
    let rawTop = 86.0
    let filteredTop = rawTop + Double(max(channels.count, 1)) * rowHeight + 34
    let seconds = startSeconds..<(startSeconds + Double(max(samples, 2)) / max(rateHertz, 1e-9))
    var canvas = Canvas()
    canvas.header(
      "Raw and filtered voltage", note: "dashed: detection threshold · triangles: detected spikes")
    let rawRange = halfRange(channels.map(\.raw))
    let filteredRange = halfRange(channels.map { $0.filtered + $0.thresholds.map { $0 * 1.3 } })
    for (isFiltered, top, range) in [(false, rawTop, rawRange), (true, filteredTop, filteredRange)] {
      let heading = isFiltered ? "Filtered, \(band)" : "Raw, each channel about its middle"
      canvas.text(heading, x: left, y: top - 9, "text heading")
      for (row, channel) in channels.enumerated() {
        let box = Box(x: left, y: top + Double(row) * rowHeight, width: width, height: rowHeight - 6)
        canvas.trace(channel, isFiltered: isFiltered, halfRange: range, samples: samples, in: box)
      }
      let middle = top + rowHeight / 2
      canvas.scaleBar(range: 2 * range, height: rowHeight - 6, x: left + width + 8, y: middle, voltageUnit)
    }
    let bottom = filteredTop + Double(max(channels.count, 1)) * rowHeight
    let x = Scale(seconds.lowerBound, seconds.upperBound, start: left, end: left + width)
    canvas.line(left, bottom, left + width, bottom, "axis")
    for tick in x.ticks(about: 8) {
      canvas.line(x(tick.value), bottom, x(tick.value), bottom + 4, "axis")
      canvas.text(tick.label, x: x(tick.value), y: bottom + 16, "soft tick", anchor: .middle)
    }
    canvas.text("Time (s)", x: left + width / 2, y: bottom + 33, anchor: .middle)
    if channels.isEmpty { canvas.notice("no channels", in: Box(x: left, y: 86, width: width, height: 60)) }
    return Figure(
      title: "Raw and filtered voltage",
      summary: "\(channels.count) channels from \(decimalText(startSeconds, decimals: 2)) s on, raw above "
        + "filtered, with \(channels.reduce(0) { $0 + $1.detections.count }) detections.",
      width: left + width + 92, height: bottom + 48, canvas: canvas)
  }

  /// Half of the range that all rows of a block share, each about its own middle: offsets between channels do
  /// not flatten the traces.
  private static func halfRange(_ rows: [[Double]]) -> Double {
    let widest =
      rows.map { row in
        let finite = row.filter(\.isFinite)
        return (finite.max() ?? 0) - (finite.min() ?? 0)
      }.max() ?? 0
    return widest > 0 ? widest / 2 * 1.12 : 1
  }
}

extension Canvas {
  fileprivate mutating func trace(
    _ channel: ChannelTrace, isFiltered: Bool, halfRange: Double, samples: Int, in box: Box
  ) {
    let values = isFiltered ? channel.filtered : channel.raw
    let finite = values.filter(\.isFinite)
    let centre = ((finite.min() ?? 0) + (finite.max() ?? 0)) / 2
    let y = Scale(centre - halfRange, centre + halfRange, start: box.maxY, end: box.y)
    let x = Scale(0, Double(max(samples - 1, 1)), start: box.x, end: box.maxX)
    text(channel.name, x: box.x - 10, y: box.midY + 4, "text heading", anchor: .end)
    let path = envelope(values, x: x, y: y, width: box.width)
    guard isFiltered else {
      add("path", ["d": path, "class": "trace", "stroke-width": "0.8"])
      return
    }
    add("path", ["d": path, "class": "ink", "stroke-width": "0.8"])
    for threshold in channel.thresholds where y.contains(threshold) {
      add(
        "path",
        [
          "d": "M\(pixels(box.x)) \(pixels(y(threshold)))h\(pixels(box.width))", "stroke": Palette.colour(3),
          "stroke-width": "1", "stroke-dasharray": "5 4", "fill": "none",
        ])
    }
    for sample in channel.detections where values.indices.contains(sample) {
      let below = values[sample] < 0
      let tip = y(values[sample]) + (below ? 3 : -3)
      let (px, step) = (x(Double(sample)), below ? 6.0 : -6)
      fill(
        PathData([(px, tip), (px - 3.6, tip + step), (px + 3.6, tip + step)], closed: true).text,
        colour: Palette.colour(3))
    }
  }

  /// A trace through every sample, or through the extremes of each half pixel where there are more.
  private func envelope(_ values: [Double], x: Scale, y: Scale, width: Double) -> String {
    let bins = Int(width * 2)
    guard values.count > 2 * bins else {
      return PathData(values.enumerated().map { (x: x(Double($0.offset)), y: y($0.element)) }).text
    }
    var path = PathData()
    for bin in 0..<bins {
      let range = (bin * values.count / bins)..<((bin + 1) * values.count / bins)
      guard let low = range.min(by: { values[$0] < values[$1] }),
        let high = range.max(by: { values[$0] < values[$1] })
      else { continue }
      for sample in [min(low, high), max(low, high)] { path.line(x(Double(sample)), y(values[sample])) }
    }
    return path.text
  }

  /// A vertical bar of a round voltage with its value.
  fileprivate mutating func scaleBar(
    range: Double, height: Double, x: Double, y: Double, _ voltageUnit: String
  ) {
    let size = Scale.roundStep(range * 0.3)
    let length = size / range * height
    line(x, y - length / 2, x, y + length / 2, "ink")
    text(
      "\(decimalText(size, decimals: size < 1 ? 2 : 0)) \(voltageUnit)", x: x + 5, y: y + 4, "soft tick")
  }
}
