import ArgumentParser
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
    let result = ResultFolder(URL(fileURLWithPath: folder))
    try Report(result.read(), comparison: result.readComparison()).write(to: result)
  }
}
