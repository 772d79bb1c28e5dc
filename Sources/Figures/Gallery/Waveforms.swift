/// The waveform of one unit on all channels.
public struct UnitWaveform: Sendable, Equatable {
  /// What the unit is called.
  public var name: String
  /// The number of its spikes.
  public var spikeCount: Int
  /// Mean snippet: channels × samples.
  public var mean: [[Double]]
  /// Standard deviation of the snippets, channels × samples; empty when unknown.
  public var standardDeviation: [[Double]]
  /// Some spikes of the unit: spikes × channels × samples; may be empty.
  public var examples: [[[Double]]]

  /// A waveform from its mean, deviation and example spikes, all in the same unit of voltage.
  public init(
    name: String, spikeCount: Int, mean: [[Double]], standardDeviation: [[Double]] = [],
    examples: [[[Double]]] = []
  ) {
    self.name = name
    self.spikeCount = spikeCount
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.examples = examples
  }
}

/// How the samples of a snippet lie in time.
public struct SnippetTiming: Sendable, Equatable {
  /// Samples a second.
  public var rateHertz: Double
  /// The sample at which the spike is, time 0.
  public var peakSample: Int

  /// A timing from the sampling rate and the sample of the spike.
  public init(rateHertz: Double, peakSample: Int) {
    self.rateHertz = rateHertz
    self.peakSample = peakSample
  }

  fileprivate func milliseconds(_ sample: Int) -> Double {
    Double(sample - peakSample) * 1000 / max(rateHertz, 1e-9)
  }
}

extension Figure {
  /// The most example spikes drawn for a unit, evenly taken from those given.
  private static let exampleLimit = 24

  /// One row a unit, one column a channel: example spikes thin, mean ± one standard deviation, a scale bar.
  ///
  /// A row has one voltage scale for all its channels, so that the footprint can be read; rows differ.
  /// - Parameters:
  ///   - units: the waveforms; colours follow the index.
  ///   - channelNames: one a channel.
  ///   - timing: sampling rate and sample of the spike.
  ///   - voltageUnit: "µV", or "ADC units" where the gain is unknown.
  public static func waveforms(
    _ units: [UnitWaveform], channelNames: [String], timing: SnippetTiming, voltageUnit: String = "µV"
  ) -> Figure {
    let cell = (
      width: min(max(700 / Double(max(channelNames.count, 1)), 60), 190), height: units.count > 8 ? 66.0 : 84
    )
    let left = max((units.map { estimatedWidth($0.name) }.max() ?? 0) + 38, 104)
    let top = 78.0
    let samples = units.flatMap { $0.mean.map(\.count) }.max() ?? 1
    var canvas = Canvas()
    canvas.header(
      "Mean waveforms",
      note: "line: mean · band: ± 1 sd · thin: single spikes · bar: voltage scale of the row")
    for (column, name) in channelNames.enumerated() {
      canvas.text(
        name, x: left + (Double(column) + 0.5) * cell.width, y: top - 10, "text heading", anchor: .middle)
    }
    for (row, unit) in units.enumerated() {
      let rowTop = top + Double(row) * (cell.height + 8)
      let height = cell.height
      canvas.unitName(unit.name, index: row, x: 12, y: rowTop + height / 2)
      canvas.text(
        "\(decimalText(Double(unit.spikeCount))) spikes", x: 21, y: rowTop + height / 2 + 15, "soft tick")
      let boxes = channelNames.indices.map {
        Box(x: left + Double($0) * cell.width, y: rowTop, width: cell.width - 12, height: height)
      }
      canvas.waveformRow(
        unit, colour: Palette.colour(row), samples: samples, timing: timing, voltageUnit: voltageUnit,
        in: boxes, exampleLimit: exampleLimit)
    }
    let bottom = top + Double(max(units.count, 1)) * (cell.height + 8)
    let right = left + Double(channelNames.count) * cell.width
    for column in channelNames.indices {
      let box = Box(x: left + Double(column) * cell.width, y: bottom, width: cell.width - 12, height: 0)
      canvas.timeAxis(timing, samples: samples, in: box, hasLabel: column == 0)
    }
    if units.isEmpty {
      canvas.notice("no units", in: Box(x: left, y: top, width: max(right - left, 200), height: cell.height))
    }
    return Figure(
      title: "Mean waveforms",
      summary: "Waveforms of \(units.count) units on \(channelNames.count) channels in \(voltageUnit): "
        + "mean, one standard deviation and single spikes.",
      width: max(right + 84, 480), height: bottom + 50, canvas: canvas)
  }

  /// Single spikes on every channel, coloured by cluster, on one voltage scale.
  ///
  /// - Parameters:
  ///   - snippets: spikes × channels × samples; a hundred or so.
  ///   - labels: one a spike, indices of `names`.
  ///   - names: one a cluster.
  ///   - channelNames: one a channel.
  ///   - timing: sampling rate and sample of the spike.
  ///   - voltageUnit: "µV", or "ADC units" where the gain is unknown.
  public static func spikeSample(
    snippets: [[[Double]]], labels: [Int], names: [String], channelNames: [String], timing: SnippetTiming,
    voltageUnit: String = "µV"
  ) -> Figure {
    precondition(snippets.count == labels.count, "one label a spike")
    let samples = snippets.flatMap { $0.map(\.count) }.max() ?? 2
    let y = Scale(covering: snippets.joined().joined(), start: 330, end: 78)
    let ticks = y.ticks()
    let left = leftMargin(ticks)
    let width = min(max(860 / Double(max(channelNames.count, 1)), 150), 420)
    let times = (timing.milliseconds(0), timing.milliseconds(samples - 1))
    var canvas = Canvas()
    canvas.header("Single spikes by cluster", note: "\(snippets.count) spikes")
    for (column, name) in channelNames.enumerated() {
      let box = Box(x: left + Double(column) * width, y: 78, width: width - 20, height: 252)
      let panel = Panel(box: box, x: Scale(times.0, times.1, start: box.x, end: box.maxX), y: y)
      canvas.axes(
        panel,
        PanelLabels(
          title: name, x: "Time (ms)", y: column == 0 ? "Voltage (\(voltageUnit))" : "",
          xTicks: panel.x.ticks(about: 4),
          yTicks: column == 0 ? ticks : ticks.map { Tick(value: $0.value, label: "") }))
      for (snippet, label) in zip(snippets, labels) where column < snippet.count {
        let points = snippet[column].enumerated().map {
          (x: panel.x(timing.milliseconds($0.offset)), y: y($0.element))
        }
        canvas.stroke(PathData(points).text, colour: Palette.colour(label), width: 1, opacity: 0.65)
      }
      if snippets.isEmpty { canvas.notice("no spikes", in: box) }
    }
    let right = left + Double(channelNames.count) * width
    let entries = names.indices.map {
      LegendEntry(symbol: .dot(colour: Palette.colour($0)), label: names[$0])
    }
    canvas.legend(entries, x: right, y: 78, rowsPerColumn: 15)
    let columns = Double((entries.count + 14) / 15)
    return Figure(
      title: "Single spikes by cluster",
      summary: "\(snippets.count) single spikes on \(channelNames.count) channels, coloured by cluster.",
      width: right + max(columns, 1) * legendWidth(entries) + 10, height: 376, canvas: canvas)
  }
}

extension Canvas {
  /// A unit's waveform in one box a channel, with the scale bar to the right of the last.
  fileprivate mutating func waveformRow(
    _ unit: UnitWaveform, colour: String, samples: Int, timing: SnippetTiming, voltageUnit: String,
    in boxes: [Box], exampleLimit: Int
  ) {
    guard let first = boxes.first, let last = boxes.last else { return }
    var extremes = unit.mean.flatMap(\.self) + [0]
    for (mean, deviation) in zip(unit.mean, unit.standardDeviation) {
      for (m, s) in zip(mean, deviation) { extremes += [m - 1.6 * s, m + 1.6 * s] }
    }
    let y = Scale(covering: extremes, margin: 0.02, start: first.maxY, end: first.y)
    let stride = max(1, (unit.examples.count + exampleLimit - 1) / exampleLimit)
    for (channel, box) in boxes.enumerated() where channel < unit.mean.count {
      let x = Scale(0, Double(max(samples - 1, 1)), start: box.x, end: box.maxX)
      line(box.x, y(0), box.maxX, y(0), "grid")
      clipped(to: box) { canvas in
        var thin = PathData()
        for index in Swift.stride(from: 0, to: unit.examples.count, by: stride) {
          guard channel < unit.examples[index].count else { continue }
          thin.move(.nan, .nan)
          for (sample, value) in unit.examples[index][channel].enumerated() {
            thin.line(x(Double(sample)), y(value))
          }
        }
        canvas.stroke(thin.text, colour: colour, width: 0.6, opacity: 0.35)
        if channel < unit.standardDeviation.count {
          let pairs = Array(zip(unit.mean[channel], unit.standardDeviation[channel]))
          let upper = pairs.enumerated().map { (x: x(Double($0)), y: y($1.0 + $1.1)) }
          let lower = pairs.enumerated().reversed().map { (x: x(Double($0)), y: y($1.0 - $1.1)) }
          canvas.fill(PathData(upper + lower, closed: true).text, colour: colour, opacity: 0.25)
        }
      }
      let mean = unit.mean[channel].enumerated().map { (x: x(Double($0)), y: y($1)) }
      stroke(PathData(mean).text, colour: colour, width: 2)
    }
    let size = Scale.roundStep((y.upper - y.lower) * 0.22)
    let middle = (y.upper + y.lower) / 2
    line(last.maxX + 8, y(middle - size / 2), last.maxX + 8, y(middle + size / 2), "ink")
    let decimals = size < 1 ? 2 : 0
    text(
      "\(decimalText(size, decimals: decimals)) \(voltageUnit)", x: last.maxX + 13, y: y(middle) + 4,
      "soft tick")
  }

  fileprivate mutating func timeAxis(_ timing: SnippetTiming, samples: Int, in box: Box, hasLabel: Bool) {
    let x = Scale(
      timing.milliseconds(0), timing.milliseconds(max(samples - 1, 1)), start: box.x, end: box.maxX)
    line(box.x, box.y, box.maxX, box.y, "axis")
    for tick in x.ticks(about: box.width < 100 ? 2 : 3) {
      line(x(tick.value), box.y, x(tick.value), box.y + 4, "axis")
      text(tick.label, x: x(tick.value), y: box.y + 16, "soft tick", anchor: .middle)
    }
    if hasLabel { text("Time (ms)", x: box.x, y: box.y + 34) }
  }
}
