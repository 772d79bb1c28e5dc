/// The waveform of one unit where it is seen on a probe.
public struct PlacedWaveform: Sendable, Equatable {
  /// What the unit is called.
  public var name: String
  /// The number of its spikes.
  public var spikeCount: Int
  /// The channels drawn, by name.
  public var channelNames: [String]
  /// Their places in µm: x across and y along the probe.
  public var positions: [(x: Double, y: Double)]
  /// Mean snippet: channels × samples.
  public var mean: [[Double]]
  /// Standard deviation: channels × samples.
  public var standardDeviation: [[Double]]

  /// A waveform on some channels of a probe.
  public init(
    name: String, spikeCount: Int, channelNames: [String], positions: [(x: Double, y: Double)],
    mean: [[Double]], standardDeviation: [[Double]]
  ) {
    precondition(
      positions.count == mean.count && channelNames.count == mean.count,
      "a place and a name for every channel")
    self.name = name
    self.spikeCount = spikeCount
    self.channelNames = channelNames
    self.positions = positions
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Whether all parts are the same.
  public static func == (a: PlacedWaveform, b: PlacedWaveform) -> Bool {
    a.name == b.name && a.spikeCount == b.spikeCount && a.channelNames == b.channelNames
      && a.positions.elementsEqual(b.positions) { $0 == $1 } && a.mean == b.mean
      && a.standardDeviation == b.standardDeviation
  }
}

extension Figure {
  /// One panel a unit: its mean waveform ± one standard deviation on every channel given, drawn where the contact is.
  ///
  /// Within a panel all channels have one voltage scale, so that the footprint can be read; panels differ.
  /// - Parameters:
  ///   - units: the waveforms; colours follow the index.
  ///   - timing: sampling rate and sample of the spike.
  ///   - voltageUnit: "µV", or "ADC units" where the gain is unknown.
  public static func probeWaveforms(
    _ units: [PlacedWaveform], timing: SnippetTiming, voltageUnit: String = "µV"
  ) -> Figure {
    let columns = min(max(units.count, 1), 5)
    let panel = (width: 216.0, height: 236.0)
    let top = 70.0
    var canvas = Canvas()
    let samples = units.flatMap { $0.mean.map(\.count) }.max() ?? 1
    let milliseconds = Double(samples) * 1000 / max(timing.rateHertz, 1e-9)
    canvas.header(
      "Mean waveforms on the probe",
      note:
        "each channel at its contact's place, \(decimalText(milliseconds, decimals: 1)) ms · band: ± 1 sd "
        + "· dark name: largest channel · bar: voltage scale of the panel")
    for (i, unit) in units.enumerated() {
      let (row, column) = i.quotientAndRemainder(dividingBy: columns)
      let box = Box(
        x: 14 + Double(column) * panel.width, y: top + Double(row) * panel.height, width: panel.width - 18,
        height: panel.height - 14)
      canvas.footprint(unit, index: i, voltageUnit: voltageUnit, in: box)
    }
    let rows = (max(units.count, 1) + columns - 1) / columns
    if units.isEmpty { canvas.notice("no units", in: Box(x: 14, y: top, width: 320, height: 80)) }
    return Figure(
      title: "Mean waveforms on the probe",
      summary:
        "Waveforms of \(units.count) units at the places of the contacts that see them, in \(voltageUnit).",
      width: max(Double(columns) * panel.width + 20, 640), height: top + Double(rows) * panel.height + 6,
      canvas: canvas)
  }
}

extension Canvas {
  /// A unit's name and its waveforms in a box.
  fileprivate mutating func footprint(
    _ unit: PlacedWaveform, index: Int, voltageUnit: String, in box: Box
  ) {
    unitName(unit.name, index: index, x: box.x, y: box.y + 8)
    text(
      "\(decimalText(Double(unit.spikeCount))) spikes", x: box.maxX, y: box.y + 8, "soft tick", anchor: .end)
    let area = Box(x: box.x, y: box.y + 20, width: box.width - 4, height: box.height - 64)
    let xs = unit.positions.map(\.x)
    let ys = unit.positions.map(\.y)
    guard let left = xs.min(), let right = xs.max(), let low = ys.min(), let high = ys.max() else { return }
    // Columns and rows of contacts: a cell as wide and as high as the nearest two that share none.
    let columns = max(1, distinct(xs))
    let rows = max(1, distinct(ys))
    let width = area.width / Double(columns)
    let step = rows > 1 ? area.height / Double(rows + 1) : area.height / 2
    var extremes: [Double] = [0]
    for (mean, deviation) in zip(unit.mean, unit.standardDeviation) {
      for (m, s) in zip(mean, deviation) { extremes += [m - s, m + s] }
    }
    let (most, least) = (extremes.max() ?? 0, extremes.min() ?? 0)
    // Waveforms may reach over their neighbours' rest, not over their peaks.
    let pixels = 2.4 * step / max(most - least, 1e-9)
    let peak = unit.mean.indices.max { depth(unit.mean[$0]) < depth(unit.mean[$1]) }
    for (c, position) in unit.positions.enumerated() {
      let x = area.x + (columns > 1 ? (position.x - left) / (right - left) * (area.width - width) : 0)
      let share = high > low ? (high - position.y) / (high - low) : 0.5
      let y = area.y + step * 0.8 + share * (area.height - 1.6 * step)
      waveform(
        unit, channel: c, from: x, width: width - 8, baseline: y, pixels: pixels,
        colour: Palette.colour(index))
      text(unit.channelNames[c], x: x, y: y - 5, c == peak ? "tick" : "soft tick")
    }
    let size = Scale.roundStep((most - least) * 0.4)
    let (x, y) = (box.x + 2, box.maxY - 4)
    line(x, y, x, y - size * pixels, "ink")
    text("\(decimalText(size, decimals: size < 1 ? 2 : 0)) \(voltageUnit)", x: x + 6, y: y - 1, "soft tick")
  }

  private func distinct(_ places: [Double]) -> Int { Set(places.map { ($0 * 10).rounded() }).count }

  private func depth(_ mean: [Double]) -> Double { mean.reduce(0) { max($0, abs($1)) } }

  private mutating func waveform(
    _ unit: PlacedWaveform, channel: Int, from x: Double, width: Double, baseline: Double, pixels: Double,
    colour: String
  ) {
    let mean = unit.mean[channel]
    let step = width / Double(max(mean.count - 1, 1))
    func point(_ sample: Int, _ value: Double) -> (x: Double, y: Double) {
      (x: x + Double(sample) * step, y: baseline - value * pixels)
    }
    let pairs = Array(zip(mean, unit.standardDeviation[channel]))
    let upper = pairs.enumerated().map { point($0, $1.0 + $1.1) }
    let lower = pairs.enumerated().reversed().map { point($0, $1.0 - $1.1) }
    fill(PathData(upper + lower, closed: true).text, colour: colour, opacity: 0.2)
    stroke(PathData(mean.enumerated().map { point($0, $1) }).text, colour: colour, width: 1.6)
  }
}
