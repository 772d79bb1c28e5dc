import ArgumentParser
import Foundation
import Recordings
import Report
import SortingFormats
import SpikeSorting

/// `spikesort sort`
struct Sort: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sort a recording: raw voltage in, judged units out.",
    discussion: "Several files are sorted as one, in the order given.")

  @Argument(help: ArgumentHelp("The recording's file or folder.", valueName: "recording"))
  var recordings: [String]

  @OptionGroup var out: OutputOptions
  @OptionGroup(title: "Recording") var recording: RecordingOptions
  @OptionGroup(title: "Signal") var signal: SignalOptions
  @OptionGroup(title: "Mixture") var mixture: MixtureOptionsGroup
  @OptionGroup(title: "Running") var running: RunOptions

  func run() throws {
    var options = SortingOptions()
    try signal.apply(to: &options)
    try mixture.apply(to: &options)
    let threads = try running.threadCount()
    let description = try recording.description
    let progress = ProgressLine(quiet: running.quiet)
    var finished: FinishedRun?
    try OutputFolder.write(to: out.output, overwrite: out.overwrite) { place in
      finished = try FinishedRun.make(in: place, threads: threads, progress: progress) {
        let source = try openRecording(
          at: recordings.map { URL(fileURLWithPath: $0) }, description: description)
        return try sort(source, options: options, threads: threads) { progress.show($0, $1) }
      }
    }
    progress.finish()
    guard let finished else { return }
    if running.json {
      try Console.printJSON(SortAnswer(finished))
    } else {
      try finished.printSummary(path: out.output)
    }
  }
}

/// What `sort --json` prints.
struct SortAnswer: Encodable {
  var spikes: Int
  var units: Int
  var components: Int
  var seconds: RunRecord.Seconds
  var recordingSeconds: Double?
  var timesRealTime: Double?
  var peakMemoryMiB: Double

  init(_ run: FinishedRun) {
    spikes = run.sorting.spikes.count
    units = run.sorting.units.count
    components = run.sorting.mixture.components
    seconds = run.record.seconds
    recordingSeconds = run.sorting.source.seconds
    timesRealTime = run.sorting.source.seconds.map { $0 / run.record.seconds.total }
    peakMemoryMiB = run.record.peakMemoryMiB
  }
}
