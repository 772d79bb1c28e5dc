import ArgumentParser
import Foundation
import Recordings
import SpikeDetection

/// `spikesort info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What the files of a recording, or of detected spikes, say of it: all that sort takes.")

  @Argument(
    help: ArgumentHelp(
      "The recording's file or folder, several of one, or one of detected spikes.", valueName: "recording"))
  var recordings: [String]

  @OptionGroup(title: "Recording") var recording: RecordingOptions

  @Option(help: "A .npy with every spike's time in samples, for a .npy of snippets or features.")
  var times: String?

  @Flag(help: "Read all samples and say what in them cannot be brain signal.")
  var quality = false

  @Flag(help: "Print one JSON object on stdout.")
  var json = false

  private struct Answer: Encodable {
    var format: String
    var files: [String]
    var channels: Int
    var rate: Double
    var frames: Int
    var seconds: Double
    var unit: String
    /// One a channel; absent where nobody knows.
    var microvoltsPerUnit: [Double]?
    var offsetMicrovolts: [Double]?
    var segments: Int
    /// The first frame of every segment and the one after its last; a gap is between two of them.
    var segmentFrames: [[Int]]
    /// The length of every gap between segments; null where nobody knows.
    var gapSeconds: [Double?]
    /// When the recording began, by ISO 8601; absent where nobody knows.
    var start: String?
    var groups: [[Int]]
    var positionsMicrometers: [[Double]]
    var faults: [String]
    /// What was left out or taken for granted.
    var notices: [String]
    /// What the recording's own clock says at its first frame, in seconds; absent where it has none.
    var clockStart: Double?
    /// What cannot be brain signal, one for every group of channels; absent where it was not asked for.
    var quality: [SignalQualityAnswer]?
  }

  func run() throws {
    let description = try recording.description
    let spikes = try spikeGroups(recordings, description: description, times: times)
    guard spikes.isEmpty else {
      try tell(SpikesAnswer(spikes))
      return
    }
    let source = try openRecording(at: recordings.map { URL(fileURLWithPath: $0) }, description: description)
    /// A number for all channels said for each.
    func each(_ values: [Double]) -> [Double] {
      values.count == 1 ? [Double](repeating: values[0], count: source.channelCount) : values
    }
    var answer = Answer(
      format: source.format, files: source.files.map(\.lastPathComponent), channels: source.channelCount,
      rate: source.samplingRate, frames: source.frameCount, seconds: source.seconds, unit: source.unit,
      microvoltsPerUnit: source.gain.map { each($0.microvoltsPerUnit) },
      offsetMicrovolts: source.gain.map { each($0.offsetMicrovolts) }, segments: source.segments.count,
      segmentFrames: source.segments.map { [$0.lowerBound, $0.upperBound] },
      gapSeconds: source.gaps.map(\.seconds),
      start: source.session?.start, groups: source.probe.groups,
      positionsMicrometers: source.probe.contacts.map { [$0.xMicrometers, $0.yMicrometers] },
      faults: try channelFaults(in: source).map(\.description), notices: source.notices,
      clockStart: source.clockStart)
    if quality { answer.quality = try SignalQualityAnswer.all(of: source, groups: groups(of: source)) }
    if json {
      try Console.printJSON(answer)
      return
    }
    try Console.print(text(of: answer))
    for fault in answer.notices + answer.faults { try Console.print("  warning   \(fault)") }
    for line in (answer.quality ?? []).flatMap(\.lines) { try Console.print("  quality   \(line)") }
  }

  private func groups(of source: any Recording) throws -> [[Int]] {
    source.channelGroups(of: try recording.description.channelsPerGroup)
  }

  private func tell(_ answer: SpikesAnswer) throws {
    if json {
      try Console.printJSON(answer)
      return
    }
    try Console.print(answer.text)
  }

  private func text(of answer: Answer) -> String {
    let groups = answer.groups.map { $0.map(String.init).joined(separator: " ") }
    let gaps = zip(answer.segmentFrames.dropFirst(), answer.gapSeconds).map { segment, seconds in
      "\(segment[0])" + (seconds.map { " (\(Self.rounded($0)) s)" } ?? "")
    }
    return """
      \(Self.short(answer.files, separator: ", "))
        format    \(answer.format)
        channels  \(answer.channels) in \(groups.count) group\(groups.count == 1 ? "" : "s")\
      \(groups.count > 1 ? ": " + Self.short(groups, separator: " | ") : "")
        rate      \(answer.rate) Hz
        length    \(answer.frames) frames, \(answer.seconds) s\(answer.start.map { ", from \($0)" } ?? "")
        gaps      \(gaps.isEmpty ? "none" : "\(gaps.count), before frame \(Self.short(gaps, separator: ", "))")
        unit      \(answer.unit)\(Self.scale(answer.microvoltsPerUnit))
      """
  }

  /// To the microsecond, which no clock here is finer than.
  private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }

  /// A list of which the middle is left out where it is long.
  private static func short(_ items: [String], separator: String) -> String {
    guard items.count > 8 else { return items.joined(separator: separator) }
    return items.prefix(4).joined(separator: separator) + separator + "…" + separator + items[items.count - 1]
  }

  /// What a step of the file is: one number, or one a channel where they differ.
  private static func scale(_ factors: [Double]?) -> String {
    guard let factors, let first = factors.first else { return "" }
    if factors.allSatisfy({ $0 == first }) { return ", a step is \(first)" }
    return ", a step is by channel " + short(factors.map { "\($0)" }, separator: ", ")
  }
}
