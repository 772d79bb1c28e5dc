internal import CZlib
public import Foundation

/// Writing `.npz` archives as `np.savez` does: members stored, not compressed, in the order given.
///
/// The same members give the same bytes: times in the archive are those of its epoch.
public enum NPZ {
  /// The bytes of an archive.
  ///
  /// - Parameter members: names without `.npy`, and the bytes of their `.npy` files.
  /// - Precondition: the archive stays below 4 GiB.
  public static func data(_ members: [(name: String, npy: Data)]) -> Data {
    var archive = Data()
    var directory = Data()
    for member in members {
      let name = Array((member.name + ".npy").utf8)
      let offset = archive.count
      precondition(offset + member.npy.count < 1 << 32, "an archive stays below 4 GiB")
      // Version 2.0, no flags, stored, midnight of 1 January 1980.
      var head = Data()
      for half in [20, 0, 0, 0, 0x21] as [UInt16] { head.append(littleEndian: half) }
      head.append(littleEndian: checksum(member.npy))
      head.append(littleEndian: UInt32(member.npy.count))
      head.append(littleEndian: UInt32(member.npy.count))
      head.append(littleEndian: UInt16(name.count))
      head.append(littleEndian: UInt16(0))
      archive.append(littleEndian: 0x0403_4b50 as UInt32)
      archive.append(head)
      archive.append(contentsOf: name)
      archive.append(member.npy)
      directory.append(littleEndian: 0x0201_4b50 as UInt32)
      directory.append(littleEndian: 20 as UInt16)
      directory.append(head)
      // No comment, first disk, no attributes.
      for half in [0, 0, 0] as [UInt16] { directory.append(littleEndian: half) }
      directory.append(littleEndian: 0 as UInt32)
      directory.append(littleEndian: UInt32(offset))
      directory.append(contentsOf: name)
    }
    let start = archive.count
    archive.append(directory)
    archive.append(littleEndian: 0x0605_4b50 as UInt32)
    for half in [0, 0, UInt16(members.count), UInt16(members.count)] { archive.append(littleEndian: half) }
    archive.append(littleEndian: UInt32(directory.count))
    archive.append(littleEndian: UInt32(start))
    archive.append(littleEndian: 0 as UInt16)
    return archive
  }

  private static func checksum(_ data: Data) -> UInt32 {
    var sum = crc32(0, nil, 0)
    data.withUnsafeBytes { raw in
      var rest = raw.bindMemory(to: UInt8.self)[...]
      while !rest.isEmpty {
        let piece = UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
        sum = crc32(sum, piece.baseAddress, uInt(piece.count))
        rest = rest.dropFirst(piece.count)
      }
    }
    return UInt32(truncatingIfNeeded: sum)
  }
}

extension NPY {
  /// The bytes of an `.npy` file of texts, one axis, as NumPy's `<U` arrays.
  public static func data(texts: [String]) -> Data {
    let scalars = texts.map { Array($0.unicodeScalars) }
    let width = max(1, scalars.map(\.count).max() ?? 1)
    let count = texts.count == 1 ? "(1,)" : "(\(texts.count),)"
    var header = "{'descr': '<U\(width)', 'fortran_order': False, 'shape': \(count), }"
    header += String(repeating: " ", count: 63 - (header.utf8.count + 10) % 64) + "\n"
    var result = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    result.append(littleEndian: UInt16(header.utf8.count))
    result.append(Data(header.utf8))
    for text in scalars {
      for place in 0..<width { result.append(littleEndian: place < text.count ? text[place].value : 0) }
    }
    return result
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
