import ArgumentParser
import Foundation
import SortingFormats
import SpikeTrains

/// `spikesort compare`
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How well a result finds the true units, or agrees with another result.")

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  @Argument(
    help: ArgumentHelp(
      "gt_times.npy and gt_labels.npy in a folder, another result or an export, or units of Phy, Axona (.cut), Klusters (.clu), "
        + "MClust (.t), wave_clus (times_*.mat), MountainSort (firings.mda), NWB, SpikeInterface, or a .csv.",
      valueName: "truth"))
  var truth: String

  @Flag(help: "Print one JSON object on stdout.")
  var json = false

  func run() throws {
    let groups = try GroupedFolder(folder)
    let rate = try groups?.samplingRate() ?? CuratedFolder(folder).folder.samplingRate()
    let clock = try groups.map { try $0.clock() } ?? CuratedFolder(folder).folder.clock()
    let summary = ComparisonSummary(
      of: try labelledTimes(at: folder, samplingRate: rate, clock: clock),
      with: try labelledTimes(at: truth, samplingRate: rate, clock: clock), samplingRate: rate)
    if json {
      try Console.printJSON(summary)
      return
    }
    for unit in summary.units {
      let partner = unit.unit.map { "unit \($0)" } ?? "not found"
      try Console.print(
        "true unit \(unit.truth): \(partner), accuracy \(rounded(unit.accuracy)), "
          + "precision \(rounded(unit.precision)), recall \(rounded(unit.recall))")
    }
    try Console.print(
      "mean accuracy \(rounded(summary.meanAccuracy)); \(summary.wellDetected) of \(summary.units.count) well detected, "
        + "\(summary.falsePositive) false positive, \(summary.redundant) redundant, \(summary.overmerged) overmerged"
    )
  }

  private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
