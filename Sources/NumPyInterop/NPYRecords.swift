public import Foundation

/// An `.npy` file of records (NumPy's structured arrays): columns of whole numbers by name.
public struct NPYRecords: Sendable {
  /// The number of records.
  public let count: Int
  private let columns: [String: [Int]]

  /// The most bytes a record may take: none of a few numbers is longer.
  private static let widestRecord = 4096

  /// Reads all columns that are numbers.
  ///
  /// - Throws: `NPYError`, also for a file of plain numbers.
  public init(contentsOf url: URL) throws(NPYError) {
    let file = try RandomAccessFile(url)
    let name = file.name
    let size = file.size
    let prefix = try file.read(0..<min(NPYHeader.prefixLength, size))
    let offset = try NPYHeader.dataOffset(prefix: prefix, size: size, name: name)
    let header = try file.read(0..<offset)
    guard let fields = PythonLiteral.parse(header.dropFirst(header[6] == 1 ? 10 : 12))?.fields,
      case .list(let described)? = fields["descr"], case .tuple(let shape)? = fields["shape"],
      shape.count == 1, let count = shape[0].wholeNumber, count >= 0
    else { throw .header(file: name, found: "one axis of records was not found") }
    var places: [(name: String, type: NPYDataType, isBigEndian: Bool, offset: Int)] = []
    var width = 0
    for field in described {
      guard let parts = field.elements, parts.count == 2, case .text(let title) = parts[0],
        case .text(let descriptor) = parts[1], let (type, isBigEndian) = NPYDataType.parse(descriptor)
      else { throw .dataType(file: name, found: "structured record") }
      places.append((title, type, isBigEndian, width))
      width += type.byteWidth
    }
    guard width > 0, width <= Self.widestRecord else {
      throw .dataType(file: name, found: "record of \(width) bytes")
    }
    guard count <= (size - offset) / width else {
      throw .truncated(
        file: name,
        expectedBytes: offset.addingReportingOverflow(
          count.multipliedReportingOverflow(by: width).partialValue
        ).partialValue,
        foundBytes: size)
    }
    let bytes = try file.read(offset..<offset + count * width)
    var columns: [String: [Int]] = [:]
    for place in places {
      var column: [UInt8] = []
      column.reserveCapacity(count * place.type.byteWidth)
      for record in 0..<count {
        let start = record * width + place.offset
        let value = bytes[start..<start + place.type.byteWidth]
        if place.isBigEndian {
          column.append(contentsOf: value.reversed())
        } else {
          column.append(contentsOf: value)
        }
      }
      let array = NPYArray(shape: [count], dataType: place.type, bytes: column, name: name)
      columns[place.name] = try? array.integers()
    }
    self.count = count
    self.columns = columns
  }

  /// A column; nil where there is none of that name, or one that is not of whole numbers.
  public subscript(_ name: String) -> [Int]? { columns[name] }
}
