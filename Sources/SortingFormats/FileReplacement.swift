public import Foundation
internal import NumPyInterop

/// A file that is written beside its destination and takes its place in one step.
public struct FileReplacement: Sendable {
  /// Where the file will stand.
  public let destination: URL
  /// Where it is written until `commit()`.
  public let temporary: URL

  /// Finds a place beside the destination.
  ///
  /// - Parameter overwrite: whether a file already there may be replaced.
  /// - Throws: `ResultError.fileExists` where the destination exists and `overwrite` is false, `folderInPlace` where
  ///   it is a folder, `inputOutput` where the folder above cannot be made.
  public init(destination: URL, overwrite: Bool) throws(ResultError) {
    self.destination = destination.standardizedFileURL
    let parent = self.destination.deletingLastPathComponent()
    temporary = parent.appendingPathComponent(
      ".\(self.destination.lastPathComponent).partial-\(ProcessInfo.processInfo.processIdentifier)")
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: self.destination.path, isDirectory: &isFolder) {
      guard !isFolder.boolValue else { throw .folderInPlace(path: destination.path) }
      guard overwrite else { throw .fileExists(path: destination.path) }
    }
    do {
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try? FileManager.default.removeItem(at: temporary)
    } catch {
      throw .inputOutput(path: destination.path, reason: systemReason(of: error))
    }
  }

  /// Puts the written file in its place in one step.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func commit() throws(ResultError) {
    guard rename(temporary.path, destination.path) == 0 else {
      throw .inputOutput(path: destination.path, reason: String(cString: strerror(errno)))
    }
  }

  /// Removes what was written so far.
  public func discard() { try? FileManager.default.removeItem(at: temporary) }
}
