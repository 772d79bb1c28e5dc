import Foundation
import MadeResults
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

/// Commands on results made by somebody who means harm.
struct HostileResultTests {
  private func edit(_ folder: ResultFolder, _ change: (inout [String: Any]) -> Void) throws {
    let path = folder.file(ResultFolder.recordName)
    var record = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
    change(&record)
    try JSONSerialization.data(withJSONObject: record).write(to: path)
  }

  private func make(_ url: URL) throws -> ResultFolder {
    let folder = ResultFolder(url)
    try folder.makeFolder("")
    try folder.write(madeSorting())
    return folder
  }

  @Test func everyWordOfAResultIsTextInTheReport() throws {
    try withTemporaryFolder { (url) throws in
      let folder = try make(url.appendingPathComponent("result"))
      let hostile = "\"'></style></title><script>alert(1)</script>"
      try edit(folder) { record in
        record["warnings"] = [hostile]
        var source = record["source"] as? [String: Any] ?? [:]
        source["files"] = [hostile]
        source["checksum"] = hostile
        source["amplitudeUnit"] = hostile
        record["source"] = source
        var units = record["units"] as? [[String: Any]] ?? []
        units[0]["reasons"] = [hostile, hostile]
        record["units"] = units
      }
      let outcome = try spikesort("report", folder.url.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      var pages = [folder.file("report.html")]
      pages += names(in: folder.file("figures")).map { folder.file("figures/\($0)") }
      for page in pages {
        let text = try String(contentsOf: page, encoding: .utf8)
        #expect(!text.contains("<script") && !text.contains("'></style>"), "\(page.lastPathComponent)")
      }
      // The page shows it as it is spelled.
      let text = try String(contentsOf: folder.file("report.html"), encoding: .utf8)
      #expect(text.components(separatedBy: "&lt;script&gt;alert(1)").count > 5)

      try edit(folder) { record in
        var units = record["units"] as? [[String: Any]] ?? []
        units[0]["verdict"] = hostile
        record["units"] = units
      }
      for command in [["report"], ["metrics"], ["view", "--no-open"]] {
        let outcome = try spikesort(command + [folder.url.path])
        #expect(
          outcome.status == 65 && outcome.errorLines.count == 1 && outcome.errors.contains("the verdict"))
      }
    }
  }

  @Test func anUnknownModelIsNamed() throws {
    try withTemporaryFolder { (url) throws in
      let folder = try make(url.appendingPathComponent("result"))
      try edit(folder) { record in
        var mixture = record["mixture"] as? [String: Any] ?? [:]
        mixture["model"] = "<script>"
        record["mixture"] = mixture
      }
      let outcome = try spikesort("report", folder.url.path)
      #expect(outcome.status == 65 && outcome.errorLines.count == 1 && outcome.errors.contains("<script>"))
    }
  }

  @Test(arguments: ["../outside", "../../outside", "link"])
  func groupsOutsideAreNotFollowed(_ name: String) throws {
    try withTemporaryFolder { (url) throws in
      let place = url.appendingPathComponent("of/day")
      for outside in ["outside", "of/outside"] { _ = try make(url.appendingPathComponent(outside)) }
      let folder = try make(place.appendingPathComponent("a"))
      let day = ResultFolder(place)
      try FileManager.default.createSymbolicLink(
        at: day.file("link"), withDestinationURL: url.appendingPathComponent("outside"))
      let groups = ["a", name].map {
        GroupedResult.Group(name: $0, folder: $0, spikes: 1, units: [.single: 1])
      }
      try day.writeJSON(GroupedResult(groups: groups), to: ResultFolder.recordName)
      let before = try files(below: url.appendingPathComponent("outside"))
      let destination = url.appendingPathComponent("exported").path
      for command in [
        ["report", place.path], ["metrics", place.path], ["export", place.path, "--to", "csv", destination],
        ["compare", place.path, folder.url.path], ["view", place.path, "--no-open"],
      ] {
        let outcome = try spikesort(command)
        #expect(outcome.status == 65 && outcome.errorLines.count == 1, "\(command): \(outcome.errors)")
      }
      #expect(try files(below: url.appendingPathComponent("outside")) == before)
      #expect(!FileManager.default.fileExists(atPath: destination))
    }
  }

  @Test func aGroupsNameLeadsToItsPageWhateverItIs() throws {
    try withTemporaryFolder { (url) throws in
      let name = "javascript:alert(1)"
      let day = ResultFolder(url)
      _ = try make(day.file(name))
      let group = GroupedResult.Group(name: "<b>\"", folder: name, spikes: 1, units: [.single: 1])
      try day.writeJSON(GroupedResult(groups: [group]), to: ResultFolder.recordName)
      #expect(try spikesort("report", url.path).status == 0)
      let text = try String(contentsOf: url.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(text.contains("href=\"./javascript%3Aalert(1)/report.html\">&lt;b&gt;&quot;</a>"))
      #expect(!text.contains("href=\"javascript"))
    }
  }
}
