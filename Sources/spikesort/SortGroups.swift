import Foundation
import Report
import SortingFormats
import SpikeFiles
import SpikeSorting

/// Sorts several groups of channels into one folder; a group that cannot be sorted does not lose the others.
struct SortGroups {
  var threads: Int
  var progress: ProgressLine

  /// Sorts every group into a folder of its own inside `place` and writes the page that lists them.
  ///
  /// - Parameter sort: sorts the group of a place in `names`.
  /// - Throws: what the first group threw where none could be sorted.
  func write(
    _ names: [String], in place: URL, sort: (Int) throws -> SortingRun
  ) throws -> (result: GroupedResult, runs: [FinishedRun]) {
    var groups: [GroupedResult.Group] = []
    var runs: [FinishedRun] = []
    var first: (any Error)?
    for (i, name) in names.enumerated() {
      var folder = GroupedResult.folderName(name)
      if groups.contains(where: { $0.folder == folder }) { folder += "-\(i)" }
      let inside = place.appendingPathComponent(folder)
      do {
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        let run = try FinishedRun.make(in: inside, threads: threads, progress: progress) { try sort(i) }
        let verdicts = run.sorting.units.reduce(into: [String: Int]()) { $0[$1.verdict, default: 0] += 1 }
        groups.append(.init(name: name, folder: folder, spikes: run.sorting.spikes.count, units: verdicts))
        runs.append(run)
      } catch {
        try? FileManager.default.removeItem(at: inside)
        first = first ?? error
        let sentence = ExitStatus.sentence(for: error)
        Console.note("warning: \(name) is left out: \(sentence)")
        groups.append(.init(name: name, folder: folder, spikes: nil, units: [:], failure: sentence))
      }
    }
    if runs.isEmpty, let first { throw first }
    let result = GroupedResult(groups: groups)
    let folder = ResultFolder(place)
    try folder.writeJSON(result, to: ResultFolder.recordName)
    try GroupsReport(result).write(to: folder)
    return (result, runs)
  }
}
