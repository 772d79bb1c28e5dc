import ArgumentParser
import Figures
import Foundation
import LinearAlgebra

/// Simulates, sorts and scores a fixed list of recordings.
@main
struct Exam: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exam",
    abstract: "Sort recordings whose spikes are known with the defaults alone, and score what comes out.",
    discussion:
      "Recordings are sorted two or more at once, one a core. Exit code 1: a recording is beyond its bounds.")

  @Argument(help: ArgumentHelp("Recordings to sort; all without.", valueName: "name"))
  var names: [String] = []

  @Option(help: "The program that is examined.")
  var program = ".build/release/spikesort"

  @Flag(help: "The small set only, that of scripts/test.")
  var small = false

  @Option(help: ArgumentHelp("Score the recordings in the folders below this one, too.", valueName: "dir"))
  var recordings: String?

  @Option(help: ArgumentHelp("Write everything found there as JSON.", valueName: "file"))
  var json: String?

  @Option(help: ArgumentHelp("Make the tables of this page anew.", valueName: "file"))
  var page: String?

  @Option(help: ArgumentHelp("Fail where a recording is beyond the bounds in this file.", valueName: "file"))
  var bounds: String?

  @Option(help: ArgumentHelp("Write what was reached as bounds.", valueName: "file"))
  var writeBounds: String?

  @Flag(help: "With --write-bounds: only ever widen what the file says already.")
  var widen = false

  @Option(
    help: ArgumentHelp(
      "Say how often the units' chances are right on this page, and draw it beside; prints weights fitted anew.",
      valueName: "file"))
  var chances: String?

  @Option(help: "Recordings to sort at once.")
  var jobs = Parallel.defaultThreads

  func validate() throws {
    guard jobs > 0 else { throw ValidationError("--jobs \(jobs) is not possible; expected at least 1.") }
    guard page == nil || names.isEmpty && !small else {
      throw ValidationError("--page needs the whole list; expected neither names nor --small with it.")
    }
  }

  func run() throws {
    let begun = Date()
    let chosen = try chosenRecordings()
    let limits = try bounds.map { try Bounds(contentsOf: URL(fileURLWithPath: $0)) }
    let sitting = try Sitting(program: Program(at: program))
    let found = try Parallel.map(count: chosen.count, threads: jobs) { i in
      let scored = try sitting.row(of: chosen[i])
      Self.tell(scored.row)
      return scored
    }
    let rows = found.map(\.row)
    let result = ExamResult(
      version: sitting.version, machine: sitting.machine,
      seconds: Date().timeIntervalSince(begun).rounded(),
      simulated: zip(chosen, rows).filter { $0.0.folder == nil }.map(\.1),
      recordings: zip(chosen, rows).filter { $0.0.folder != nil }.map(\.1))
    Self.note("\(found.count) recordings in \(Int(result.seconds)) s")
    if let json { try Self.write(result, to: json) }
    if let page {
      let text = try Self.text(of: page)
      try Self.write(Data(try AccuracyTables(result: result).replacing(in: text).utf8), to: page)
    }
    if let chances { try write(Calibration(units: found.flatMap(\.units)), to: chances) }
    if let writeBounds { try write(Bounds(rows), to: writeBounds) }
    if let limits { try check(rows, limits) }
  }

  private func chosenRecordings() throws -> [ExamRecording] {
    var all = ExamRecording.simulated.filter { !small || $0.isSmall }
    if let recordings { all += try ExamRecording.below(URL(fileURLWithPath: recordings)) }
    let unknown = names.filter { name in !all.contains { $0.name == name } }
    guard unknown.isEmpty else {
      throw ValidationError(
        "no recording is called \(unknown.joined(separator: ", ")); expected some of \(all.map(\.name).joined(separator: ", "))."
      )
    }
    return names.isEmpty ? all : all.filter { names.contains($0.name) }
  }

  private func write(_ found: Bounds, to path: String) throws {
    let url = URL(fileURLWithPath: path)
    let earlier =
      widen && FileManager.default.fileExists(atPath: url.path) ? try Bounds(contentsOf: url) : nil
    try Self.write(earlier?.widened(by: found) ?? found, to: path)
  }

  private func write(_ calibration: Calibration, to page: String) throws {
    let drawing = URL(fileURLWithPath: page).deletingLastPathComponent().appendingPathComponent("chances.svg")
    let (text, figure) = try calibration.described(on: Self.text(of: page))
    try Self.write(Data(text.utf8), to: page)
    try Self.write(Data(figure.svg().utf8), to: drawing.path)
    Self.note(try calibration.fitted().words)
  }

  private func check(_ rows: [ExamRow], _ limits: Bounds) throws {
    let complaints = limits.complaints(about: rows)
    for sentence in complaints.flatMap(\.sentences) { Self.note("FAILED \(sentence)") }
    guard complaints.isEmpty else { throw ExamError.belowBounds(complaints.count) }
    Self.note("all within their bounds")
  }

  private static func tell(_ row: ExamRow) {
    if let refusal = row.refusal {
      note("\(row.name): no result, \(refusal)")
      return
    }
    note(
      "\(row.name): accuracy \(row.judgedAccuracy) of \(row.clearUnits) clear units, \(row.accuracy) of all \(row.units), "
        + "\(row.falseUnits) false, \(row.wrongSingleUnits) wrongly single, \(row.missedSingleUnits) not called single, "
        + "range \(row.range ?? [])\(row.rangeHolds == false ? " misses" : ""), \(row.sortingSeconds) s")
  }

  private static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }

  private static func text(of path: String) throws -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ExamError.badFile("\(path) cannot be read: \(error.localizedDescription)")
    }
  }

  private static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(try encoder.encode(value) + Data("\n".utf8), to: path)
  }

  private static func write(_ data: Data, to path: String) throws {
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw ExamError.badFile("\(path) cannot be written: \(error.localizedDescription)")
    }
  }
}
