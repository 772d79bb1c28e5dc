import ArgumentParser
import Dispatch
import Foundation
import SortingFormats

/// The folder a command writes: made whole beside its place, put there at the end, gone when interrupted.
enum OutputFolder {
  /// Calls `write` with a temporary folder and puts that folder in its place; an error, Ctrl-C or a kill removes it.
  ///
  /// - Parameter marker: the file that shows an existing folder to be an earlier result of the command.
  static func write(
    to path: String, overwrite: Bool, marker: String = ResultFolder.recordName, _ write: (URL) throws -> Void
  ) throws {
    let replacement = try FolderReplacement(
      destination: URL(fileURLWithPath: path), overwrite: overwrite, marker: marker)
    try run(discard: replacement.discard) {
      try write(replacement.temporary)
      try replacement.commit()
    }
  }

  /// The same for one file.
  static func writeFile(to path: String, overwrite: Bool, _ write: (URL) throws -> Void) throws {
    let replacement = try FileReplacement(destination: URL(fileURLWithPath: path), overwrite: overwrite)
    try run(discard: replacement.discard) {
      try write(replacement.temporary)
      try replacement.commit()
    }
  }

  private static func run(discard: @escaping @Sendable () -> Void, _ work: () throws -> Void) throws {
    // The system's default would leave the half-written output behind.
    let interruptions = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        discard()
        Console.note("spikesort: interrupted, nothing was written")
        // Without the farewells of libraries whose threads are still at work.
        _exit(128 + number)
      }
      source.resume()
      return source
    }
    do {
      try work()
    } catch {
      discard()
      throw error
    }
    for source in interruptions { source.cancel() }
  }
}
