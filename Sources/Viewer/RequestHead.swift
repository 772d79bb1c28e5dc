internal import Foundation

/// The head of an HTTP/1.1 request: its line and its headers, bounded before they are looked at.
struct RequestHead {
  /// GET, POST, …
  let method: String
  /// The path as it was sent, still percent-encoded.
  let path: String
  /// What follows the question mark, still percent-encoded.
  let query: String
  /// The headers by their names in lower case.
  let headers: [String: String]
  /// How many bytes follow the head.
  let bodyLength: Int
  /// Whether the connection stays open for more.
  let keepsAlive: Bool

  /// The most bytes of a request's line.
  static let longestLine = 8 << 10
  /// The most bytes of line and headers together.
  static let longest = 16 << 10

  private static let end = Array("\r\n\r\n".utf8)

  /// Where the head ends in what was received, behind its empty line; nil where more must come.
  ///
  /// - Parameter searched: bytes that were looked at before.
  /// - Throws: `Refusal` where line or head are too long, whatever may follow.
  static func end(in bytes: [UInt8], searched: Int) throws(Refusal) -> Int? {
    let line = bytes.prefix(longestLine + 1)
    guard line.count <= longestLine || line.contains(UInt8(ascii: "\n")) else {
      throw Refusal(414, "tooLong", "the address has more than \(longestLine) bytes")
    }
    var place = max(0, searched - end.count + 1)
    while place + end.count <= min(bytes.count, longest) {
      if bytes[place] == end[0], bytes[place..<place + end.count].elementsEqual(end) {
        return place + end.count
      }
      place += 1
    }
    guard bytes.count < longest else {
      throw Refusal(431, "tooLong", "the headers have more than \(longest) bytes")
    }
    return nil
  }

  /// Reads a head, its empty line with it.
  ///
  /// - Throws: `Refusal` with 400, 411 or 505.
  init(_ bytes: some Collection<UInt8>) throws(Refusal) {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("the head is no text") }
    // A line end within a line would be one line here and two elsewhere.
    let lines = text.utf8.dropLast(Self.end.count).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var read: [Substring] = []
    for (n, line) in lines.enumerated() {
      let isLast = n == lines.count - 1
      guard isLast || line.last == UInt8(ascii: "\r") else {
        throw .malformed("a line ends without a return")
      }
      let content = isLast ? line : line.dropLast()
      guard !content.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
        throw .malformed("the head holds control characters")
      }
      read.append(Substring(content))
    }
    let parts = (read.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[1].first == "/" else {
      throw .malformed("the first line is no request's")
    }
    guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else {
      throw Refusal(505, "version", "HTTP/1.1 is spoken here")
    }
    method = String(parts[0])
    let target = parts[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = String(target[0])
    query = target.count > 1 ? String(target[1]) : ""
    headers = try Self.headers(read.dropFirst())
    bodyLength = try Self.bodyLength(headers)
    let wish = headers["connection"]?.lowercased() ?? ""
    keepsAlive = parts[2] == "HTTP/1.1" && !wish.contains("close")
  }

  private static func headers(_ lines: ArraySlice<Substring>) throws(Refusal) -> [String: String] {
    var headers: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
        line[..<colon].allSatisfy({ $0.isASCII && $0 != " " && $0 != "\t" })
      else { throw .malformed("a header has no name") }
      let name = line[..<colon].lowercased()
      // Of two that decide who is let in or where the body ends, one would be looked at and the other believed.
      guard headers[name] == nil || !["host", "origin", "content-length", "transfer-encoding"].contains(name)
      else { throw .malformed("\(name) stands there twice") }
      headers[name] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return headers
  }

  private static func bodyLength(_ headers: [String: String]) throws(Refusal) -> Int {
    guard headers["transfer-encoding"] == nil else {
      throw Refusal(411, "lengthRequired", "a body is sent with its Content-Length")
    }
    guard let text = headers["content-length"] else { return 0 }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text) else {
      throw .malformed("Content-Length is no number of bytes")
    }
    return length
  }
}
