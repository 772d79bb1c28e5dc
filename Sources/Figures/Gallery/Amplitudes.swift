/// The spikes of one unit: when they came and how large they were.
public struct UnitAmplitudes: Sendable, Equatable {
  /// What the unit is called.
  public var name: String
  /// Spike times in seconds.
  public var timesSeconds: [Double]
  /// One amplitude a spike.
  public var amplitudes: [Double]

  /// A unit's amplitudes from the spikes' times and sizes.
  public init(name: String, timesSeconds: [Double], amplitudes: [Double]) {
    precondition(timesSeconds.count == amplitudes.count, "one amplitude a spike")
    self.name = name
    self.timesSeconds = timesSeconds
    self.amplitudes = amplitudes
  }
}

extension Figure {
  /// The amplitude of every spike against time, one strip a unit, with the running median: drift, loss of a
  /// unit at the threshold and bursts show here.
  ///
  /// - Parameters:
  ///   - units: the spikes; colours follow the index.
  ///   - startSeconds: when the recording, or what was sorted of it, starts.
  ///   - durationSeconds: how long it is.
  ///   - amplitudeUnit: the amplitudes' unit.
  ///   - shaded: stretches in which no spikes were looked for.
  public static func amplitudes(
    _ units: [UnitAmplitudes], startSeconds: Double = 0, durationSeconds: Double,
    amplitudeUnit: String = "µV",
    shaded: [ShadedTime] = []
  ) -> Figure {
    let height = units.count > 8 ? 58.0 : 76
    let left = max((units.map { estimatedWidth($0.name) }.max() ?? 0) + 76, 126)
    let top = 58.0
    let pitch = height + 14
    let duration = durationSeconds > 0 && durationSeconds.isFinite ? durationSeconds : 1
    let x = Scale(startSeconds, startSeconds + duration, start: left, end: left + 780)
    var canvas = Canvas()
    canvas.header(
      "Amplitude over time",
      note: "one dot a spike · line: running median · each strip on its own scale"
        + (shaded.isEmpty ? "" : " · grey: left out"))
    for (row, unit) in units.enumerated() {
      let box = Box(x: left, y: top + Double(row) * pitch, width: 780, height: height)
      canvas.unitName(unit.name, index: row, x: 12, y: box.midY)
      canvas.text(
        "\(decimalText(Double(unit.timesSeconds.count))) spikes", x: 21, y: box.midY + 15, "soft tick")
      canvas.shade(shaded, x: x, in: box)
      canvas.amplitudeStrip(unit, colour: Palette.colour(row), x: x, in: box)
    }
    let bottom = top + Double(max(units.count, 1)) * pitch - 14
    for tick in x.ticks(about: 8) {
      canvas.line(x(tick.value), bottom, x(tick.value), bottom + 4, "axis")
      canvas.text(tick.label, x: x(tick.value), y: bottom + 16, "soft tick", anchor: .middle)
    }
    canvas.text("Time (s)", x: left + 390, y: bottom + 34, anchor: .middle)
    canvas.text("Amplitude (\(amplitudeUnit))", x: left + 780, y: top - 18, "soft tick", anchor: .end)
    if units.isEmpty { canvas.notice("no units", in: Box(x: left, y: top, width: 780, height: height)) }
    return Figure(
      title: "Amplitude over time",
      summary: "Spike amplitudes of \(units.count) units in \(amplitudeUnit) over "
        + "\(decimalText(duration)) s, one strip a unit, with running medians.",
      width: left + 780 + 24, height: bottom + 48, canvas: canvas)
  }
}

extension Canvas {
  fileprivate mutating func amplitudeStrip(_ unit: UnitAmplitudes, colour: String, x: Scale, in box: Box) {
    let range = Figure.bulk(unit.amplitudes, including: [0])
    let isPositive = unit.amplitudes.allSatisfy { !($0 < 0) }
    let y = Scale(isPositive ? 0 : range.lower, range.upper, start: box.maxY, end: box.y)
    let ticks = y.ticks(about: 3)
    axes(Panel(box: box, x: x, y: y), PanelLabels(yTicks: ticks))
    if unit.timesSeconds.isEmpty { notice("no spikes", in: box) }
    dots(
      xs: unit.timesSeconds.map { x($0) }, ys: unit.amplitudes.map { y($0) }, in: box, colour: colour,
      diameter: min(DotCloud.diameter(points: unit.timesSeconds.count * 4), 2.2), opacity: 0.6)
    let median = PathData(runningMedian(unit, from: x.lower, to: x.upper).map { (x: x($0.x), y: y($0.y)) })
    add("path", ["d": median.text, "class": "halo", "fill": "none", "stroke-width": "3.5"])
    add("path", ["d": median.text, "class": "ink", "stroke-width": "1.6"])
  }

  /// Medians over up to 48 equal stretches of time; gaps where a stretch has fewer than four spikes.
  private func runningMedian(
    _ unit: UnitAmplitudes, from start: Double, to end: Double
  ) -> [(x: Double, y: Double)] {
    let bins = min(max(unit.timesSeconds.count / 16, 4), 48)
    var values = [[Double]](repeating: [], count: bins)
    for (time, amplitude) in zip(unit.timesSeconds, unit.amplitudes)
    where time >= start && time <= end && amplitude.isFinite {
      values[min(Int((time - start) / (end - start) * Double(bins)), bins - 1)].append(amplitude)
    }
    return values.enumerated().map { bin, amplitudes in
      let time = start + (Double(bin) + 0.5) / Double(bins) * (end - start)
      return (time, amplitudes.count < 4 ? .nan : amplitudes.sorted()[amplitudes.count / 2])
    }
  }
}
