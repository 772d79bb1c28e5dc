public import Foundation

/// Why a file cannot be read.
package enum InputFileError: Error, Equatable, CustomStringConvertible {
  /// There is no such file.
  case missing
  /// It is no regular file but, in words, something else: reading it may never end.
  case notRegular(String)
  /// The system refused, in its own words.
  case refused(String)

  /// What is the matter, to follow the file's name and a colon.
  package var description: String {
    switch self {
    case .missing: String(cString: strerror(ENOENT))
    case .notRegular(let kind): "it is \(kind)"
    case .refused(let reason): reason
    }
  }
}

/// Opens a file to read it. Everything that is read, in whatever format, is opened here.
///
/// A link is followed. A folder, a pipe, a socket or a device is refused and never waited for.
/// - Returns: the descriptor, the caller's to close, and the file's length in bytes.
package func openInputFile(_ url: URL) throws(InputFileError) -> (descriptor: Int32, size: Int) {
  // Looked at first, as opening alone can have an effect on a device.
  var status = stat()
  guard stat(url.path, &status) == 0 else { throw refusal() }
  if let kind = kind(ofMode: UInt32(status.st_mode)) { throw .notRegular(kind) }
  // Something else may have taken its place since: not waiting for a pipe's writer keeps this from hanging.
  let descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw refusal() }
  guard fstat(descriptor, &status) == 0 else {
    let failure = refusal()
    close(descriptor)
    throw failure
  }
  if let kind = kind(ofMode: UInt32(status.st_mode)) {
    close(descriptor)
    throw .notRegular(kind)
  }
  return (descriptor, Int(status.st_size))
}

/// The bytes of a file.
package func inputFileContents(_ url: URL) throws(InputFileError) -> Data {
  let (descriptor, _) = try openInputFile(url)
  let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  do {
    return try file.readToEnd() ?? Data()
  } catch {
    throw .refused(error.localizedDescription)
  }
}

/// What a file is in words; nil for a regular one.
private func kind(ofMode mode: UInt32) -> String? {
  switch mode & UInt32(S_IFMT) {
  case UInt32(S_IFREG): nil
  case UInt32(S_IFDIR): "a folder"
  case UInt32(S_IFIFO): "a named pipe"
  case UInt32(S_IFSOCK): "a socket"
  default: "a device"
  }
}

private func refusal() -> InputFileError {
  errno == ENOENT || errno == ENOTDIR ? .missing : .refused(String(cString: strerror(errno)))
}
