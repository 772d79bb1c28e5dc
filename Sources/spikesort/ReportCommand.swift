import ArgumentParser
import Curation
import Foundation
import Report
import SortingFormats
import SpikeSorting

/// `spikesort report`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Redraw the figures and the page of a result.")

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  func run() throws {
    if let groups = try GroupedFolder(folder) {
      try groups.report()
    } else {
      _ = try Self.draw(CuratedFolder(folder))
    }
  }

  /// Draws the page of one sorting.
  ///
  /// - Returns: its units.
  static func draw(_ place: CuratedFolder) throws -> [Sorting.Unit] {
    let result = try place.read()
    // A comparison made when the result was sorted speaks of the sorter's units.
    let comparison = result.decisions == 0 ? try place.folder.readComparison() : nil
    try Report(result.sorting, comparison: comparison).write(to: place.folder)
    return result.sorting.units
  }
}
