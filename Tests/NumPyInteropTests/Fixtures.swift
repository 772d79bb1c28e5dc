import Foundation
import Testing

/// The folder of reference numbers made with NumPy.
func fixture(_ path: String) throws -> URL {
  let root = try #require(Bundle.module.resourceURL)
  return root.appendingPathComponent("Fixtures").appendingPathComponent(path)
}

/// A JSON value, with the fields and elements of nested ones at hand.
///
/// Numbers come through `JSONDecoder`: on Linux `JSONSerialization` is off by an ulp now and then.
enum JSON: Decodable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  /// Reads a fixture.
  init(fixture path: String) throws {
    self = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: NumPyInteropTests.fixture(path)))
  }

  /// A field of an object; null where there is none.
  subscript(key: String) -> JSON {
    if case .object(let fields) = self { fields[key] ?? .null } else { .null }
  }

  /// The keys of an object, sorted; empty for anything else.
  var keys: [String] { if case .object(let fields) = self { fields.keys.sorted() } else { [] } }
  var array: [JSON] { if case .list(let elements) = self { elements } else { [] } }
  var string: String? { if case .text(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// A whole number, or the decimal string of one.
  var int: Int? {
    switch self {
    case .integer(let value): value
    case .text(let value): Int(value)
    default: nil
    }
  }

  /// A number; "nan", "inf" and "-inf" stand for themselves.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    case .text(let value): Double(value)
    default: nil
    }
  }

  /// An unsigned word written in hexadecimal.
  var word: UInt128? { string.flatMap { UInt128($0.dropFirst(2), radix: 16) } }

  var ints: [Int] { array.compactMap(\.int) }
  var doubles: [Double] { array.compactMap(\.double) }
  var words: [UInt128] { array.compactMap(\.word) }
}
