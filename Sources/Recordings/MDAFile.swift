internal import Foundation

/// An `.mda` file (MountainSort's array format): a short header, then channels × frames in column-major order, which
/// is frame after frame.
///
/// The header is a run of little-endian 32-bit integers: the type's code, the bytes of a sample, the number of
/// dimensions, and each dimension. A negative number of dimensions says that the dimensions are 64-bit.
struct MDAFile {
  let url: URL
  let sampleType: SampleType
  let channelCount: Int
  let headerBytes: Int
  private let file: SampleFile
  /// The whole frames that are there, and as many as the header says.
  private let frames: (found: Int, stated: Int)

  /// Opens a file by its name; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    guard url.pathExtension.lowercased() == "mda", !url.isFolder else { return nil }
    return try MDAFile(url).open(description)
  }

  /// Reads the header and holds it against the size of the file.
  init(_ url: URL) throws(RecordingError) {
    let file = try SampleFile(url)
    let head = try file.head(28)
    guard head.count >= 12 else {
      throw .malformed(file: url.path, found: "\(head.count) bytes", expected: "the header of an .mda file")
    }
    let code = Self.integer(head, at: 0, byteCount: 4)
    guard let sampleType = Self.types[code] else {
      throw .malformed(
        file: url.path, found: "the type code \(code)",
        expected: "-3, -4, -5, -6 or -7 (\(SampleType.listed))")
    }
    let stated = Self.integer(head, at: 4, byteCount: 4)
    guard stated == sampleType.byteCount else {
      throw .malformed(
        file: url.path, found: "\(stated) bytes a sample",
        expected: "\(sampleType.byteCount) for \(sampleType)")
    }
    let dimensions = Self.integer(head, at: 8, byteCount: 4)
    guard dimensions == 2 || dimensions == -2 else {
      throw .malformed(
        file: url.path, found: "\(dimensions.magnitude) dimensions", expected: "2 (channels × frames)")
    }
    let width = dimensions < 0 ? 8 : 4
    let headerBytes = 12 + 2 * width
    guard head.count >= headerBytes else {
      throw .malformed(
        file: url.path, found: "\(head.count) bytes", expected: "a header of \(headerBytes) bytes")
    }
    let channelCount = Self.integer(head, at: 12, byteCount: width)
    let frameCount = Self.integer(head, at: 12 + width, byteCount: width)
    guard (1...65536).contains(channelCount), frameCount > 0 else {
      throw .malformed(
        file: url.path, found: "\(channelCount) channels × \(frameCount) frames",
        expected: "1 to 65536 channels and at least one frame")
    }
    let dataBytes = file.byteCount - headerBytes
    let frameBytes = channelCount * sampleType.byteCount
    // A file that was cut short holds fewer; one that holds more is none of these.
    guard dataBytes >= frameBytes,
      dataBytes / frameBytes < frameCount || dataBytes == frameCount * frameBytes
    else {
      throw .malformed(
        file: url.path, found: "\(dataBytes) bytes of samples",
        expected: "\(frameCount) frames of \(frameBytes) bytes as its header says")
    }
    self.file = file
    frames = (dataBytes / frameBytes, frameCount)
    self.url = url
    self.sampleType = sampleType
    self.channelCount = channelCount
    self.headerBytes = headerBytes
  }

  /// Opens the samples; the format states no rate and no gain.
  func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    guard let rate = description.samplingRate else {
      throw .unstated(file: url.path, what: "its sampling rate", options: [.samplingRate])
    }
    if let said = description.channelCount, said != channelCount {
      throw .malformed(
        file: url.path, found: "\(channelCount) channels", expected: "\(said), as was said")
    }
    let recording = try RawRecording(
      file, sampleType: sampleType, channelCount: channelCount, samplingRate: rate,
      gain: description.gain, probe: try description.probe(channelCount: channelCount),
      headerBytes: headerBytes, frameCount: frames.found)
    return frames.found == frames.stated
      ? recording
      : recording.noticing([
        "\(url.path): \(frames.found) whole frames are there and were read, where its header says \(frames.stated)"
      ])
  }

  private static let types: [Int: SampleType] = [
    -3: .float32, -4: .int16, -5: .int32, -6: .uint16, -7: .float64,
  ]

  /// A signed little-endian integer of 4 or 8 bytes.
  private static func integer(_ bytes: [UInt8], at offset: Int, byteCount: Int) -> Int {
    let bits = (0..<byteCount).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
    return byteCount == 4 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(bitPattern: bits))
  }
}
