import Foundation
import LinearAlgebra
import Report
import SortingFormats
import SpikeSorting

/// How a run went: the part of a result that differs from run to run (`run.json`).
struct RunRecord: Encodable {
  struct Seconds: Encodable {
    var stages: StageSeconds
    var report: Double
    var total: Double

    func encode(to encoder: any Encoder) throws {
      try stages.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(report, forKey: .report)
      try container.encode(total, forKey: .total)
    }

    enum Keys: CodingKey { case report, total }
  }

  var seconds: Seconds
  var threads: Int
  var peakMemoryMiB: Double
  var host = ProcessInfo.processInfo.hostName
  var system = ProcessInfo.processInfo.operatingSystemVersionString
  var blasKernels = BLASThreads.kernelName
  var date = ISO8601DateFormatter().string(from: Date())
}

/// A sorting written to its folder, with what the run took.
struct FinishedRun {
  var sorting: Sorting
  var record: RunRecord

  /// Sorts, and writes the result, the report and `run.json` into `place`.
  ///
  /// - Parameters:
  ///   - group: the group of channels that warnings are to name.
  ///   - told: warnings that were given before.
  static func make(
    in place: URL, threads: Int, progress: ProgressLine, of group: String? = nil, told: [String] = [],
    comparedWith truth: ((Sorting) -> ComparisonSummary?)? = nil,
    _ sort: () throws -> SortingRun
  ) throws -> FinishedRun {
    let clock = ContinuousClock()
    let started = clock.now
    let run = try sort()
    let folder = ResultFolder(place)
    let reportStarted = clock.now
    progress.show("Writing the report", 0)
    try folder.write(run.sorting)
    let comparison = truth?(run.sorting) ?? nil
    if let comparison { try folder.writeJSON(comparison, to: ComparisonSummary.fileName) }
    try Report(run.sorting, comparison: comparison).write(to: folder)
    let ended = clock.now
    let record = RunRecord(
      seconds: .init(
        stages: run.seconds, report: (ended - reportStarted).inSeconds, total: (ended - started).inSeconds),
      threads: threads, peakMemoryMiB: peakMemoryMiB())
    try folder.writeJSON(record, to: ResultFolder.runName)
    progress.finish()
    let prefix = group.map { "\($0): " } ?? ""
    for warning in run.sorting.warnings where !told.contains(warning) {
      Console.note("warning: \(prefix)\(warning)")
    }
    return FinishedRun(sorting: run.sorting, record: record)
  }

  /// The units in a few lines on stdout, and where the report is.
  func printSummary(path: String) throws {
    let spoken = ReportSentences(sorting)
    try Console.print(spoken.headline)
    for line in spoken.unitLines { try Console.print("  " + line) }
    if let count = spoken.unitCount { try Console.print("How many: \(count)") }
    try Console.print("\(spoken.duration(record.seconds.total)). Report: \(path)/report.html")
  }
}

/// The most memory the process has held, in MiB.
private func peakMemoryMiB() -> Double {
  var usage = rusage()
  #if canImport(Darwin)
    getrusage(RUSAGE_SELF, &usage)
    return Double(usage.ru_maxrss) / 1_048_576
  #else
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) / 1024
  #endif
}

extension Duration {
  /// The duration in seconds.
  var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
