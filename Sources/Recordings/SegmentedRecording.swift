internal import Foundation

/// Another recording whose frames do not all follow one another: the clock jumped between them.
struct SegmentedRecording: Recording {
  let base: any Recording
  let segments: [Range<Int>]

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
}

extension Recording {
  /// The same recording with gaps before the frames given; itself where there are none.
  ///
  /// - Precondition: ascending frames between 0 and the last, none twice.
  func parted(before starts: [Int]) -> any Recording {
    guard !starts.isEmpty else { return self }
    let segments = zip([0] + starts, starts + [frameCount]).map { $0..<$1 }
    return SegmentedRecording(base: self, segments: segments)
  }
}
