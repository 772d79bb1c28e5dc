import ArgumentParser
import Dispatch
import Foundation
import SortingFormats
import Synchronization

/// What a command writes: made whole beside its place, put there at the end, gone when interrupted.
enum OutputFolder {
  /// Calls `write` with a temporary folder and puts that folder in its place; an error, Ctrl-C or a kill removes it.
  ///
  /// - Parameter marker: the file that shows an existing folder to be an earlier result of the command.
  static func write(
    to path: String, overwrite: Bool, marker: String = ResultFolder.recordName, _ write: (URL) throws -> Void
  ) throws {
    let replacement = try FolderReplacement(
      destination: URL(fileURLWithPath: path), overwrite: overwrite, marker: marker)
    tell(replacement.notices)
    try run(path, discard: { replacement.discard() }) {
      try write(replacement.temporary)
      tell(try replacement.commit())
    }
  }

  /// The same for one file.
  static func writeFile(to path: String, overwrite: Bool, _ write: (URL) throws -> Void) throws {
    let replacement = try FileReplacement(destination: URL(fileURLWithPath: path), overwrite: overwrite)
    try run(path, discard: { replacement.discard() }) {
      try write(replacement.temporary)
      try replacement.commit()
    }
  }

  /// The same for some files of a folder, each replaced in one step once all are written.
  static func update(_ folder: URL, last: String, _ write: (URL) throws -> Void) throws {
    let update = try FolderUpdate(folder, last: last)
    try run(folder.path, discard: { update.discard() }) {
      try write(update.temporary)
      try update.commit()
    }
  }

  /// A folder that exists, once what a killed run left half done there has been ended.
  static func existing(_ path: String) -> URL {
    let url = URL(fileURLWithPath: path)
    tell(putRight(url))
    return url
  }

  private static func tell(_ notices: [String]) {
    for notice in notices { Console.note("spikesort: \(notice)") }
  }

  /// The signals that people and systems end a program with.
  private static let endings = [SIGINT, SIGTERM, SIGHUP]

  /// - Parameter discard: removes what was written, where it has no place yet.
  private static func run(
    _ path: String, discard: @escaping @Sendable () -> WritingState, _ work: () throws -> Void
  ) throws {
    // A closed pipe is no reason to leave the half-written output behind: writing to it fails instead.
    signal(SIGPIPE, SIG_IGN)
    let isInterrupted = Flag()
    let sources = endings.compactMap { number -> (any DispatchSourceSignal)? in
      // The system's default would leave the half-written output behind.
      let before = signal(number, SIG_IGN)
      // Who started the program with nohup wants it to outlive the terminal.
      if number == SIGHUP, isIgnoring(before) { return nil }
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
      source.setEventHandler {
        isInterrupted.set(true)
        let state = discard()
        // Why it has no place is about to be said, and is what matters.
        if state == .failed {
          isInterrupted.set(false)
          return
        }
        let what = state == .written ? "\(path) is written and whole" : "nothing was written"
        Console.note("spikesort: interrupted, \(what)")
        // Without the farewells of libraries whose threads are still at work.
        _exit(128 + number)
      }
      source.resume()
      return source
    }
    defer {
      for source in sources {
        source.cancel()
        signal(Int32(source.handle), SIG_DFL)
      }
    }
    do {
      try work()
    } catch {
      // What fails because the output was taken away is no news; the handler ends the process.
      while isInterrupted.isRaised { sleep(1) }
      _ = discard()
      throw error
    }
  }

  private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
    unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func set(_ new: Bool) { value.store(new, ordering: .releasing) }
  }
}
