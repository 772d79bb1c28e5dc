internal import Foundation

/// Another recording and what is known of it beside its samples.
struct DescribedRecording: Recording {
  let base: any Recording
  let segments: [Range<Int>]
  let gaps: [RecordingGap]
  let format: String
  let session: RecordingSession?
  let clockStart: Double?
  let clock: RecordingClock
  let inputs: [InputFrames]
  let notices: [String]
  let origin: RecordingOrigin

  /// Another recording, but for what is said here.
  init(
    _ base: any Recording, gaps: [RecordingGap]? = nil, format: String? = nil,
    session: RecordingSession? = nil, clockStart: Double? = nil, clock: RecordingClock? = nil,
    inputs: [InputFrames]? = nil, notices: [String] = [], origin: RecordingOrigin? = nil
  ) {
    self.base = base
    self.gaps = gaps ?? base.gaps
    if let gaps {
      let starts = gaps.map(\.frame)
      segments = zip([0] + starts, starts + [base.frameCount]).map { $0..<$1 }
    } else {
      segments = base.segments
    }
    self.format = format ?? base.format
    self.session = session ?? base.session
    self.clockStart = clock?.start ?? clockStart ?? base.clockStart
    if let clock {
      self.clock = clock
    } else if gaps == nil, clockStart == nil {
      self.clock = base.clock
    } else {
      self.clock = RecordingClock(
        start: self.clockStart ?? 0, samplingRate: base.samplingRate, gaps: self.gaps)
    }
    self.inputs = inputs ?? base.inputs
    self.notices = base.notices + notices
    self.origin = origin ?? base.origin
  }

  var channelCount: Int { base.channelCount }
  var frameCount: Int { base.frameCount }
  var samplingRate: Double { base.samplingRate }
  var gain: Gain? { base.gain }
  var probe: Probe { base.probe }
  var files: [URL] { base.files }
  var flatLayout: FlatLayout? { base.flatLayout }

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
    gaps.isEmpty ? self : DescribedRecording(self, gaps: gaps)
  }

  /// The same recording, whose format has a name.
  func named(_ format: String) -> any Recording { DescribedRecording(self, format: format) }

  /// The same recording, which began when it is said; itself where nothing is.
  func began(_ start: String?) -> any Recording {
    start.map { of(RecordingSession(start: $0)) } ?? self
  }

  /// The same recording, of a session that is known.
  func of(_ session: RecordingSession) -> any Recording { DescribedRecording(self, session: session) }

  /// The same recording, whose own clock says so many seconds at its first frame; itself where it has none.
  func clocked(from start: Double?) -> any Recording {
    start.map { DescribedRecording(self, clockStart: $0) } ?? self
  }

  /// The same recording with a clock of its own; itself where it has none.
  func clocked(by clock: RecordingClock?) -> any Recording {
    clock.map { DescribedRecording(self, clock: $0) } ?? self
  }

  /// The same recording as one input, though it was put together from blocks of a file.
  func asOneInput() -> any Recording {
    let name = files.first?.lastPathComponent ?? "recording"
    return DescribedRecording(self, inputs: [InputFrames(file: name, frames: 0..<frameCount)])
  }

  /// The same recording, whose files name its channels or its clock.
  func from(_ origin: RecordingOrigin) -> any Recording { DescribedRecording(self, origin: origin) }

  /// The same recording, of which something was left out or taken for granted; itself where nothing was.
  func noticing(_ sentences: [String]) -> any Recording {
    sentences.isEmpty ? self : DescribedRecording(self, notices: sentences)
  }
}
