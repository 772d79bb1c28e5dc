import ArgumentParser
import Curation
import Foundation
import Report
import SortingFormats

/// `spikesort report`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Redraw the figures and the page of a result.")

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  func run() throws {
    let place = CuratedFolder(folder)
    let result = try place.read()
    // A comparison made when the result was sorted speaks of the sorter's units.
    let comparison = result.decisions == 0 ? try place.folder.readComparison() : nil
    try Report(result.sorting, comparison: comparison).write(to: place.folder)
  }
}
