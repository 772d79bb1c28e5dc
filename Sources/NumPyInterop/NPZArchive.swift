internal import CZlib
public import Foundation

/// An .npz archive: arrays by name, stored or deflated.
///
/// The zip format is read by its central directory (PKWARE APPNOTE 4.3, 4.5.3), zip64 included.
public struct NPZArchive: Sendable {
  /// The names of the arrays, without `.npy`, in the archive's order.
  public var names: [String] { members.map { String($0.name.dropLast(4)) } }

  private let file: RandomAccessFile
  private let members: [Member]

  /// Opens an archive and reads its directory. Members that are no .npy files are passed over.
  ///
  /// - Throws: `zip`, `unreadable`.
  public init(_ url: URL) throws(NPYError) {
    file = try RandomAccessFile(url)
    members = try Self.directory(of: file).filter { $0.name.hasSuffix(".npy") }
  }

  /// Reads one array and checks its checksum.
  ///
  /// - Parameter name: the name without `.npy`.
  /// - Throws: `missingMember`, `checksum` (stored), `deflate` (compressed, a wrong checksum too), `zip`, and what an .npy file's reading throws.
  public func array(_ name: String) throws(NPYError) -> NPYArray {
    guard let member = members.first(where: { $0.name == name + ".npy" }) else {
      throw .missingMember(file: file.name, member: name)
    }
    return try NPYArray(fileBytes: contents(of: member), name: "\(file.name) (\(member.name))")
  }

  private func contents(of member: Member) throws(NPYError) -> [UInt8] {
    let local = try LittleEndianBytes(
      bytes: file.read(in: member.localHeader..<member.localHeader + 30))
    guard local.word(at: 0) == 0x0403_4b50 else {
      throw .zip(file: file.name, found: "the entry of \(member.name) is not where the directory says")
    }
    let start = member.localHeader + 30 + local.half(at: 26) + local.half(at: 28)
    let stored = try file.read(in: start..<start + member.compressedSize)
    switch member.method {
    case 0:
      guard stored.count == member.size, checksum(stored) == member.checksum else {
        throw .checksum(file: file.name, member: member.name)
      }
      return stored
    case 8:
      let bytes = try inflated(stored, of: member)
      guard checksum(bytes) == member.checksum else {
        throw .deflate(file: file.name, member: member.name)
      }
      return bytes
    default: throw .zip(file: file.name, found: "\(member.name) is compressed by method \(member.method)")
    }
  }

  private func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = crc32(0, nil, 0)
    bytes.withUnsafeBufferPointer { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let piece = UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
        sum = crc32(sum, piece.baseAddress, uInt(piece.count))
        rest = rest.dropFirst(piece.count)
      }
    }
    return UInt32(truncatingIfNeeded: sum)
  }

  private func inflated(_ compressed: [UInt8], of member: Member) throws(NPYError) -> [UInt8] {
    let damage = NPYError.deflate(file: file.name, member: member.name)
    // Deflate can shrink a thousandfold, which only arrays of one value over and over do; measurements shrink less than ten
    // times. What announces more than both bounds is refused before memory is taken.
    guard member.size <= 64 << 20 + 64 * compressed.count, member.size / 1032 <= compressed.count else {
      throw damage
    }
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, -15, zlibVersion(), size) == Z_OK else { throw damage }
    defer { inflateEnd(&stream) }
    var input = compressed
    return try [UInt8].filled(count: member.size) { output throws(NPYError) in
      let isComplete = input.withUnsafeMutableBufferPointer { input in
        inflate(&stream, from: input, into: output.bindMemory(to: UInt8.self))
      }
      guard isComplete else { throw damage }
    }
  }

  /// Whether the stream ends well exactly where the output is full. zlib counts in 32 bits: in pieces.
  private func inflate(
    _ stream: inout z_stream, from input: UnsafeMutableBufferPointer<UInt8>,
    into output: UnsafeMutableBufferPointer<UInt8>
  ) -> Bool {
    let piece = 1 << 30
    var read = 0
    var written = 0
    // An empty output still wants a place to stand on.
    var nothing: UInt8 = 0
    while true {
      let available = min(piece, input.count - read)
      let room = min(piece, output.count - written)
      let status = withUnsafeMutablePointer(to: &nothing) { spare in
        stream.next_in = input.baseAddress.map { $0 + read }
        stream.avail_in = uInt(available)
        stream.next_out = output.baseAddress.map { $0 + written } ?? spare
        stream.avail_out = uInt(room)
        return CZlib.inflate(&stream, Z_NO_FLUSH)
      }
      let taken = available - Int(stream.avail_in)
      let made = room - Int(stream.avail_out)
      read += taken
      written += made
      if status == Z_STREAM_END { return written == output.count }
      guard status == Z_OK, taken > 0 || made > 0 else { return false }
    }
  }
}
