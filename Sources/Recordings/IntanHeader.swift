internal import Foundation

/// The header of Intan's `.rhd` and `.rhs` files: the channels of every port, in the order of their samples.
struct IntanHeader {
  /// Whether it is of a stimulator (`.rhs`).
  let isStimulator: Bool
  let samplingRate: Double
  /// The names of the amplifier channels that are enabled.
  let amplifiers: [String]
  /// How blocks follow the header in a file that holds its samples.
  let blocks: BlockRecording.Layout

  private static let magic: [(bytes: [UInt8], isStimulator: Bool)] = [
    ([0x02, 0x27, 0x91, 0xc6], false), ([0xac, 0x27, 0x91, 0xd6], true),
  ]

  /// Whether a file's first bytes are those of one.
  static func begins(_ head: [UInt8]) -> Bool { magic.contains { head.starts(with: $0.bytes) } }

  /// Reads the header.
  init(_ file: SampleFile) throws(RecordingError) {
    let path = file.url.path
    // Headers are some 100 bytes a channel.
    var header = HeaderBytes(bytes: try file.head(1 << 24), file: path)
    guard let kind = Self.magic.first(where: { header.bytes.starts(with: $0.bytes) }) else {
      throw .malformed(file: path, found: "another beginning", expected: "an Intan header")
    }
    isStimulator = kind.isStimulator
    try header.skip(4)
    let version = (try header.int16(), try header.int16())
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool { version >= (major, minor) }
    samplingRate = Double(try header.float32())
    guard samplingRate > 0, samplingRate.isFinite, (1...99).contains(version.0) else {
      throw .malformed(
        file: path, found: "version \(version.0).\(version.1) at \(samplingRate) Hz",
        expected: "a version from 1.0 and a positive rate")
    }
    // Filters, notch filter, impedance test; how a stimulator settles, recovers and steps.
    try header.skip(isStimulator ? 2 + 8 * 4 + 2 + 2 * 4 + 2 * 2 + 3 * 4 : 2 + 6 * 4 + 2 + 2 * 4)
    for _ in 0..<3 { _ = try header.countedText() }
    var sensorCount = 0
    var savesDC = false
    if isStimulator {
      savesDC = try header.int16() != 0
      try header.skip(2)
      _ = try header.countedText()
    } else {
      sensorCount = isAtLeast(1, 1) ? try header.count(of: "temperature sensors") : 0
      if isAtLeast(1, 3) { try header.skip(2) }
      if isAtLeast(2, 0) { _ = try header.countedText() }
    }
    let names = try Self.channels(&header, isStimulator: isStimulator)
    amplifiers = names[0]
    guard !amplifiers.isEmpty else {
      throw .malformed(file: path, found: "no amplifier channel", expected: "at least one that is enabled")
    }
    let frames = isStimulator || isAtLeast(2, 0) ? 128 : 60
    let words = Self.words(names.map(\.count), frames, isStimulator, savesDC, sensorCount)
    blocks = BlockRecording.Layout(
      headerBytes: header.place, blockBytes: 4 * frames + 2 * words, framesPerBlock: frames,
      channelOffsets: amplifiers.indices.map { 4 * frames + 2 * frames * $0 }, frameStride: 2, isSigned: false
    )
  }

  /// The enabled channels of every kind: amplifiers, auxiliary inputs, supply voltages, board inputs, digital inputs
  /// and outputs; of a stimulator amplifiers, two kinds that are none, board inputs and outputs, digital inputs and
  /// outputs.
  private static func channels(
    _ header: inout HeaderBytes, isStimulator: Bool
  ) throws(RecordingError) -> [[String]] {
    var names = [[String]](repeating: [], count: isStimulator ? 7 : 6)
    for _ in 0..<(try header.count(of: "ports")) {
      for _ in 0..<2 { _ = try header.countedText() }
      let isEnabled = try header.int16() != 0
      let channelCount = try header.count(of: "channels")
      try header.skip(2)
      guard isEnabled else { continue }
      for _ in 0..<channelCount {
        let name = try header.countedText()
        _ = try header.countedText()
        try header.skip(4)
        let kind = try header.int16()
        let isEnabled = try header.int16() != 0
        try header.skip(2 * (isStimulator ? 7 : 6) + 2 * 4)
        guard names.indices.contains(kind) else {
          throw .malformed(
            file: header.file, found: "a channel of kind \(kind)",
            expected: "a kind from 0 to \(names.count - 1)")
        }
        if isEnabled { names[kind].append(name) }
      }
    }
    return names
  }

  /// The 16-bit words of a block after the frames' numbers. All digital inputs share a word, and so do the outputs.
  private static func words(
    _ counts: [Int], _ frames: Int, _ isStimulator: Bool, _ savesDC: Bool, _ sensorCount: Int
  ) -> Int {
    let digital = counts.suffix(2).filter { $0 > 0 }.count * frames
    if isStimulator {
      // Beside every amplifier's samples stand the stimulation's, and the slow voltages where they are saved.
      return frames * (counts[0] * (savesDC ? 3 : 2) + counts[3] + counts[4]) + digital
    }
    // Auxiliary inputs are sampled at a quarter of the rate, supply voltages and temperatures once a block.
    return frames * counts[0] + frames / 4 * counts[1] + counts[2] + sensorCount + frames * counts[3]
      + digital
  }
}
