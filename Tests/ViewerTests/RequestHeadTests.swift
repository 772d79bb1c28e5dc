import Foundation
import TestSupport
import Testing

@testable import Viewer

struct RequestHeadTests {
  private func head(_ text: String) throws -> RequestHead { try RequestHead(Array(text.utf8)) }

  @Test func readsLineAndHeaders() throws {
    let read = try head(
      "POST /a%20b/c?d=e?f HTTP/1.1\r\nHost:  localhost:80 \r\nContent-Length: 12\r\nX-Y: a: b\r\n\r\n")
    #expect(read.method == "POST" && read.path == "/a%20b/c" && read.query == "d=e?f")
    #expect(read.headers == ["host": "localhost:80", "content-length": "12", "x-y": "a: b"])
    #expect(read.bodyLength == 12 && read.keepsAlive)
    #expect(try !head("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n").keepsAlive)
    #expect(try !head("GET / HTTP/1.0\r\n\r\n").keepsAlive)
  }

  @Test(arguments: [
    "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n",
    "GET http://x/ HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\rOrigin: b\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
  ])
  func whatCanBeReadInTwoWaysIsRefused(_ text: String) {
    let refusal = #expect(throws: Refusal.self) { try head(text) }
    #expect(refusal?.status == 400)
  }

  @Test func theEndIsFoundHoweverThePiecesFall() throws {
    let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\nbody".utf8)
    for length in bytes.indices {
      let first = try RequestHead.end(in: Array(bytes[..<length]), searched: 0)
      #expect(first == (length >= bytes.count - 4 ? bytes.count - 4 : nil))
      #expect(try RequestHead.end(in: bytes, searched: min(length, bytes.count - 5)) == bytes.count - 4)
    }
    #expect(throws: Refusal.self) { try RequestHead.end(in: Array(repeating: 65, count: 8193), searched: 0) }
    let lines = Array(repeating: [UInt8](repeating: 65, count: 100) + [10], count: 200).flatMap(\.self)
    let refusal = #expect(throws: Refusal.self) { try RequestHead.end(in: lines, searched: 0) }
    #expect(refusal?.status == 431)
  }

  @Test func changedHeadsAreReadOrRefused() {
    var generator = SeededGenerator(seed: 8)
    let whole = Array(
      "POST /t/api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nOrigin: http://localhost\r\n\r\n".utf8)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        if Bool.random(using: &generator) {
          bytes[place] = .random(in: 0...255, using: &generator)
        } else {
          bytes.remove(at: place)
        }
      }
      guard let read = try? RequestHead(bytes) else { continue }
      #expect(read.bodyLength >= 0 && read.path.first == "/")
    }
  }
}
