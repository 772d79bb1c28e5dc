import ArgumentParser
import Foundation
import SortingFormats

/// What the commands say to the terminal: results on stdout, everything else on stderr.
enum Console {
  /// Prints a result on stdout.
  static func print(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Prints one JSON object on stdout.
  static func printJSON(_ value: some Encodable) throws {
    FileHandle.standardOutput.write(try jsonData(value))
  }

  /// Prints a note, a warning or an error on stderr.
  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Ends the process with one sentence and the exit code the error calls for.
  static func exit(with error: any Error) -> Never {
    let code = ExitStatus.code(for: error)
    // ArgumentParser prints its own errors, help and version.
    if code == nil { Spikesort.exit(withError: error) }
    note("spikesort: \(ExitStatus.sentence(for: error))")
    Foundation.exit(code ?? ExitStatus.ourFault)
  }
}
