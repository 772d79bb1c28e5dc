import ArgumentParser
import Foundation
import Recordings
import Report
import SortingFormats
import SpikeFiles
import SpikeSorting

/// `spikesort sort`
struct Sort: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sort a recording, or spikes detected elsewhere: judged units out.",
    discussion: """
      Several files of a recording are sorted as one, in the order given. Files of detected spikes (snippets or \
      features) are recognised and sorted group by group: Axona, Neuralynx, Open Ephys, Klusters, wave_clus, Phy, .npy.
      """)

  @Argument(help: ArgumentHelp("The recording's file or folder, or one of detected spikes.", valueName: "recording"))
  var recordings: [String]

  @OptionGroup var out: OutputOptions
  @OptionGroup(title: "Recording") var recording: RecordingOptions

  @Option(help: "A .npy with every spike's time in samples, for a .npy of snippets or features.")
  var times: String?

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
    let groups = try spikeGroups(description)
    guard groups.count < 2 else {
      try sortGroups(groups, options: options, threads: threads, progress: progress)
      return
    }
    var finished: FinishedRun?
    try OutputFolder.write(to: out.output, overwrite: out.overwrite) { place in
      finished = try FinishedRun.make(in: place, threads: threads, progress: progress) {
        if let spikes = groups.first {
          return try sort(spikes, options: options, threads: threads) { progress.show($0, $1) }
        }
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

  /// The groups of detected spikes that the arguments name; none where they name a recording.
  private func spikeGroups(_ description: RecordingDescription) throws -> [SpikeEvents] {
    let found = try recordings.map {
      try openSpikes(
        at: URL(fileURLWithPath: $0), description: description,
        times: times.map { URL(fileURLWithPath: $0) })
    }
    if let spikes = zip(recordings, found).first(where: { $0.1 != nil })?.0,
      let trace = zip(recordings, found).first(where: { $0.1 == nil })?.0
    {
      throw ValidationError("\(spikes) holds detected spikes and \(trace) does not; expected one kind.")
    }
    let groups = found.compactMap(\.self).flatMap { $0 }
    if groups.isEmpty, times != nil {
      throw ValidationError("--times goes with a .npy of snippets or features.")
    }
    return groups
  }

  private func sortGroups(
    _ groups: [SpikeEvents], options: SortingOptions, threads: Int, progress: ProgressLine
  ) throws {
    var outcome: (result: GroupedResult, runs: [FinishedRun])?
    try OutputFolder.write(to: out.output, overwrite: out.overwrite) { place in
      outcome = try SortGroups(threads: threads, progress: progress).write(groups.map(\.name), in: place) { i in
        try sort(groups[i], options: options, threads: threads) { stage, share in
          progress.show("\(groups[i].name): \(stage)", share)
        }
      }
    }
    progress.finish()
    guard let outcome else { return }
    if running.json {
      try Console.printJSON(["groups": outcome.runs.map { SortAnswer($0) }])
      return
    }
    try Console.print(GroupsReport(outcome.result).headline)
    for group in outcome.result.groups {
      let spikes = group.spikes.map { "\($0) spikes" } ?? "not sorted"
      let single = group.units["single"].map { ", \($0) single" } ?? ""
      try Console.print("  \(group.name): \(spikes)\(single) of \(group.units.values.reduce(0, +)) units")
    }
    try Console.print("Report: \(out.output)/report.html")
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
