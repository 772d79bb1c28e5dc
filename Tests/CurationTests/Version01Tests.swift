import Curation
import Foundation
import Report
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

/// A folder with copies of results that version 0.1.0 wrote, journals with them.
func withOldResults<Value>(_ body: (URL) throws -> Value) throws -> Value {
  try withTemporaryFolder { (folder) throws in
    let copy = folder.appendingPathComponent("results")
    let fixtures = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/results-0.1")
    try FileManager.default.copyItem(at: fixtures, to: copy)
    return try body(copy)
  }
}

/// Results and journals of version 0.1.0 still open, and still say what it said; units that people made are judged anew.
@Suite struct Version01Tests {
  private static let folders = [
    "tetrode", "probe", "groups/group-0", "groups/group-1", "features", "no-times", "snippets",
  ]

  @Test(arguments: folders)
  func opensAndSaysTheSame(name: String) throws {
    try withOldResults { (results) throws in
      let folder = ResultFolder(results.appendingPathComponent(name))
      let result = try CuratedResult(folder)
      #expect((result.decisions > 0) == folder.isCurated)
      #expect(try Self.told(result.sorting) == Self.stored(name, in: results))
      try Report(result.sorting).write(to: folder)
      #expect(FileManager.default.fileExists(atPath: folder.file("report.html").path))
      guard result.sorting.spikes.frames != nil else { return }
      let export = results.appendingPathComponent("export.npz")
      try result.sorting.export(.npz, to: export, name: "old")
      #expect(try Data(contentsOf: export).count > 1000)
      #expect(
        try ComparisonSummary(of: result.sorting, with: LabelledTimes(of: result.sorting)).meanAccuracy > 0.99
      )
    }
  }

  @Test func readsGroups() throws {
    try withOldResults { (results) throws in
      #expect(try GroupedResult(at: results.appendingPathComponent("groups"))?.groups.count == 2)
    }
  }

  @Test func goesOnWithAJournal() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let copy = folder.appendingPathComponent("tetrode")
    let fixtures = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/results-0.1")
    try FileManager.default.copyItem(at: fixtures.appendingPathComponent("tetrode"), to: copy)
    let session = try CurationSession(ResultFolder(copy), readOnly: false)
    let before = await session.revision
    #expect(before == 10)
    _ = try await session.perform(.undo, at: before)
    let after = await session.revision
    #expect(after == before + 1)
  }

  /// What `metrics --json` of version 0.1.0 said of one folder.
  private static func stored(_ name: String, in results: URL) throws -> NSObject {
    let parts = name.split(separator: "/").map(String.init)
    let data = try Data(contentsOf: results.appendingPathComponent("\(parts[0]).metrics.json"))
    var said = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    if parts.count > 1 {
      let groups = try #require(said["groups"] as? [[String: Any]])
      said = try #require(groups.first { $0["folder"] as? String == parts[1] })
    }
    return try rounded(["units": withoutNewVerdicts(said["units"] as Any), "pairs": said["pairs"]])
  }

  private static func told(_ sorting: Sorting) throws -> NSObject {
    let units = try JSONSerialization.jsonObject(with: jsonData(sorting.units))
    let pairs = try JSONSerialization.jsonObject(with: jsonData(sorting.pairs))
    return try rounded(["units": withoutNewVerdicts(units), "pairs": pairs])
  }

  /// Units without what today's rules say of those that people made, whose overlap is not known.
  private static func withoutNewVerdicts(_ units: Any) throws -> [[String: Any]] {
    let judged = ["verdict", "reasons", "contamination", "chance", "expectedViolations"]
    return try #require(units as? [[String: Any]]).map { unit in
      unit["falsePositives"] == nil ? unit.filter { !judged.contains($0.key) } : unit
    }
  }

  /// Numbers to nine digits: libraries of mathematics differ in the last ones.
  private static func rounded(_ value: Any?) throws -> NSObject {
    switch value {
    case let list as [Any]: return try list.map { try rounded($0) } as NSArray
    case let table as [String: Any?]: return try table.mapValues { try rounded($0) } as NSDictionary
    case let number as NSNumber: return String(format: "%.9g", number.doubleValue) as NSString
    case let text as String: return text as NSString
    default: return "neither text nor number" as NSString
    }
  }
}
