package import Foundation

/// A whole `.mda` file of two dimensions as numbers: rows × columns, column after column.
///
/// - Throws: `RecordingError`.
package func readMDA(_ url: URL) throws(RecordingError) -> (rows: Int, columns: Int, values: [Double]) {
  let file = try MDAFile(url)
  let source = try SampleFile(url)
  let bytes = try source.bytes(file.headerBytes..<source.byteCount)
  let width = file.sampleType.byteCount
  let values = bytes.withUnsafeBytes { raw in
    (0..<bytes.count / width).map { i -> Double in
      let place = i * width
      switch file.sampleType {
      case .int16:
        return Double(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: Int16.self)))
      case .uint16:
        return Double(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt16.self)))
      case .int32:
        return Double(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: Int32.self)))
      case .float32:
        let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        return Double(Float(bitPattern: bits))
      case .float64:
        return Double(
          bitPattern: UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      }
    }
  }
  return (file.channelCount, values.count / file.channelCount, values)
}
