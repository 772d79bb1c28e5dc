package import Foundation
internal import InputFiles

/// An open file of which any range can be read, from any thread.
package final class RandomAccessFile: Sendable {
  /// The name for errors.
  package let name: String
  /// The bytes of the file when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens a file.
  ///
  /// - Throws: `unreadable`, for all that is no regular file too.
  package init(_ url: URL) throws(NPYError) {
    name = url.lastPathComponent
    do throws(InputFileError) {
      (descriptor, size) = try openInputFile(url)
    } catch {
      throw .unreadable(file: url.lastPathComponent, reason: "\(error)")
    }
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from `offset` on.
  ///
  /// - Throws: `truncated` where the file ends before, `unreadable`.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(NPYError) {
    guard let base = buffer.baseAddress else { return }
    var done = 0
    while done < buffer.count {
      let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(file: name, reason: String(cString: strerror(errno))) }
      guard got > 0 else {
        throw .truncated(file: name, expectedBytes: offset + buffer.count, foundBytes: offset + done)
      }
      done += got
    }
  }

  /// The bytes of a range.
  ///
  /// - Throws: `truncated` where the file ends before, `unreadable`.
  package func read(_ range: Range<Int>) throws(NPYError) -> [UInt8] {
    guard range.upperBound <= size else {
      throw .truncated(file: name, expectedBytes: range.upperBound, foundBytes: size)
    }
    return try [UInt8].filled(count: range.count) { buffer throws(NPYError) in
      try read(into: buffer, at: range.lowerBound)
    }
  }
}

extension [UInt8] {
  /// An array whose bytes `fill` writes, all of them, without zeroing them first.
  static func filled(
    count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(NPYError) -> Void
  ) throws(NPYError) -> [UInt8] {
    var failure: NPYError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialised in
      do throws(NPYError) {
        try fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
        initialised = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
