internal import CSystemCalls
public import Foundation
internal import NumPyInterop

/// A folder that is written beside its destination and takes its place in one step.
///
/// Whoever is killed on the way leaves the old folder or the new one, never a mixture.
public struct FolderReplacement: Sendable {
  /// Where the folder will stand.
  public let destination: URL
  /// Where it is written until `commit()`.
  public let temporary: URL
  /// Folders above it that were made on the way, innermost first.
  private let madeParents: [URL]

  /// Makes the temporary folder, which also shows that the place can be written to.
  ///
  /// - Parameters:
  ///   - destination: where the folder will stand.
  ///   - overwrite: whether a folder already there may be replaced.
  ///   - marker: the file that a folder must hold to be replaced.
  /// - Throws: `ResultError.folderExists` where the destination exists and `overwrite` is false, `notAResult`
  ///   where it exists without the marker, `inputOutput` where the place cannot be written to.
  public init(
    destination: URL, overwrite: Bool, marker: String = ResultFolder.recordName
  ) throws(ResultError) {
    self.destination = destination.standardizedFileURL
    let parent = self.destination.deletingLastPathComponent()
    let name = self.destination.lastPathComponent
    temporary = parent.appendingPathComponent(".\(name).partial-\(ProcessInfo.processInfo.processIdentifier)")
    let files = FileManager.default
    var isFolder: ObjCBool = false
    if files.fileExists(atPath: self.destination.path, isDirectory: &isFolder) {
      guard isFolder.boolValue else { throw .notAResult(path: destination.path, marker: marker) }
      let isEmpty = (try? files.contentsOfDirectory(atPath: self.destination.path))?.isEmpty ?? false
      let record = self.destination.appendingPathComponent(marker).path
      if !isEmpty {
        guard overwrite else { throw .folderExists(path: destination.path) }
        guard files.fileExists(atPath: record) else {
          throw .notAResult(path: destination.path, marker: marker)
        }
      }
    }
    var missing: [URL] = []
    var above = parent
    while !files.fileExists(atPath: above.path), above.pathComponents.count > 1 {
      missing.append(above)
      above.deleteLastPathComponent()
    }
    madeParents = missing
    do {
      try files.createDirectory(at: parent, withIntermediateDirectories: true)
      try? files.removeItem(at: temporary)
      try files.createDirectory(at: temporary, withIntermediateDirectories: false)
    } catch {
      discard()
      throw .inputOutput(path: destination.path, reason: systemReason(of: error))
    }
  }

  /// Puts the written folder in its place, atomically where the file system can exchange two names.
  ///
  /// An old result that somebody has worked on (a journal, Phy files edited since) is kept as `NAME.previous`.
  /// - Throws: `ResultError.inputOutput`.
  public func commit() throws(ResultError) {
    let files = FileManager.default
    do {
      guard files.fileExists(atPath: destination.path) else {
        try files.moveItem(at: temporary, to: destination)
        return
      }
      let previous = destination.deletingLastPathComponent()
        .appendingPathComponent(destination.lastPathComponent + ".previous")
      let keeps = ResultFolder(destination).wasEdited
      if sp_exchange_names(temporary.path, destination.path) != 0 {
        // No exchange on this file system: two renames, with the old folder safe in between.
        let aside = temporary.appendingPathExtension("old")
        try files.moveItem(at: destination, to: aside)
        try files.moveItem(at: temporary, to: destination)
        try files.moveItem(at: aside, to: temporary)
      }
      if keeps {
        try? files.removeItem(at: previous)
        try files.moveItem(at: temporary, to: previous)
      } else {
        try files.removeItem(at: temporary)
      }
    } catch {
      throw .inputOutput(path: destination.path, reason: systemReason(of: error))
    }
  }

  /// Removes what was written so far, and the folders made for it that hold nothing else.
  public func discard() {
    try? FileManager.default.removeItem(at: temporary)
    for folder in madeParents { rmdir(folder.path) }
  }
}
