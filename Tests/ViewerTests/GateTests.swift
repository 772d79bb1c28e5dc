import Foundation
import MadeResults
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import Viewer

/// Asks a viewer as a browser would.
struct Asker {
  let viewer: ResultViewer
  var headers = ["host": "127.0.0.1:8080", "content-type": "application/json"]

  func get(_ path: String, _ query: String = "") async -> ViewerAnswer {
    await viewer.answer(
      ViewerRequest(method: "GET", path: "/\(viewer.token)/\(path)", query: query, headers: headers))
  }

  func json(_ path: String) async throws -> [String: Any] {
    try await JSONSerialization.jsonObject(with: get(path).body) as? [String: Any] ?? [:]
  }

  func post(_ body: String) async -> ViewerAnswer { await post(Data(body.utf8)) }

  func post(_ body: Data?) async -> ViewerAnswer {
    await viewer.answer(
      ViewerRequest(method: "POST", path: "/\(viewer.token)/api/actions", headers: headers, body: body))
  }

  func act(_ action: String, at revision: Int) async -> ViewerAnswer {
    await post(#"{"revision":\#(revision),"action":\#(action)}"#)
  }
}

/// The word that tells programs what is wrong.
func word(_ answer: ViewerAnswer) -> String? {
  (try? JSONSerialization.jsonObject(with: answer.body) as? [String: Any])?["error"] as? String
}

struct GateTests {
  private func status(_ viewer: ResultViewer, _ path: String, _ headers: [String: String]) async -> Int {
    await viewer.answer(ViewerRequest(method: "GET", path: path, headers: headers)).status
  }

  @Test func nobodyComesInWithoutTheToken() async throws {
    try await withMadeResult { (folder) async throws in
      let viewer = try ResultViewer(folder, readOnly: false)
      let (host, token) = (["host": "localhost:1"], viewer.token)
      #expect(token.count == 32 && token.allSatisfy(\.isHexDigit))
      #expect(try ResultViewer(folder, readOnly: false).token != token)
      #expect(await status(viewer, "/\(token)/api/units", host) == 200)
      for path in [
        "", "/", "//", "/api/units", "/api/units?token=\(token)", "/\(token)", "/\(token)0/api/units",
        "/\(token.dropLast())/api/units", "/\(token.uppercased())x/api/units", "//\(token)/api/units",
        "/x/\(token)/api/units", "/\(token)%2Fapi/units", "/%00\(token)/", "/../\(token)/api/units",
        "http://127.0.0.1/\(token)/",
      ] {
        #expect(await status(viewer, path, host) == 403, "\(path)")
      }
    }
  }

  @Test func foreignHostsAndOriginsAreRefused() async throws {
    try await withMadeResult { (folder) async throws in
      let viewer = try ResultViewer(folder, readOnly: false)
      let path = "/\(viewer.token)/api/units"
      for host in ["127.0.0.1:9", "127.0.0.1", "localhost:80", "LOCALHOST", "[::1]:7", "[::1]"] {
        #expect(await status(viewer, path, ["host": host]) == 200, "\(host)")
        #expect(await status(viewer, path, ["host": host, "origin": "http://\(host)"]) == 200, "\(host)")
      }
      for host in [
        "", "evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.2", "localhost.evil:1",
        "127.0.0.1:80@evil.example", "127.0.0.1:80:80", "[::2]", "0.0.0.0", "localhost:80, evil.example",
      ] {
        #expect(await status(viewer, path, ["host": host]) == 403, "\(host)")
      }
      #expect(await status(viewer, path, [:]) == 403)
      for origin in [
        "null", "http://evil.example", "https://localhost:1", "http://localhost:2", "http://localhost",
        "http://127.0.0.1:1", "http://localhost:1.evil.example", "file://",
      ] {
        #expect(await status(viewer, path, ["host": "localhost:1", "origin": origin]) == 403, "\(origin)")
      }
    }
  }

  @Test func nothingOutsideTheRoutesIsServed() async throws {
    try await withMadeResult { (folder) async throws in
      try Data("secret".utf8).write(to: folder.file("secret.txt"))
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      for path in [
        "page/../secret.txt", "page/..%2f..%2fetc/passwd", "page//etc/passwd", "/etc/passwd", "secret.txt",
        "sorting.json", "curation.jsonl", "page/", "page/%69ndex.html", "page/index.html/",
        "page/index.html%00",
        "api", "api/", "api/unit", "API/units", "api/units/", "api/../api/units", "index.html",
        "api/spikes/../units", "..", ".",
      ] {
        let answer = await asker.get(path)
        #expect(answer.status == 404 && word(answer) == "unknownRoute", "\(path)")
        #expect(!String(decoding: answer.body, as: UTF8.self).contains("secret"))
      }
      for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", ""] {
        let answer = await asker.viewer.answer(
          ViewerRequest(method: method, path: "/\(asker.viewer.token)/api/units", headers: asker.headers))
        #expect(answer.status == 405, "\(method)")
      }
      #expect(await asker.get("api/actions").status == 405)
    }
  }

  @Test func everyFileOfThePageIsInTheProgram() throws {
    let folder = packageFolder.appendingPathComponent("Sources/ViewerPage/page")
    let onDisk = try files(below: folder)
    let made: Set = [PageFiles.palette]
    #expect(
      !onDisk.isEmpty && Set(onDisk.keys).union(made) == Set(PageFiles.all.keys),
      "page.c names every file of page")
    let palette = String(decoding: PageFiles.all[PageFiles.palette] ?? Data(), as: UTF8.self)
    #expect(palette.contains("export const palette = [\"#0072B2\", \"#E69F00\", "))
    for (name, bytes) in onDisk { #expect(PageFiles.all[name] == bytes, "\(name)") }
    #expect(PageFiles.answer(for: "index.html")?.contentType == "text/html; charset=utf-8")
    #expect(PageFiles.answer(for: "app.js")?.contentType == "text/javascript; charset=utf-8")
  }

  @Test func badBodiesAreRefused() async throws {
    try await withMadeResult { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      #expect(await asker.post(nil as Data?).status == 413)
      for body in [
        "", "{", "[]", "null", "7", "\"x\"", "{}", #"{"revision":0}"#,
        #"{"revision":"0","action":{"do":"undo"}}"#,
        #"{"revision":0,"action":"undo"}"#, #"{"revision":0,"action":{}}"#,
        #"{"revision":0,"action":{"do":7}}"#,
        #"{"revision":0,"action":{"do":"fly"}}"#, #"{"revision":0,"action":{"do":"begin"}}"#,
        #"{"revision":0,"action":{"do":"merge"}}"#, #"{"revision":0,"action":{"do":"merge","units":"0,1"}}"#,
        #"{"revision":0,"action":{"do":"merge","units":[0.5,1]}}"#,
        #"{"revision":0,"action":{"do":"merge","units":[1e99,1]}}"#,
        #"{"revision":0,"action":{"do":"split","units":[0],"spikes":[99999999999]}}"#,
        #"{"revision":0,"action":{"do":"label","units":[0],"label":"__proto__"}}"#,
        #"{"revision":0,"action":{"do":"accept","units":[0]}}"#,
        String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
      ] {
        let answer = await asker.post(body)
        #expect(answer.status == 400 && word(answer) == "malformed", "\(body.prefix(60))")
      }
      #expect(await asker.post(Data([0xff, 0xfe, 0x00])).status == 400)
      for action in [
        #"{"do":"merge","units":[0,77]}"#, #"{"do":"merge","units":[0]}"#, #"{"do":"merge","units":[]}"#,
        #"{"do":"merge","units":[-9223372036854775808,9223372036854775807]}"#,
        #"{"do":"split","units":[0],"spikes":[]}"#, #"{"do":"split","units":[0],"spikes":[-1]}"#,
        #"{"do":"split","units":[0],"spikes":[2147483647]}"#,
        #"{"do":"splitMixture","units":[0],"components":1000}"#,
        #"{"do":"undo"}"#, #"{"do":"redo"}"#, #"{"do":"importPhy"}"#, #"{"do":"reject","units":[2,2]}"#,
      ] {
        let answer = await asker.act(action, at: 0)
        #expect(answer.status == 422 && word(answer) == "impossible", "\(action)")
      }
      var plain = asker
      plain.headers["content-type"] = "text/plain"
      #expect(await plain.act(#"{"do":"label","units":[0],"label":"good"}"#, at: 0).status == 415)
      // None of all this left a trace.
      #expect(!folder.isCurated)
      #expect(await asker.act(#"{"do":"label","units":[0],"label":"good"}"#, at: 0).status == 200)
    }
  }

  @Test func badQueriesAreRefused() async throws {
    try await withMadeResult { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      for (path, query) in [
        ("api/features", "columns=12"), ("api/features", "columns=-1"), ("api/features", "columns=a"),
        ("api/features", "columns=" + (0..<13).map { "\($0 % 12)" }.joined(separator: ",")),
        ("api/waveforms", ""), ("api/waveforms", "units=1,1"), ("api/waveforms", "units=,"),
        ("api/correlograms", "units=0&bin=0"), ("api/correlograms", "units=0&bins=501"),
        ("api/correlograms", "units=0&bin=nan"), ("api/correlograms", "units=0&bin=100&bins=11"),
        ("api/correlograms", "units=" + (0..<65).map(String.init).joined(separator: ",")),
        ("api/trace", ""), ("api/trace", "start=0"), ("api/trace", "start=0&count=1e9"),
        ("api/trace", "start=99999999999999999999&count=1"),
      ] {
        let answer = await asker.get(path, query)
        #expect(answer.status == 400 && word(answer) == "malformed", "\(path)?\(query)")
      }
      for query in ["units=9", "units=-1", "units=\(Int.min)"] {
        #expect(await asker.get("api/waveforms", query).status == 422, "\(query)")
        #expect(await asker.get("api/correlograms", query).status == 422, "\(query)")
      }
    }
  }

  @Test func hostileNamesStayData() async throws {
    let evil = "</script><img src=x onerror=alert(1)>\u{2028}${'a'}\"'`"
    var sorting = madeSorting()
    sorting.source.files = [evil]
    sorting.warnings = [evil]
    try await withMadeResult(sorting) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: false))
      let note = try String(decoding: JSONEncoder().encode(evil), as: UTF8.self)
      #expect(await asker.act(#"{"do":"note","units":[0],"note":\#(note)}"#, at: 0).status == 200)
      let units = await asker.get("api/units")
      #expect(units.contentType == "application/json; charset=utf-8")
      let shown =
        try #require(
          try JSONSerialization.jsonObject(with: units.body) as? [String: Any])["units"] as? [[String: Any]]
      #expect(shown?.first?["note"] as? String == evil)
      #expect((try await asker.json("api/session"))["files"] as? [String] == [evil])
      #expect(ViewerAnswer.headers["X-Content-Type-Options"] == "nosniff")
      let policy = try #require(ViewerAnswer.headers["Content-Security-Policy"])
      #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
    }
  }

  @Test func readingOnlyWritesNothing() async throws {
    try await withMadeResult { (folder) async throws in
      let before = try files(below: folder.url)
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
      let answer = await asker.act(#"{"do":"label","units":[0],"label":"good"}"#, at: 0)
      #expect(answer.status == 403 && word(answer) == "readOnly")
      for path in ["", "api/session", "api/units", "api/pairs", "api/mixture", "api/journal", "api/spikes"] {
        #expect(await asker.get(path).status == 200, "\(path)")
      }
      #expect(try files(below: folder.url) == before)
    }
  }
}
