public import Foundation
internal import NumPyInterop

/// Some files of a folder, all written beside those they replace before the first is replaced, each in one step.
public final class FolderUpdate: Sendable {
  /// The folder.
  public let folder: URL
  /// Where the files are written until `commit()`, by the paths they will have in the folder.
  public let temporary: URL

  private let last: String
  private let partial: PartialFolder
  private let end = WritingEnd()

  /// Makes a hidden folder inside, which also shows that the folder can be written to; removes those of killed runs.
  ///
  /// - Parameter last: the file that is replaced after all others.
  /// - Throws: `ResultError.inputOutput`.
  public init(_ folder: URL, last: String) throws(ResultError) {
    self.folder = folder.standardizedFileURL
    self.last = last
    let name = "update"
    _ = sweep(name, in: folder, kept: "recovered", besides: folder)
    do {
      partial = try PartialFolder(of: name, in: folder)
    } catch {
      throw .inputOutput(path: folder.path, reason: systemReason(of: error))
    }
    temporary = partial.url
  }

  /// Puts the files in their places.
  ///
  /// - Throws: `ResultError.inputOutput`; files that were not replaced by then are whole, and as they were.
  public func commit() throws(ResultError) {
    _ = try end.commit { () throws(ResultError) in
      do {
        try synchronise(temporary)
        try moveAll(from: temporary, into: folder, last: last)
      } catch {
        partial.discard()
        throw .inputOutput(path: folder.path, reason: systemReason(of: error))
      }
    }
  }

  /// Removes what was written so far; waits while `commit()` runs.
  ///
  /// - Returns: how writing ended, by this or before.
  @discardableResult public func discard() -> WritingState { end.discard { partial.discard() } }
}
