internal import Foundation

/// Arrays with a JSON head, as the page reads them: see docs/viewer-api.md.
struct ArrayBundle {
  private struct Entry: Encodable {
    var name: String
    var type: String
    var shape: [Int]
    var offset: Int
  }

  private var entries: [Entry] = []
  private var arrays: [Data] = []
  private var size = 0
  private let head: [String: any Encodable & Sendable]

  /// A bundle with further members of its head.
  init(_ head: [String: any Encodable & Sendable]) { self.head = head }

  /// Adds an array in C order.
  mutating func add(_ name: String, _ values: [Float], _ shape: [Int]) { add(name, "float32", values, shape) }
  /// Adds an array in C order.
  mutating func add(_ name: String, _ values: [Double], _ shape: [Int]) {
    add(name, "float64", values, shape)
  }
  /// Adds an array in C order.
  mutating func add(_ name: String, _ values: [Int32], _ shape: [Int]) { add(name, "int32", values, shape) }
  /// Adds an array in C order.
  mutating func add(_ name: String, _ values: [UInt32], _ shape: [Int]) { add(name, "uint32", values, shape) }

  private mutating func add<Value: BitwiseCopyable>(
    _ name: String, _ type: String, _ values: [Value], _ shape: [Int]
  ) {
    precondition(shape.reduce(1, *) == values.count, "a shape holds as many elements as there are")
    entries.append(Entry(name: name, type: type, shape: shape, offset: size))
    var bytes = values.withUnsafeBytes { Data($0) }
    bytes.append(Data(count: -bytes.count & 7))
    size += bytes.count
    arrays.append(bytes)
  }

  /// The bytes.
  var data: Data {
    var members = head
    members["arrays"] = entries
    let json = (try? JSONEncoder().encode(members.mapValues(AnyMember.init))) ?? Data("{}".utf8)
    let padding = -(4 + json.count) & 7
    var data = Data(capacity: 4 + json.count + padding + size)
    withUnsafeBytes(of: UInt32(json.count + padding).littleEndian) { data.append(contentsOf: $0) }
    data.append(json)
    data.append(Data(repeating: UInt8(ascii: " "), count: padding))
    for bytes in arrays { data.append(bytes) }
    return data
  }
}

/// A value whose type is not known here.
private struct AnyMember: Encodable {
  let value: any Encodable
  init(_ value: any Encodable) { self.value = value }
  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
