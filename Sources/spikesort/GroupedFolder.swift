import Curation
import Foundation
import Recordings
import Report
import SortingFormats
import SpikeSorting

/// A result of several groups as commands read it: every group's folder, with the decisions of its journal.
struct GroupedFolder {
  let url: URL
  let result: GroupedResult

  /// Nil where the folder holds a single sorting or none.
  ///
  /// - Throws: `ResultError.damaged` where a group's folder is not one inside.
  init?(_ path: String) throws {
    url = OutputFolder.existing(path)
    guard let result = try GroupedResult(at: url) else { return nil }
    self.result = result
  }

  /// A group's own folder; nil where it could not be sorted.
  func folder(_ group: GroupedResult.Group) -> CuratedFolder? {
    group.failure == nil ? CuratedFolder(url.appendingPathComponent(group.folder).path) : nil
  }

  /// What `body` makes of every group's sorting; nil for groups that could not be sorted.
  func map<Value>(_ body: (Sorting) throws -> Value) throws -> [Value?] {
    try result.groups.map { group in try folder(group).map { try body($0.read().sorting) } }
  }

  /// The spikes of all groups, noise clusters left out, units numbered through.
  func labelledTimes() throws -> LabelledTimes {
    let none = LabelledTimes(frames: [], labels: [])
    let units = try map(\.units).map { $0 ?? [] }
    let spikes = try result.groups.map { try folder($0)?.labelledTimes() ?? none }
    return LabelledTimes(joining: spikes, units: units)
  }

  /// Frames a second, those of the first group that was sorted.
  func samplingRate() throws -> Double {
    for case let place? in result.groups.map(folder) { return try place.folder.samplingRate() }
    throw ResultError.missingFile(path: url.path, expected: "a group that could be sorted")
  }

  /// The recording's own clock, that of the first group that was sorted.
  func clock() throws -> RecordingClock? {
    try result.groups.lazy.compactMap(folder).first.flatMap { try $0.folder.clock() }
  }

  /// Draws every group's page again, and the one that lists them.
  func report() throws {
    var units: [[Sorting.Unit]] = []
    for group in result.groups {
      units.append(try folder(group).map { try ReportCommand.draw($0) } ?? [])
    }
    try OutputFolder.update(url, last: "report.html") {
      try GroupsReport(result, units: units).write(to: ResultFolder($0))
    }
  }
}

/// The spikes that a folder holds, be it of one sorting, of several groups, or a truth.
func labelledTimes(at path: String, samplingRate: Double, clock: RecordingClock?) throws -> LabelledTimes {
  try GroupedFolder(path)?.labelledTimes()
    ?? CuratedFolder(path).labelledTimes(samplingRate: samplingRate, clock: clock)
}
