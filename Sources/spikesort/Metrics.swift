import ArgumentParser
import Curation
import Foundation
import SortingFormats
import SpikeSorting

/// `spikesort metrics`
struct Metrics: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The quality of every unit of a result, and the verdicts.")

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  @Flag(help: "Print one JSON object on stdout.")
  var json = false

  private struct Answer: Encodable {
    var units: [Sorting.Unit]
    var pairs: [Sorting.Pair]
  }

  func run() throws {
    let sorting = try CuratedFolder(folder).read().sorting
    if json {
      try Console.printJSON(Answer(units: sorting.units, pairs: sorting.pairs))
    } else {
      try Console.print(unitsTable(sorting).trimmingCharacters(in: .newlines))
    }
  }
}
