internal import Foundation

/// An Intan `.rhd` file that holds header and samples ("traditional" format).
///
/// The header names the channels of every port; blocks of 60 frames (128 from version 2.0) follow, each the frames'
/// numbers and then, kind by kind and channel by channel, the samples. Amplifier samples are unsigned, 0.195 µV a
/// step around 32768. Only they are read.
struct IntanFile {
  private let file: SampleFile
  private let samplingRate: Double
  private let amplifierCount: Int
  private let layout: BlockRecording.Layout

  /// Whether a file's first bytes are those of one.
  static func begins(_ head: [UInt8]) -> Bool { head.starts(with: [0x02, 0x27, 0x91, 0xc6]) }

  /// Reads the header.
  init(_ url: URL) throws(RecordingError) {
    file = try SampleFile(url)
    // Headers are some 100 bytes a channel.
    var header = HeaderBytes(bytes: try file.head(1 << 24), file: url.path)
    try header.skip(4)
    let version = (try header.int16(), try header.int16())
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool { version >= (major, minor) }
    samplingRate = Double(try header.float32())
    guard samplingRate > 0, samplingRate.isFinite, (1...99).contains(version.0) else {
      throw .malformed(
        file: url.path, found: "version \(version.0).\(version.1) at \(samplingRate) Hz",
        expected: "a version from 1.0 and a positive rate")
    }
    // Filters, notch filter, impedance test.
    try header.skip(2 + 6 * 4 + 2 + 2 * 4)
    for _ in 0..<3 { try header.skipText() }
    let sensorCount = isAtLeast(1, 1) ? try header.count(of: "temperature sensors") : 0
    if isAtLeast(1, 3) { try header.skip(2) }
    if isAtLeast(2, 0) { try header.skipText() }
    let counts = try Self.channelCounts(&header)
    guard counts[0] > 0 else {
      throw .malformed(
        file: url.path, found: "no amplifier channel", expected: "at least one that is enabled")
    }
    amplifierCount = counts[0]
    layout = Self.layout(
      headerBytes: header.place, framesPerBlock: isAtLeast(2, 0) ? 128 : 60, counts, sensorCount: sensorCount)
  }

  /// The enabled channels of every kind: amplifiers, auxiliary inputs, supply voltages, board inputs, digital inputs
  /// and outputs.
  private static func channelCounts(_ header: inout HeaderBytes) throws(RecordingError) -> [Int] {
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<(try header.count(of: "ports")) {
      for _ in 0..<2 { try header.skipText() }
      let isEnabled = try header.int16() != 0
      let channelCount = try header.count(of: "channels")
      try header.skip(2)
      guard isEnabled else { continue }
      for _ in 0..<channelCount {
        for _ in 0..<2 { try header.skipText() }
        try header.skip(4)
        let kind = try header.int16()
        let isEnabled = try header.int16() != 0
        try header.skip(2 * 6 + 2 * 4)
        guard counts.indices.contains(kind) else {
          throw .malformed(
            file: header.file, found: "a channel of kind \(kind)", expected: "a kind from 0 to 5")
        }
        if isEnabled { counts[kind] += 1 }
      }
    }
    return counts
  }

  private static func layout(
    headerBytes: Int, framesPerBlock frames: Int, _ counts: [Int], sensorCount: Int
  ) -> BlockRecording.Layout {
    // Auxiliary inputs are sampled at a quarter of the rate, supply voltages and temperatures once a block; all
    // digital inputs share a word, and so do the outputs.
    let words =
      frames * counts[0] + frames / 4 * counts[1] + counts[2] + sensorCount + frames * counts[3]
      + (counts[4] > 0 ? frames : 0) + (counts[5] > 0 ? frames : 0)
    return BlockRecording.Layout(
      headerBytes: headerBytes, blockBytes: 4 * frames + 2 * words, framesPerBlock: frames,
      channelOffsets: (0..<counts[0]).map { 4 * frames + 2 * frames * $0 }, frameStride: 2, isSigned: false)
  }

  /// Opens the amplifier channels.
  func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    if let said = description.channelCount, said != amplifierCount {
      throw .malformed(
        file: file.url.path, found: "\(amplifierCount) amplifier channels",
        expected: "\(said) as --channels says")
    }
    let recording = try BlockRecording(
      file: file, layout: layout, samplingRate: description.samplingRate ?? samplingRate,
      gain: description.gain ?? Gain(microvoltsPerUnit: 0.195, offsetMicrovolts: -32768 * 0.195),
      probe: try description.probe(channelCount: amplifierCount))
    return recording.parted(before: try gaps(frameCount: recording.frameCount))
  }

  /// The frames whose number does not follow that of the frame before.
  private func gaps(frameCount: Int) throws(RecordingError) -> [Int] {
    let perBlock = layout.framesPerBlock
    var gaps: [Int] = []
    var expected: Int32?
    for block in 0..<(frameCount / perBlock) {
      let start = layout.headerBytes + block * layout.blockBytes
      let numbers = try file.bytes(start..<start + 4 * perBlock)
      for i in 0..<perBlock {
        let number = numbers.littleEndian(Int32.self, at: 4 * i)
        if let expected, number != expected { gaps.append(block * perBlock + i) }
        expected = number &+ 1
      }
    }
    return gaps
  }
}

/// A header read from its beginning on.
private struct HeaderBytes {
  let bytes: [UInt8]
  let file: String
  private(set) var place = 0

  init(bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  mutating func skip(_ count: Int) throws(RecordingError) {
    guard count <= bytes.count - place else {
      throw .malformed(
        file: file, found: "a header that ends at byte \(bytes.count)", expected: "the rest of it")
    }
    place += count
  }

  mutating func int16() throws(RecordingError) -> Int {
    try skip(2)
    return Int(bytes.littleEndian(Int16.self, at: place - 2))
  }

  mutating func float32() throws(RecordingError) -> Float {
    try skip(4)
    return Float(bitPattern: bytes.littleEndian(UInt32.self, at: place - 4))
  }

  /// A number of things.
  mutating func count(of things: String) throws(RecordingError) -> Int {
    let count = try int16()
    guard count >= 0 else {
      throw .malformed(file: file, found: "\(count) \(things)", expected: "a number that is not negative")
    }
    return count
  }

  /// A text with its length in bytes before it; all bits set for none.
  mutating func skipText() throws(RecordingError) {
    try skip(4)
    let length = bytes.littleEndian(UInt32.self, at: place - 4)
    if length != .max { try skip(Int(length)) }
  }
}
