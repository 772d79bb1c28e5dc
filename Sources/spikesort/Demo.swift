import ArgumentParser
import Foundation
import LinearAlgebra
import Recordings
import Simulation
import SortingFormats
import SpikeSorting

/// `spikesort demo`
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The whole thing in one command: simulate a tetrode, sort it, score it, write the report.")

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output = "demo"

  @Flag(help: "Replace an earlier demo of that name.")
  var overwrite = false

  @Flag(help: "No progress on stderr.")
  var quiet = false

  func run() throws {
    let threads = Parallel.defaultThreads
    let progress = ProgressLine(quiet: quiet)
    var finished: FinishedRun?
    var score: ComparisonSummary?
    try OutputFolder.write(to: output, overwrite: overwrite) { place in
      let recording = place.appendingPathComponent("recording")
      try FileManager.default.createDirectory(at: recording, withIntermediateDirectories: true)
      var simulation = SimulationOptions()
      simulation.drift = true
      try simulate(simulation, to: recording, name: "recording") { progress.show("Simulating", $0) }
      let truth = try LabelledTimes(at: recording)
      finished = try FinishedRun.make(
        in: place, threads: threads, progress: progress,
        comparedWith: { sorting in
          score = try? ComparisonSummary(of: sorting, with: truth)
          return score
        }
      ) {
        let source = try openRecording(at: recording)
        var run = try sort(source, options: SortingOptions(), threads: threads) { progress.show($0, $1) }
        // Where the recording will stand, not where it is made.
        run.sorting.source.flatBinary?.path =
          URL(fileURLWithPath: output).standardizedFileURL.appendingPathComponent("recording/recording.dat")
          .path
        return run
      }
    }
    progress.finish()
    try finished?.printSummary(path: output)
    if let score {
      try Console.print(
        "Against the truth: mean accuracy \((score.meanAccuracy * 1000).rounded() / 1000), "
          + "\(score.wellDetected) of \(score.units.count) units well detected, \(score.falsePositive) false positive."
      )
    }
  }
}
