public import Foundation

/// A voltage recording of one or more channels, read by ranges of frames.
///
/// A frame is one sample of every channel. Samples are handed out interleaved, frame after frame, as floats: in
/// microvolts where the gain is known, in the file's own units otherwise. Readers hold no samples: a range is
/// read from the file each time it is asked for, from any thread.
public protocol Recording: Sendable {
  /// The number of channels.
  var channelCount: Int { get }
  /// The number of frames.
  var frameCount: Int { get }
  /// Frames a second.
  var samplingRate: Double { get }
  /// What a unit of the file is in microvolts; nil where nobody knows and samples are in ADC units.
  var gain: Gain? { get }
  /// Where the channels' contacts are, and which of them belong together.
  var probe: Probe { get }
  /// The files the samples come from, in the order of time.
  var files: [URL] { get }
  /// The stretches without a gap, in order, that together make up `0..<frameCount`. Filters start anew in each.
  var segments: [Range<Int>] { get }
  /// What lies between the segments, in order.
  var gaps: [RecordingGap] { get }
  /// When it was recorded and of whom; nil where the files say neither.
  var session: RecordingSession? { get }
  /// What the recording's own clock says at its first frame, in seconds; nil where its files have no clock.
  var clockStart: Double? { get }
  /// What the clock says at every frame; from 0 on where there is none. Parts that no clock joins follow one another.
  var clock: RecordingClock { get }
  /// What its files call its channels and its clock.
  var origin: RecordingOrigin { get }
  /// A sentence for everything that was left out or taken for granted when the recording was opened.
  var notices: [String] { get }
  /// The name of the files' format.
  var format: String { get }
  /// How the samples lie on disk where that is one flat binary file; nil otherwise.
  var flatLayout: FlatLayout? { get }
  /// The recordings joined into this one, in order, with the frames each takes; one entry where nothing was joined.
  var inputs: [InputFrames] { get }
  /// Frames that are no brain signal: neither noise nor spikes are looked for there, and nothing counts them as time
  /// that was recorded.
  var excludedFrames: FrameSet { get }

  /// Reads a range of frames, `frames.count * channelCount` samples, interleaved.
  ///
  /// - Precondition: the range lies inside the recording and `samples` has exactly that many elements.
  /// - Throws: `RecordingError`, also for samples that are NaN or infinite.
  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws

  /// Reads a range of frames of some channels, `frames.count * channels.count` samples, interleaved in the order given.
  ///
  /// - Precondition: range and channels lie inside the recording and `samples` has exactly that many elements.
  /// - Throws: `RecordingError`, also for samples that are NaN or infinite.
  func read(frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>) throws
}

extension Recording {
  /// One stretch: the whole recording.
  public var segments: [Range<Int>] { frameCount > 0 ? [0..<frameCount] : [] }

  /// A gap between each two segments, nobody knows how long.
  public var gaps: [RecordingGap] {
    segments.dropFirst().map { RecordingGap(frame: $0.lowerBound, seconds: nil) }
  }

  /// Nothing is known.
  public var session: RecordingSession? { nil }

  /// There is no clock.
  public var clockStart: Double? { nil }

  /// Even time from the start on, and what the gaps take.
  public var clock: RecordingClock {
    RecordingClock(start: clockStart ?? 0, samplingRate: samplingRate, gaps: gaps)
  }

  /// Nothing is known.
  public var origin: RecordingOrigin { RecordingOrigin() }

  /// Everything was read as it stands.
  public var notices: [String] { [] }

  /// Nothing more than that it is one.
  public var format: String { "recording" }

  /// No flat file.
  public var flatLayout: FlatLayout? { nil }

  /// One: the whole recording.
  public var inputs: [InputFrames] {
    [InputFrames(file: files.first?.lastPathComponent ?? "recording", frames: 0..<frameCount)]
  }

  /// Every frame counts.
  public var excludedFrames: FrameSet { .none }

  /// Reads all channels and keeps those wanted.
  public func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    let all = try read(frames: frames)
    for frame in 0..<frames.count {
      for (column, channel) in channels.enumerated() {
        samples[frame * channels.count + column] = all[frame * channelCount + channel]
      }
    }
  }

  /// The length of the recording.
  public var seconds: Double { Double(frameCount) / samplingRate }

  /// The first file's path, for messages.
  public var name: String { files.first?.path ?? "the recording" }

  /// The channels that see the same neurons, group by group: so many in a row where that is said, else the probe's
  /// tetrodes or shanks; channels that no contact is wired to are in none.
  public func channelGroups(of channelsPerGroup: Int? = nil) -> [[Int]] {
    guard let size = channelsPerGroup else { return probe.groups }
    return stride(from: 0, to: channelCount, by: max(1, size)).map {
      Array($0..<min($0 + max(1, size), channelCount))
    }
  }

  /// The unit of the samples, for axes and tables.
  public var unit: String { gain == nil ? "ADC units" : "µV" }

  /// Reads a range of frames, interleaved.
  ///
  /// - Throws: `RecordingError`.
  public func read(frames: Range<Int>) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: frames.count * channelCount) { buffer, count in
      try read(
        frames: frames, into: UnsafeMutableBufferPointer(rebasing: buffer[..<(frames.count * channelCount)]))
      count = frames.count * channelCount
    }
  }

  /// Stops the program where a range or a buffer does not fit the recording.
  func checkRequest(_ frames: Range<Int>, _ samples: UnsafeMutableBufferPointer<Float>) {
    precondition(frames.lowerBound >= 0 && frames.upperBound <= frameCount, "frames outside the recording")
    precondition(samples.count == frames.count * channelCount, "a buffer needs frames × channels elements")
  }
}

/// The line from a file's units to microvolts: µV = value × microvoltsPerUnit + offsetMicrovolts.
public struct Gain: Sendable, Equatable {
  /// Microvolts a unit: one number for all channels, or one a channel.
  public let microvoltsPerUnit: [Double]
  /// What a zero in the file is in microvolts: one number for all channels, or one a channel.
  public let offsetMicrovolts: [Double]

  /// The same gain for every channel.
  public init(microvoltsPerUnit: Double, offsetMicrovolts: Double = 0) {
    self.microvoltsPerUnit = [microvoltsPerUnit]
    self.offsetMicrovolts = [offsetMicrovolts]
  }

  /// A gain for each channel.
  ///
  /// - Precondition: both lists have one length.
  public init(microvoltsPerUnit: [Double], offsetMicrovolts: [Double]) {
    precondition(
      microvoltsPerUnit.count == offsetMicrovolts.count, "a gain needs an offset for every channel")
    self.microvoltsPerUnit = microvoltsPerUnit
    self.offsetMicrovolts = offsetMicrovolts
  }
}

/// One flat binary file: what a program needs to read the samples by itself.
public struct FlatLayout: Sendable, Equatable {
  /// The file.
  public let file: URL
  /// The type of a sample.
  public let sampleType: SampleType
  /// The bytes before the first sample.
  public let headerBytes: Int
}

/// What tells whether two recordings can be parts of one: what their files call their channels and their clock.
public struct RecordingOrigin: Sendable, Equatable {
  /// The channels' names, in order; nil where the files name none.
  public var channelNames: [String]?
  /// What `clockStart` counts from. Two recordings of one name were timed by one clock; of those without a name that
  /// is likely, unless both begin at zero.
  public var clock: String?
  /// Whether the samples are one of several recordings in their file.
  public var isPartOfFile: Bool

  /// Describes an origin.
  public init(channelNames: [String]? = nil, clock: String? = nil, isPartOfFile: Bool = false) {
    self.channelNames = channelNames
    self.clock = clock
    self.isPartOfFile = isPartOfFile
  }
}

/// One of the recordings joined into one, and where it lies there.
public struct InputFrames: Codable, Sendable, Equatable {
  /// The name of its first file, without the folder.
  public var file: String
  /// Its frames, as the joined recording counts them.
  public var frames: Range<Int>
  /// Its own clock, frames counted from its own start; nil where time is the frame over the rate.
  public var clock: RecordingClock?

  /// Names a recording's place.
  public init(file: String, frames: Range<Int>, clock: RecordingClock? = nil) {
    self.file = file
    self.frames = frames
    self.clock = clock
  }
}
