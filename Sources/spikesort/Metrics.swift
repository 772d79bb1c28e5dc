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

  /// The same of one group of several.
  private struct GroupAnswer: Encodable {
    var group: String
    var folder: String
    var units: [Sorting.Unit]
    var pairs: [Sorting.Pair]
  }

  func run() throws {
    if let groups = try GroupedFolder(folder) {
      try tell(groups)
      return
    }
    let sorting = try CuratedFolder(folder).read().sorting
    if json {
      try Console.printJSON(Answer(units: sorting.units, pairs: sorting.pairs))
    } else {
      try Console.print(unitsTable(sorting).trimmingCharacters(in: .newlines))
    }
  }

  private func tell(_ groups: GroupedFolder) throws {
    let found = try groups.map { Answer(units: $0.units, pairs: $0.pairs) }
    if json {
      let answers = zip(groups.result.groups, found).compactMap { group, answer in
        answer.map {
          GroupAnswer(group: group.name, folder: group.folder, units: $0.units, pairs: $0.pairs)
        }
      }
      try Console.printJSON(["groups": answers])
    } else {
      let table = GroupedResult.unitsTable(groups.result.groups, units: found.map { $0?.units ?? [] })
      try Console.print(table.trimmingCharacters(in: .newlines))
    }
  }
}
