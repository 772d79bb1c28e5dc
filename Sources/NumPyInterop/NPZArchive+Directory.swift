extension NPZArchive {
  /// What the central directory says of a member.
  struct Member: Sendable {
    var name: String
    var method: Int
    var checksum: UInt32
    var compressedSize: Int
    var size: Int
    /// Where the member's own header stands.
    var localHeader: Int
  }

  /// Reads the central directory.
  ///
  /// - Throws: `zip`, `unreadable`.
  static func directory(of file: RandomAccessFile) throws(NPYError) -> [Member] {
    let (range, count) = try directoryPlace(in: file)
    let bytes = LittleEndianBytes(bytes: try file.read(in: range))
    var members: [Member] = []
    var offset = 0
    for _ in 0..<count {
      guard offset + 46 <= bytes.count, bytes.word(at: offset) == 0x0201_4b50 else {
        throw .zip(file: file.name, found: "the directory ends after \(members.count) of \(count) entries")
      }
      let nameLength = bytes.half(at: offset + 28)
      let extraLength = bytes.half(at: offset + 30)
      let next = offset + 46 + nameLength + extraLength + bytes.half(at: offset + 32)
      guard next <= bytes.count else {
        throw .zip(file: file.name, found: "the directory ends within an entry")
      }
      let nameStart = offset + 46
      var member = Member(
        name: String(decoding: bytes.bytes[nameStart..<nameStart + nameLength], as: UTF8.self),
        method: bytes.half(at: offset + 10), checksum: UInt32(bytes.word(at: offset + 16)),
        compressedSize: bytes.word(at: offset + 20), size: bytes.word(at: offset + 24),
        localHeader: bytes.word(at: offset + 42))
      let extra = nameStart + nameLength..<nameStart + nameLength + extraLength
      try member.takeLongSizes(from: bytes, in: extra, file: file.name)
      guard bytes.half(at: offset + 8) & 1 == 0 else {
        throw .zip(file: file.name, found: "\(member.name) is encrypted")
      }
      guard member.localHeader <= file.size - 30, member.compressedSize <= file.size else {
        throw .zip(file: file.name, found: "\(member.name) lies outside the file")
      }
      members.append(member)
      offset = next
    }
    return members
  }

  /// Where the central directory stands and how many entries it has, from the record at the file's end.
  private static func directoryPlace(
    in file: RandomAccessFile
  ) throws(NPYError) -> (range: Range<Int>, count: Int) {
    let tailStart = max(0, file.size - 22 - 65_535)
    let tail = LittleEndianBytes(bytes: try file.read(in: tailStart..<file.size))
    let places = stride(from: tail.count - 22, through: 0, by: -1)
    guard
      let end = places.first(where: {
        tail.word(at: $0) == 0x0605_4b50 && $0 + 22 + tail.half(at: $0 + 20) == tail.count
      })
    else { throw .zip(file: file.name, found: "the record at its end is missing") }
    var count = tail.half(at: end + 10)
    var size = tail.word(at: end + 12)
    var start = tail.word(at: end + 16)
    if count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff, end >= 20,
      tail.word(at: end - 20) == 0x0706_4b50
    {
      let place = tail.long(at: end - 12)
      guard let place, place <= file.size - 56 else {
        throw .zip(file: file.name, found: "its zip64 record lies outside the file")
      }
      let record = LittleEndianBytes(bytes: try file.read(in: place..<place + 56))
      guard record.word(at: 0) == 0x0606_4b50, let longCount = record.long(at: 32),
        let longSize = record.long(at: 40), let longStart = record.long(at: 48)
      else { throw .zip(file: file.name, found: "its zip64 record is damaged") }
      (count, size, start) = (longCount, longSize, longStart)
    }
    guard start <= file.size, size <= file.size - start, count <= size / 46 else {
      throw .zip(file: file.name, found: "its directory lies outside the file")
    }
    return (start..<start + size, count)
  }
}

extension NPZArchive.Member {
  /// Takes from the zip64 field the numbers that did not fit 32 bits.
  fileprivate mutating func takeLongSizes(
    from bytes: LittleEndianBytes, in range: Range<Int>, file: String
  ) throws(NPYError) {
    var offset = range.lowerBound
    while offset + 4 <= range.upperBound, bytes.half(at: offset) != 1 {
      offset += 4 + bytes.half(at: offset + 2)
    }
    let length = offset + 4 <= range.upperBound ? bytes.half(at: offset + 2) : 0
    offset += 4
    let end = min(range.upperBound, offset + length)
    let fields = [\Self.size, \Self.compressedSize, \Self.localHeader]
    for field in fields where self[keyPath: field] == 0xffff_ffff {
      guard offset + 8 <= end, let value = bytes.long(at: offset) else {
        throw .zip(file: file, found: "the sizes of \(name) are missing")
      }
      self[keyPath: field] = value
      offset += 8
    }
  }
}

/// Bytes read as little-endian numbers.
struct LittleEndianBytes {
  var bytes: [UInt8]
  var count: Int { bytes.count }

  /// 16 bits.
  func half(at offset: Int) -> Int { Int(bytes[offset]) | Int(bytes[offset + 1]) << 8 }
  /// 32 bits.
  func word(at offset: Int) -> Int { half(at: offset) | half(at: offset + 2) << 16 }
  /// 64 bits; nil beyond the largest integer.
  func long(at offset: Int) -> Int? {
    Int(exactly: UInt64(word(at: offset)) | UInt64(word(at: offset + 4)) << 32)
  }
}

extension RandomAccessFile {
  /// The bytes of a range the archive points to.
  ///
  /// - Throws: `zip` where the range lies outside the file, `unreadable`.
  func read(in range: Range<Int>) throws(NPYError) -> [UInt8] {
    guard range.upperBound <= size else {
      throw .zip(file: name, found: "a part of it lies outside the file")
    }
    return try read(range)
  }
}
