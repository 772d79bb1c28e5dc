public import Foundation

/// An .npy file open for reading by range, from any thread: only what is asked for is in memory.
public final class NPYFile: Sendable {
  /// The length of every axis; empty for a single number.
  public let shape: [Int]
  /// The type of the elements.
  public let dataType: NPYDataType
  /// The number of elements.
  public let count: Int
  private let header: NPYHeader
  private let file: RandomAccessFile

  /// The rows the header announces: more than `shape` has where the file was cut short.
  public let statedRows: Int

  /// Opens a file and reads its header.
  ///
  /// - Parameter isCutTaken: whether the whole rows of a file that was cut short are taken.
  /// - Throws: `NPYError` where the header is none or announces more than the file holds.
  public init(_ url: URL, isCutTaken: Bool = false) throws(NPYError) {
    let file = try RandomAccessFile(url)
    let prefix = try file.read(0..<min(NPYHeader.prefixLength, file.size))
    let offset = try NPYHeader.dataOffset(prefix: prefix, size: file.size, name: file.name)
    var header = try NPYHeader(
      bytes: file.read(0..<offset), size: isCutTaken ? .max : file.size, name: file.name)
    statedRows = header.shape.first ?? 1
    if isCutTaken, header.byteCount > file.size - offset {
      let rowBytes = header.shape.dropFirst().reduce(header.dataType.byteWidth) { $0 * $1 }
      // In Fortran order the end of the file is the end of the last column, of which no row is whole.
      guard !header.shape.isEmpty, !header.isFortranOrder, file.size - offset >= rowBytes else {
        throw .truncated(
          file: file.name, expectedBytes: offset.addingReportingOverflow(header.byteCount).partialValue,
          foundBytes: file.size)
      }
      header.shape[0] = (file.size - offset) / rowBytes
    }
    self.file = file
    self.header = header
    shape = header.shape
    dataType = header.dataType
    count = header.count
  }

  /// Reads the whole array.
  ///
  /// - Throws: `truncated`, `unreadable`.
  public func read() throws(NPYError) -> NPYArray {
    let data = try file.read(header.dataOffset..<header.dataOffset + header.byteCount)
    return NPYArray(fileOrder: data, header: header, name: file.name)
  }

  /// Reads a range of the first axis.
  ///
  /// - Parameter rows: a range within the first axis; the array must have one.
  /// - Throws: `truncated`, `unreadable`.
  /// - Complexity: O(elements read); in Fortran order with one read a row element.
  public func read(rows: Range<Int>) throws(NPYError) -> NPYArray {
    precondition(!shape.isEmpty, "rows need an axis")
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows must lie within the array")
    var part = header
    part.shape[0] = rows.count
    let width = dataType.byteWidth
    guard part.byteCount > 0 else {
      return NPYArray(fileOrder: [], header: part, name: file.name)
    }
    let rowBytes = shape.dropFirst().reduce(width) { $0 * $1 }
    guard header.isFortranOrder else {
      let start = header.dataOffset + rows.lowerBound * rowBytes
      let data = try file.read(start..<start + part.byteCount)
      return NPYArray(fileOrder: data, header: part, name: file.name)
    }
    // The rows of every column stand together.
    let data = try [UInt8].filled(count: part.byteCount) { buffer throws(NPYError) in
      for column in 0..<(rowBytes / width) {
        let piece = buffer[column * rows.count * width..<(column + 1) * rows.count * width]
        let start = header.dataOffset + (column * shape[0] + rows.lowerBound) * width
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: piece), at: start)
      }
    }
    return NPYArray(fileOrder: data, header: part, name: file.name)
  }

  /// Reads a range of the elements as they come in C order, as an array of one axis.
  ///
  /// - Parameter elements: a range within 0..<`count`.
  /// - Throws: `truncated`, `unreadable`.
  public func read(elements: Range<Int>) throws(NPYError) -> NPYArray {
    precondition(
      elements.lowerBound >= 0 && elements.upperBound <= count, "elements must lie within the array")
    let width = dataType.byteWidth
    var part = header
    part.shape = [elements.count]
    guard header.isFortranOrder, !elements.isEmpty else {
      part.isFortranOrder = false
      let start = header.dataOffset + elements.lowerBound * width
      let data = try file.read(start..<start + elements.count * width)
      return NPYArray(fileOrder: data, header: part, name: file.name)
    }
    let rowLength = count / shape[0]
    let rows = elements.lowerBound / rowLength..<(elements.upperBound + rowLength - 1) / rowLength
    let whole = try read(rows: rows)
    let skipped = (elements.lowerBound - rows.lowerBound * rowLength) * width
    return NPYArray(
      shape: part.shape, dataType: dataType,
      bytes: Array(whole.bytes[skipped..<skipped + elements.count * width]), name: file.name)
  }
}
