internal import CSystemCalls
public import Foundation
internal import NumPyInterop

/// A file that is written in a hidden folder beside its destination and takes its place in one step.
public final class FileReplacement: Sendable {
  /// Where the file will stand, as it was named.
  public let destination: URL
  /// Where it is written until `commit()`.
  public let temporary: URL

  /// What the destination is once links are followed.
  private let place: URL
  private let overwrite: Bool
  private let partial: PartialFolder
  private let end = WritingEnd()

  /// Makes the hidden folder, which also shows that the place can be written to; removes those of killed runs.
  ///
  /// - Parameter overwrite: whether a file already there may be replaced.
  /// - Throws: `ResultError.fileExists` where the destination exists and `overwrite` is false, `folderInPlace` where
  ///   it is a folder, `inputOutput` where the place cannot be written to.
  public init(destination: URL, overwrite: Bool) throws(ResultError) {
    self.destination = destination.standardizedFileURL
    self.overwrite = overwrite
    place = try linksFollowed(self.destination)
    let parent = place.deletingLastPathComponent()
    if let there = PlaceStatus(place) {
      guard there.kind != .folder else { throw .folderInPlace(path: destination.path) }
      guard overwrite else { throw .fileExists(path: destination.path) }
    }
    let name = placeName(place)
    _ = sweep(name, in: parent, kept: "\(name).recovered", besides: place)
    do {
      partial = try PartialFolder(of: name, in: parent)
    } catch {
      throw .inputOutput(path: destination.path, reason: systemReason(of: error))
    }
    temporary = partial.url.appendingPathComponent(name)
  }

  /// Puts the written file in its place in one step.
  ///
  /// - Throws: `ResultError.inputOutput`, `fileExists` where one appeared meanwhile that may not be replaced; nothing is left of
  ///   the written file then.
  public func commit() throws(ResultError) {
    _ = try end.commit { () throws(ResultError) in
      // The empty folder, or with the file where that did not get away.
      defer { partial.discard() }
      do {
        try synchronise(temporary)
        let (from, to) = (temporary.path, place.path)
        guard (overwrite ? rename(from, to) : sp_rename_new(from, to)) == 0 else { throw lastError() }
        synchroniseNames(in: partial.parent)
      } catch let error as POSIXError where error.code == .EEXIST && !overwrite {
        throw .fileExists(path: destination.path)
      } catch {
        throw .inputOutput(path: destination.path, reason: systemReason(of: error))
      }
    }
  }

  /// Removes what was written so far; waits while `commit()` runs.
  ///
  /// - Returns: how writing ended, by this or before.
  @discardableResult public func discard() -> WritingState { end.discard { partial.discard() } }
}
