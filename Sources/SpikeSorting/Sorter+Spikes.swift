internal import Foundation
internal import LinearAlgebra
internal import Recordings
internal import SpikeDetection
public import SpikeFiles
internal import SpikeTrains

extension Sorter {
  /// Sorts spikes that another program detected, entering the pipeline where the data enter it.
  ///
  /// Snippets with times become features, drifting components and units as a recording's spikes do; there is no trace to
  /// match templates to, so collisions stay as they were detected. Features with times skip the first step. Without times
  /// there is a mixture and its figures, and no verdicts.
  /// - Parameters:
  ///   - events: the spikes of one group of channels.
  ///   - progress: told the stage and its share done.
  /// - Throws: `SortingError`, `SpikeDetectionError`, `MixtureError`.
  public func sort(
    _ events: SpikeEvents, progress: @escaping (String, Double) -> Void = { _, _ in }
  ) throws -> SortingRun {
    try options.check()
    try events.checkTables()
    guard events.count > 0 else {
      throw SortingError.badInput(
        "\(events.files.first?.path ?? events.name) (\(events.name)): found no spike, expected at least one")
    }
    try options.checkSignal()
    // Features are of all channels, also of those whose snippets show nothing.
    let faults = events.features == nil ? events.channelFaults : []
    let left = try events.without(faults)
    var run: SortingRun
    if let snippets = left.snippets, let frames = left.frames, let rate = left.samplingRate {
      let watch = StageWatch(progress)
      let sorting = try sorting(
        ofSnippets: snippets, frames, rate: rate, of: left, positions: events.positions(without: faults),
        watch)
      run = SortingRun(sorting: sorting, seconds: watch.seconds)
    } else {
      run = try sort(try FeatureInput(left, threads: threads), progress: progress)
    }
    let sentences = faults.map { fault in
      fault.renumbered { events.channels.indices.contains($0) ? events.channels[$0] : $0 }.description
    }
    run.sorting.warnings = events.notices + sentences + run.sorting.warnings
    return run
  }

  /// Other programs' thresholds leave few spikes a minute, and BIC finds no more components than it has spikes for: on
  /// the real tetrodes tried, 1 to 30 spikes a second, a window of a minute held three clusters where all spikes held
  /// five.
  private static let fewestInWindow = 5000

  private func sorting(
    ofSnippets snippets: Snippets, _ frames: [Int], rate: Double, of events: SpikeEvents,
    positions: [[Double]], _ watch: StageWatch
  ) throws -> Sorting {
    watch.enter(.align)
    // From the start of what was observed, whatever the clock said before.
    let observed = observedFrames(of: frames, sessionFrames: events.frameCount)
    let detected = try DetectedSpikes(
      frames: frames.map { $0 - observed.lowerBound }, aligning: snippets, samplingRate: rate,
      file: events.files.first?.path ?? events.name, threads: threads)
    var source = Sorting.Source(
      files: events.files.map(\.lastPathComponent), checksum: try inputChecksum(of: events.files),
      samplingRate: rate, frameCount: observed.count, channelPositions: positions, channels: events.channels,
      amplitudeUnit: snippets.unit, flatBinary: nil, startFrame: observed.lowerBound, inputs: events.inputs)
    source.clock = events.clock
    var table = SpikeTable(
      detected, frameCount: observed.count, gaps: source.gaps.from(frame: observed.lowerBound))
    table.firstFrame = detected.frames[0]
    table.censoredMilliseconds = Self.shortestInterval(of: frames, rate: rate)
    var own = self
    var clusterer = MixtureClusterer(options)
    clusterer.fewestInWindow = Self.fewestInWindow
    (own.clusterer, own.countsAgain) = (self.clusterer ?? clusterer, false)
    var sorting = try own.sorting(of: source, consume table, in: nil, watch).sorting
    sorting.warnings = detected.warnings + sorting.warnings
    sorting.noise = Sorting.Noise(origin: .snippets, deviations: detected.noise.deviations)
    return sorting
  }

  /// The shortest interval that the detector let through, in ms, by what it let through: another program's lockout is not
  /// known, and lags it cannot have seen must not count as kept refractory periods.
  private static func shortestInterval(of frames: [Int], rate: Double) -> Double {
    let shortest = zip(frames.dropFirst(), frames).map { $0 - $1 }.filter { $0 > 0 }.min() ?? 0
    return min(Double(max(shortest - 1, 0)) / rate * 1000, Sorting.refractoryMilliseconds * 0.75)
  }
}

extension SpikeEvents {
  /// Refuses tables that do not belong together, as nothing else keeps a caller from making them.
  ///
  /// - Throws: `SortingError.badInput`.
  fileprivate func checkTables() throws(SortingError) {
    let name = files.first?.path ?? name
    if let snippets {
      let (size, overflows) = snippets.frames.multipliedReportingOverflow(by: snippets.channels)
      guard snippets.frames > 0, snippets.channels > 0, !overflows,
        snippets.samples.count.isMultiple(of: size), snippets.samples.allSatisfy(\.isFinite)
      else {
        throw .badInput(
          "\(name): found snippets of \(snippets.frames) frames and \(snippets.channels) channels with "
            + "\(snippets.samples.count) samples, expected finite samples of whole snippets")
      }
    }
    if let features, features.columns < 1 || features.values.count != count * features.columns {
      throw .badInput(
        "\(name): found \(features.values.count) features in \(features.columns) columns, expected a row for each of "
          + "\(count) spikes")
    }
    if let frames {
      let isAscending = zip(frames, frames.dropFirst()).allSatisfy { $0 <= $1 }
      guard frames.count == count, isAscending, frames.first ?? 0 >= 0,
        frames.last ?? 0 <= 1_000_000_000_000_000
      else {
        throw .badInput("\(name): found \(frames.count) times, expected \(count) that ascend from 0")
      }
    }
    if let rate = samplingRate, !(rate > 0 && rate < 1e12) {
      throw .badInput("\(name): found \(rate) frames a second, expected a positive number")
    }
  }

  /// Wires that are constant or repeat another in all snippets.
  fileprivate var channelFaults: [ChannelFault] {
    guard let snippets, snippets.channels > 0 else { return [] }
    var check = ChannelCheck(channelCount: snippets.channels)
    check.add(snippets.samples)
    return check.faults
  }

  /// The same spikes on the channels that carry something of their own.
  ///
  /// - Throws: `SpikeDetectionError.noSignal` where none does.
  fileprivate func without(_ faults: [ChannelFault]) throws -> SpikeEvents {
    guard !faults.isEmpty, let snippets else { return self }
    let kept = (0..<snippets.channels).filter { c in !faults.contains { $0.channel == c } }
    guard !kept.isEmpty else { throw SpikeDetectionError.noSignal(file: files.first?.path ?? name) }
    var result = self
    result.snippets = snippets.selecting(channels: kept)
    if channels.count == snippets.channels { result.channels = kept.map { channels[$0] } }
    return result
  }

  /// Where the channels' contacts are taken to be, in µm.
  fileprivate func positions(without faults: [ChannelFault]) -> [[Double]] {
    Probe.standard(channelCount: snippets?.channels ?? 0).contacts.enumerated().filter { place, _ in
      !faults.contains { $0.channel == place }
    }.map { [$0.element.xMicrometers, $0.element.yMicrometers] }
  }
}
