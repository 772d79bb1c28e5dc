public import Foundation

/// Some channels and one stretch of time of another recording.
public struct RecordingSelection: Recording {
  /// The recording chosen from.
  public let base: any Recording
  /// The chosen channels, as numbered in `base`.
  public let channels: [Int]
  /// The chosen frames of `base`.
  public let frames: Range<Int>
  /// The contacts of the channels.
  public let probe: Probe

  /// The number of channels.
  public var channelCount: Int { channels.count }
  /// The number of frames.
  public var frameCount: Int { frames.count }
  /// Frames a second.
  public var samplingRate: Double { base.samplingRate }
  /// The files read from.
  public var files: [URL] { base.files }
  /// The name of the files' format.
  public var format: String { base.format }
  /// What a unit of the file is in microvolts; nil for ADC units.
  public var gain: Gain? {
    base.gain.map { gain in
      guard gain.microvoltsPerUnit.count > 1 else { return gain }
      return Gain(
        microvoltsPerUnit: channels.map { gain.microvoltsPerUnit[$0] },
        offsetMicrovolts: channels.map { gain.offsetMicrovolts[$0] })
    }
  }
  /// The inputs of the recording chosen from, those with chosen frames.
  public var inputs: [InputFrames] {
    base.inputs.compactMap { input in
      let shared = input.frames.clamped(to: frames)
      guard !shared.isEmpty else { return nil }
      return InputFrames(
        file: input.file,
        frames: (shared.lowerBound - frames.lowerBound)..<(shared.upperBound - frames.lowerBound),
        clock: (input.clock ?? RecordingClock(samplingRate: samplingRate))
          .from(frame: shared.lowerBound - input.frames.lowerBound).unlessPlain(samplingRate))
    }
  }
  /// The stretches without a gap.
  public var segments: [Range<Int>] {
    base.segments.map { $0.clamped(to: frames) }.filter { !$0.isEmpty }.map {
      ($0.lowerBound - frames.lowerBound)..<($0.upperBound - frames.lowerBound)
    }
  }
  /// What lies between the segments.
  public var gaps: [RecordingGap] {
    base.gaps.filter { frames.lowerBound < $0.frame && $0.frame < frames.upperBound }.map {
      RecordingGap(frame: $0.frame - frames.lowerBound, seconds: $0.seconds)
    }
  }
  /// What the clock says at the first chosen frame.
  public var clockStart: Double? {
    base.clockStart.map { _ in base.clock.seconds(ofFrame: frames.lowerBound) }
  }
  /// The clock of the recording chosen from, by the frames chosen.
  public var clock: RecordingClock { base.clock.from(frame: frames.lowerBound) }
  /// That of the recording chosen from, its channels' names as chosen.
  public var origin: RecordingOrigin {
    var origin = base.origin
    if let names = origin.channelNames, names.count == base.channelCount {
      origin.channelNames = channels.map { names[$0] }
    }
    return origin
  }
  /// Those of the recording chosen from, by the frames chosen.
  public var excludedFrames: FrameSet { base.excludedFrames.within(frames) }
  /// What was noticed in the recording chosen from.
  public var notices: [String] { base.notices }
  /// That of the recording chosen from.
  public var session: RecordingSession? { base.session }

  /// Chooses channels, in the order given, and frames; all of them by default.
  ///
  /// - Precondition: channels and frames of the recording, at least one of each.
  public init(_ base: any Recording, channels: [Int]? = nil, frames: Range<Int>? = nil) {
    self.base = base
    self.channels = channels ?? Array(0..<base.channelCount)
    self.frames = frames ?? 0..<base.frameCount
    precondition(
      !self.channels.isEmpty && self.channels.allSatisfy { 0 <= $0 && $0 < base.channelCount },
      "channels outside the recording")
    precondition(
      !self.frames.isEmpty && 0 <= self.frames.lowerBound && self.frames.upperBound <= base.frameCount,
      "frames outside the recording")
    probe = base.probe.selecting(channels: self.channels)
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    let wanted = (frames.lowerBound + self.frames.lowerBound)..<(frames.upperBound + self.frames.lowerBound)
    if channels.elementsEqual(0..<base.channelCount) {
      try base.read(frames: wanted, into: samples)
      return
    }
    try base.read(frames: wanted, channels: channels, into: samples)
  }

  /// Reads a range of frames of some channels, interleaved.
  public func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    let wanted = (frames.lowerBound + self.frames.lowerBound)..<(frames.upperBound + self.frames.lowerBound)
    try base.read(frames: wanted, channels: channels.map { self.channels[$0] }, into: samples)
  }
}
