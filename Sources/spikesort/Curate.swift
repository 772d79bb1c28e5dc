import ArgumentParser
import Curation
import Foundation
import SortingFormats

/// `spikesort curate`
struct Curate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Carry decisions made on another sorting of the same recording over to a result.",
    discussion: """
      Units are matched by the spikes they share. What is carried over is appended to DIR/curation.jsonl and can be \
      undone in spikesort view; what no longer fits is listed. After sort --overwrite the earlier, curated result is \
      DIR.previous, or DIR.previous-2 and so on where there was one.
      """)

  @Argument(help: ArgumentHelp("The result folder that gets the decisions.", valueName: "dir"))
  var folder: String

  @Option(help: ArgumentHelp("The curated result whose decisions are replayed.", valueName: "other"))
  var replay: String

  func run() throws {
    let report = try DecisionReplay.carry(
      from: ResultFolder(OutputFolder.existing(replay)), to: ResultFolder(OutputFolder.existing(folder)))
    for line in report.carried { try Console.print(line) }
    for line in report.unneeded { try Console.print("not needed: \(line)") }
    for line in report.lost { try Console.print("no longer fits: \(line)") }
    try Console.print(
      "\(report.carried.count) carried over, \(report.unneeded.count) not needed, \(report.lost.count) no longer fit"
    )
  }
}
