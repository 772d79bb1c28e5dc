internal import Foundation

/// A Blackrock continuous file, `.ns1` to `.ns6`, of file specification 2.1, 2.2, 2.3 or 3.0.
///
/// 2.1 is a short header and samples; its gains stand in the `.nev` beside it. Later ones describe every channel and
/// hold blocks, each with its time and number of frames; a pause parts blocks. With a clock of nanoseconds (3.0) every
/// frame is a block of its own, and a gap is where two are more than two periods apart.
struct BlackrockFile {
  private let file: SampleFile
  private let samplingRate: Double
  private let headerBytes: Int
  /// Ticks a second of the blocks' times.
  private var ticksPerSecond = 30_000.0
  private var start: String?
  /// The electrode of every channel.
  private let electrodes: [Int]
  /// One a channel; nil where the file does not say.
  private let gains: [(microvolts: Double, offset: Double, isElectrode: Bool)?]
  private let format: Format

  private enum Format: Equatable {
    case bare
    case blocks(timeBytes: Int)
    case frames
  }

  /// Opens a file by its first bytes, or the fastest file of a folder of them; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    var url = url
    if url.isFolder {
      let all = (1...6).reversed().flatMap { files(in: url, withExtension: "ns\($0)") }
      guard let fastest = all.first else { return nil }
      let rivals = all.filter { $0.pathExtension == fastest.pathExtension }
      guard rivals.count == 1 else {
        throw .malformed(
          file: url.path, found: "\(rivals.count) .\(fastest.pathExtension) files",
          expected: "one, or one named")
      }
      url = fastest
    }
    let file = try SampleFile(url)
    switch String(decoding: try file.head(8), as: UTF8.self) {
    case "NEURALSG": return try BlackrockFile(bare: file).open(description).named("Blackrock 2.1")
    case "NEURALCD", "BRSMPGRP":
      var version = HeaderBytes(bytes: try file.head(10), file: url.path)
      try version.skip(8)
      let (major, minor) = (try version.integer(UInt8.self), try version.integer(UInt8.self))
      return try BlackrockFile(file).open(description).named("Blackrock \(major).\(minor)")
    default: return nil
    }
  }

  /// Reads a header of specification 2.1.
  private init(bare file: SampleFile) throws(RecordingError) {
    var header = HeaderBytes(bytes: try file.head(1 << 20), file: file.url.path)
    try header.skip(24)
    self.file = file
    samplingRate = try Self.rate(try header.integer(UInt32.self), file)
    let count = try Self.channelCount(try header.integer(UInt32.self), file)
    let factors = try Self.factors(beside: file.url)
    var gains: [(microvolts: Double, offset: Double, isElectrode: Bool)?] = []
    var electrodes: [Int] = []
    for _ in 0..<count {
      let electrode = try header.integer(UInt32.self)
      electrodes.append(Int(electrode))
      gains.append(factors[electrode].map { (microvolts: $0, offset: 0, isElectrode: true) })
    }
    self.gains = gains
    self.electrodes = electrodes
    headerBytes = header.place
    format = .bare
  }

  /// Reads a header of specification 2.2 or later.
  private init(_ file: SampleFile) throws(RecordingError) {
    let path = file.url.path
    var header = HeaderBytes(bytes: try file.head(1 << 24), file: path)
    try header.skip(8)
    let major = try header.integer(UInt8.self)
    try header.skip(1)
    let stated = Int(try header.integer(UInt32.self))
    try header.skip(16 + 256)
    self.file = file
    samplingRate = try Self.rate(try header.integer(UInt32.self), file)
    let resolution = try header.integer(UInt32.self)
    if resolution > 0 { ticksPerSecond = Double(resolution) }
    // Year, month, day of the week, day, hour, minute, second, millisecond; universal time.
    var date: [Int] = []
    for _ in 0..<8 { date.append(Int(try header.integer(UInt16.self))) }
    start = SessionStart.text(
      year: date[0], month: date[1], day: date[3], hour: date[4], minute: date[5], second: date[6],
      zone: "+00:00")
    let count = try Self.channelCount(try header.integer(UInt32.self), file)
    var gains: [(microvolts: Double, offset: Double, isElectrode: Bool)?] = []
    var electrodes: [Int] = []
    for _ in 0..<count {
      let (electrode, gain) = try Self.channel(&header)
      electrodes.append(electrode)
      gains.append(gain)
    }
    guard stated >= header.place, stated < file.byteCount else {
      throw .malformed(
        file: path, found: "a header of \(stated) bytes in a file of \(file.byteCount)",
        expected: "\(header.place) bytes for \(count) channels, and samples")
    }
    self.gains = gains
    self.electrodes = electrodes
    headerBytes = stated
    let timeBytes = major >= 3 ? 8 : 4
    let first = try file.bytes(stated..<min(stated + 5 + timeBytes, file.byteCount))
    let isStamped =
      major >= 3 && resolution == 1_000_000_000 && first.count == 13
      && first.littleEndian(UInt32.self, at: 9) == 1
    format = isStamped ? .frames : .blocks(timeBytes: timeBytes)
  }

  private static func rate(_ period: UInt32, _ file: SampleFile) throws(RecordingError) -> Double {
    guard period > 0 else {
      throw .malformed(
        file: file.url.path, found: "a period of 0",
        expected: "a positive number of thirty-thousandths of a second")
    }
    return 30_000 / Double(period)
  }

  private static func channelCount(_ count: UInt32, _ file: SampleFile) throws(RecordingError) -> Int {
    guard (1...65536).contains(count) else {
      throw .malformed(file: file.url.path, found: "\(count) channels", expected: "a number from 1 to 65536")
    }
    return Int(count)
  }

  /// One channel's electrode and description: µV are electrodes, other units analogue inputs.
  private static func channel(
    _ header: inout HeaderBytes
  ) throws(RecordingError) -> (Int, (microvolts: Double, offset: Double, isElectrode: Bool)?) {
    guard try header.text(byteCount: 2) == "CC" else {
      throw .malformed(
        file: header.file, found: "no CC before a channel", expected: "a channel's description")
    }
    let electrode = Int(try header.integer(UInt16.self))
    try header.skip(16 + 2)
    var limits: [Double] = []
    for _ in 0..<4 { limits.append(Double(try header.int16())) }
    let unit = try header.text(byteCount: 16).lowercased()
    try header.skip(20)
    guard limits[1] > limits[0], limits[3] >= limits[2] else {
      throw .malformed(
        file: header.file, found: "a range of \(limits[2]) to \(limits[3]) \(unit)",
        expected: "two limits, the lower one first")
    }
    // A unit that is none of voltage leaves the channel without a scale.
    guard let scale = microvoltsPer(unit) else { return (electrode, nil) }
    let gain = (limits[3] - limits[2]) / (limits[1] - limits[0])
    return (electrode, (scale * gain, scale * (limits[2] - limits[0] * gain), scale == 1))
  }

  /// Microvolts a step by electrode, from the `.nev` of the same name; empty where there is none.
  private static func factors(beside url: URL) throws(RecordingError) -> [UInt32: Double] {
    let events = url.deletingPathExtension().appendingPathExtension("nev")
    guard events.exists else { return [:] }
    var header = HeaderBytes(bytes: try SampleFile(events).head(1 << 24), file: events.path)
    guard try header.text(byteCount: 8) == "NEURALEV" else { return [:] }
    try header.skip(2 + 2 + 4 + 4 + 4 + 4 + 16 + 32 + 256)
    var factors: [UInt32: Double] = [:]
    for _ in 0..<(try header.integer(UInt32.self)) {
      let kind = try header.text(byteCount: 8)
      let electrode = try header.integer(UInt16.self)
      try header.skip(2)
      let nanovolts = try header.integer(UInt16.self)
      try header.skip(18)
      // 21516 is 152592.547 cut to sixteen bits.
      if kind == "NEUEVWAV" {
        factors[UInt32(electrode)] = nanovolts == 21516 ? 152.592547 : Double(nanovolts) / 1000
      }
    }
    return factors
  }

  /// Opens the electrodes; a file of analogue inputs alone is read whole.
  private func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    let contacts = gains.indices.filter { gains[$0]?.isElectrode ?? true }
    let chosen = contacts.isEmpty ? Array(gains.indices) : contacts
    if let said = description.channelCount, said != chosen.count {
      throw .malformed(
        file: file.url.path, found: "\(chosen.count) channels", expected: "\(said), as was said")
    }
    let known = gains.compactMap { $0 }
    let own =
      known.count == gains.count && known.contains { $0.microvolts != 0 }
      ? Gain(microvoltsPerUnit: known.map(\.microvolts), offsetMicrovolts: known.map(\.offset)) : nil
    let gain = description.gain ?? own
    var notices: [String] = []
    if chosen.count < gains.count {
      let count = gains.count - chosen.count
      notices.append(
        "\(file.url.path): \(count) channel\(count == 1 ? " that is an analogue input is" : "s that are analogue inputs are") left out"
      )
    }
    if format != .bare, own == nil, description.gain == nil {
      notices.append(unknownUnit("", of: file.url.path))
    }
    let rate = description.samplingRate ?? samplingRate
    let probe = try description.probe(channelCount: chosen.count).spread(over: chosen)
    notices += silence(
      of: chosen.filter { gains[$0]?.microvolts == 0 }.map { "\(electrodes[$0])" }, in: file.url)
    let whole: any Recording
    switch format {
    case .bare:
      whole = try RawRecording(
        file, channelCount: gains.count, samplingRate: rate, gain: gain, probe: probe,
        headerBytes: headerBytes)
    case .blocks(let timeBytes):
      var parts: [any Recording] = []
      var gaps: [RecordingGap] = []
      var (frames, end) = (0, 0.0)
      var begun: Double?
      let (blocks, rest) = try blocks(timeBytes: timeBytes)
      notices += rest
      for (place, count, time) in blocks {
        let begin = Double(time) / ticksPerSecond
        if begun == nil { begun = begin }
        if frames > 0 { gaps.append(RecordingGap(frame: frames, seconds: begin - end)) }
        (frames, end) = (frames + count, begin + Double(count) / samplingRate)
        parts.append(
          try RawRecording(
            file, channelCount: gains.count, samplingRate: rate, gain: gain, probe: probe, headerBytes: place,
            frameCount: count))
      }
      let joined = parts.count == 1 ? parts[0] : try ConcatenatedRecording(parts).parted(by: gaps)
      whole = joined.asOneInput().clocked(from: begun)
    case .frames: whole = try stampedFrames(rate: rate, gain: gain, probe: probe)
    }
    let electrodesAlone: any Recording =
      (chosen.count == gains.count ? whole : RecordingSelection(whole, channels: chosen)).noticing(notices)
      .from(RecordingOrigin(channelNames: chosen.map { "electrode \(electrodes[$0])" }))
    guard let start else { return electrodesAlone }
    // Blocks count from the header's time of origin, clocks of nanoseconds from 1970.
    return electrodesAlone.of(RecordingSession(start: start, clockAtStart: format == .frames ? nil : 0))
  }

  /// The place of the first sample, the number of frames and the time in ticks of every block that is not empty.
  ///
  /// A file that ends within a block gives the block's whole frames, and a sentence.
  private func blocks(timeBytes: Int) throws(RecordingError) -> ([(Int, Int, UInt64)], notices: [String]) {
    var blocks: [(Int, Int, UInt64)] = []
    var notices: [String] = []
    let frameBytes = 2 * gains.count
    var place = headerBytes
    let headBytes = 1 + timeBytes + 4
    while place < file.byteCount {
      let head = try file.bytes(place..<min(place + headBytes, file.byteCount))
      if head.count < headBytes, head[0] == 1 {
        notices = cutShort(file: file.url.path, bytes: head.count, unit: "block's head of \(headBytes) bytes")
        break
      }
      guard head.count == headBytes, head[0] == 1 else {
        throw .malformed(
          file: file.url.path, found: "no block at byte \(place)",
          expected: "a 1, a time and a number of frames")
      }
      let stated = Int(head.littleEndian(UInt32.self, at: 1 + timeBytes))
      place += headBytes
      let count = min(stated, (file.byteCount - place) / frameBytes)
      if count < stated {
        notices.append(
          "\(file.url.path): the last block is cut short: \(count) whole frames are there and were read, where its head says \(stated)"
        )
      }
      let time =
        timeBytes == 8 ? head.littleEndian(UInt64.self, at: 1) : UInt64(head.littleEndian(UInt32.self, at: 1))
      if count > 0 { blocks.append((place, count, time)) }
      place += count < stated ? file.byteCount - place : frameBytes * count
    }
    guard !blocks.isEmpty else {
      throw .malformed(file: file.url.path, found: "no block with frames", expected: "at least one")
    }
    return (blocks, notices)
  }

  private func stampedFrames(rate: Double, gain: Gain?, probe: Probe) throws(RecordingError) -> any Recording
  {
    let blockBytes = 13 + 2 * gains.count
    let recording = try BlockRecording(
      file: file,
      layout: BlockRecording.Layout(
        headerBytes: headerBytes, blockBytes: blockBytes, framesPerBlock: 1,
        channelOffsets: gains.indices.map { 13 + 2 * $0 }, frameStride: 2, isSigned: true),
      samplingRate: rate, gain: gain, probe: probe)
    var gaps: [RecordingGap] = []
    var before: UInt64?
    var first: UInt64 = 0
    var marks = ClockMarks(samplingRate: rate)
    let piece = max(1, (1 << 20) / blockBytes)
    for start in stride(from: 0, to: recording.frameCount, by: piece) {
      let count = min(piece, recording.frameCount - start)
      let place = headerBytes + start * blockBytes
      let bytes = try file.bytes(place..<place + count * blockBytes)
      for i in 0..<count {
        guard bytes[i * blockBytes] == 1, bytes.littleEndian(UInt32.self, at: i * blockBytes + 9) == 1 else {
          throw .malformed(
            file: file.url.path, found: "no frame at byte \(place + i * blockBytes)",
            expected: "a frame and its time")
        }
        let time = bytes.littleEndian(UInt64.self, at: i * blockBytes + 1)
        if before == nil { first = time }
        let isGap = before.map { time < $0 || Double(time - $0) > 2e9 / samplingRate } ?? false
        // Clocks of nanoseconds since 1970 are no doubles: from the first one on they are.
        let since = time < first ? -Double(first - time) : Double(time - first)
        marks.add(frame: start + i, seconds: Double(first) / 1e9 + since / 1e9, afterGap: isGap)
        if let before, isGap {
          let elapsed = time < before ? -Double(before - time) : Double(time - before)
          gaps.append(RecordingGap(frame: start + i, seconds: elapsed / 1e9 - 1 / samplingRate))
        }
        before = time
      }
    }
    return recording.parted(by: gaps).clocked(by: marks.clock(samplingRate: rate))
  }
}
