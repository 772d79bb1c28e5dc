/// A binary header read from its beginning on, every step held against its end.
struct HeaderBytes {
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

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(RecordingError) -> Value {
    try skip(MemoryLayout<Value>.size)
    return bytes.littleEndian(type, at: place - MemoryLayout<Value>.size)
  }

  mutating func int16() throws(RecordingError) -> Int { Int(try integer(Int16.self)) }

  mutating func float32() throws(RecordingError) -> Float { Float(bitPattern: try integer(UInt32.self)) }

  /// A number of things.
  mutating func count(of things: String) throws(RecordingError) -> Int {
    let count = try int16()
    guard count >= 0 else {
      throw .malformed(file: file, found: "\(count) \(things)", expected: "a number that is not negative")
    }
    return count
  }

  /// A text in so many bytes, ended by a zero where it is shorter.
  mutating func text(byteCount: Int) throws(RecordingError) -> String {
    try skip(byteCount)
    return String(decoding: bytes[(place - byteCount)..<place].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A UTF-16 text with its length in bytes before it; all bits set for none.
  mutating func countedText() throws(RecordingError) -> String {
    let length = try integer(UInt32.self)
    guard length != .max else { return "" }
    try skip(Int(length))
    let start = place - Int(length)
    let units = (0..<Int(length) / 2).map { bytes.littleEndian(UInt16.self, at: start + 2 * $0) }
    return String(decoding: units, as: UTF16.self)
  }
}
