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

/// Files by the numbers in their names: `CSC2` before `CSC10`.
func inNaturalOrder(_ files: [URL]) -> [URL] {
  files.sorted {
    $0.lastPathComponent.compare($1.lastPathComponent, options: [.numeric, .forcedOrdering])
      == .orderedAscending
  }
}
