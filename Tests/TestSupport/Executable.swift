public import Foundation

/// The folder of the package under test.
public let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent()
  .deletingLastPathComponent()

/// How a program ended and what it said.
public struct CommandOutcome: Sendable {
  /// The exit code; a signal's number, negated, where one ended it.
  public var status: Int32
  /// What it wrote on stdout.
  public var output: Data
  /// What it wrote on stderr.
  public var errors: String

  /// What it wrote on stdout, as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// The lines it wrote on stderr.
  public var errorLines: [String] { errors.split(whereSeparator: \.isNewline).map(String.init) }

  /// What it wrote on stdout, as the one JSON object it must be.
  public func json() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: output) as? [String: Any] ?? [:]
  }
}

/// A program that has been started.
public struct RunningCommand {
  private let process = Process()
  private let folder: URL

  /// Starts a program.
  public init(_ executable: URL, _ arguments: [String]) throws {
    folder = try temporaryFolder("spikesort-output")
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    // Files, as a pipe that nobody empties stops the program.
    process.standardOutput = try Self.writing(folder.appendingPathComponent("output"))
    process.standardError = try Self.writing(folder.appendingPathComponent("errors"))
    try process.run()
  }

  /// Starts `spikesort`.
  public init(_ arguments: [String]) throws { try self.init(spikesortExecutable, arguments) }

  private static func writing(_ url: URL) throws -> FileHandle {
    try Data().write(to: url)
    return try FileHandle(forWritingTo: url)
  }

  /// Whether it still runs.
  public var isRunning: Bool { process.isRunning }

  /// Presses Ctrl-C.
  public func interrupt() { process.interrupt() }

  /// Its number.
  public var processIdentifier: Int32 { process.processIdentifier }

  /// What it wrote on stdout so far.
  public var outputSoFar: String {
    (try? String(contentsOf: folder.appendingPathComponent("output"), encoding: .utf8)) ?? ""
  }

  /// Waits for the end.
  public func wait() throws -> CommandOutcome {
    process.waitUntilExit()
    defer { try? FileManager.default.removeItem(at: folder) }
    let status = process.terminationStatus
    return CommandOutcome(
      status: process.terminationReason == .exit ? status : -status,
      output: try Data(contentsOf: folder.appendingPathComponent("output")),
      errors: String(decoding: try Data(contentsOf: folder.appendingPathComponent("errors")), as: UTF8.self))
  }
}

/// The executable under test: `$SPIKESORT_EXECUTABLE`, or the one of the debug build.
public var spikesortExecutable: URL {
  ProcessInfo.processInfo.environment["SPIKESORT_EXECUTABLE"].map { URL(fileURLWithPath: $0) }
    ?? packageFolder.appendingPathComponent(".build/debug/spikesort")
}

/// Runs `spikesort` to its end.
public func spikesort(_ arguments: String...) throws -> CommandOutcome {
  try RunningCommand(arguments).wait()
}

/// Runs `spikesort` to its end.
public func spikesort(_ arguments: [String]) throws -> CommandOutcome {
  try RunningCommand(arguments).wait()
}

/// Calls `body` with a new folder that is removed afterwards.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// The names in a folder, hidden ones too, in order; empty where there is no folder.
public func names(in folder: URL) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
}

/// Every file below a folder by its path from there.
public func files(below folder: URL) throws -> [String: Data] {
  var found: [String: Data] = [:]
  for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
    let url = folder.appendingPathComponent(name)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
      continue
    }
    found[name] = try Data(contentsOf: url)
  }
  return found
}

/// The files that two results do not share byte for byte, `run.json` aside; in order.
public func differences(_ first: URL, _ second: URL) throws -> [String] {
  let (a, b) = (try files(below: first), try files(below: second))
  return Set(a.keys).union(b.keys).filter { $0 != "run.json" && a[$0] != b[$0] }.sorted()
}
