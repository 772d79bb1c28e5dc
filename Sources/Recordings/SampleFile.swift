internal import Foundation
internal import InputFiles

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// An open file whose bytes are read at given places, by any number of threads at once.
final class SampleFile: Sendable {
  let url: URL
  let byteCount: Int
  private let descriptor: Int32

  /// Opens a regular file.
  init(_ url: URL) throws(RecordingError) {
    let path = url.path
    do throws(InputFileError) {
      (descriptor, byteCount) = try openInputFile(url)
    } catch {
      switch error {
      case .missing: throw .missing(file: path)
      case .notRegular(let kind): throw .malformed(file: path, found: kind, expected: "a regular file")
      case .refused(let reason): throw .unreadable(file: path, reason: reason)
      }
    }
    self.url = url
  }

  deinit { close(descriptor) }

  /// Fills `bytes` from `offset` on.
  func read(at offset: Int, into bytes: UnsafeMutableRawBufferPointer) throws(RecordingError) {
    guard let base = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let got = pread(descriptor, base + done, bytes.count - done, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .unreadable(file: url.path, reason: String(cString: strerror(errno))) }
      guard got > 0 else {
        throw .malformed(
          file: url.path, found: "the end of the file at byte \(offset + done)",
          expected: "the \(byteCount) bytes it had when it was opened")
      }
      done += got
    }
  }

  /// The bytes of a range.
  func bytes(_ range: Range<Int>) throws(RecordingError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let outcome = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(RecordingError) in try read(at: range.lowerBound, into: buffer) }
    }
    try outcome.get()
    return bytes
  }

  /// The first bytes, at most `count`.
  func head(_ count: Int) throws(RecordingError) -> [UInt8] { try bytes(0..<min(count, byteCount)) }
}
