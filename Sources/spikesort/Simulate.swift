public import ArgumentParser
import Foundation
public import Simulation

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
    guard seed >= 0 else { throw ValidationError("--seed \(seed) is not possible; expected 0 or more.") }
    // The library's limits are the only ones.
    do { try simulation.check() } catch { throw ValidationError("\(error)") }
  }

  private var simulation: SimulationOptions {
    var options = SimulationOptions()
    options.seconds = seconds
    options.units = units
    options.channels = channels
    options.samplingRate = rate
    options.noiseMicrovolts = noiseUv
    options.drift = drift
    options.bursts = bursts
    options.conditions = Set(conditions)
    options.seed = UInt64(max(0, seed))
    return options
  }

  func run() throws {
    let options = simulation
    let progress = ProgressLine(quiet: quiet)
    let name = URL(fileURLWithPath: out.output).lastPathComponent
    try OutputFolder.write(to: out.output, overwrite: out.overwrite, marker: "meta.json") { place in
      try simulate(options, to: place, name: name) { progress.show("Simulating", $0) }
    }
    progress.finish()
  }
}
