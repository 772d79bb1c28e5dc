import Foundation
import Synchronization

/// Sorts and scores one recording after another in a folder of its own.
final class Sitting: Sendable {
  private let program: Program
  /// What the runs so far tell of the program and the machine.
  private let told = Mutex((version: "unknown", kernels: "unknown"))

  init(program: Program) { self.program = program }

  /// The version of the program that was run.
  var version: String { told.withLock { $0.version } }

  /// The machine it ran on.
  var machine: ExamResult.Machine {
    let process = ProcessInfo.processInfo
    return ExamResult.Machine(
      system: process.operatingSystemVersionString, cores: process.activeProcessorCount,
      kernels: told.withLock { $0.kernels })
  }

  /// Makes the recording where it is not there, sorts it with the defaults and scores it. Its files are removed.
  ///
  /// - Throws: `ExamError` where a recording cannot be made or read; a recording that cannot be sorted has a row.
  func row(of recording: ExamRecording) throws -> (row: ExamRow, units: [ScoredUnit]) {
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("exam-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    do {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    } catch {
      throw ExamError.badFile("\(place.path) cannot be made: \(error.localizedDescription)")
    }
    var folder = place.appendingPathComponent("recording")
    if let there = recording.folder {
      folder = there
    } else if let said = try program.run(
      ["simulate"] + (recording.arguments ?? []) + ["-o", folder.path, "--quiet"])
    {
      throw ExamError.badProgram("\(recording.name) cannot be simulated: \(said)")
    }
    let result = place.appendingPathComponent("result")
    let said = try program.run(["sort", folder.path, "-o", result.path, "--quiet", "--threads", "1"])
    if let said { return (ExamRow(name: recording.name, refusal: said), []) }
    guard FileManager.default.fileExists(atPath: result.appendingPathComponent("spike_times.npy").path) else {
      return (ExamRow(name: recording.name, refusal: "no spikes found"), [])
    }
    let decoder = JSONDecoder()
    let run = try? decoder.decode(
      RunFacts.self, from: Data(contentsOf: result.appendingPathComponent("run.json")))
    let facts = try? decoder.decode(
      SortingFacts.self, from: Data(contentsOf: result.appendingPathComponent("sorting.json")))
    told.withLock { told in
      if let kernels = run?.blasKernels { told.kernels = kernels }
      if let version = facts?.version { told.version = version }
    }
    let scored = try ScoredResult(result, truth: folder)
    return (ExamRow(recording.name, scored), ScoredUnit.all(of: recording.name, scored))
  }
}
