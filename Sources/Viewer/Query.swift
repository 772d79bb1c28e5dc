internal import Foundation

/// What follows the question mark of an address.
struct Query {
  private var values: [String: String] = [:]

  init(_ text: String) {
    for part in text.split(separator: "&") {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, let value = pair[1].removingPercentEncoding else { continue }
      values[String(pair[0])] = value
    }
  }

  /// A whole number; nil where it is not given.
  func integer(_ name: String) throws(Refusal) -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = Int(text) else { throw .malformed("\(name) is a whole number") }
    return value
  }

  /// A number; nil where it is not given.
  func number(_ name: String) throws(Refusal) -> Double? {
    guard let text = values[name] else { return nil }
    guard let value = Double(text), value.isFinite else { throw .malformed("\(name) is a number") }
    return value
  }

  /// Whole numbers with commas between them; nil where they are not given.
  func integers(_ name: String) throws(Refusal) -> [Int]? {
    guard let text = values[name] else { return nil }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.allSatisfy({ $0 != nil }) else { throw .malformed("\(name) is a list like 1,2,3") }
    return parts.compactMap { $0 }
  }

  /// Units, at least one and each once.
  func units(_ name: String) throws(Refusal) -> [Int] {
    guard let ids = try integers(name), !ids.isEmpty, Set(ids).count == ids.count else {
      throw .malformed("\(name) is a list of different units like 1,2,3")
    }
    return ids
  }
}
