internal import Foundation

/// A folder of Neuralynx `.ncs` files, one a channel.
///
/// A file is 16 KiB of text, then records of 1044 bytes: the time of the first sample in microseconds (64 bits), a
/// channel number, the rate and the number of valid samples (32 bits each), and room for 512 samples of 16 bits.
/// A gap is where a record does not start, give or take one sample, when the one before it ends, and after every
/// record that is not full. Records that some channel lacks are left out.
struct NeuralynxRecording: Recording {
  let channelCount: Int
  let frameCount: Int
  let samplingRate: Double
  let gain: Gain?
  let probe: Probe
  let segments: [Range<Int>]
  let gaps: [RecordingGap]
  let session: RecordingSession?
  let clock: RecordingClock
  let notices: [String]
  let origin: RecordingOrigin
  private let channels: [NeuralynxFile]
  /// Of every channel which of its records are read.
  private let places: [[Int]]
  /// The first frame of every record, and the number of frames.
  private let starts: [Int]
  private let scale: SampleScale

  var files: [URL] { channels.map(\.file.url) }
  var clockStart: Double? { clock.start }

  /// Opens a file by its name, or a folder of them; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    let urls = url.isFolder ? Recordings.files(in: url, withExtension: "ncs") : [url]
    guard let first = urls.first, first.pathExtension.lowercased() == "ncs" else { return nil }
    return try open(urls, description)
  }

  /// Opens the fastest of some files: those whose times overlap are channels, others follow one another.
  static func open(
    _ urls: [URL], _ description: RecordingDescription
  ) throws(RecordingError) -> any Recording {
    var channels: [NeuralynxFile] = []
    for url in urls { channels.append(try NeuralynxFile(url)) }
    var notices = briefly(channels.flatMap(\.notices))
    // A channel that was switched off leaves a file of a header alone.
    let filled = channels.filter { !$0.records.isEmpty }
    guard let fastest = filled.map(\.samplingRate).max() else {
      throw .malformed(
        file: urls.first?.path ?? "", found: "a header without records", expected: "at least one record")
    }
    let slow = filled.filter { $0.samplingRate < fastest }
    func tell(_ files: [NeuralynxFile], _ why: String) {
      guard let first = files.first else { return }
      let others = files.dropFirst().map(\.file.url.lastPathComponent).joined(separator: ", ")
      notices.append("\(first.file.url.path)\(others.isEmpty ? "" : ", \(others)"): left out, \(why)")
    }
    tell(channels.filter(\.records.isEmpty), "as without a record")
    tell(slow, "as sampled at \(slow.first?.samplingRate ?? 0) Hz and not at the fastest rate, \(fastest) Hz")
    var parts: [any Recording] = []
    for session in sessions(of: filled.filter { $0.samplingRate == fastest }) {
      parts.append(try NeuralynxRecording(session, description))
    }
    return try joined(parts).noticing(notices)
  }

  /// Files by the times they hold: each list was recorded at once, its files in the order given.
  private static func sessions(of files: [NeuralynxFile]) -> [[NeuralynxFile]] {
    let times = files.map { file in
      (first: file.records.map(\.time).min() ?? 0, last: file.records.map(\.time).max() ?? 0)
    }
    var sessions: [[Int]] = []
    var end: UInt64 = 0
    for i in files.indices.sorted(by: { (times[$0].first, $0) < (times[$1].first, $1) }) {
      if sessions.isEmpty || times[i].first > end { sessions.append([]) }
      sessions[sessions.count - 1].append(i)
      end = max(end, times[i].last)
    }
    return sessions.map { $0.sorted().map { files[$0] } }
  }

  /// Opens files that were recorded together, in the order of the channels.
  private init(_ channels: [NeuralynxFile], _ description: RecordingDescription) throws(RecordingError) {
    let first = channels[0]
    if let said = description.channelCount, said != channels.count {
      throw .malformed(
        file: first.file.url.path, found: "\(channels.count) files with samples",
        expected: "\(said), as was said")
    }
    try Self.refuseCopies(channels)
    // Boards' clocks may differ by less than a sample.
    let places = commonBlocks(
      channels.map { $0.records.map { Double($0.time) } }, tolerance: 1e6 / first.samplingRate)
    notices = try leftOut(
      channels.map(\.file.url.path), counts: channels.map(\.records.count), kept: places[0].count)
    let records = places[0].indices.map { i in
      NeuralynxFile.Record(
        time: first.records[places[0][i]].time,
        sampleCount: zip(channels, places).map { $0.records[$1[i]].sampleCount }.min() ?? 0)
    }
    starts = records.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.sampleCount) }
    frameCount = starts[records.count]
    guard frameCount > 0 else {
      throw .malformed(
        file: first.file.url.path, found: "records without samples", expected: "at least one sample")
    }
    self.channels = channels
    self.places = places
    channelCount = channels.count
    samplingRate = description.samplingRate ?? first.samplingRate
    gain =
      description.gain
      ?? Gain(
        microvoltsPerUnit: channels.map(\.microvoltsPerUnit), offsetMicrovolts: channels.map { _ in 0 })
    probe = try description.probe(channelCount: channels.count)
    scale = SampleScale(gain, channelCount: channels.count)
    gaps = Self.gaps(of: records, starts: starts, samplingRate: first.samplingRate)
    let bounds = [0] + gaps.map(\.frame) + [frameCount]
    segments = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    session = first.start.map { RecordingSession(start: $0) }
    let gapFrames = Set(gaps.map(\.frame))
    var marks = ClockMarks(samplingRate: first.samplingRate)
    for (record, start) in zip(records, starts) where record.sampleCount > 0 {
      marks.add(frame: start, seconds: Double(record.time) / 1e6, afterGap: gapFrames.contains(start))
    }
    clock =
      marks.clock(samplingRate: samplingRate)
      ?? RecordingClock(start: 0, samplingRate: samplingRate, gaps: gaps)
    let names = channels.map(\.name)
    origin = RecordingOrigin(
      channelNames: Set(names).count == names.count
        ? names : channels.map { $0.file.url.deletingPathExtension().lastPathComponent })
  }

  /// Refuses a channel that is there twice.
  private static func refuseCopies(_ channels: [NeuralynxFile]) throws(RecordingError) {
    for (i, channel) in channels.enumerated() {
      for other in channels[..<i] where other.name == channel.name {
        guard try haveSameBytes(other.file.url, channel.file.url) else { continue }
        throw .malformed(
          file: channel.file.url.path, found: "the same bytes as in \(other.file.url.path)",
          expected: "every channel once")
      }
    }
  }

  /// The gaps between records, none before the first sample or twice before one.
  private static func gaps(
    of records: [NeuralynxFile.Record], starts: [Int], samplingRate: Double
  ) -> [RecordingGap] {
    let period = 1e6 / samplingRate
    var gaps: [RecordingGap] = []
    for i in 1..<max(1, records.count) {
      let before = records[i - 1]
      let expected = Double(before.sampleCount) * period
      // Times are unsigned: a clock that goes back is a gap too.
      let isBack = records[i].time < before.time
      let elapsed = isBack ? -Double(before.time - records[i].time) : Double(records[i].time - before.time)
      let isFull = before.sampleCount == NeuralynxFile.samplesPerRecord
      guard isBack || !isFull || abs(elapsed - expected) > period else { continue }
      let seconds = (elapsed - expected) / 1e6
      if let last = gaps.last, last.frame == starts[i] {
        gaps[gaps.count - 1].seconds = (last.seconds ?? 0) + seconds
      } else if starts[i] > 0, starts[i] < starts[records.count] {
        gaps.append(RecordingGap(frame: starts[i], seconds: seconds))
      }
    }
    return gaps
  }

  func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    guard !frames.isEmpty else { return }
    // The record that holds the first frame: the last that starts at or before it.
    var low = 0
    var high = starts.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= frames.lowerBound { low = middle } else { high = middle }
    }
    for (column, channel) in channels.enumerated() {
      var record = low
      let places = places[column]
      while starts[record] < frames.upperBound {
        // Many records at a time, their heads between their samples.
        var end = record + 1
        while end < min(record + 256, places.count), places[end] == places[end - 1] + 1 { end += 1 }
        let bytes = try channel.bytes(ofRecords: places[record]..<places[end - 1] + 1)
        for i in record..<end {
          let shared = frames.clamped(to: starts[i]..<starts[i + 1])
          let place = (i - record) * NeuralynxFile.recordBytes + NeuralynxFile.recordHead
          for frame in shared {
            let at = place + 2 * (frame - starts[i])
            let value = Int16(bitPattern: UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8)
            samples[(frame - frames.lowerBound) * channelCount + column] =
              scale.scaled(Double(value), channel: column)
          }
        }
        record = end
        if record == starts.count - 1 { break }
      }
    }
  }
}

/// One `.ncs` file.
struct NeuralynxFile {
  static let headerBytes = 1 << 14
  static let recordBytes = 1044
  static let recordHead = 20
  static let samplesPerRecord = 512

  /// The head of a record.
  struct Record: Equatable {
    let time: UInt64
    let sampleCount: Int
  }

  let file: SampleFile
  let samplingRate: Double
  let microvoltsPerUnit: Double
  /// What the header calls the channel, else the file's name.
  let name: String
  /// The heads of all whole records.
  let records: [Record]
  /// What was left out at the end of a file cut short.
  let notices: [String]
  /// When it was begun, where the header says so.
  let start: String?

  /// Reads the header and the heads of the records.
  init(_ url: URL) throws(RecordingError) {
    file = try SampleFile(url)
    guard file.byteCount >= Self.headerBytes else {
      throw .malformed(
        file: url.path, found: "\(file.byteCount) bytes", expected: "a header of \(Self.headerBytes) bytes")
    }
    let header = try file.head(Self.headerBytes)
    guard header.starts(with: Array("########".utf8)) else {
      throw .malformed(
        file: url.path, found: "a beginning without ########", expected: "the header of a Neuralynx file")
    }
    let dataBytes = file.byteCount - Self.headerBytes
    let text = String(decoding: header.prefix { $0 != 0 }, as: UTF8.self)
    let values = Self.values(in: text)
    start = Self.start(in: text)
    func positive(_ key: String) throws(RecordingError) -> Double {
      guard let value = values[key].flatMap(Double.init), value > 0, value.isFinite else {
        throw .malformed(
          file: url.path, found: values[key].map { "-\(key) \($0)" } ?? "no -\(key)",
          expected: "a positive number")
      }
      return value
    }
    samplingRate = try positive("SamplingFrequency")
    let isSilent = values["ADBitVolts"].flatMap(Double.init) == 0
    let isInverted = values["InputInverted"]?.lowercased() == "true"
    name = values["AcqEntName"] ?? url.deletingPathExtension().lastPathComponent
    microvoltsPerUnit = (isInverted ? -1e6 : 1e6) * (isSilent ? 0 : try positive("ADBitVolts"))
    notices =
      cutShort(
        file: url.path, bytes: dataBytes % Self.recordBytes, unit: "record of \(Self.recordBytes) bytes")
      + (isSilent ? silence(of: [name], in: url) : [])
    records = try Self.records(in: file, count: dataBytes / Self.recordBytes)
  }

  /// The date of `-TimeCreated 2019/06/28 17:36:27`, or of `## Time Opened (m/d/y): 12/20/2012  (h:m:s.ms) 14:3:31.94`.
  private static func start(in text: String) -> String? {
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("-TimeCreated") { return SessionStart.found(in: String(line.dropFirst(12))) }
      if line.hasPrefix("## Time Opened") {
        return SessionStart.found(in: String(line), monthFirst: true)
      }
    }
    return nil
  }

  /// The lines `-Key value` of a header.
  private static func values(in text: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count >= 2, words[0].hasPrefix("-") else { continue }
      values[String(words[0].dropFirst())] = String(words[1])
    }
    return values
  }

  private static func records(in file: SampleFile, count: Int) throws(RecordingError) -> [Record] {
    var records: [Record] = []
    records.reserveCapacity(count)
    for i in 0..<count {
      let start = headerBytes + i * recordBytes
      let head = try file.bytes(start..<start + recordHead)
      let count = Int(head.littleEndian(UInt32.self, at: 16))
      guard count <= samplesPerRecord else {
        throw .malformed(
          file: file.url.path, found: "\(count) samples in record \(i)",
          expected: "at most \(samplesPerRecord)")
      }
      records.append(Record(time: head.littleEndian(UInt64.self, at: 0), sampleCount: count))
    }
    return records
  }

  /// The bytes of some records.
  func bytes(ofRecords range: Range<Int>) throws(RecordingError) -> [UInt8] {
    let start = Self.headerBytes + range.lowerBound * Self.recordBytes
    return try file.bytes(start..<start + range.count * Self.recordBytes)
  }
}
