internal import CZlib
public import Foundation

/// The CRC-32 (that of gzip and Python's `zlib.crc32`) over the whole of a file, as eight hexadecimal digits.
///
/// - Throws: `RecordingError`.
/// - Complexity: one pass over the file.
public func fileChecksum(of url: URL) throws -> String {
  let file = try SampleFile(url)
  var sum = crc32(0, nil, 0)
  var place = 0
  let size = 1 << 20
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
  defer { bytes.deallocate() }
  while place < file.byteCount {
    let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[..<min(size, file.byteCount - place)])
    try file.read(at: place, into: piece)
    sum = crc32(sum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(piece.count))
    place += piece.count
  }
  let digits = String(UInt32(truncatingIfNeeded: sum), radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
