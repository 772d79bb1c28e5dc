import ArgumentParser
import Foundation
import SortingFormats
import SpikeSorting

/// `spikesort cluster`
struct Cluster: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sort spikes that are detected already: a features .npy, or the lab's folder as it is.",
    discussion:
      "On the lab's folder the lab preset is used; without times there are a mixture, BIC and figures only.")

  @Argument(
    help: ArgumentHelp(
      "A features .npy (spikes × features), or a folder with the lab's files.", valueName: "features"))
  var features: String

  @OptionGroup var out: OutputOptions

  @Option(help: "A .npy with every spike's time in samples.")
  var times: String?

  @Option(help: "A .npy with every spike's snippet.")
  var waveforms: String?

  @Option(help: "Samples a second, for --times.")
  var rate: Double?

  @OptionGroup(title: "Mixture") var mixture: MixtureOptionsGroup
  @OptionGroup(title: "Running") var running: RunOptions

  func run() throws {
    let threads = try running.threadCount()
    let progress = ProgressLine(quiet: running.quiet)
    var finished: FinishedRun?
    try OutputFolder.write(to: out.output, overwrite: out.overwrite) { place in
      finished = try FinishedRun.make(in: place, threads: threads, progress: progress) {
        let input = try FeatureInput(
          at: URL(fileURLWithPath: features), times: times.map { URL(fileURLWithPath: $0) },
          waveforms: waveforms.map { URL(fileURLWithPath: $0) }, samplingRate: rate)
        if rate != nil, input.frames == nil {
          throw ValidationError("--rate goes with --times, and \(features) has no times.")
        }
        try mixture.checkModel(times: input.frames != nil, of: features)
        // No step of the lab's is left where components drift.
        let isLabs = input.isLab && mixture.model != .driftingT
        var options = isLabs ? SortingOptions.lab : SortingOptions()
        try mixture.apply(
          to: &options, times: input.frames != nil && input.samplingRate != nil)
        return try cluster(input, options: options, threads: threads) { progress.show($0, $1) }
      }
    }
    guard let finished else { return }
    if running.json {
      try Console.printJSON(ClusterAnswer(finished))
    } else {
      try finished.printSummary(path: out.output)
    }
  }
}

/// What `cluster --json` prints.
private struct ClusterAnswer: Encodable {
  var spikes: Int
  var units: Int
  var components: Int
  var weights: [Double]
  var selection: Sorting.Selection?
  var seconds: RunRecord.Seconds
  var peakMemoryMiB: Double

  init(_ run: FinishedRun) {
    spikes = run.sorting.spikes.count
    units = run.sorting.units.count
    components = run.sorting.mixture.components
    weights = run.sorting.mixture.weights
    selection = run.sorting.mixture.selection
    seconds = run.record.seconds
    peakMemoryMiB = run.record.peakMemoryMiB
  }
}
