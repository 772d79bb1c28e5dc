import ArgumentParser
import Foundation
import Recordings
import SpikeDetection

/// `spikesort info`
struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "What a recording's file says of it.")

  @Argument(help: ArgumentHelp("The recording's file or folder.", valueName: "recording"))
  var path: String

  @OptionGroup(title: "Recording") var recording: RecordingOptions

  @Flag(help: "Print one JSON object on stdout.")
  var json = false

  private struct Answer: Encodable {
    var files: [String]
    var channels: Int
    var rate: Double
    var frames: Int
    var seconds: Double
    var unit: String
    var microvoltsPerUnit: [Double]?
    var segments: Int
    var groups: [[Int]]
    var positionsMicrometers: [[Double]]
    var faults: [String]
  }

  func run() throws {
    let source = try openRecording(at: URL(fileURLWithPath: path), description: recording.description)
    let answer = Answer(
      files: source.files.map(\.lastPathComponent), channels: source.channelCount, rate: source.samplingRate,
      frames: source.frameCount, seconds: source.seconds, unit: source.unit,
      microvoltsPerUnit: source.gain?.microvoltsPerUnit, segments: source.segments.count,
      groups: source.probe.groups,
      positionsMicrometers: source.probe.contacts.map { [$0.xMicrometers, $0.yMicrometers] },
      faults: try channelFaults(in: source).map(\.description))
    if json {
      try Console.printJSON(answer)
      return
    }
    try Console.print(
      """
      \(answer.files.joined(separator: ", "))
        channels  \(answer.channels) in \(answer.groups.count) group\(answer.groups.count == 1 ? "" : "s")
        rate      \(answer.rate) Hz
        length    \(answer.frames) frames, \(answer.seconds) s
        unit      \(answer.unit)
      """)
    for fault in answer.faults { try Console.print("  warning   \(fault)") }
  }
}
