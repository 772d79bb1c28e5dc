public import Foundation
public import Recordings

/// A recording without what cannot be brain signal: stimulation pulses are subtracted, and what is left out is bridged by
/// lines, so that no filter rings at its edges.
public struct CleanedRecording: Recording {
  /// The recording as it is.
  public let base: any Recording
  /// What was found in it.
  public let findings: SignalFindings
  /// The frames that are left out.
  public let excludedFrames: FrameSet
  /// The frames that are bridged on every channel.
  private let bridged: [FrameSet]

  /// The number of channels.
  public var channelCount: Int { base.channelCount }
  /// The number of frames.
  public var frameCount: Int { base.frameCount }
  /// Frames a second.
  public var samplingRate: Double { base.samplingRate }
  /// What a unit of the file is in microvolts; nil for ADC units.
  public var gain: Gain? { base.gain }
  /// The contacts of the channels.
  public var probe: Probe { base.probe }
  /// The files read from.
  public var files: [URL] { base.files }
  /// The stretches without a gap.
  public var segments: [Range<Int>] { base.segments }
  /// What lies between the segments.
  public var gaps: [RecordingGap] { base.gaps }
  /// When it was recorded and of whom.
  public var session: RecordingSession? { base.session }
  /// What the clock says at the first frame.
  public var clockStart: Double? { base.clockStart }
  /// What the clock says at every frame.
  public var clock: RecordingClock { base.clock }
  /// What the files call channels and clock.
  public var origin: RecordingOrigin { base.origin }
  /// What was noticed when it was opened.
  public var notices: [String] { base.notices }
  /// The name of the files' format.
  public var format: String { base.format }
  /// The recordings joined into this one.
  public var inputs: [InputFrames] { base.inputs }

  /// A recording without what was found in it.
  ///
  /// - Precondition: the findings are of a recording of its shape.
  public init(_ base: any Recording, findings: SignalFindings) {
    precondition(
      findings.frameCount == base.frameCount && findings.channelCount == base.channelCount,
      "findings belong to a recording of their shape")
    self.base = base
    self.findings = findings
    let excluded = findings.excluded
    excludedFrames = excluded
    bridged = (0..<base.channelCount).map { findings.frames(onChannel: $0).union(excluded) }
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    try base.read(frames: frames, into: samples)
    try clean(samples, of: frames, channels: Array(0..<channelCount))
  }

  /// Reads a range of frames of some channels, interleaved.
  public func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.read(frames: frames, channels: channels, into: samples)
    try clean(samples, of: frames, channels: channels)
  }

  private func clean(
    _ samples: UnsafeMutableBufferPointer<Float>, of frames: Range<Int>, channels: [Int]
  ) throws {
    subtractPulses(from: samples, frames, channels)
    for (column, channel) in channels.enumerated() {
      let set = bridged[channel]
      guard set.overlaps(frames) else { continue }
      for segment in segments where segment.overlaps(frames) {
        for stretch in set.stretches(touching: frames.clamped(to: segment)) {
          try bridge(
            stretch.clamped(to: segment), of: segment, column: column, in: samples, frames, channels)
        }
      }
    }
  }

  private func subtractPulses(
    from samples: UnsafeMutableBufferPointer<Float>, _ frames: Range<Int>, _ channels: [Int]
  ) {
    guard let pulses = findings.pulses else { return }
    let length = pulses.length
    // The first pulse that reaches into the frames.
    var (low, high) = (0, pulses.frames.count)
    while low < high {
      let middle = (low + high) / 2
      if pulses.frames[middle] + length > frames.lowerBound { high = middle } else { low = middle + 1 }
    }
    for start in pulses.frames[low...].prefix(while: { $0 < frames.upperBound }) {
      for frame in (start..<start + length).clamped(to: frames) {
        let (row, at) = ((frame - start) * pulses.channelCount, (frame - frames.lowerBound) * channels.count)
        for (column, channel) in channels.enumerated() {
          samples[at + column] -= pulses.waveform[row + channel]
        }
      }
    }
  }

  /// Draws a line over a stretch from the last sample before it to the first after it; where it reaches to an end of its
  /// segment it stays at the sample on the other side, and is zero where it fills the segment.
  private func bridge(
    _ stretch: Range<Int>, of segment: Range<Int>, column: Int,
    in samples: UnsafeMutableBufferPointer<Float>, _ frames: Range<Int>, _ channels: [Int]
  ) throws {
    func anchor(_ frame: Int) throws -> Float? {
      guard segment.contains(frame) else { return nil }
      if frames.contains(frame) { return samples[(frame - frames.lowerBound) * channels.count + column] }
      var value = try base.read(frames: frame..<frame + 1)
      value.withUnsafeMutableBufferPointer {
        subtractPulses(from: $0, frame..<frame + 1, Array(0..<channelCount))
      }
      return value[channels[column]]
    }
    let before = try anchor(stretch.lowerBound - 1)
    let after = try anchor(stretch.upperBound)
    let (first, last) = (before ?? after ?? 0, after ?? before ?? 0)
    let step = (last - first) / Float(stretch.count + 1)
    for frame in stretch.clamped(to: frames) {
      samples[(frame - frames.lowerBound) * channels.count + column] =
        first + step * Float(frame - stretch.lowerBound + 1)
    }
  }
}
