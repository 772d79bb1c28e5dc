public import ArgumentParser
import Foundation
public import SpikeSorting

extension SimulationCondition: ExpressibleByArgument {}

/// `spikesort simulate`
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a recording whose spikes are known, to try things on.",
    discussion: "Conditions (--condition NAME, several at once):\n"
      + SimulationCondition.allCases.map { condition in
        let name = condition.rawValue
        return "  \(name)\(String(repeating: " ", count: 12 - name.count))\(condition.words)"
      }.joined(separator: "\n"))

  @OptionGroup var out: OutputOptions

  @Option(help: "Its length.")
  var seconds = 300.0

  @Option(help: "Neurons near the electrode.")
  var units = 6

  @Option(help: "Channels: 4 is a tetrode, more are a probe of two columns.")
  var channels = 4

  @Option(help: "Frames a second.")
  var rate = 30_000.0

  @Option(help: "Standard deviation of the white noise in µV.")
  var noiseUv = 9.0

  @Flag(help: "The tissue moves against the electrode.")
  var drift = false

  @Flag(help: "Some neurons fire bursts of shrinking spikes.")
  var bursts = false

  @Option(
    name: .customLong("condition"),
    help: ArgumentHelp(
      "What a laboratory's recording has beside that; may be given several times.", valueName: "name"))
  var conditions: [SimulationCondition] = []

  @Option(help: "The seed everything hangs on.")
  var seed = 0

  @Flag(help: "No progress on stderr.")
  var quiet = false

  func validate() throws {
    func require(_ condition: Bool, _ sentence: String) throws {
      if !condition { throw ValidationError(sentence) }
    }
    try require(
      seconds >= 1 && seconds <= 1e6, "--seconds \(seconds) is not possible; expected 1 to 1,000,000.")
    try require(units >= 1 && units <= 1000, "--units \(units) is not possible; expected 1 to 1000.")
    try require(channels >= 1 && channels <= 64, "--channels \(channels) is not possible; expected 1 to 64.")
    try require(rate >= 5000 && rate <= 1e6, "--rate \(rate) is not possible; expected 5,000 to 1,000,000.")
    try require(
      noiseUv > 0 && noiseUv < 1000, "--noise-uv \(noiseUv) is not possible; expected a positive number.")
    try require(seed >= 0, "--seed \(seed) is not possible; expected 0 or more.")
  }

  func run() throws {
    var options = SimulationOptions()
    options.seconds = seconds
    options.units = units
    options.channels = channels
    options.samplingRate = rate
    options.noiseMicrovolts = noiseUv
    options.drift = drift
    options.bursts = bursts
    options.conditions = Set(conditions)
    options.seed = UInt64(seed)
    let progress = ProgressLine(quiet: quiet)
    let name = URL(fileURLWithPath: out.output).lastPathComponent
    try OutputFolder.write(to: out.output, overwrite: out.overwrite, marker: "meta.json") { place in
      try simulate(options, to: place, name: name) { progress.show("Simulating", $0) }
    }
    progress.finish()
  }
}
