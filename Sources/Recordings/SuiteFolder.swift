internal import Foundation

/// A folder that describes itself: `meta.json` names the samples' file, its type, rate, channels and gain, and
/// `probe.json` the contacts.
struct SuiteFolder {
  let url: URL
  let meta: Meta

  /// The part of `meta.json` that is read.
  struct Meta: Decodable {
    let file: String
    let dtype: String
    let samplingRate: Double
    let channels: Int
    let frames: Int?
    let gain: Double?
    let offset: Double?

    enum CodingKeys: String, CodingKey {
      case file, dtype, channels, frames
      case samplingRate = "sampling_rate_hz"
      case gain = "gain_uV_per_bit"
      case offset = "offset_uV"
    }
  }

  /// Opens such a folder, or the file of samples in one; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    let folder = url.isFolder ? url : url.deletingLastPathComponent()
    guard folder.appendingPathComponent("meta.json").exists else { return nil }
    if url.isFolder { return try SuiteFolder(folder).open(description) }
    guard let suite = try? SuiteFolder(folder), suite.meta.file == url.lastPathComponent else { return nil }
    return try suite.open(description)
  }

  /// Reads the description in a folder.
  init(_ url: URL) throws(RecordingError) {
    self.url = url
    meta = try decodeJSON(
      Meta.self, from: url.appendingPathComponent("meta.json"),
      expected: "file, dtype, sampling_rate_hz and channels")
  }

  /// Opens the samples; what the description states goes before the folder's own word.
  func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    let metaPath = url.appendingPathComponent("meta.json").path
    let word = meta.dtype.split(separator: " ").first.map(String.init) ?? ""
    guard let sampleType = description.sampleType ?? SampleType(rawValue: word) else {
      throw .malformed(file: metaPath, found: "dtype \(meta.dtype)", expected: SampleType.listed)
    }
    let name = URL(fileURLWithPath: meta.file).lastPathComponent
    guard name == meta.file else {
      throw .malformed(file: metaPath, found: "file \(meta.file)", expected: "the name of a file beside it")
    }
    guard meta.samplingRate > 0, meta.samplingRate.isFinite, (1...65536).contains(meta.channels) else {
      throw .malformed(
        file: metaPath, found: "\(meta.channels) channels at \(meta.samplingRate) Hz",
        expected: "at least one channel and a positive rate")
    }
    let channelCount = description.channelCount ?? meta.channels
    let probeFile = url.appendingPathComponent("probe.json")
    let hasProbe = FileManager.default.fileExists(atPath: probeFile.path)
    let probe =
      hasProbe && !description.statesProbe
      ? try Probe(file: probeFile, channelCount: channelCount)
      : try description.probe(channelCount: channelCount)
    let ownGain = meta.gain.map { Gain(microvoltsPerUnit: $0, offsetMicrovolts: meta.offset ?? 0) }
    let recording = try RawRecording(
      file: url.appendingPathComponent(meta.file), sampleType: sampleType, channelCount: channelCount,
      samplingRate: description.samplingRate ?? meta.samplingRate, gain: description.gain ?? ownGain,
      probe: probe)
    guard let frames = meta.frames, frames != recording.frameCount, description.channelCount == nil else {
      return recording
    }
    guard frames > recording.frameCount else {
      throw .malformed(
        file: recording.files[0].path, found: "\(recording.frameCount) frames",
        expected: "\(frames) as meta.json says")
    }
    return recording.noticing([
      "\(recording.name): \(recording.frameCount) frames are there and were read, where meta.json says \(frames)"
    ])
  }
}
