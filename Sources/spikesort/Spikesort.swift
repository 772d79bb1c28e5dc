import ArgumentParser
import CProgramStart
import CSystemCalls
import Foundation
import LinearAlgebra
import SortingFormats

/// The command line: parses, calls the library, prints. No logic of its own.
@main
struct Spikesort: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spikesort",
    abstract: "Sorts the spikes of tetrodes and small probes, and says how sure it is.",
    discussion: """
      One command sorts a recording: spikesort sort FILE -o DIR. The report is DIR/report.html; the folder opens \
      in Phy and SpikeInterface as it is.
      """,
    version: "spikesort \(ResultFolder.version) (BLAS kernels: \(BLASThreads.kernelName))",
    subcommands: [
      Demo.self, Toy.self, Simulate.self, Info.self, Sort.self, Cluster.self, Compare.self, Metrics.self,
      ReportCommand.self, Export.self, View.self, Curate.self,
    ])

  static func main() {
    // Tables of all spikes are freed between the stages of a sorting; the C library would keep them.
    sp_return_large_memory(16 << 20)
    sp_damage_exit(ExitStatus.badInput)
    // A file that may not grow any more is an error of writing like a full disk, no reason to die.
    signal(SIGXFSZ, SIG_IGN)
    sp_out_of_memory_exit(ExitStatus.ourFault)
    do {
      let commands = configuration.subcommands.map {
        $0.configuration.commandName ?? String(describing: $0).lowercased()
      }
      let arguments = Array(CommandLine.arguments.dropFirst())
      if let suggestion = CommandSuggestion(arguments, commands: commands) { throw suggestion }
      var command = try parseAsRoot()
      if let command = command as? any RunsOnThreads {
        try Machine.prepare(threads: try command.running.threadCount())
      } else if !(command is Info) {
        // What looks at a file only needs nothing.
        try Machine.prepare(threads: Parallel.defaultThreads)
      }
      try command.run()
    } catch {
      Console.exit(with: error)
    }
  }
}
