import ArgumentParser
import Foundation
import Recordings
import Report
import SortingFormats
import SpikeFiles
import SpikeSorting
import SpikeTrains

/// `spikesort sort`
struct Sort: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sort a recording, or spikes detected elsewhere: judged units out.",
    discussion: """
      Several files of a recording are sorted as one, in the order given unless their own clocks say otherwise. Files \
      of one channel that were recorded together are its channels. Files of detected spikes (snippets or \
      features) are recognised and sorted group by group: Axona, Neuralynx, Open Ephys, Klusters, wave_clus, Phy, .npy.
      """)

  @Argument(
    help: ArgumentHelp("The recording's file or folder, or one of detected spikes.", valueName: "recording"))
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
    let threads = try running.threadCount()
    let description = try recording.description
    let progress = ProgressLine(quiet: running.quiet)
    let spikes = try spikeGroups(recordings, description: description, times: times)
    try checkOptions(for: spikes)
    try mixture.apply(
      to: &options,
      times: spikes.isEmpty || spikes.contains { $0.frames != nil && $0.samplingRate != nil })
    var finished: FinishedRun?
    var grouped: SortedGroups?
    try OutputFolder.write(to: out.output, overwrite: out.overwrite) { place in
      if spikes.count > 1 {
        grouped = try SortGroups(threads: threads, progress: progress).write(
          spikes, in: place, options: options)
        return
      }
      let files = recordings.map { URL(fileURLWithPath: $0) }
      let opened = Sorting.Opened(files, description: description)
      let source = spikes.isEmpty ? try openRecording(at: files, description: description) : nil
      if let source, case let groups = try channelGroups(of: source, options), groups.count > 1 {
        grouped = try SortGroups(threads: threads, progress: progress).write(
          groups, of: source, opened: opened, in: place, options: options)
        return
      }
      finished = try FinishedRun.make(in: place, threads: threads, progress: progress) {
        if let source {
          var run = try sort(source, options: options, threads: threads) { progress.show($0, $1) }
          run.sorting.source.opened = opened
          return run
        }
        return try sort(spikes[0], options: options, threads: threads) { progress.show($0, $1) }
      }
    }
    progress.finish()
    if let grouped { try tell(grouped) }
    guard let finished else { return }
    if running.json {
      try Console.printJSON(SortAnswer(finished))
    } else {
      try finished.printSummary(path: out.output)
    }
  }

  /// The groups of a recording's channels that have any left to sort.
  private func channelGroups(of source: any Recording, _ options: SortingOptions) throws -> [ChannelGroup] {
    let size = try recording.description.channelsPerGroup
    return source.channelGroups(of: size).enumerated().map { i, channels in
      ChannelGroup(name: "group \(i)", channels: channels.filter { !options.excludedChannels.contains($0) })
    }.filter { !$0.channels.isEmpty }
  }

  /// Refuses options that have no effect on spikes that are detected already.
  private func checkOptions(for groups: [SpikeEvents]) throws {
    guard let first = groups.first else { return }
    let unheeded = [
      ("--groups", recording.groups != nil), ("--probe", recording.probe != nil),
      ("--offset", recording.offset != nil), ("--threshold", signal.threshold != nil),
    ].filter(\.1).map(\.0)
    guard unheeded.isEmpty else {
      throw ValidationError(
        "\(unheeded.joined(separator: " and ")) has no effect on detected spikes, and \(first.name) holds such."
      )
    }
    for group in groups {
      try mixture.checkModel(times: group.frames != nil && group.samplingRate != nil, of: group.name)
    }
  }

  /// Says what became of groups that were sorted each by itself.
  private func tell(_ sorted: SortedGroups) throws {
    if running.json {
      try Console.printJSON(GroupsAnswer(sorted))
      return
    }
    try Console.print(GroupsReport(sorted.result, units: sorted.units).headline)
    for group in sorted.result.groups {
      let spikes = group.spikes.map { "\($0) spikes" } ?? "not sorted"
      let single = group.units[.single].map { ", \($0) single" } ?? ""
      try Console.print("  \(group.name): \(spikes)\(single) of \(group.units.values.reduce(0, +)) units")
    }
    try Console.print("Report: \(out.output)/report.html")
  }
}

/// What `sort --json` prints of a recording sorted group by group.
struct GroupsAnswer: Encodable {
  /// The groups that were sorted.
  var groups: [SortAnswer]
  /// The groups that could not be sorted, each with why.
  var failed: [Failure]

  struct Failure: Encodable {
    var group: String
    var reason: String
    /// The exit code it calls for.
    var code: Int32
  }

  init(_ sorted: SortedGroups) {
    groups = sorted.answers
    failed = sorted.result.groups.compactMap { group in
      group.failure.map { Failure(group: group.name, reason: $0, code: group.code ?? ExitStatus.ourFault) }
    }
  }
}

/// What `sort --json` prints.
struct SortAnswer: Encodable {
  /// The group of channels; nil where all are one.
  var group: String?
  var spikes: Int
  var units: Int
  var components: Int
  var seconds: RunRecord.Seconds
  var recordingSeconds: Double?
  var timesRealTime: Double?
  var peakMemoryMiB: Double

  init(_ run: FinishedRun, group: String? = nil) {
    self.group = group
    spikes = run.sorting.spikes.count
    units = run.sorting.units.count
    components = run.sorting.mixture.components
    seconds = run.record.seconds
    recordingSeconds = run.sorting.source.seconds
    timesRealTime = run.sorting.source.seconds.map { $0 / run.record.seconds.total }
    peakMemoryMiB = run.record.peakMemoryMiB
  }
}
