import Foundation
import MadeResults
import Recordings
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import SortingFormats

/// Results made by somebody who means harm: names and words in `sorting.json` that are paths, code or formulas elsewhere.
struct HostileResultTests {
  /// A result whose `sorting.json` was changed.
  private func withResult(
    _ change: (inout [String: Any]) -> Void, _ body: (ResultFolder) throws -> Void
  ) throws {
    try withTemporaryFolder { (url) throws in
      let folder = ResultFolder(url.appendingPathComponent("result"))
      try folder.makeFolder("")
      try folder.write(madeSorting())
      let path = folder.file(ResultFolder.recordName)
      var record = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
      change(&record)
      try JSONSerialization.data(withJSONObject: record).write(to: path)
      try body(folder)
    }
  }

  @Test func aVerdictIsOneOfOurs() throws {
    let hostile = "<script>alert(1)</script>\u{1b}[2J"
    for list in ["units", "pairs"] {
      try withResult { record in
        var entries = record[list] as? [[String: Any]] ?? []
        if entries.isEmpty {
          entries = [["first": 0, "second": 1, "shortLags": 0, "expectedShortLags": 0, "reasons": []]]
        }
        entries[0]["verdict"] = hostile
        record[list] = entries
      } _: { folder in
        let error = #expect(throws: ResultError.self) { try folder.read() }
        let sentence = error.map { "\($0)" } ?? ""
        #expect(sentence.contains("the verdict “<script>alert(1)</script> [2J”"), "\(sentence)")
        #expect(!sentence.contains("\u{1b}"))
      }
    }
  }

  @Test(arguments: ["../../evil", "..", ".", "", "/etc", "a/b", "a\\b", "link", "dangling"])
  func aGroupsFolderIsInside(_ name: String) throws {
    try withTemporaryFolder { (url) throws in
      let folder = ResultFolder(url.appendingPathComponent("day"))
      try folder.makeFolder("")
      try folder.makeFolder("a")
      let outside = url.appendingPathComponent("outside")
      try FileManager.default.createDirectory(at: outside, withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(at: folder.file("link"), withDestinationURL: outside)
      try FileManager.default.createSymbolicLink(
        at: folder.file("dangling"), withDestinationURL: url.appendingPathComponent("nothing"))
      func list(_ name: String) throws {
        try folder.writeJSON(
          GroupedResult(groups: [.init(name: "a", folder: name, spikes: 0, units: [:])]),
          to: ResultFolder.recordName)
      }
      try list("a")
      #expect(try GroupedResult(at: folder.url)?.groups.count == 1)
      try list(name)
      #expect(throws: ResultError.self) { try GroupedResult(at: folder.url) }
      // What nobody can look into is taken for worked on, and so is never thrown away.
      #expect(folder.wasEdited)
    }
  }

  @Test func figuresAreNotWrittenThroughALink() throws {
    try withTemporaryFolder { (url) throws in
      let folder = ResultFolder(url.appendingPathComponent("result"))
      try folder.makeFolder("")
      try FileManager.default.createSymbolicLink(at: folder.file("figures"), withDestinationURL: url)
      #expect(throws: ResultError.self) { try folder.makeFolder("figures") }
    }
  }

  @Test func formulasAreTextInTables() throws {
    #expect(
      ["=1+1", "+1", "-1", "@a", "\tb", "a=b", "ok", ""].map(cellText) == [
        "'=1+1", "'+1", "'-1", "'@a", "'\tb", "a=b", "ok", "",
      ])
    #expect(csvField("\r\n=1") == "\"'\r\n=1\"" && csvField("=A1,B2") == "\"'=A1,B2\"")
    #expect(tsvField("=a\tb\nc") == "'=a b c")
    var sorting = madeSorting()
    sorting.source.files = ["=cmd|' /C calc'!A1", "b"]
    sorting.units[0].reasons = ["@SUM(A1)"]
    sorting.units[0].amplitude = -12.5
    let row = unitsTable(sorting).split(separator: "\n")[1]
    #expect(row.hasSuffix(",'@SUM(A1)") && row.contains(",-12.5,"))
    let group = GroupedResult.Group(name: "-1+1", folder: "a", spikes: 0, units: [:])
    #expect(GroupedResult.unitsTable([group], units: [sorting.units]).contains("\n0,'-1+1,0,"))
    let end = sorting.source.frameCount
    sorting.source.inputs = [
      .init(file: "=cmd|' /C calc'!A1", frames: 0..<end / 2), .init(file: "b", frames: end / 2..<end),
    ]
    try withTemporaryFolder { (url) throws in
      try SpikeTable(sorting).writeCSV(to: ResultFolder(url))
      let text = try String(contentsOf: url.appendingPathComponent("spikes.csv"), encoding: .utf8)
      #expect(text.contains(",'=cmd|' /C calc'!A1\n") && !text.contains(",=cmd"))
      try SpikeTable(sorting).writeKlusters(to: ResultFolder(url), base: "k")
      let klusters = try String(contentsOf: url.appendingPathComponent("k.units.csv"), encoding: .utf8)
      #expect(klusters.contains(",'@SUM(A1)\n"))
    }
  }

  @Test func parametersArePythonsText() throws {
    let hostile = "int16'\nimport os\n'\u{0}\\"
    #expect(pythonLiteral(hostile) == #"'int16\'\nimport os\n\'\x00\\'"#)
    var sorting = madeSorting()
    sorting.source.flatBinary = .init(path: hostile, dataType: hostile, channels: 4)
    try withTemporaryFolder { (url) throws in
      try ResultFolder(url).write(sorting)
      let lines = try String(contentsOf: url.appendingPathComponent("params.py"), encoding: .utf8)
        .split(separator: "\n")
      #expect(lines.count == 6 && !lines.contains { $0.hasPrefix("import") })
    }
  }
}
