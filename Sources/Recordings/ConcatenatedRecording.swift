public import Foundation

/// Several recordings, one after the other, as one.
///
/// Every file stays a segment of its own, so that no filter rings at a seam.
public struct ConcatenatedRecording: Recording {
  /// The recordings, in the order of time.
  public let parts: [any Recording]
  /// The first frame of every part, and the number of frames at the end.
  private let starts: [Int]

  /// The number of channels.
  public let channelCount: Int
  /// Frames a second.
  public let samplingRate: Double
  /// What a unit of the file is in microvolts; nil for ADC units.
  public let gain: Gain?
  /// The contacts of the channels.
  public let probe: Probe

  /// The number of frames.
  public var frameCount: Int { starts[parts.count] }
  /// The files read from; one that holds several parts is named once.
  public var files: [URL] {
    var seen = Set<URL>()
    return parts.flatMap(\.files).filter { seen.insert($0).inserted }
  }
  /// The inputs of all parts, in order.
  public var inputs: [InputFrames] {
    zip(parts, starts).flatMap { part, start in
      part.inputs.map {
        InputFrames(
          file: $0.file, frames: ($0.frames.lowerBound + start)..<($0.frames.upperBound + start),
          clock: part.inputs.count > 1 ? $0.clock : part.clock.unlessPlain(samplingRate))
      }
    }
  }
  /// The name of the files' format.
  public var format: String { parts[0].format }
  /// The stretches without a gap.
  public var segments: [Range<Int>] {
    zip(parts, starts).flatMap { part, start in
      part.segments.map { ($0.lowerBound + start)..<($0.upperBound + start) }
    }
  }
  /// What lies between the segments; from one part to the next as long as their clocks, or the dates of their
  /// sessions, say.
  public var gaps: [RecordingGap] {
    zip(zip(parts, starts), pauses).flatMap { place, pause in
      let (part, start) = place
      return (start > 0 && part.frameCount > 0 ? [RecordingGap(frame: start, seconds: pause)] : [])
        + part.gaps.map { RecordingGap(frame: $0.frame + start, seconds: $0.seconds) }
    }
  }
  /// The first part's.
  public var clockStart: Double? { parts[0].clockStart }
  /// The first part's clock, in which the later parts stand as `gaps` has them.
  public let clock: RecordingClock
  /// How long before each part nothing was recorded; nil for the first one and where nobody knows.
  private let pauses: [Double?]
  /// The first part's.
  public var origin: RecordingOrigin { parts[0].origin }
  /// What was noticed in the parts, in order, each sentence once.
  public var notices: [String] {
    var seen = Set<String>()
    return parts.flatMap(\.notices).filter { seen.insert($0).inserted }
  }
  /// The first part's.
  public var session: RecordingSession? { parts[0].session }

  /// Joins recordings in the order given.
  ///
  /// - Precondition: at least one part.
  /// - Throws: `RecordingError` where they differ in channels, rate or in whether they are in microvolts.
  public init(_ parts: [any Recording]) throws(RecordingError) {
    precondition(!parts.isEmpty, "a recording needs a part")
    let first = parts[0]
    for part in parts.dropFirst() {
      let file = part.files.first?.path ?? "a recording"
      let other = first.files.first?.lastPathComponent ?? "the first"
      guard part.channelCount == first.channelCount else {
        throw .malformed(
          file: file, found: "\(part.channelCount) channels", expected: "\(first.channelCount) as in \(other)"
        )
      }
      guard part.samplingRate == first.samplingRate else {
        throw .malformed(
          file: file, found: "\(part.samplingRate) Hz", expected: "\(first.samplingRate) Hz as in \(other)")
      }
      guard part.unit == first.unit else {
        throw .malformed(
          file: file, found: "samples in \(part.unit)", expected: "\(first.unit) as in \(other)")
      }
    }
    self.parts = parts
    channelCount = first.channelCount
    samplingRate = first.samplingRate
    gain = first.gain
    probe = first.probe
    starts = parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.frameCount) }
    var clock = first.clock
    var pauses: [Double?] = [nil]
    for (i, part) in parts.enumerated().dropFirst() {
      let pause = part.pause(after: parts[i - 1])
      let end = clock.seconds(atEndOf: 0..<starts[i])
      clock.append(part.clock, from: starts[i], later: end + (pause ?? 0) - part.clock.start)
      pauses.append(pause)
    }
    self.clock = clock
    self.pauses = pauses
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    try forEachShare(of: frames, width: channelCount, samples) { part, frames, samples in
      try part.read(frames: frames, into: samples)
    }
  }

  /// Reads a range of frames of some channels, interleaved.
  public func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    try forEachShare(of: frames, width: channels.count, samples) { part, frames, samples in
      try part.read(frames: frames, channels: channels, into: samples)
    }
  }

  /// Calls `body` with every part that frames lie in, the frames as it counts them and their place in the samples.
  private func forEachShare(
    of frames: Range<Int>, width: Int, _ samples: UnsafeMutableBufferPointer<Float>,
    _ body: (any Recording, Range<Int>, UnsafeMutableBufferPointer<Float>) throws -> Void
  ) throws {
    for (part, start) in zip(parts, starts) {
      let shared = frames.clamped(to: start..<(start + part.frameCount))
      guard !shared.isEmpty else { continue }
      let place = (shared.lowerBound - frames.lowerBound) * width
      try body(
        part, (shared.lowerBound - start)..<(shared.upperBound - start),
        UnsafeMutableBufferPointer(rebasing: samples[place..<(place + shared.count * width)]))
    }
  }
}

extension Recording {
  /// How long nothing was recorded between the end of another recording and this one's start, in seconds; nil where
  /// neither clocks nor dates say it.
  ///
  /// One clock that went on tells it, but where the sessions' dates contradict it by more than a minute: clocks that
  /// began anew. Dates alone tell it to the second.
  fileprivate func pause(after other: any Recording) -> Double? {
    let zeros = zip(session?.clockZero(of: self), other.session?.clockZero(of: other))
    let byDates = zeros.map { $0.timeIntervalSince($1) }
    let elapsed = clock.start - other.clock.seconds(atEndOf: 0..<other.frameCount)
    let isOneClock = clockStart != nil && other.clockStart != nil && format == other.format
    if isOneClock, elapsed > -1.5 / samplingRate, abs(byDates ?? 0) <= 60 { return max(elapsed, 0) }
    guard let byDates, byDates + elapsed > -1 else { return nil }
    return max(byDates + elapsed, 0)
  }
}

/// Both values, where there are both.
private func zip<First, Second>(_ first: First?, _ second: Second?) -> (First, Second)? {
  guard let first, let second else { return nil }
  return (first, second)
}
