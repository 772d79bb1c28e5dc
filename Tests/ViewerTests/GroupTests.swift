import Foundation
import MadeResults
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import Viewer

/// A folder of several groups: every group a page of its own, below one token.
struct GroupTests {
  /// Two groups that were sorted around one that was not.
  private func withGroups(_ body: (ResultFolder) async throws -> Void) async throws {
    let url = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = ResultFolder(url.appendingPathComponent("day"))
    let sortings = [madeSorting(neurons: 3), madeSorting(neurons: 5)]
    for (name, sorting) in zip(["a", "c"], sortings) {
      try folder.makeFolder(name)
      try ResultFolder(folder.file(name)).write(sorting)
    }
    let groups: [GroupedResult.Group] = [
      .init(name: "group a", folder: "a", spikes: 360, units: [.single: 3]),
      .init(name: "group b", folder: "b", spikes: nil, units: [:], failure: "all channels are dead"),
      .init(name: "group c", folder: "c", spikes: 600, units: [.single: 5]),
    ]
    let none = LabelledTimes(frames: [], labels: [])
    try folder.write(
      GroupedResult(groups: groups), units: [sortings[0].units, [], sortings[1].units],
      spikes: [none, none, none])
    try await body(folder)
  }

  @Test func everyGroupIsAPageOfItsOwn() async throws {
    try await withGroups { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let start = await asker.get("")
      #expect(start.status == 302 && start.location == "0/")
      for (place, units) in [(0, 3), (2, 5)] {
        #expect(await asker.get("\(place)/").contentType.hasPrefix("text/html"))
        #expect(await asker.get("\(place)/page/app.js").status == 200)
        let session = try await asker.json("\(place)/api/session")
        let groups = try #require(session["groups"] as? [String: Any])
        #expect(groups["folder"] as? String == "day" && groups["shown"] as? Int == place)
        let all = try #require(groups["all"] as? [[String: Any]])
        #expect(all.map { $0["name"] as? String } == ["group a", "group b", "group c"])
        #expect(all.map { $0["failure"] as? String } == [nil, "all channels are dead", nil])
        #expect((try await asker.json("\(place)/api/units")["units"] as? [Any])?.count == units)
      }
      // Decisions go to the group's own journal.
      let body = Data(#"{"revision":0,"action":{"do":"merge","units":[0,1]}}"#.utf8)
      let answer = await asker.viewer.answer(
        ViewerRequest(
          method: "POST", path: "/\(asker.viewer.token)/2/api/actions", headers: asker.headers, body: body))
      #expect(answer.status == 200)
      #expect(ResultFolder(folder.file("c")).isCurated && !ResultFolder(folder.file("a")).isCurated)
      #expect(!folder.isCurated)
    }
  }

  @Test func whatIsNoGroupIsUnknown() async throws {
    try await withGroups { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
      for path in [
        "1/", "3/", "-1/", "0", "a/", "0//", "0/../2/", "..", "../0/", "2/../../etc/passwd", "api/session",
        "page/app.js", "99999999999999999999/",
      ] {
        let answer = await asker.get(path)
        #expect(answer.status == 404 && word(answer) == "unknownRoute", "\(path)")
      }
      // A list made by hand leads nowhere else.
      var record = try String(contentsOf: folder.file("sorting.json"), encoding: .utf8)
      let written = record
      for hostile in ["../day/c", "..", "", "/etc"] {
        record = written.replacingOccurrences(of: #""folder" : "c""#, with: #""folder" : "\#(hostile)""#)
        #expect(record != written)
        try Data(record.utf8).write(to: folder.file("sorting.json"))
        #expect(throws: ResultError.self, "\(hostile)") { try ResultViewer(folder, readOnly: true) }
      }
      try Data(written.utf8).write(to: folder.file("sorting.json"))
      // A group that was damaged since says so; the others go on.
      try FileManager.default.removeItem(at: folder.file("c/pc_features.npy"))
      let other = Asker(viewer: try ResultViewer(folder, readOnly: true))
      let damaged = await other.get("2/api/session")
      #expect(damaged.status == 500)
      #expect(String(decoding: damaged.body, as: UTF8.self).contains("pc_features.npy"))
      #expect(await other.get("0/api/session").status == 200)
    }
  }
}
