import Foundation

/// The tables of a page that are made of an exam's rows; everything else on it stays.
struct AccuracyTables {
  var result: ExamResult

  /// Replaces what stands between the page's markers.
  ///
  /// - Throws: `ExamError.badFile` for a page without them.
  func replacing(in page: String) throws -> String {
    var text = try replace("simulated", in: page, by: simulatedTable)
    if !result.recordings.isEmpty { text = try replace("recordings", in: text, by: otherTable) }
    return text
  }

  private func replace(_ name: String, in page: String, by table: [String]) throws -> String {
    try Self.replacing(name, in: page, by: [caption, ""] + table)
  }

  /// A page with other lines between its markers of a name.
  ///
  /// - Throws: `ExamError.badFile` for a page without them.
  static func replacing(_ name: String, in page: String, by lines: [String]) throws -> String {
    let (begin, end) = ("<!-- exam: \(name) -->", "<!-- exam: end of \(name) -->")
    guard let first = page.range(of: begin),
      let last = page.range(of: end, range: first.upperBound..<page.endIndex)
    else {
      throw ExamError.badFile("the page has no markers \(begin) and \(end) to put a table between")
    }
    return page[..<first.upperBound] + "\n" + lines.joined(separator: "\n") + "\n" + page[last.lowerBound...]
  }

  private var caption: String {
    "Made by `make exam` with version \(result.version) on \(result.machine.cores) cores (\(result.machine.kernels) kernels)."
  }

  private var simulatedTable: [String] {
    table(result.simulated) { row in
      let words = ExamRecording.simulated.first { $0.name == row.name }?.words
      return row.name + (words.map { ": " + $0 } ?? "")
    }
  }

  private var otherTable: [String] { table(result.recordings, title: \.name) }

  private func table(_ rows: [ExamRow], title: (ExamRow) -> String) -> [String] {
    let head = [
      "recording", "clear units", "accuracy", "all units", "accuracy", "false units", "single",
      "wrongly single",
      "not called single", "range", "s",
    ]
    return [cells(head), cells(head.map { _ in "---" })] + rows.map { cells(self.cells(of: $0, title($0))) }
  }

  private func cells(_ values: [String]) -> String { "| " + values.joined(separator: " | ") + " |" }

  private func cells(of row: ExamRow, _ title: String) -> [String] {
    if let refusal = row.refusal {
      return [title, refusal.replacing("|", with: "/")] + [String](repeating: "", count: 9)
    }
    let range = row.range.map { $0[0] == $0[1] ? "\($0[0])" : "\($0[0])–\($0[1])" } ?? ""
    return [
      title, "\(row.clearUnits)", row.clearAccuracy.map(Self.thousandths) ?? "", "\(row.units)",
      Self.thousandths(row.accuracy), "\(row.falseUnits)", "\(row.singleUnits)", "\(row.wrongSingleUnits)",
      "\(row.missedSingleUnits)", range + (row.rangeHolds == false ? " (misses)" : ""),
      String(format: "%.1f", row.sortingSeconds),
    ]
  }

  private static func thousandths(_ value: Double) -> String { String(format: "%.3f", value) }
}

/// What an exam writes.
struct ExamResult: Codable, Equatable {
  struct Machine: Codable, Equatable {
    var system: String
    var cores: Int
    /// BLAS's name for the processor.
    var kernels: String
  }

  var version: String
  var machine: Machine
  /// How long all of it took.
  var seconds: Double
  var simulated: [ExamRow]
  /// Recordings that were there already.
  var recordings: [ExamRow]
}
