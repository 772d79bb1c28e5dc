import Foundation
import MadeResults
import SortingFormats
import TestSupport
import Testing

@testable import Curation

struct ViewTests {
  @Test func servesUntilCtrlC() throws {
    try withMadeResult { (folder) throws in
      let viewer = try RunningViewer(folder.url)
      let page = try viewer.get("")
      #expect(page.status == 200 && String(decoding: page.body, as: UTF8.self).hasPrefix("<!doctype html>"))
      #expect(page.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
      #expect(page.headers["x-content-type-options"] == "nosniff")
      #expect(page.headers["referrer-policy"] == "no-referrer" && page.headers["cache-control"] == "no-store")
      #expect(page.headers["access-control-allow-origin"] == nil)
      #expect(try viewer.get("api/units").json["revision"] as? Int == 0)
      #expect(try viewer.act(#"{"do":"merge","units":[0,1]}"#, at: 0).json["revision"] as? Int == 1)
      viewer.command.interrupt()
      let outcome = try viewer.command.wait()
      #expect(outcome.status == 0 && outcome.errors == "" && outcome.text.split(separator: "\n").count == 1)
      // The next one, and every other command, see the decision.
      #expect(
        try RunningViewer(folder.url, ["--read-only"]).ended {
          try $0.get("api/units").json["revision"] as? Int
        } == 1)
      let metrics = try spikesort("metrics", folder.url.path, "--json")
      #expect(
        (try metrics.json()["units"] as? [[String: Any]])?.compactMap { $0["id"] as? Int } == [2, 3, 4])
      #expect(metrics.errors.contains("curation.jsonl: 1 decision applied"))
      for format in ["csv", "curation-json", "phy"] {
        let place = folder.url.appendingPathComponent("../\(format)").path
        #expect(try spikesort("export", folder.url.path, "--to", format, place).status == 0, "\(format)")
      }
      let exported = ResultFolder(folder.url.appendingPathComponent("../phy"))
      #expect(Set(try LabelledTimes(at: exported.url).labels) == [2, 3, 4])
      let compared = try spikesort("compare", folder.url.path, folder.url.path)
      #expect(compared.status == 0 && compared.text.contains("true unit 4: unit 4, accuracy 1.0"))
      let report = try spikesort("report", folder.url.path)
      #expect(report.status == 0)
      let text = try String(contentsOf: folder.file("report.html"), encoding: .utf8)
      #expect(text.contains("curated by hand: 1 decision of curation.jsonl is applied"))
    }
  }

  @Test func onlyThisMachineWithTheTokenIsAnswered() throws {
    try withMadeResult { (folder) throws in
      try RunningViewer(folder.url).ended { (viewer) throws in
        let (host, token) = ("127.0.0.1:\(viewer.port)", viewer.token)
        func status(_ path: String, _ headers: String) throws -> Int {
          try viewer.send("GET \(path) HTTP/1.1\r\n\(headers)Connection: close\r\n\r\n").status
        }
        #expect(try status("/\(token)/api/units", "Host: \(host)\r\n") == 200)
        #expect(try status("/\(token)/api/units", "Host: \(host)\r\nOrigin: http://\(host)\r\n") == 200)
        #expect(try status("/api/units", "Host: \(host)\r\n") == 403)
        #expect(try status("/\(String(token.reversed()))/api/units", "Host: \(host)\r\n") == 403)
        #expect(try status("/\(token)/api/units", "Host: evil.example\r\n") == 403)
        #expect(try status("/\(token)/api/units", "") == 403)
        #expect(try status("/\(token)/api/units", "Host: \(host)\r\nOrigin: http://evil.example\r\n") == 403)
        for path in [
          "page/../../../../etc/passwd", "../../etc/passwd", "page/%2e%2e/%2e%2e/etc/passwd", "sorting.json",
        ] {
          #expect(try [403, 404].contains(status("/\(token)/\(path)", "Host: \(host)\r\n")), "\(path)")
        }
      }
    }
  }

  @Test func brokenAndOversizedRequestsDoNotStopIt() throws {
    try withMadeResult { (folder) throws in
      try RunningViewer(folder.url).ended { (viewer) throws in
        let post =
          "POST /\(viewer.token)/api/actions HTTP/1.1\r\nHost: localhost\r\n"
          + "Content-Type: application/json\r\nConnection: close\r\n"
        let large = Data(repeating: UInt8(ascii: " "), count: (16 << 20) + 1)
        #expect(try viewer.send(post + "Content-Length: \(large.count)\r\n\r\n", large).status == 413)
        #expect(try viewer.send(post + "Content-Length: 9\r\n\r\n", Data("{\"revisio".utf8)).status == 400)
        var generator = SeededGenerator(seed: 4)
        for request in [
          post + "Content-Length: -5\r\n\r\n", post + "Content-Length: x\r\n\r\n",
          post + "Content-Length: 99999999999999999999\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n",
          "\0\0\0\0\r\n\r\n",
          "GET /%zz HTTP/1.1\r\nConnection: close\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
          post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
          post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        ] {
          _ = try converse(port: viewer.port, Data(request.utf8), closingFirst: true)
        }
        for _ in 0..<30 {
          let length = Int.random(in: 1..<400, using: &generator)
          let bytes = Data((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) })
          _ = try converse(port: viewer.port, bytes + Data("\r\n\r\n".utf8), closingFirst: true)
        }
        #expect(try viewer.get("api/units").status == 200)
        #expect(!folder.isCurated)
      }
    }
  }

  @Test func longLinesAndHeadersAreRefusedUnread() throws {
    try withMadeResult { (folder) throws in
      try RunningViewer(folder.url).ended { (viewer) throws in
        let long = String(repeating: "a", count: 2 << 20)
        #expect(try viewer.send("GET /\(long)").status == 414)
        #expect(try viewer.send("GET /\(viewer.token)/?\(long) HTTP/1.1\r\n\r\n").status == 414)
        #expect(try viewer.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(long)").status == 431)
        let host = "Host: localhost\r\n"
        let post = "POST /\(viewer.token)/api/actions HTTP/1.1\r\n"
        #expect(try viewer.send(post + host + "Transfer-Encoding: chunked\r\n\r\n").status == 411)
        #expect(try viewer.send(post + host + host + "\r\n").status == 400)
        #expect(try viewer.send("GET / HTTP/2\r\n\r\n").status == 505)
        // Whoever lacks the token is told so before a body has come.
        #expect(
          try viewer.send("POST /x/api/actions HTTP/1.1\r\n" + host + "Content-Length: 1000\r\n\r\n").status
            == 403)
        // Two requests in one go, the last with a body, as one connection.
        let two = "GET /\(viewer.token)/api/units HTTP/1.1\r\n\(host)\r\n" + post + host
        let reply = try viewer.send(two + "Content-Length: 2\r\nConnection: close\r\n\r\n{}")
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(reply.status == 200 && reply.headers["connection"] == "keep-alive")
        #expect(text.contains("HTTP/1.1 415 ") && text.contains("Connection: close"))
      }
    }
  }

  @Test(arguments: [nil, 48]) func aFloodOfIdleConnectionsIsOutlived(_ openFiles: Int?) throws {
    try withMadeResult { (folder) throws in
      try RunningViewer(folder.url, openFiles: openFiles).ended { (viewer) throws in
        var held: [Int32] = []
        defer { held.forEach { close($0) } }
        for n in 0..<300 {
          // Some say nothing, some begin a request and never end it.
          let said = n % 2 == 0 ? "" : "GET /\(viewer.token)/api/units HTTP/1.1\r\nHost: "
          held.append(try connection(port: viewer.port, saying: Data(said.utf8)))
          if n % 100 == 99 { #expect(try viewer.get("api/units").status == 200, "\(n)") }
        }
        #expect(try viewer.act(#"{"do":"label","units":[0],"label":"good"}"#, at: 0).status == 200)
        #expect(try viewer.get("api/features").status == 200)
        #expect(viewer.command.isRunning)
      }
    }
  }

  @Test func badFoldersAreOneSentence() throws {
    try withTemporaryFolder { (url) throws in
      let outcome = try spikesort("view", url.path, "--no-open")
      #expect(outcome.status == 65 && outcome.errorLines.count == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("sorting.json is missing"))
    }
    try withMadeResult { (folder) throws in
      try Data(#"{"version":9}"#.utf8).write(to: folder.file("curation.jsonl"))
      let newer = try spikesort("view", folder.url.path, "--no-open")
      #expect(newer.status == 65 && newer.errorLines.count == 1 && newer.errors.contains("newer spikesort"))
      try FileManager.default.removeItem(at: folder.file("curation.jsonl"))
      try FileManager.default.removeItem(at: folder.file("pc_features.npy"))
      let half = try spikesort("view", folder.url.path, "--no-open")
      #expect(half.status == 65 && half.errors.contains("pc_features.npy is missing"))
      let taken = try withMadeResult { (other) throws in
        try RunningViewer(other.url).ended { (viewer) throws in
          try spikesort("view", other.url.path, "--no-open", "--port", "\(viewer.port)")
        }
      }
      #expect(taken.status == 74 && taken.errorLines.count == 1 && taken.errors.contains("port"))
    }
  }

  @Test func aFullDiskRefusesTheActionAndKeepsTheJournal() throws {
    try withMadeResult { (folder) throws in
      var revision = 0
      let refused = try RunningViewer(folder.url, limitKiB: 2).ended { (viewer) throws in
        while true {
          let reply = try viewer.act(#"{"do":"note","units":[0],"note":"note \#(revision)"}"#, at: revision)
          guard reply.status == 200 else {
            #expect(try viewer.get("api/units").json["revision"] as? Int == revision)
            return reply
          }
          revision += 1
        }
      }
      #expect(refused.status == 507 && refused.json["error"] as? String == "notWritten" && revision > 5)
      #expect((refused.json["message"] as? String)?.contains("so nothing was done") == true)
      let bytes = try Data(contentsOf: folder.file("curation.jsonl"))
      #expect(bytes.last == UInt8(ascii: "\n") && bytes.count <= 2048)
      try RunningViewer(folder.url).ended { (viewer) throws in
        #expect(try viewer.act(#"{"do":"undo"}"#, at: revision).json["revision"] as? Int == revision + 1)
        #expect((try viewer.get("api/session").json["notices"] as? [Any])?.isEmpty == true)
      }
    }
  }

  @Test func aHundredKillsLoseNothingAcknowledged() throws {
    try withMadeResult(madeSorting(neurons: 3, spikesEach: 40)) { (folder) throws in
      let base = try CurationBase(folder)
      var generator = SeededGenerator(seed: 11)
      var known = try Journal(in: folder.url, sorting: base.checksum, setsAside: false).history
      var acknowledged = 0
      for kill in 0..<100 {
        let viewer = try RunningViewer(folder.url)
        let delay = UInt32.random(in: 0..<40_000, using: &generator)
        let process = viewer.command.processIdentifier
        Thread.detachNewThread {
          usleep(delay)
          _ = Foundation.kill(process, SIGKILL)
        }
        var revision = known.revision
        var sent: String?
        while true {
          let action = request(try state(base, folder), &generator)
          sent = action
          // An answer that the kill cut off acknowledges nothing.
          guard let reply = try? viewer.act(action, at: revision), !reply.json.isEmpty else { break }
          if reply.status == 200 {
            #expect(reply.json["revision"] as? Int == revision + 1)
            revision += 1
            acknowledged += 1
            sent = nil
          } else {
            #expect(reply.status == 422, "\(action): \(reply.status)")
            sent = nil
          }
        }
        while viewer.command.isRunning { usleep(500) }
        _ = try viewer.command.wait()
        // What was acknowledged is there, in order; at most the last, unanswered action beside it.
        let journal = try Journal(in: folder.url, sorting: base.checksum, setsAside: false)
        #expect(
          journal.history.revision == revision || (sent != nil && journal.history.revision == revision + 1))
        #expect(Array(journal.history.entries.prefix(known.revision)) == known.entries, "kill \(kill)")
        known = journal.history
        _ = try CurationState(base.sorting).replaying(journal)
      }
      #expect(acknowledged > 50)
      let outcome = try spikesort("metrics", folder.url.path, "--json")
      #expect(outcome.status == 0)
    }
  }

  private func state(_ base: CurationBase, _ folder: ResultFolder) throws -> CurationState {
    try CurationState(base.sorting).replaying(
      Journal(in: folder.url, sorting: base.checksum, setsAside: false))
  }

  /// An action on the units there are, by chance.
  private func request(_ state: CurationState, _ generator: inout SeededGenerator) -> String {
    let ids = state.ids.shuffled(using: &generator)
    switch Int.random(in: 0..<6, using: &generator) {
    case 0 where ids.count > 2: return #"{"do":"merge","units":[\#(ids[0]),\#(ids[1])]}"#
    case 1:
      let spikes = (state.units[ids[0]]?.spikes ?? []).prefix(5).map(String.init).joined(separator: ",")
      return #"{"do":"split","units":[\#(ids[0])],"spikes":[\#(spikes)]}"#
    case 2: return #"{"do":"undo"}"#
    case 3: return #"{"do":"redo"}"#
    case 4: return #"{"do":"label","units":[\#(ids[0])],"label":"good"}"#
    default:
      return #"{"do":"note","units":[\#(ids[0])],"note":"\#(Int.random(in: 0..<1000, using: &generator))"}"#
    }
  }

  @Test func decisionsAreReplayedOnAReSort() throws {
    try withMadeResult { (old) throws in
      try withMadeResult { (new) throws in
        let nothing = try spikesort("curate", new.url.path, "--replay", old.url.path)
        #expect(nothing.status == 65 && nothing.errors.contains("holds no curation.jsonl"))
        try RunningViewer(old.url).ended { (viewer) throws in
          #expect(try viewer.act(#"{"do":"merge","units":[0,1]}"#, at: 0).status == 200)
          #expect(try viewer.act(#"{"do":"label","units":[4],"label":"good"}"#, at: 1).status == 200)
        }
        let outcome = try spikesort("curate", new.url.path, "--replay", old.url.path)
        #expect(outcome.status == 0)
        #expect(
          outcome.text.split(separator: "\n") == [
            "units 0, 1 were merged into 4, as unit 4", "unit 4 was labelled good, as unit 4",
            "2 carried over, 0 not needed, 0 no longer fit",
          ])
      }
    }
  }
}

extension RunningViewer {
  /// Calls `body`, then presses Ctrl-C and waits.
  func ended<Result>(_ body: (RunningViewer) throws -> Result) throws -> Result {
    defer {
      command.interrupt()
      _ = try? command.wait()
    }
    return try body(self)
  }
}
