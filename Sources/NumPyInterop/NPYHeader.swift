/// The header of an .npy file: what the elements are and where they begin.
///
/// Format: NEP 1 and `numpy.lib.format`, versions 1.0 to 3.0.
struct NPYHeader: Equatable {
  var dataType: NPYDataType
  var isBigEndian = false
  var isFortranOrder = false
  var shape: [Int]
  /// The bytes before the first element.
  var dataOffset: Int

  /// The number of elements. The shape was checked not to overflow.
  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }
  /// The bytes of all elements.
  var byteCount: Int { count * dataType.byteWidth }

  /// The bytes one needs to see to know the whole header's length.
  static let prefixLength = 12
  /// NumPy's own limit.
  static let mostAxes = 64
  /// No honest header of plain numbers is longer.
  private static let longestHeader = 1 << 20

  /// Where the elements begin, from the first bytes of a file.
  ///
  /// - Parameters:
  ///   - prefix: the first `prefixLength` bytes, or all there are.
  ///   - size: the bytes of the whole file.
  ///   - name: the file's name for errors.
  /// - Throws: `magic`, `version`, `truncated`, `header`.
  static func dataOffset(prefix: [UInt8], size: Int, name: String) throws(NPYError) -> Int {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    guard prefix.prefix(6).elementsEqual(magic.prefix(prefix.count)) else { throw .magic(file: name) }
    guard prefix.count >= 8 else { throw .truncated(file: name, expectedBytes: 10, foundBytes: size) }
    let (major, minor) = (Int(prefix[6]), Int(prefix[7]))
    guard (1...3).contains(major), minor == 0 else {
      throw .version(file: name, major: major, minor: minor)
    }
    let start = major == 1 ? 10 : 12
    guard prefix.count >= start else {
      throw .truncated(file: name, expectedBytes: start, foundBytes: size)
    }
    let length = prefix[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard start + length <= size else {
      throw .truncated(file: name, expectedBytes: start + length, foundBytes: size)
    }
    guard length <= longestHeader else { throw .header(file: name, found: "\(length) bytes were announced") }
    return start + length
  }

  /// Reads a header and checks that the file is as long as it says.
  ///
  /// - Parameters:
  ///   - bytes: the file up to its first element.
  ///   - size: the bytes of the whole file.
  ///   - name: the file's name for errors.
  /// - Throws: `header`, `dataType`, `shape`, `truncated`.
  init(bytes: [UInt8], size: Int, name: String) throws(NPYError) {
    let text = bytes.dropFirst(bytes[6] == 1 ? 10 : 12)
    guard let fields = PythonLiteral.parse(text)?.fields else {
      throw .header(file: name, found: "something that is no dictionary was found")
    }
    guard Set(fields.keys) == ["descr", "fortran_order", "shape"] else {
      throw .header(file: name, found: "the keys are \(fields.keys.sorted().joined(separator: ", "))")
    }
    guard case .bool(let isFortranOrder)? = fields["fortran_order"] else {
      throw .header(file: name, found: "fortran_order is neither True nor False")
    }
    guard case .text(let descriptor)? = fields["descr"] else {
      throw .dataType(file: name, found: "structured record")
    }
    guard let (type, isBigEndian) = NPYDataType.parse(descriptor) else {
      throw .dataType(file: name, found: descriptor)
    }
    guard case .tuple(let elements)? = fields["shape"] else {
      throw .header(file: name, found: "the shape is not a tuple")
    }
    guard elements.count <= Self.mostAxes else {
      throw .shape(file: name, found: "of \(elements.count) axes")
    }
    var shape: [Int] = []
    for element in elements {
      guard case .integer(let digits) = element else {
        throw .header(file: name, found: "the shape does not consist of whole numbers")
      }
      guard let length = Int(digits), length >= 0 else {
        throw .shape(file: name, found: "(…, \(digits), …)")
      }
      shape.append(length)
    }
    var byteCount = type.byteWidth
    let isEmpty = shape.contains(0)
    for length in shape where !isEmpty {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .shape(file: name, found: "\(shape)") }
      byteCount = product
    }
    self.init(
      dataType: type, isBigEndian: isBigEndian, isFortranOrder: isFortranOrder && shape.count > 1,
      shape: shape, dataOffset: bytes.count)
    guard self.byteCount <= size - dataOffset else {
      throw .truncated(
        file: name, expectedBytes: dataOffset.addingReportingOverflow(self.byteCount).partialValue,
        foundBytes: size)
    }
  }

  init(
    dataType: NPYDataType, isBigEndian: Bool = false, isFortranOrder: Bool = false, shape: [Int],
    dataOffset: Int = 0
  ) {
    self.dataType = dataType
    self.isBigEndian = isBigEndian
    self.isFortranOrder = isFortranOrder
    self.shape = shape
    self.dataOffset = dataOffset
  }

  /// The header's bytes as NumPy writes them: version 1.0, the elements beginning at a multiple of 64 bytes.
  var bytes: [UInt8] {
    precondition(shape.count <= Self.mostAxes, "an array has at most \(Self.mostAxes) axes")
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let order = isFortranOrder ? "True" : "False"
    let text = "{'descr': '\(dataType.descriptor)', 'fortran_order': \(order), 'shape': (\(dimensions)), }"
    let padding = 63 - (10 + text.utf8.count) % 64
    let length = text.utf8.count + padding + 1
    var result: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    result += [UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
    result += Array(text.utf8)
    result += [UInt8](repeating: UInt8(ascii: " "), count: padding)
    result.append(UInt8(ascii: "\n"))
    return result
  }
}
