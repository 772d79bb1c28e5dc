public import Foundation

/// An array read from an .npy file or out of an .npz archive.
///
/// Whatever the order and byte order in the file, the elements stand in C order (the last index runs
/// fastest) and little-endian.
public struct NPYArray: Sendable, Equatable {
  /// The length of every axis; empty for a single number.
  public let shape: [Int]
  /// The type of the elements.
  public let dataType: NPYDataType
  /// The elements' bytes.
  public let bytes: [UInt8]
  /// The file's name, for errors.
  let name: String

  /// The number of elements.
  public var count: Int { bytes.count / dataType.byteWidth }

  /// Reads a whole .npy file.
  ///
  /// - Throws: `NPYError`.
  public init(contentsOf url: URL) throws(NPYError) {
    self = try NPYFile(url).read()
  }

  /// Reads the bytes of an .npy file. Bytes after the last element are left out.
  ///
  /// - Throws: `NPYError`.
  init(fileBytes: [UInt8], name: String) throws(NPYError) {
    let prefix = Array(fileBytes.prefix(NPYHeader.prefixLength))
    let offset = try NPYHeader.dataOffset(prefix: prefix, size: fileBytes.count, name: name)
    let header = try NPYHeader(bytes: Array(fileBytes[..<offset]), size: fileBytes.count, name: name)
    let data = Array(fileBytes[offset..<offset + header.byteCount])
    self.init(fileOrder: data, header: header, name: name)
  }

  /// Brings elements as they stand in a file into C order and little-endian.
  init(fileOrder data: [UInt8], header: NPYHeader, name: String) {
    var bytes = data
    let width = header.dataType.byteWidth
    if header.isBigEndian && width > 1 { bytes.reverseBytes(ofElementsOfWidth: width) }
    if header.isFortranOrder { bytes = bytes.fromFortranOrder(shape: header.shape, width: width) }
    shape = header.shape
    dataType = header.dataType
    self.bytes = bytes
    self.name = name
  }

  init(shape: [Int], dataType: NPYDataType, bytes: [UInt8], name: String) {
    self.shape = shape
    self.dataType = dataType
    self.bytes = bytes
    self.name = name
  }
}

extension [UInt8] {
  /// Turns little-endian elements into big-endian ones and back.
  fileprivate mutating func reverseBytes(ofElementsOfWidth width: Int) {
    var start = 0
    while start < count {
      for i in 0..<(width / 2) { swapAt(start + i, start + width - 1 - i) }
      start += width
    }
  }

  /// Elements in Fortran order (the first index runs fastest) brought into C order.
  fileprivate func fromFortranOrder(shape: [Int], width: Int) -> [UInt8] {
    guard !isEmpty else { return self }
    var strides = [Int](repeating: width, count: shape.count)
    for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * shape[axis - 1] }
    var result = [UInt8]()
    result.reserveCapacity(count)
    var index = [Int](repeating: 0, count: shape.count)
    var source = 0
    while result.count < count {
      for byte in source..<(source + width) { result.append(self[byte]) }
      // The next index in C order, and where it stands in the file.
      for axis in shape.indices.reversed() {
        index[axis] += 1
        source += strides[axis]
        if index[axis] < shape[axis] { break }
        source -= strides[axis] * shape[axis]
        index[axis] = 0
      }
    }
    return result
  }
}
