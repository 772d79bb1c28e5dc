internal import Curation
public import Foundation
internal import Report
internal import SortingFormats
public import SpikeSorting

extension Sorting {
  /// Reads a result folder, with the decisions of its journal where it has one.
  ///
  /// - Throws: `ResultError`, `CurationError.badJournal`.
  public init(contentsOf folder: URL) throws {
    self = try CuratedResult(ResultFolder(folder)).sorting
  }

  /// Writes a result folder with its report, which opens in Phy and SpikeInterface as it is.
  ///
  /// The folder appears whole or not at all.
  /// - Parameters:
  ///   - folder: where it will stand.
  ///   - overwrite: whether an earlier result of that name is replaced; what holds somebody's work is kept beside it.
  /// - Throws: `ResultError.folderExists`, `notAResult`, `beingWritten`, `inputOutput`.
  public func write(to folder: URL, overwrite: Bool = false) throws {
    let replacement = try FolderReplacement(destination: folder, overwrite: overwrite)
    do {
      let result = ResultFolder(replacement.temporary)
      try result.write(self)
      try Report(self).write(to: result)
      try replacement.commit()
    } catch {
      replacement.discard()
      throw error
    }
  }
}
