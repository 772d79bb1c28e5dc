internal import CZlib
public import Foundation
internal import InputFiles

/// A MAT-file of version 5, as MATLAB writes it with `-v6` and `-v7` (MathWorks, "MAT-File Format").
public struct MATFile: Sendable, Equatable {
  /// The variables, in the file's order.
  public var variables: [MATField]

  /// A file of some variables.
  public init(variables: [MATField]) { self.variables = variables }

  /// The variable of the given name.
  public subscript(_ name: String) -> MATValue? { variables.first { $0.name == name }?.value }

  /// Whether bytes begin as a MAT-file does, of any version that says so.
  public static func begins(_ head: [UInt8]) -> Bool { head.starts(with: Array("MATLAB ".utf8)) }

  /// Reads a file.
  ///
  /// Numbers, characters, cells and scalar structs are read, compressed ones too; everything else is passed over.
  /// - Throws: `MATError`, also for version 7.3, which is HDF5.
  public init(contentsOf url: URL) throws(MATError) {
    let bytes: [UInt8]
    do throws(InputFileError) {
      bytes = [UInt8](try inputFileContents(url))
    } catch {
      throw .unreadable(file: url.path, reason: "\(error)")
    }
    try self.init(bytes: bytes, name: url.path)
  }

  /// Reads the bytes of a file.
  ///
  /// - Parameter name: the file's name, for errors.
  /// - Throws: `MATError`.
  public init(bytes: [UInt8], name: String) throws(MATError) {
    let text = String(decoding: bytes.prefix(116), as: UTF8.self)
    guard bytes.count >= 128, text.hasPrefix("MATLAB ") else {
      throw .malformed(
        file: name, found: "\(min(bytes.count, 128)) bytes that are no header",
        expected: "a MAT-file of version 5")
    }
    guard !text.hasPrefix("MATLAB 7.3") else {
      throw .malformed(
        file: name, found: "a MAT-file of version 7.3", expected: "version 5 or 7: save it with -v7")
    }
    guard bytes[126] == 0x49, bytes[127] == 0x4d else {
      throw .malformed(file: name, found: "a big-endian MAT-file", expected: "a little-endian one")
    }
    variables = []
    var reader = MATReader(
      bytes: bytes, position: 128, end: bytes.count, name: name, depth: 0,
      mostInflated: MATReader.mostInflated(fileBytes: bytes.count))
    while reader.position + 8 <= bytes.count {
      if let field = try reader.variable() { variables.append(field) }
    }
  }
}

/// A place in the bytes of a MAT-file.
private struct MATReader {
  let bytes: [UInt8]
  var position: Int
  /// Where the array it is within ends.
  let end: Int
  let name: String
  let depth: Int
  /// What compressed elements may inflate to from here on.
  var mostInflated = 0

  /// One data element: its type and where its data lie.
  struct Element {
    var type: Int
    var data: Range<Int>
  }

  func damage(_ found: String) -> MATError {
    .malformed(file: name, found: found, expected: "a whole MAT-file of version 5")
  }

  func word(at offset: Int) -> Int {
    bytes.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
  }

  /// The next element; the position moves behind it.
  mutating func element() throws(MATError) -> Element {
    guard position + 8 <= end else {
      throw damage("the end of the data in a tag at byte \(position)")
    }
    let first = word(at: position)
    if first >> 16 != 0 {
      let count = first >> 16
      guard count <= 4 else { throw damage("a short element of \(count) bytes at byte \(position)") }
      defer { position += 8 }
      return Element(type: first & 0xffff, data: position + 4..<position + 4 + count)
    }
    let count = word(at: position + 4)
    let start = position + 8
    guard count <= end - start else {
      throw damage("an element of \(count) bytes at byte \(position), beyond the end")
    }
    // All but compressed elements end on a multiple of eight.
    position = min(end, start + (first == 15 ? count : (count + 7) / 8 * 8))
    return Element(type: first, data: start..<start + count)
  }

  /// The next variable; nil for one of a kind that is passed over.
  mutating func variable() throws(MATError) -> MATField? {
    let element = try element()
    if element.type == 15 {
      guard depth == 0 else { throw damage("a compressed element within another") }
      let content = try inflated(element.data, most: mostInflated)
      mostInflated -= content.count
      var inner = MATReader(bytes: content, position: 0, end: content.count, name: name, depth: depth + 1)
      return try inner.variable()
    }
    guard element.type == 14 else { return nil }
    return try matrix(element.data)
  }

  /// The array in some data.
  func matrix(_ data: Range<Int>) throws(MATError) -> MATField? {
    guard !data.isEmpty else { return MATField("", .numbers(MATNumbers(shape: [0, 0], columnMajor: []))) }
    guard depth < 32 else { throw damage("arrays nested more than 32 deep") }
    var part = MATReader(
      bytes: bytes, position: data.lowerBound, end: data.upperBound, name: name, depth: depth + 1)
    let flags = try part.element()
    guard flags.type == 6, flags.data.count == 8 else { throw damage("an array without flags") }
    let kind = word(at: flags.data.lowerBound) & 0xff
    let isComplex = word(at: flags.data.lowerBound) & 0x800 != 0
    let lengths = try part.values(of: part.element())
    let shape = lengths.compactMap { Int(exactly: $0) }
    guard shape.count == lengths.count else { throw damage("an array of shape \(lengths)") }
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw damage("an array of shape \(shape)") }
      count = product
    }
    guard shape.count >= 2 else { throw damage("an array of \(shape.count) axes") }
    let nameElement = try part.element()
    let title = String(decoding: bytes[nameElement.data], as: UTF8.self)
    switch kind {
    case 4:
      guard count > 0 else { return MATField(title, .text("")) }
      let element = try part.element()
      if element.type == 16 {
        return MATField(title, .text(String(decoding: bytes[element.data], as: UTF8.self)))
      }
      // No text is so long.
      guard element.data.count < 1 << 20 else { return nil }
      let values = try part.values(of: element)
      let text = values.map { Character(UInt32(exactly: $0).flatMap(UnicodeScalar.init) ?? " ") }
      return MATField(title, .text(String(text)))
    case 1:
      guard count <= data.count / 8 else { throw damage("a cell array of shape \(shape)") }
      var cells: [MATValue] = []
      for _ in 0..<count { cells.append(try part.child()) }
      return MATField(title, .cell(shape: shape, cells))
    case 2 where count == 1:
      return MATField(title, .structure(try part.fields()))
    case 6...15 where !isComplex:
      let values = try part.values(of: part.element())
      guard values.count == count else {
        throw damage("\(values.count) numbers in an array of shape \(shape)")
      }
      return MATField(title, .numbers(MATNumbers(shape: shape, columnMajor: values)))
    default: return nil
    }
  }

  /// The fields of a scalar struct.
  private mutating func fields() throws(MATError) -> [MATField] {
    let width = Int(exactly: try values(of: element()).first ?? 0) ?? 0
    let names = try element()
    guard width > 0, names.data.count % width == 0 else { throw damage("a struct without field names") }
    var result: [MATField] = []
    for start in stride(from: names.data.lowerBound, to: names.data.upperBound, by: width) {
      let text = bytes[start..<start + width].prefix { $0 != 0 }
      result.append(MATField(String(decoding: text, as: UTF8.self), try child()))
    }
    return result
  }

  /// The next array inside another; one of a kind that is passed over is an empty array.
  private mutating func child() throws(MATError) -> MATValue {
    let element = try element()
    guard element.type == 14 else { throw damage("an element of type \(element.type) in place of an array") }
    return try matrix(element.data)?.value ?? .numbers(MATNumbers(shape: [0, 0], columnMajor: []))
  }

  /// The numbers of an element.
  func values(of element: Element) throws(MATError) -> [Double] {
    func read<Stored: BitwiseCopyable>(_ type: Stored.Type, _ convert: (Stored) -> Double) -> [Double] {
      let size = MemoryLayout<Stored>.size
      return bytes.withUnsafeBytes { raw in
        (0..<element.data.count / size).map {
          convert(raw.loadUnaligned(fromByteOffset: element.data.lowerBound + $0 * size, as: type))
        }
      }
    }
    return switch element.type {
    case 1: read(Int8.self) { Double($0) }
    case 2, 16: read(UInt8.self) { Double($0) }
    case 3: read(Int16.self) { Double($0) }
    case 4, 17: read(UInt16.self) { Double($0) }
    case 5: read(Int32.self) { Double($0) }
    case 6: read(UInt32.self) { Double($0) }
    case 7: read(Float.self) { Double($0) }
    case 9: read(Double.self) { $0 }
    case 12: read(Int64.self) { Double($0) }
    case 13: read(UInt64.self) { Double($0) }
    default: throw damage("numbers of type \(element.type)")
    }
  }

  /// What all compressed elements of a file of so many bytes may inflate to. Deflate can shrink a thousandfold; spikes and
  /// their times shrink less than ten times, and tables of zeros are small.
  static func mostInflated(fileBytes: Int) -> Int { 32 << 20 + 16 * fileBytes }

  /// The inflated bytes of a compressed element: one element, no longer than its own tag says, and no longer than `most`.
  private func inflated(_ data: Range<Int>, most: Int) throws(MATError) -> [UInt8] {
    var stream = z_stream()
    guard inflateInit_(&stream, zlibVersion(), Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw damage("a compressed element zlib does not take")
    }
    defer { inflateEnd(&stream) }
    var input = Array(bytes[data])
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var isTooLong = false
    let isWhole = input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = uInt(input.count)
      while true {
        let status = piece.withUnsafeMutableBufferPointer { piece in
          stream.next_out = piece.baseAddress
          stream.avail_out = uInt(piece.count)
          return inflate(&stream, Z_NO_FLUSH)
        }
        output.append(contentsOf: piece.prefix(piece.count - Int(stream.avail_out)))
        if output.count >= 8 {
          let stated = output.withUnsafeBytes {
            Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
          }
          isTooLong = stated > most
          guard !isTooLong, output.count <= 8 + stated + 7 else { return false }
        }
        if status == Z_STREAM_END { return true }
        guard status == Z_OK else { return false }
      }
    }
    guard !isTooLong else {
      throw damage("a compressed element of \(data.count) bytes that inflates beyond \(most) bytes")
    }
    guard isWhole else { throw damage("a damaged compressed element") }
    return output
  }
}
