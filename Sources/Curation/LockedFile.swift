internal import Foundation

/// Which file stands at a path, how long it is and when it was written.
struct FileStamp: Equatable, Sendable {
  var device: UInt64
  var inode: UInt64
  var size: Int
  /// When it was last written: seconds and nanoseconds.
  var written: [Int]
  /// Whether it is a file, and neither a link to one nor anything else.
  var isFile: Bool

  /// nil where there is no file.
  init?(_ url: URL) {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return nil }
    self.init(status)
  }

  fileprivate init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    #if canImport(Darwin)
      written = [status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec]
    #else
      written = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    #endif
    isFile = status.st_mode & S_IFMT == S_IFREG
  }
}

/// What the system says of a failed call.
struct SystemError: Error {
  let reason: String

  init() { reason = String(cString: strerror(errno)) }
  init(_ reason: String) { self.reason = reason }
}

/// A file open for appending, with the lock that writers hold.
struct LockedFile {
  private let descriptor: Int32

  /// Opens a file, never through a link, and waits for its lock, at most two seconds.
  ///
  /// - Throws: `CurationError.notWritten`.
  init(_ url: URL, creates: Bool) throws(CurationError) {
    let isNew = creates && !FileManager.default.fileExists(atPath: url.path)
    var attempt = 0
    while true {
      attempt += 1
      let opened = open(
        url.path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (creates ? O_CREAT : 0), 0o644)
      guard opened >= 0 else { throw .notWritten(path: url.path, reason: SystemError().reason) }
      if flock(opened, LOCK_EX | LOCK_NB) == 0 {
        // What is written to a file that was replaced while its lock was waited for would be lost.
        if Self.isStill(opened, at: url) {
          descriptor = opened
          if isNew { Self.synchroniseFolder(of: url) }
          return
        }
        _ = Foundation.close(opened)
        guard attempt < Self.mostAttempts else {
          throw .notWritten(path: url.path, reason: "another program keeps replacing it")
        }
        continue
      }
      let error = errno
      _ = Foundation.close(opened)
      let isBusy = error == EWOULDBLOCK || error == EINTR
      guard isBusy, attempt < Self.mostAttempts else {
        let reason = isBusy ? "another program holds it" : String(cString: strerror(error))
        throw .notWritten(path: url.path, reason: reason)
      }
      usleep(10_000)
    }
  }

  private static let mostAttempts = 200

  /// Whether an open file is the one at a path, and a file.
  private static func isStill(_ descriptor: Int32, at url: URL) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0, let there = FileStamp(url) else { return false }
    let own = FileStamp(status)
    return own.isFile && own.device == there.device && own.inode == there.inode
  }

  /// Closes the file and gives the lock back.
  func close() { _ = Foundation.close(descriptor) }

  /// Appends bytes and waits until they are on disk; where that fails the file is cut back to `length`.
  func append(_ bytes: [UInt8], keeping length: Int) throws(SystemError) {
    do {
      try Self.write(bytes, descriptor)
      try Self.synchronise(descriptor)
    } catch {
      _ = ftruncate(descriptor, off_t(length))
      try? Self.synchronise(descriptor)
      throw error
    }
  }

  /// The bytes from a place on.
  func bytes(from start: Int) throws(SystemError) -> [UInt8] {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw SystemError() }
    var result = [UInt8](repeating: 0, count: max(0, Int(status.st_size) - start))
    let got = result.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(start)) }
    guard got == result.count else { throw SystemError() }
    return result
  }

  /// Cuts the file.
  func truncate(to length: Int) throws(SystemError) {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw SystemError() }
    try Self.synchronise(descriptor)
  }

  /// Writes a new file and waits until it is on disk.
  static func write(_ bytes: [UInt8], to url: URL) throws(SystemError) {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw SystemError() }
    defer { _ = Foundation.close(descriptor) }
    try write(bytes, descriptor)
    try synchronise(descriptor)
    synchroniseFolder(of: url)
  }

  private static func write(_ bytes: [UInt8], _ descriptor: Int32) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw SystemError() }
      done += written
    }
  }

  private static func synchronise(_ descriptor: Int32) throws(SystemError) {
    #if canImport(Darwin)
      // fsync alone leaves the bytes in the drive's memory there.
      if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
    #endif
    guard fsync(descriptor) == 0 else { throw SystemError() }
  }

  /// Puts a new name on disk.
  private static func synchroniseFolder(of url: URL) {
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    _ = fsync(folder)
    _ = Foundation.close(folder)
  }
}
