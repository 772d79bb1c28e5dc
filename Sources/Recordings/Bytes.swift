internal import Foundation

extension [UInt8] {
  /// A little-endian integer.
  ///
  /// - Precondition: its bytes lie within the array.
  func littleEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "an integer beyond the bytes")
    return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }
}
