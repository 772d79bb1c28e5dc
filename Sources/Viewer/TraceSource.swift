internal import Curation
internal import Foundation
internal import Recordings
internal import SortingFormats
internal import SpikeDetection
internal import SpikeSorting

/// The recording of a result, found again and read by ranges of frames.
///
/// A result does not hold the gain of a flat file. The stretch of trace that it does hold gives it back, and shows
/// that the file is the one that was sorted.
struct TraceSource: Sendable {
  /// Samples of some frames, channel by channel.
  struct Stretch {
    var start: Int
    var count: Int
    var channels: Int
    var samples: [Float]
  }

  /// The most samples of one answer.
  static let mostSamples = 2_000_000

  private enum Found: Sendable {
    case open(Opened)
    case missing(String)
  }

  /// A recording with the line from its units to the result's.
  struct Opened: Sendable {
    var name: String
    /// The channels that were sorted, all frames.
    var raw: RecordingSelection
    /// The same behind the filter of the sorting.
    var filtered: FilteredRecording
    /// Whether the sorting took the median over channels from every filtered frame.
    var takesMedian: Bool
    var gain: [Float]
    var offset: [Float]
  }

  private let found: Found

  init(_ base: CurationBase) {
    do {
      found = .open(try Self.open(base))
    } catch let refusal as Refusal {
      found = .missing(refusal.message)
    } catch {
      found = .missing("\(error)")
    }
  }

  /// The recording; nil where it is not there.
  var opened: Opened? {
    if case .open(let opened) = found { opened } else { nil }
  }

  /// Whether there is a recording, for the page.
  var state: SessionAnswer.RecordingState {
    switch found {
    case .open(let opened): .init(available: true, name: opened.name, frames: opened.raw.frameCount)
    case .missing(let reason): .init(available: false, reason: reason)
    }
  }

  /// Reads a stretch, clipped to the recording and to what one answer holds.
  ///
  /// - Throws: `Refusal` where there is no recording; what reading throws.
  func read(start: Int, count: Int, filtered: Bool) throws -> Stretch {
    switch found {
    case .missing(let reason): throw Refusal(404, "recordingMissing", reason)
    case .open(let opened):
      let channels = opened.raw.channelCount
      let first = min(max(start, 0), opened.raw.frameCount)
      let most = min(count, Self.mostSamples / channels, opened.raw.frameCount - first)
      guard most > 0 else { return Stretch(start: first, count: 0, channels: channels, samples: []) }
      let samples = try opened.read(first..<first + most, filtered: filtered)
      var turned = [Float](repeating: 0, count: samples.count)
      for f in 0..<most { for c in 0..<channels { turned[c * most + f] = samples[f * channels + c] } }
      return Stretch(start: first, count: most, channels: channels, samples: turned)
    }
  }

  // MARK: Finding

  private static func missing(_ message: String) -> Refusal { Refusal(404, "recordingMissing", message) }

  private static func open(_ base: CurationBase) throws -> Opened {
    let sorting = base.sorting
    guard let rate = sorting.source.samplingRate, sorting.traceExample != nil else {
      throw missing("the result was made from features, not from a recording")
    }
    let place = RecordingPlace(base.folder, sorting.source)
    let urls = try place.found()
    let name = place.name
    let recording: any Recording
    do {
      recording = try openRecording(at: urls, description: place.description(samplingRate: rate))
    } catch {
      throw missing("\(name) cannot be opened any more: \(error)")
    }
    let channels = sorting.source.channels
    guard channels.allSatisfy({ $0 >= 0 && $0 < recording.channelCount }), !channels.isEmpty,
      recording.frameCount > 0
    else {
      throw missing("\(name) has \(recording.channelCount) channels, fewer than the one that was sorted")
    }
    let raw = RecordingSelection(recording, channels: channels)
    var band = Band.between(300, min(6000, 0.45 * rate))
    if let edges = sorting.options.band, edges.count == 2 { band = .between(edges[0], edges[1]) }
    let order = DetectionOptions().filterOrder
    // Each segment of a sorting starts where the sorted part does.
    let filtered = FilteredRecording(
      raw, filter: try .butterworth(order: order, band, samplingRate: rate))
    var opened = Opened(
      name: name, raw: raw, filtered: filtered, takesMedian: sorting.options.reference == .median,
      gain: [Float](repeating: 1, count: channels.count),
      offset: [Float](repeating: 0, count: channels.count))
    try opened.calibrate(sorting)
    return opened
  }
}

extension TraceSource.Opened {
  /// Samples of some frames in the result's unit, interleaved.
  func read(_ frames: Range<Int>, filtered isFiltered: Bool) throws -> [Float] {
    var samples = try isFiltered ? filtered.read(frames: frames) : raw.read(frames: frames)
    let channels = raw.channelCount
    for i in samples.indices {
      samples[i] = samples[i] * gain[i % channels] + (isFiltered ? 0 : offset[i % channels])
    }
    if isFiltered { takeMedian(from: &samples) }
    return samples
  }

  /// Takes the median over channels from every frame where the sorting did.
  private func takeMedian(from samples: inout [Float]) {
    let channels = raw.channelCount
    guard takesMedian, channels > 1 else { return }
    for start in stride(from: 0, to: samples.count, by: channels) {
      let ordered = samples[start..<start + channels].sorted()
      let median = (ordered[(channels - 1) / 2] + ordered[channels / 2]) / 2
      for channel in 0..<channels { samples[start + channel] -= median }
    }
  }

  /// A short filtered stretch: only its surroundings are filtered, as far as the filter remembers.
  func snippet(_ frames: Range<Int>) throws -> [Float] {
    let segment = raw.segments.first { $0.contains(frames.lowerBound) } ?? frames
    let margin = filtered.filter.marginFrames
    let around = (frames.lowerBound - margin..<frames.upperBound + margin).clamped(to: segment)
    let part = FilteredRecording(RecordingSelection(raw, frames: around), filter: filtered.filter)
    let inside = frames.clamped(to: around)
    var samples = try part.read(
      frames: inside.lowerBound - around.lowerBound..<inside.upperBound - around.lowerBound)
    let channels = raw.channelCount
    for i in samples.indices { samples[i] *= gain[i % channels] }
    takeMedian(from: &samples)
    return samples + [Float](repeating: 0, count: (frames.count - inside.count) * channels)
  }

  /// Finds gain and offset by the stretch the result holds, and that the file holds that stretch.
  fileprivate mutating func calibrate(_ sorting: Sorting) throws {
    guard let example = sorting.traceExample, example.channels == raw.channelCount else { return }
    let count = example.raw.count / max(example.channels, 1)
    let other = Refusal(
      404, "recordingMissing", "\(name) is not the recording that was sorted: its samples differ")
    guard example.startFrame >= 0, example.startFrame + count <= raw.frameCount else { throw other }
    let samples = try raw.read(frames: example.startFrame..<example.startFrame + count)
    for channel in 0..<example.channels {
      let xs = (0..<count).map { Double(samples[$0 * example.channels + channel]) }
      let ys = (0..<count).map { Double(example.raw[$0 * example.channels + channel]) }
      let (slope, intercept) = line(xs, ys)
      let largest = ys.map(abs).max() ?? 0
      guard zip(xs, ys).allSatisfy({ abs(slope * $0 + intercept - $1) <= 1e-4 * max(largest, 1e-30) }) else {
        throw other
      }
      (gain[channel], offset[channel]) = (Float(slope), Float(intercept))
    }
  }

  /// The line through points by least squares.
  private func line(_ xs: [Double], _ ys: [Double]) -> (slope: Double, intercept: Double) {
    let n = Double(max(xs.count, 1))
    let (mx, my) = (xs.reduce(0, +) / n, ys.reduce(0, +) / n)
    let sxx = xs.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
    guard sxx > 0 else { return (1, my - mx) }
    let slope = zip(xs, ys).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) } / sxx
    return (slope, my - slope * mx)
  }
}
