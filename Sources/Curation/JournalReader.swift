internal import Foundation

/// A journal's bytes, line by line: never more of them in memory than a line may have.
struct JournalReader {
  /// The most bytes a line may have: an action on some thirty million spikes.
  static let longestLine = 256 << 20
  /// The most bytes a journal may have.
  static let longestFile = 1 << 30

  /// What keeps bytes from being read.
  enum Fault: Error {
    /// The system says no.
    case system(SystemError)
    /// What is there can be no journal: the sentence follows its path.
    case impossible(String)
  }

  private let descriptor: Int32
  /// How many bytes the file had when it was opened.
  let size: Int
  /// The part of the file that was read last, and where it begins.
  private var block: [UInt8] = []
  private var blockStart = 0

  private static let blockSize = 1 << 18

  /// Opens a file for reading, never through a link and never waiting for a writer.
  init(_ url: URL) throws(Fault) {
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system(SystemError()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = SystemError()
      _ = Foundation.close(descriptor)
      throw .system(error)
    }
    size = Int(status.st_size)
    let isFile = status.st_mode & S_IFMT == S_IFREG
    guard isFile, size <= Self.longestFile else {
      _ = Foundation.close(descriptor)
      throw .impossible(
        isFile
          ? "holds \(size >> 20) MiB; a journal has at most \(Self.longestFile >> 20) MiB"
          : "is no file but something else")
    }
  }

  /// Closes the file.
  func close() { _ = Foundation.close(descriptor) }

  /// The line that begins at a place, without its newline, and whether it has one.
  mutating func line(at start: Int) throws(Fault) -> (bytes: [UInt8], isWhole: Bool) {
    let (end, isWhole) = try end(ofLineAt: start)
    if start >= blockStart, end <= blockStart + block.count {
      return (Array(block[start - blockStart..<end - blockStart]), isWhole)
    }
    return (try read(start..<end), isWhole)
  }

  /// Where a line's newline stands, or the file's end where there is none.
  private mutating func end(ofLineAt start: Int) throws(Fault) -> (Int, isWhole: Bool) {
    var place = start
    while place < size {
      if !(blockStart..<blockStart + block.count).contains(place) {
        block = try read(place..<min(place + Self.blockSize, size))
        blockStart = place
      }
      let from = place - blockStart
      let found = block.withUnsafeBytes { bytes -> Int? in
        guard let first = bytes.baseAddress.map({ $0 + from }) else { return nil }
        return memchr(first, Int32(UInt8(ascii: "\n")), bytes.count - from).map {
          UnsafeRawPointer($0) - first
        }
      }
      if let found { return (place + found, true) }
      place = blockStart + block.count
      guard place - start <= Self.longestLine else {
        throw .impossible("has a line of more than \(Self.longestLine >> 20) MiB, longer than any action's")
      }
    }
    return (size, false)
  }

  private func read(_ range: Range<Int>) throws(Fault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(range.lowerBound + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .system(count < 0 ? SystemError() : SystemError("it became shorter while it was read"))
      }
      done += count
    }
    return bytes
  }
}
