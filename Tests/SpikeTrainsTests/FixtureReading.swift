import Foundation
import NumPyInterop
import Testing

/// A file of the fixtures of this target.
func fixture(_ path: String) throws -> URL {
  try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(path)")
}

/// A JSON fixture as nested dictionaries and arrays.
func jsonFixture(_ path: String) throws -> JSONValue {
  try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: fixture(path)))
}

/// Any JSON value; the fixtures write non-finite numbers as strings.
enum JSONValue: Decodable, Equatable {
  case number(Double)
  case text(String)
  case flag(Bool)
  case list([JSONValue])
  case object([String: JSONValue])
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .flag(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  subscript(key: String) -> JSONValue {
    get throws {
      guard case .object(let members) = self, let value = members[key] else {
        throw FixtureProblem(what: "no member \(key)")
      }
      return value
    }
  }

  var double: Double {
    get throws {
      switch self {
      case .number(let value): return value
      case .text("nan"): return .nan
      default: throw FixtureProblem(what: "\(self) is no number")
      }
    }
  }

  var items: [JSONValue] {
    get throws {
      guard case .list(let items) = self else { throw FixtureProblem(what: "\(self) is no list") }
      return items
    }
  }

  var doubles: [Double] { get throws { try items.map { try $0.double } } }
  var integers: [Int] { get throws { try items.map { Int(try $0.double) } } }
  var integerRows: [[Int]] { get throws { try items.map { try $0.integers } } }
}

struct FixtureProblem: Error { let what: String }

/// The numbers of a `.npy` fixture in C order.
func numbers(_ path: String) throws -> [Double] { try NPYArray(contentsOf: fixture(path)).doubles() }

/// The whole numbers of a `.npy` fixture.
func integers(_ path: String) throws -> [Int] { try NPYArray(contentsOf: fixture(path)).integers() }
