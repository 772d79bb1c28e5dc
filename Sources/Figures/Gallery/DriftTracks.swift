/// The mean amplitude of a component of one unit on one channel over time, with its band.
public struct AmplitudeTrack: Sendable, Equatable {
  /// The mean amplitude in every time frame.
  public var means: [Double]
  /// Its standard deviation given all spikes, in every time frame.
  public var deviations: [Double]

  /// A track from its means and their standard deviations.
  public init(means: [Double], deviations: [Double]) {
    precondition(means.count == deviations.count, "one standard deviation a mean")
    self.means = means
    self.deviations = deviations
  }
}

/// How a unit's amplitudes drift.
public struct UnitDrift: Sendable, Equatable {
  /// What the unit is called.
  public var name: String
  /// A track for every component of the unit (row) and every channel.
  public var tracks: [[AmplitudeTrack]]
  /// The unit's own channels, one a column; empty where all units have those of the columns.
  public var channelNames: [String]

  /// A unit's drift from the tracks of its components on the channels.
  public init(name: String, tracks: [[AmplitudeTrack]], channelNames: [String] = []) {
    self.name = name
    self.tracks = tracks
    self.channelNames = channelNames
  }
}

extension Figure {
  /// The mean amplitude of every unit (row) on every channel (column) over time, as the drifting mixture sees it, with
  /// the band of 1.96 standard deviations about each mean. Panels of a row share their scale.
  ///
  /// - Parameters:
  ///   - units: colours follow the index; all tracks have the same length.
  ///   - channelNames: one a column.
  ///   - startSeconds: when the first time frame starts.
  ///   - secondsPerFrame: the length of a time frame.
  ///   - amplitudeUnit: the amplitudes' unit.
  ///   - times: the middle of every time frame, where they do not follow one another evenly.
  ///   - shaded: stretches that no time frame counts.
  public static func driftTracks(
    _ units: [UnitDrift], channelNames: [String], startSeconds: Double = 0, secondsPerFrame: Double,
    amplitudeUnit: String = "µV", times: [Double]? = nil, shaded: [ShadedTime] = []
  ) -> Figure {
    let left = max((units.map { estimatedWidth($0.name) }.max() ?? 0) + 76, 126)
    let (width, height, gap, top) = (channelNames.count > 1 ? 180.0 : 780.0, 70.0, 26.0, 78.0)
    let frames = units.flatMap { $0.tracks.joined().map(\.means.count) }.max() ?? 0
    let middles = times ?? (0..<frames).map { startSeconds + (Double($0) + 0.5) * secondsPerFrame }
    let even = startSeconds + Double(max(frames, 1)) * secondsPerFrame
    let end =
      times.map { max(even, ($0.last ?? even) + secondsPerFrame / 2, shaded.last?.end ?? even) } ?? even
    let right = left + Double(max(channelNames.count, 1)) * (width + gap)
    var canvas = Canvas()
    canvas.header(
      "Drift of the mean amplitude on each channel (\(amplitudeUnit))",
      note: "line: mean at the trough, one a component · band: 95 % · each row on one scale")
    for (column, name) in channelNames.enumerated() {
      canvas.text(name, x: left + Double(column) * (width + gap), y: top - 8, "text heading")
    }
    for (row, unit) in units.enumerated() {
      let y = top + Double(row) * (height + 14)
      canvas.unitName(unit.name, index: row, x: 12, y: y + height / 2)
      let means = unit.tracks.flatMap { $0.flatMap(\.means) }
      let scale = Scale(covering: means, margin: 0.15, start: y + height, end: y)
      for column in channelNames.indices {
        let box = Box(x: left + Double(column) * (width + gap), y: y, width: width, height: height)
        let panel = Panel(
          box: box, x: Scale(startSeconds, end, start: box.x, end: box.maxX), y: scale)
        canvas.shade(shaded, x: panel.x, in: box)
        canvas.driftPanel(
          unit.tracks.compactMap { column < $0.count ? $0[column] : nil }, colour: Palette.colour(row),
          times: middles, labelled: column == 0, in: panel)
        if column < unit.channelNames.count {
          // Where the line is not.
          let last = unit.tracks.last.flatMap { column < $0.count ? $0[column].means.last : nil } ?? 0
          let isHigh = scale(last) < box.y + height / 2
          canvas.text(
            unit.channelNames[column], x: box.maxX - 4, y: isHigh ? box.maxY - 6 : box.y + 12, "soft tick",
            anchor: .end)
        }
      }
    }
    let bottom = top + Double(max(units.count, 1)) * (height + 14) - 14
    for column in channelNames.indices {
      let start = left + Double(column) * (width + gap)
      let x = Scale(startSeconds, end, start: start, end: start + width)
      for tick in x.ticks(about: channelNames.count > 1 ? 3 : 8) {
        canvas.line(x(tick.value), bottom, x(tick.value), bottom + 4, "axis")
        canvas.text(tick.label, x: x(tick.value), y: bottom + 16, "soft tick", anchor: .middle)
      }
    }
    canvas.text("Time (s)", x: (left + right - gap) / 2, y: bottom + 34, anchor: .middle)
    if units.isEmpty { canvas.notice("no units", in: Box(x: left, y: top, width: 200, height: height)) }
    return Figure(
      title: "Drift of the mean amplitude on each channel",
      summary: "Mean amplitudes of \(units.count) units on \(channelNames.count) channels over time in "
        + "\(amplitudeUnit), a row of panels a unit, each with its 95 % band.",
      width: right, height: bottom + 48, canvas: canvas)
  }
}

extension Canvas {
  /// At most this many points of a track are drawn.
  private static let pointsDrawn = 120

  fileprivate mutating func driftPanel(
    _ tracks: [AmplitudeTrack], colour: String, times: [Double], labelled: Bool, in panel: Panel
  ) {
    let ticks = panel.y.ticks(about: 3)
    axes(
      panel,
      PanelLabels(yTicks: labelled ? ticks : ticks.map { Tick(value: $0.value, label: "") }))
    clipped(to: panel.box) { canvas in
      for track in tracks {
        let step = max(1, (track.means.count + Self.pointsDrawn - 1) / Self.pointsDrawn)
        let shown = Swift.stride(from: 0, to: min(track.means.count, times.count), by: step)
        func points(_ deviations: Double) -> [(x: Double, y: Double)] {
          shown.map { t in (panel.x(times[t]), panel.y(track.means[t] + deviations * track.deviations[t])) }
        }
        canvas.fill(
          PathData(points(1.96) + points(-1.96).reversed(), closed: true).text, colour: colour, opacity: 0.28)
        canvas.stroke(PathData(points(0)).text, colour: colour, width: 1.6)
      }
    }
  }
}
