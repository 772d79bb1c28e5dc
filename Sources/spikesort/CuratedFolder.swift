import Curation
import Foundation
import Recordings
import SortingFormats
import SpikeSorting

/// A result folder as commands read it: with the decisions of its journal, and said so.
struct CuratedFolder {
  let folder: ResultFolder

  init(_ path: String) { folder = ResultFolder(OutputFolder.existing(path)) }

  /// The sorting, curated where the folder holds a journal.
  func read() throws -> CuratedResult {
    let result = try CuratedResult(folder)
    if result.decisions > 0 {
      let count = result.decisions == 1 ? "1 decision" : "\(result.decisions) decisions"
      Console.note("\(folder.file(ResultFolder.journalName).path): \(count) applied")
    }
    return result
  }

  /// Labelled times: those of the curated sorting where there is a journal, else the labels as they stand in the files,
  /// so that a result curated in Phy is taken as curated.
  ///
  /// - Parameters:
  ///   - samplingRate: frames a second, for files of other programs whose times are in seconds.
  ///   - clock: the recording's own clock, for times by it.
  func labelledTimes(samplingRate: Double? = nil, clock: RecordingClock? = nil) throws -> LabelledTimes {
    folder.isCurated
      ? try LabelledTimes(of: read().sorting)
      : try LabelledTimes(at: folder.url, samplingRate: samplingRate, clock: clock)
  }
}
