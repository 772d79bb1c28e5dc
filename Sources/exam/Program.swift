import Foundation

/// The program that sits the exam, as anybody runs it.
struct Program {
  let executable: URL

  /// - Throws: `ExamError.badProgram` where there is no such program.
  init(at path: String) throws {
    executable = URL(fileURLWithPath: path)
    guard FileManager.default.isExecutableFile(atPath: executable.path) else {
      throw ExamError.badProgram(
        "\(path) is no program; expected spikesort, built by swift build -c release --product spikesort")
    }
  }

  /// Runs a command to its end.
  ///
  /// - Returns: nil where it ended with 0, else the last line it said.
  func run(_ arguments: [String]) throws -> String? {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let said = Pipe()
    process.standardError = said
    do {
      try process.run()
    } catch {
      throw ExamError.badProgram("\(executable.path) cannot be started: \(error.localizedDescription)")
    }
    let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit else {
      return "ended by signal \(process.terminationStatus)"
    }
    guard process.terminationStatus != 0 else { return nil }
    return "exit \(process.terminationStatus): \(text.split(whereSeparator: \.isNewline).last ?? "")"
  }
}
