public import Foundation
internal import LinearAlgebra
public import Recordings
internal import SpikeDetection

/// Some channels of a recording against the median of others, as one reads voltage against a reference electrode.
///
/// The median is of the reference channels without their own levels, which the amplifiers' inputs set.
public struct ReferencedRecording: Recording {
  /// The recording that the channels are of.
  public let whole: any Recording
  /// The channels, as the whole numbers them.
  public let channels: [Int]
  /// The channels whose median is taken from them.
  public let reference: [Int]
  /// The level of every reference channel.
  private let levels: [Float]
  /// The channels as they are.
  private let base: RecordingSelection

  /// Stretches that levels are read from, and the frames of each.
  private static let levelStretches = 16
  private static let levelFrames = 1024

  /// Some channels against others.
  ///
  /// - Precondition: channels of the recording, at least one of each kind.
  /// - Throws: what reading throws.
  public init(_ whole: any Recording, channels: [Int], reference: [Int]) throws {
    precondition(!reference.isEmpty, "a reference needs a channel")
    self.whole = whole
    self.channels = channels
    self.reference = reference
    base = RecordingSelection(whole, channels: channels)
    levels = try Self.levels(of: reference, in: whole)
  }

  private static func levels(of channels: [Int], in recording: any Recording) throws -> [Float] {
    let length = min(levelFrames, recording.frameCount)
    var values = [[Double]](repeating: [], count: channels.count)
    for i in 0..<levelStretches {
      let start = (recording.frameCount - length) * i / (levelStretches - 1)
      let samples = try recording.read(frames: start..<start + length, of: channels)
      for i in samples.indices { values[i % channels.count].append(Double(samples[i])) }
    }
    return values.map { $0.isEmpty ? 0 : Float(Noise.median($0)) }
  }

  /// The number of channels.
  public var channelCount: Int { channels.count }
  /// The number of frames.
  public var frameCount: Int { whole.frameCount }
  /// Frames a second.
  public var samplingRate: Double { whole.samplingRate }
  /// What a unit of the file is in microvolts.
  public var gain: Gain? { base.gain }
  /// The contacts of the channels.
  public var probe: Probe { base.probe }
  /// The files read from.
  public var files: [URL] { whole.files }
  /// The stretches without a gap.
  public var segments: [Range<Int>] { whole.segments }
  /// What lies between the segments.
  public var gaps: [RecordingGap] { whole.gaps }
  /// When it was recorded and of whom.
  public var session: RecordingSession? { whole.session }
  /// What the clock says at the first frame.
  public var clockStart: Double? { whole.clockStart }
  /// What the clock says at every frame.
  public var clock: RecordingClock { whole.clock }
  /// What the files call channels and clock.
  public var origin: RecordingOrigin { base.origin }
  /// What was noticed when it was opened.
  public var notices: [String] { whole.notices }
  /// The name of the files' format.
  public var format: String { whole.format }
  /// The recordings joined into this one.
  public var inputs: [InputFrames] { whole.inputs }
  /// Those of the whole.
  public var excludedFrames: FrameSet { whole.excludedFrames }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    try read(frames: frames, channels: Array(channels.indices), into: samples)
  }

  /// Reads a range of frames of some channels, interleaved.
  public func read(
    frames: Range<Int>, channels chosen: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.read(frames: frames, channels: chosen, into: samples)
    let others = try whole.read(frames: frames, of: reference)
    let (width, count) = (chosen.count, reference.count)
    var values = [Float](repeating: 0, count: count)
    for frame in 0..<frames.count {
      for i in 0..<count { values[i] = others[frame * count + i] - levels[i] }
      if count > 1 { values.sort() }
      let median = (values[(count - 1) / 2] + values[count / 2]) / 2
      for column in 0..<width { samples[frame * width + column] -= median }
    }
  }
}

extension Recording {
  /// A range of frames of some channels, interleaved.
  fileprivate func read(frames: Range<Int>, of channels: [Int]) throws -> [Float] {
    let count = frames.count * channels.count
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(
        frames: frames, channels: channels, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initialized = count
    }
  }
}
