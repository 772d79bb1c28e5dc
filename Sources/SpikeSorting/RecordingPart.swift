internal import Foundation
internal import Recordings
internal import SignalQuality
internal import SpikeDetection

/// Channels of a recording that carry something of their own, during a stretch of it.
struct RecordingPart: Sendable {
  let whole: any Recording
  /// The part as a recording of its own, where it was looked through without what cannot be brain signal.
  private(set) var recording: any Recording
  /// Its channels, as the whole numbers them.
  let channels: [Int]
  /// The whole's frame that the part starts at.
  let startFrame: Int
  let options: SortingOptions
  /// Dead and repeated channels that are left out, as the whole numbers them.
  let faults: [ChannelFault]
  /// The checksum of the recording's files; nil where it is still to be made.
  var checksum: String?
  /// What was found that cannot be brain signal; nil where nothing was, or nobody looked.
  var artifacts: Sorting.Artifacts?

  /// The rates at which spikes can be sorted, in Hz. Under 4 kHz a spike of a millisecond takes fewer than four frames.
  /// Recordings of cells are made at up to 200 kHz; beyond, a rate is a slip of the pen, and a snippet of 1.3 ms takes
  /// so many frames that its principal components, whose work grows with their cube, would not end.
  static let rates = 4000.0...250_000

  /// The part that options ask for.
  ///
  /// - Throws: `SortingError` where there is none.
  init(_ whole: any Recording, options: SortingOptions, faults: [ChannelFault] = []) throws {
    try options.check()
    let name = whole.files.first?.lastPathComponent ?? "the recording"
    guard Self.rates.contains(whole.samplingRate) else {
      throw SortingError.badInput(Self.refusal(whole.samplingRate, of: name))
    }
    channels = try Self.channels(of: whole, name: name, options: options, faults: faults)
    let frames = try Self.frames(of: whole, name: name, options: options)
    startFrame = frames.lowerBound
    let isWhole = channels.count == whole.channelCount && frames == 0..<whole.frameCount
    if let reference = try Self.referenceChannels(of: whole, name: name, options: options) {
      recording = try ReferencedRecording(
        frames == 0..<whole.frameCount ? whole : RecordingSelection(whole, frames: frames),
        channels: channels,
        reference: reference)
    } else {
      recording = isWhole ? whole : RecordingSelection(whole, channels: channels, frames: frames)
    }
    self.whole = whole
    self.options = options
    self.faults = faults
  }

  /// Some channels of another part. What is read through for the whole is not read again.
  init(_ other: RecordingPart, channels chosen: [Int], options: SortingOptions) {
    whole = other.whole
    recording = RecordingSelection(other.recording, channels: chosen)
    channels = chosen.map { other.channels[$0] }
    startFrame = other.startFrame
    self.options = options
    faults = []
    checksum = ""
  }

  private static func channels(
    of whole: any Recording, name: String, options: SortingOptions, faults: [ChannelFault]
  ) throws -> [Int] {
    guard options.excludedChannels.allSatisfy({ $0 < whole.channelCount }) else {
      throw SortingError.badChoice(
        "the channels to leave out name one that \(name) does not have; expected 0 to \(whole.channelCount - 1)",
        of: [.excludedChannels])
    }
    let kept = (0..<whole.channelCount).filter { !options.excludedChannels.contains($0) }
    guard !kept.isEmpty else {
      throw SortingError.badChoice("the channels to leave out are all of \(name)", of: [.excludedChannels])
    }
    let live = kept.filter { channel in !faults.contains { $0.channel == channel } }
    guard !live.isEmpty else {
      throw SortingError.badInput(
        "\(name): found every channel constant, expected at least one that carries a signal")
    }
    return live
  }

  /// The channels whose median is taken away as the recording is read; nil where there are none.
  private static func referenceChannels(
    of whole: any Recording, name: String, options: SortingOptions
  ) throws -> [Int]? {
    guard options.reference == .others || options.reference == .channels else { return nil }
    let channels = options.referenceChannels
    guard options.reference == .channels || !channels.isEmpty else {
      throw SortingError.badOption(
        "the reference others is the median of other groups' channels, and \(name) is one group; expected none, median "
          + "or channels")
    }
    guard !channels.isEmpty, channels.allSatisfy({ (0..<whole.channelCount).contains($0) }) else {
      throw SortingError.badOption(
        "the reference is the channels \(channels) of \(name); expected some of 0 to \(whole.channelCount - 1)"
      )
    }
    return channels
  }

  private static func frames(
    of whole: any Recording, name: String, options: SortingOptions
  ) throws -> Range<Int> {
    // Compared as numbers first: not every number of seconds is a frame.
    let frames = Double(whole.frameCount)
    let start = ((options.start ?? 0) * whole.samplingRate).rounded()
    let end = options.end.map { ($0 * whole.samplingRate).rounded() } ?? frames
    let first = start >= 0 && start < frames ? Int(start) : -1
    let last = end > 0 ? Int(min(end, frames)) : 0
    guard first >= 0, first < last else {
      throw SortingError.badChoice(
        "start and end leave nothing of \(name), which is \(whole.seconds) s long", of: [.start, .end])
    }
    return first..<last
  }

  /// Why a recording of a rate is not sorted, and what to do.
  private static func refusal(_ rate: Double, of name: String) -> String {
    func hertz(_ rate: Double) -> String { Int(exactly: rate).map { "\($0)" } ?? "\(rate)" }
    let (found, low, high) = (hertz(rate), hertz(rates.lowerBound), hertz(rates.upperBound))
    guard rate > rates.upperBound else {
      return
        "\(name) has \(found) frames a second, in which no spike can be seen; expected \(low) to \(high) "
        + "(a rate is said in Hz, not in kHz)"
    }
    return
      "\(name) has \(found) frames a second; expected \(low) to \(high): say the rate in Hz, or decimate the recording "
      + "before it is sorted"
  }

  /// The same without some more of its channels.
  func without(_ found: [ChannelFault]) throws -> RecordingPart {
    guard !found.isEmpty else { return self }
    var result = try RecordingPart(
      whole, options: options, faults: faults + found.map { $0.renumbered { channels[$0] } })
    result.checksum = checksum
    return result
  }

  /// Takes the place of the recording by the same recording changed.
  mutating func replaceRecording(by changed: any Recording) { recording = changed }

  /// A sentence for everything that was left out of the recording, as it was opened and as it was looked at.
  var warnings: [String] {
    let found = artifacts?.sentences(
      frameCount: recording.frameCount, samplingRate: recording.samplingRate, unit: recording.unit)
    return whole.notices + faults.map(\.description) + referenceWarning + (found ?? [])
  }

  private var referenceWarning: [String] {
    guard options.reference == .median, (2...4).contains(channels.count) else { return [] }
    return [
      "the median of these \(channels.count) wires takes away part of every spike that several of them see: the median of "
        + "other groups' channels (others), or of channels far away, does not"
    ]
  }

  /// The options with what was left to the recording filled in.
  var spokenOptions: SortingOptions {
    var spoken = options
    if spoken.band == nil { spoken.band = [300, min(6000, 0.45 * recording.samplingRate)] }
    return spoken
  }

  /// x and y of every channel in µm; a column where nobody says.
  var positions: [[Double]] {
    channels.enumerated().map { place, channel in
      let contact = whole.probe.contact(ofChannel: channel)
      return contact.map { [$0.xMicrometers, $0.yMicrometers] } ?? [0, 25 * Double(place)]
    }
  }

  /// Where the spikes come from.
  func source() throws -> Sorting.Source {
    var source = Sorting.Source(
      files: whole.files.map(\.lastPathComponent), checksum: try checksum ?? inputChecksum(of: whole.files),
      samplingRate: recording.samplingRate, frameCount: recording.frameCount, channelPositions: positions,
      channels: channels, amplitudeUnit: recording.unit,
      flatBinary: whole.flatLayout.flatMap {
        $0.headerBytes == 0
          ? Sorting.FlatBinary(
            path: $0.file.standardizedFileURL.path, dataType: $0.sampleType.rawValue,
            channels: whole.channelCount)
          : nil
      }, startFrame: startFrame, inputs: whole.inputs.count > 1 ? whole.inputs : nil, session: whole.session)
    let clock = whole.clock
    source.clock = clock.isPlain(samplingRate: whole.samplingRate) ? nil : clock
    source.artifacts = artifacts
    return source
  }

  /// A tenth of a second around the middle one of some spikes, before and after filtering.
  ///
  /// - Parameter frames: of the spikes, ascending, from the start of the part.
  func traceExample(around frames: [Int], noise: [Double], sign: PeakSign) throws -> Sorting.TraceExample? {
    let rate = recording.samplingRate
    let length = min(recording.frameCount, Int(0.1 * rate))
    guard length > 0 else { return nil }
    let centre = frames.isEmpty ? recording.frameCount / 2 : frames[frames.count / 2]
    let first = min(max(0, centre - length / 2), recording.frameCount - length)
    let detection = options.detection
    let filtered = FilteredRecording(
      recording,
      filter: try .butterworth(
        order: detection.filterOrder, detection.band(samplingRate: rate), samplingRate: rate))
    return Sorting.TraceExample(
      startFrame: first + startFrame, channels: recording.channelCount,
      raw: try recording.read(frames: first..<first + length),
      filtered: try filtered.read(frames: first..<first + length),
      thresholds: noise.map { $0 * options.threshold }, sign: sign)
  }
}

extension PeakSign {
  /// −1 for troughs, +1 for peaks, 0 for either.
  var direction: Int {
    switch self {
    case .positive: 1
    case .both, .auto: 0
    case .negative: -1
    }
  }
}

extension SortingOptions {
  /// How spikes are detected.
  var detection: DetectionOptions {
    var detection = DetectionOptions()
    detection.band = passBand.map { .between($0.low, $0.high) }
    detection.threshold = threshold
    detection.peakSign = peak
    // Channels of other groups are taken away as the recording is read.
    detection.reference = reference == .median ? .median : .none
    return detection
  }
}
