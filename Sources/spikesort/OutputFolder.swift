import ArgumentParser
import Dispatch
import Foundation
import SortingFormats

/// The folder a command writes: made whole beside its place, put there at the end, gone when interrupted.
final class OutputFolder: Sendable {
  private let replacement: FolderReplacement
  private let interruption: any DispatchSourceSignal

  /// - Parameter marker: the file that shows an existing folder to be an earlier result of the command.
  init(path: String, overwrite: Bool, marker: String = ResultFolder.recordName) throws {
    let replacement = try FolderReplacement(
      destination: URL(fileURLWithPath: path), overwrite: overwrite, marker: marker)
    self.replacement = replacement
    // Ctrl-C: the default would leave the half-written folder behind.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    interruption = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global(qos: .userInteractive))
    interruption.setEventHandler {
      replacement.discard()
      Console.note("spikesort: interrupted, nothing was written")
      exit(130)
    }
    interruption.resume()
  }

  /// Writes the content and puts the folder in its place; an error removes what was written.
  func fill(_ write: (URL) throws -> Void) throws {
    do {
      try write(replacement.temporary)
      try replacement.commit()
    } catch {
      replacement.discard()
      throw error
    }
  }

  /// Removes the unfinished folder.
  func discard() { replacement.discard() }
}
