internal import Foundation

/// Another recording and what is known of it beside its samples.
struct DescribedRecording: Recording {
  let base: any Recording
  let segments: [Range<Int>]
  let gaps: [RecordingGap]
  let format: String
  let session: RecordingSession?

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
  /// The same recording with gaps, as the clock jumped there; itself where there are none.
  ///
  /// - Precondition: gaps before ascending frames between 0 and the last, none twice.
  func parted(by gaps: [RecordingGap]) -> any Recording {
    guard !gaps.isEmpty else { return self }
    let starts = gaps.map(\.frame)
    let segments = zip([0] + starts, starts + [frameCount]).map { $0..<$1 }
    return DescribedRecording(base: self, segments: segments, gaps: gaps, format: format, session: session)
  }

  /// The same recording, whose format has a name.
  func named(_ format: String) -> any Recording {
    DescribedRecording(base: self, segments: segments, gaps: gaps, format: format, session: session)
  }

  /// The same recording, which began when it is said; itself where nothing is.
  func began(_ start: String?) -> any Recording {
    start.map { of(RecordingSession(start: $0)) } ?? self
  }

  /// The same recording, of a session that is known.
  func of(_ session: RecordingSession) -> any Recording {
    DescribedRecording(base: self, segments: segments, gaps: gaps, format: format, session: session)
  }
}
