import ArgumentParser
import Foundation
import SortingFormats

/// What the commands say to the terminal: results on stdout, everything else on stderr.
enum Console {
  /// Prints a result on stdout.
  ///
  /// - Throws: `OutputError`, as on a full disk.
  static func print(_ text: String) throws {
    try write(Data((text + "\n").utf8))
  }

  /// Prints one JSON object on stdout.
  ///
  /// - Throws: `OutputError`, as on a full disk.
  static func printJSON(_ value: some Encodable) throws {
    try write(try jsonData(value))
  }

  private static func write(_ data: Data) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: data)
    } catch {
      throw OutputError()
    }
  }

  /// Prints a note, a warning or an error on stderr; where nobody can be told, nobody is.
  static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
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

/// A result that could not be printed.
struct OutputError: Error, CustomStringConvertible {
  var description: String { "the standard output could not be written to" }
}
