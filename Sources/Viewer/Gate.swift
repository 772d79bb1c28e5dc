internal import Foundation

/// Who is let in: whoever knows the token, by a name of this machine, from a page of this server.
///
/// The token is the first part of every path, so that relative addresses carry it. A page of another server cannot
/// know it; the checks of `Host` and `Origin` stop names that are made to point here as well.
struct Gate: Sendable {
  /// The token.
  let token: String

  /// A token of 128 random bits.
  static func randomToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<4).map { _ in
      let digits = String(UInt32.random(in: .min ... .max, using: &generator), radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  /// The part of the path behind the token.
  ///
  /// - Throws: `Refusal` with 403.
  func admit(_ request: ViewerRequest) throws(Refusal) -> String {
    let forbidden = Refusal(403, "forbidden", "open the address that spikesort view printed")
    guard let host = request.headers["host"], Self.isLoopback(host) else { throw forbidden }
    if let origin = request.headers["origin"], origin.lowercased() != "http://\(host.lowercased())" {
      throw forbidden
    }
    let parts = request.path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].isEmpty, Self.areEqual(parts[1].utf8, token.utf8) else {
      throw forbidden
    }
    return String(parts[2])
  }

  /// Whether a `Host` names this machine, with any port.
  private static func isLoopback(_ host: String) -> Bool {
    var name = Substring(host.lowercased())
    if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") {
      guard name[name.index(after: colon)...].allSatisfy(\.isNumber) else { return false }
      name = name[..<colon]
    }
    return ["127.0.0.1", "localhost", "[::1]"].contains(String(name))
  }

  /// Compares in a time that does not tell where two texts differ.
  private static func areEqual(_ a: Substring.UTF8View, _ b: String.UTF8View) -> Bool {
    guard a.count == b.count else { return false }
    return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
