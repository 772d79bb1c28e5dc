internal import Foundation

/// Another recording and what is known of it beside its samples.
struct DescribedRecording: Recording {
  let base: any Recording
  let segments: [Range<Int>]
  let format: String

  var channelCount: Int { base.channelCount }
  var frameCount: Int { base.frameCount }
  var samplingRate: Double { base.samplingRate }
  var gain: Gain? { base.gain }
  var probe: Probe { base.probe }
  var files: [URL] { base.files }
  var flatLayout: FlatLayout? { base.flatLayout }
  var inputs: [InputFrames] { base.inputs }

  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    try base.read(frames: frames, into: samples)
  }

  func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    try base.read(frames: frames, channels: channels, into: samples)
  }
}

extension Recording {
  /// The same recording with gaps before the frames given, as the clock jumped there; itself where there are none.
  ///
  /// - Precondition: ascending frames between 0 and the last, none twice.
  func parted(before starts: [Int]) -> any Recording {
    guard !starts.isEmpty else { return self }
    let segments = zip([0] + starts, starts + [frameCount]).map { $0..<$1 }
    return DescribedRecording(base: self, segments: segments, format: format)
  }

  /// The same recording, whose format has a name.
  func named(_ format: String) -> any Recording {
    DescribedRecording(base: self, segments: segments, format: format)
  }
}
