public import Foundation

/// A flat binary file: interleaved samples, little endian, after an optional header.
public struct RawRecording: Recording {
  /// The number of channels.
  public let channelCount: Int
  /// The number of frames.
  public let frameCount: Int
  /// Frames a second.
  public let samplingRate: Double
  /// What a unit of the file is in microvolts; nil for ADC units.
  public let gain: Gain?
  /// The contacts of the channels.
  public let probe: Probe
  /// The type of a sample in the file.
  public let sampleType: SampleType
  /// The bytes before the first sample.
  public let headerBytes: Int
  /// What was left out at the end of a file cut short.
  public let notices: [String]
  private let file: SampleFile
  /// Whether the file ends where the samples do.
  private let isWhole: Bool
  private let scale: SampleScale

  /// The files read from.
  public var files: [URL] { [file.url] }
  /// How the samples lie on disk; nil where that is no flat file.
  public var flatLayout: FlatLayout? {
    isWhole ? FlatLayout(file: file.url, sampleType: sampleType, headerBytes: headerBytes) : nil
  }

  /// Opens a file.
  ///
  /// - Precondition: a positive rate and number of channels; a probe whose channels are all below `channelCount`.
  /// - Throws: `RecordingError` where the file is missing or holds no whole frame.
  public init(
    file url: URL, sampleType: SampleType = .int16, channelCount: Int, samplingRate: Double,
    gain: Gain? = nil,
    probe: Probe? = nil, headerBytes: Int = 0
  ) throws(RecordingError) {
    try self.init(
      try SampleFile(url), sampleType: sampleType, channelCount: channelCount, samplingRate: samplingRate,
      gain: gain, probe: probe, headerBytes: headerBytes)
  }

  /// Reads from an open file so many frames, all up to its end where no number is given.
  ///
  /// - Precondition: a positive rate and number of channels; the frames stated lie within the file.
  init(
    _ file: SampleFile, sampleType: SampleType = .int16, channelCount: Int, samplingRate: Double, gain: Gain?,
    probe: Probe?, headerBytes: Int, frameCount: Int? = nil
  ) throws(RecordingError) {
    precondition(channelCount > 0 && samplingRate > 0, "a recording needs channels and a rate")
    let url = file.url
    let dataBytes =
      frameCount.map { $0 * channelCount * sampleType.byteCount } ?? (file.byteCount - headerBytes)
    let frameBytes = channelCount * sampleType.byteCount
    guard dataBytes >= frameBytes else {
      throw .malformed(
        file: url.path,
        found: file.byteCount == 0 ? "an empty file" : "\(max(0, dataBytes)) bytes of samples",
        expected:
          "at least a frame of \(frameBytes) (\(channelCount) channels × \(sampleType.byteCount) bytes)")
    }
    self.file = file
    isWhole = headerBytes + dataBytes == file.byteCount && dataBytes % frameBytes == 0
    notices = cutShort(
      file: url.path, bytes: dataBytes % frameBytes,
      unit: "frame of \(frameBytes) bytes (\(channelCount) channels × \(sampleType.byteCount))")
    self.channelCount = channelCount
    self.frameCount = dataBytes / frameBytes
    self.samplingRate = samplingRate
    self.gain = gain
    self.probe = probe ?? .standard(channelCount: channelCount)
    self.sampleType = sampleType
    self.headerBytes = headerBytes
    self.scale = SampleScale(gain, channelCount: channelCount)
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    try forEachPiece(of: frames) { raw, start, count in
      guard let target = samples.baseAddress else { return }
      sampleType.decode(
        raw, count: count * channelCount, scale: scale,
        into: target + (start - frames.lowerBound) * channelCount)
    }
    if let i = firstNotFinite(samples) {
      throw notFinite(samples[i], frame: frames.lowerBound + i / channelCount, channel: i % channelCount)
    }
  }

  /// Reads a range of frames of some channels, interleaved; what lies between them is never decoded.
  public func read(
    frames: Range<Int>, channels: [Int], into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(channels.allSatisfy { 0 <= $0 && $0 < channelCount }, "channels outside the recording")
    precondition(samples.count == frames.count * channels.count, "a buffer needs frames × channels elements")
    try forEachPiece(of: frames) { raw, start, count in
      guard let target = samples.baseAddress else { return }
      sampleType.decode(
        raw, frames: count, of: channelCount, channels: channels, scale: scale,
        into: target + (start - frames.lowerBound) * channels.count)
    }
    if let i = firstNotFinite(samples) {
      throw notFinite(
        samples[i], frame: frames.lowerBound + i / channels.count, channel: channels[i % channels.count])
    }
  }

  /// Reads frames in pieces that stay in the processor's cache between reading and decoding.
  ///
  /// - Parameter body: given the bytes of a piece, its first frame and its number of frames.
  private func forEachPiece(
    of frames: Range<Int>, _ body: (_ raw: UnsafeRawPointer, _ start: Int, _ count: Int) -> Void
  ) throws {
    let frameBytes = channelCount * sampleType.byteCount
    let pieceFrames = min(frames.count, max(1, (1 << 18) / frameBytes))
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceFrames * frameBytes, alignment: 64)
    defer { raw.deallocate() }
    var start = frames.lowerBound
    while start < frames.upperBound {
      let end = min(start + pieceFrames, frames.upperBound)
      let bytes = UnsafeMutableRawBufferPointer(rebasing: raw[..<((end - start) * frameBytes)])
      try file.read(at: headerBytes + start * frameBytes, into: bytes)
      if let base = bytes.baseAddress { body(base, start, end - start) }
      start = end
    }
  }

  private func notFinite(_ value: Float, frame: Int, channel: Int) -> RecordingError {
    .notFinite(file: file.url.path, frame: frame, channel: channel, value: value)
  }
}
