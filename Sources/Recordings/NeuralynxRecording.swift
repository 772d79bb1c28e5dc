internal import Foundation

/// A folder of Neuralynx `.ncs` files, one a channel.
///
/// A file is 16 KiB of text, then records of 1044 bytes: the time of the first sample in microseconds (64 bits), a
/// channel number, the rate and the number of valid samples (32 bits each), and room for 512 samples of 16 bits.
/// A gap is where a record does not start, give or take one sample, when the one before it ends, and after every
/// record that is not full.
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
  private let channels: [NeuralynxFile]
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
    return try NeuralynxRecording(urls, description)
  }

  /// Opens files that were recorded together, in the order of the channels.
  init(_ urls: [URL], _ description: RecordingDescription) throws(RecordingError) {
    var channels: [NeuralynxFile] = []
    for url in urls { channels.append(try NeuralynxFile(url)) }
    // A channel that was switched off leaves a file of a header alone.
    channels.removeAll { $0.recordCount == 0 && urls.count > 1 }
    guard let first = channels.first, first.recordCount > 0 else {
      throw .malformed(
        file: urls.first?.path ?? "", found: "a header without records", expected: "at least one record")
    }
    if let said = description.channelCount, said != channels.count {
      throw .malformed(
        file: first.file.url.path, found: "\(channels.count) files with samples",
        expected: "\(said) as --channels says")
    }
    let records = try first.records()
    for channel in channels.dropFirst() { try channel.check(against: first, records) }
    starts = records.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.sampleCount) }
    frameCount = starts[records.count]
    guard frameCount > 0 else {
      throw .malformed(
        file: first.file.url.path, found: "records without samples", expected: "at least one sample")
    }
    self.channels = channels
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
      while starts[record] < frames.upperBound {
        // Many records at a time, their heads between their samples.
        let end = min(record + 256, starts.count - 1)
        let bytes = try channel.bytes(ofRecords: record..<end)
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
  let recordCount: Int
  /// When it was begun, where the header says so.
  let start: String?

  /// Reads the header and holds the file's size against whole records.
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
    guard dataBytes % Self.recordBytes == 0 else {
      throw .malformed(
        file: url.path, found: "\(dataBytes) bytes of records",
        expected: "a multiple of \(Self.recordBytes), a record's size")
    }
    recordCount = dataBytes / Self.recordBytes
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
    let isInverted = values["InputInverted"]?.lowercased() == "true"
    microvoltsPerUnit = (isInverted ? -1e6 : 1e6) * (try positive("ADBitVolts"))
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

  /// The heads of all records.
  func records() throws(RecordingError) -> [Record] {
    var records: [Record] = []
    records.reserveCapacity(recordCount)
    for i in 0..<recordCount {
      let start = Self.headerBytes + i * Self.recordBytes
      let head = try file.bytes(start..<start + Self.recordHead)
      let count = Int(head.littleEndian(UInt32.self, at: 16))
      guard count <= Self.samplesPerRecord else {
        throw .malformed(
          file: file.url.path, found: "\(count) samples in record \(i)",
          expected: "at most \(Self.samplesPerRecord)")
      }
      records.append(Record(time: head.littleEndian(UInt64.self, at: 0), sampleCount: count))
    }
    return records
  }

  /// Refuses a channel that was not recorded together with another.
  func check(against first: NeuralynxFile, _ records: [Record]) throws(RecordingError) {
    let other = first.file.url.lastPathComponent
    func refuse(_ found: String, _ expected: String) -> RecordingError {
      .malformed(file: file.url.path, found: found, expected: "\(expected) as in \(other)")
    }
    guard samplingRate == first.samplingRate else {
      throw refuse("\(samplingRate) Hz", "\(first.samplingRate)")
    }
    guard recordCount == first.recordCount else {
      throw refuse("\(recordCount) records", "\(first.recordCount)")
    }
    for (i, (own, wanted)) in zip(try self.records(), records).enumerated() where own != wanted {
      throw refuse(
        "\(own.sampleCount) samples at \(own.time) µs in record \(i)",
        "\(wanted.sampleCount) at \(wanted.time) µs")
    }
  }

  /// The bytes of some records.
  func bytes(ofRecords range: Range<Int>) throws(RecordingError) -> [UInt8] {
    let start = Self.headerBytes + range.lowerBound * Self.recordBytes
    return try file.bytes(start..<start + range.count * Self.recordBytes)
  }
}
