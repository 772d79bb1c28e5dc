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
    // The system's default would leave the half-written folder behind.
    let interruptions = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        replacement.discard()
        Console.note("spikesort: interrupted, nothing was written")
        exit(128 + number)
      }
      source.resume()
      return source
    }
    do {
      try write(replacement.temporary)
      try replacement.commit()
    } catch {
      replacement.discard()
      throw error
    }
    for source in interruptions { source.cancel() }
  }
}
