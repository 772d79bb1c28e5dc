public import Foundation

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A text file of microvolts: one header line, then one line a frame with a number for every channel.
///
/// Numbers are set apart by commas, semicolons or tabs, whichever the header line has. Opening the file passes
/// over it once and keeps the place of every 1024th line; frames are parsed when they are read.
public struct CSVRecording: Recording {
  /// The number of channels.
  public let channelCount: Int
  /// The number of frames.
  public private(set) var frameCount: Int
  /// Frames a second.
  public let samplingRate: Double
  /// The contacts of the channels.
  public private(set) var probe: Probe
  /// Microvolts, one a unit.
  public private(set) var gain: Gain?
  /// What was left out at the end of a file cut short.
  public private(set) var notices: [String] = []
  private let file: SampleFile
  private let separator: UInt8
  private var scale: SampleScale
  /// The byte at which line `linesPerMark * i` of the data begins.
  private let marks: [Int]
  private static let linesPerMark = 1024

  /// The files read from.
  public var files: [URL] { [file.url] }

  /// Opens a file and finds its lines.
  ///
  /// - Precondition: a positive rate.
  /// - Throws: `RecordingError`, also where the first or the last line is not a line of numbers.
  /// - Complexity: one pass over the file.
  public init(
    file url: URL, samplingRate: Double, gain: Gain = Gain(microvoltsPerUnit: 1), probe: Probe? = nil
  ) throws(RecordingError) {
    precondition(samplingRate > 0, "a recording needs a rate")
    file = try SampleFile(url)
    guard file.byteCount > 0 else {
      throw .malformed(file: url.path, found: "an empty file", expected: "a header line and a line a frame")
    }
    let head = try file.head(1 << 16)
    guard let end = head.firstIndex(of: UInt8(ascii: "\n")), !head[..<end].contains(0) else {
      throw .malformed(
        file: url.path, found: "no line end in its beginning", expected: "a header line and a line a frame")
    }
    let header = head[..<end]
    separator = ",;\t".utf8.first { header.contains($0) } ?? UInt8(ascii: ",")
    channelCount = header.count { [separator] in $0 == separator } + 1
    (frameCount, marks) = try Self.findLines(file, from: end + 1)
    guard frameCount > 0 else {
      throw .malformed(file: url.path, found: "a header line alone", expected: "a line a frame after it")
    }
    self.samplingRate = samplingRate
    self.gain = gain
    self.probe = probe ?? .standard(channelCount: channelCount)
    scale = SampleScale(gain, channelCount: channelCount)
    for frame in [0, frameCount - 1] {
      var samples = [Float](repeating: 0, count: channelCount)
      let outcome = samples.withUnsafeMutableBufferPointer { buffer in
        Result { () throws(RecordingError) in try parse(frames: frame..<(frame + 1), into: buffer) }
      }
      do throws(RecordingError) {
        try outcome.get()
      } catch {
        guard frame > 0, try file.bytes(file.byteCount - 1..<file.byteCount) != [newline] else { throw error }
        frameCount -= 1
        notices = ["\(url.path): its last line is left out, which is cut short"]
      }
    }
  }

  /// Counts the lines, blank ones at the end left out, and notes where every 1024th begins.
  private static func findLines(
    _ file: SampleFile, from start: Int
  ) throws(RecordingError) -> (count: Int, marks: [Int]) {
    var marks = [start]
    var lines = 0
    var filledLines = 0
    var lineStart = start
    var byteBefore = newline
    func finishLine(at end: Int) {
      if lines > 0 && lines % linesPerMark == 0 { marks.append(lineStart) }
      lines += 1
      let isBlank = end == lineStart || (end == lineStart + 1 && byteBefore == carriageReturn)
      if !isBlank { filledLines = lines }
      lineStart = end + 1
    }
    var piece = start
    while piece < file.byteCount {
      let bytes = try file.bytes(piece..<min(piece + 1 << 22, file.byteCount))
      bytes.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return }
        var place = 0
        while let found = memchr(base + place, Int32(newline), buffer.count - place) {
          place = UnsafeRawPointer(found) - base
          if place > 0 { byteBefore = buffer[place - 1] }
          finishLine(at: piece + place)
          place += 1
        }
        byteBefore = buffer[buffer.count - 1]
      }
      piece += bytes.count
    }
    if lineStart < file.byteCount { finishLine(at: file.byteCount) }
    return (filledLines, marks)
  }

  /// The same file with another gain, where one is given, and another probe.
  func with(gain: Gain?, probe: Probe) -> CSVRecording {
    var copy = self
    copy.probe = probe
    if let gain {
      copy.gain = gain
      copy.scale = SampleScale(gain, channelCount: channelCount)
    }
    return copy
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    checkRequest(frames, samples)
    guard !frames.isEmpty else { return }
    try parse(frames: frames, into: samples)
    if let i = firstNotFinite(samples) {
      throw RecordingError.notFinite(
        file: file.url.path, frame: frames.lowerBound + i / channelCount, channel: i % channelCount,
        value: samples[i])
    }
  }

  /// Parses the lines of some frames.
  private func parse(
    frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>
  ) throws(RecordingError) {
    let firstMark = frames.lowerBound / Self.linesPerMark
    let lastMark = (frames.upperBound + Self.linesPerMark - 1) / Self.linesPerMark
    let end = lastMark < marks.count ? marks[lastMark] : file.byteCount
    let bytes = try file.bytes(marks[firstMark]..<end)
    let bad: Int? = bytes.withUnsafeBufferPointer { text in
      var parser = NumberParser(text)
      for _ in (firstMark * Self.linesPerMark)..<frames.lowerBound { parser.skipLine() }
      for frame in 0..<frames.count {
        for channel in 0..<channelCount {
          let isLast = channel == channelCount - 1
          guard let value = parser.number(), isLast ? parser.takeLineEnd() : parser.take(separator) else {
            return frame
          }
          samples[frame * channelCount + channel] = scale.scaled(value, channel: channel)
        }
      }
      return nil
    }
    if let bad {
      // The header is line 1.
      throw .malformed(
        file: file.url.path, found: "line \(frames.lowerBound + bad + 2) that is not \(channelCount) numbers",
        expected: "one number for every channel of the header line")
    }
  }
}

private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")

/// Numbers out of text, one after the other.
private struct NumberParser {
  private let text: UnsafeBufferPointer<UInt8>
  private var place = 0

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  mutating func skipLine() {
    while place < text.count, text[place] != newline { place += 1 }
    place += 1
  }

  /// Steps over one given byte; false where another stands there.
  mutating func take(_ byte: UInt8) -> Bool {
    guard place < text.count, text[place] == byte else { return false }
    place += 1
    return true
  }

  /// Steps over the end of a line, or finds the end of the text.
  mutating func takeLineEnd() -> Bool {
    _ = take(carriageReturn)
    return place >= text.count || take(newline)
  }

  /// The number here, blanks around it skipped; nil where there is none.
  ///
  /// Plain decimals of at most 18 digits are put together by hand: an integer below 2^63 divided by a power of ten,
  /// right to the last bit or the one before. Everything else goes through the standard library.
  mutating func number() -> Double? {
    skipBlanks()
    let start = place
    let isNegative = take(UInt8(ascii: "-"))
    var digits = 0
    var mantissa: Int64 = 0
    var decimals = 0
    var sawPoint = false
    while place < text.count {
      let byte = text[place]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 18 {
        mantissa = mantissa &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
        digits += 1
        if sawPoint { decimals += 1 }
      } else if byte == UInt8(ascii: "."), !sawPoint {
        sawPoint = true
      } else {
        break
      }
      place += 1
    }
    if digits > 0, place >= text.count || !Self.goesOn(text[place]) {
      skipBlanks()
      let value = Double(mantissa) / powersOfTen[decimals]
      return isNegative ? -value : value
    }
    return longNumber(from: start)
  }

  private mutating func longNumber(from start: Int) -> Double? {
    place = start
    while place < text.count, Self.goesOn(text[place]) { place += 1 }
    guard let value = Double(String(decoding: text[start..<place], as: UTF8.self)) else { return nil }
    skipBlanks()
    return value
  }

  private mutating func skipBlanks() {
    while place < text.count, text[place] == UInt8(ascii: " ") { place += 1 }
  }

  /// Whether a byte can stand inside a number or a word like "nan".
  private static func goesOn(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
]
