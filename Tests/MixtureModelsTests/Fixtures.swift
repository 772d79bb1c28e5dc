import Foundation
import LinearAlgebra
import Testing

/// The reference numbers beside these tests.
enum Fixture {
  static func url(_ path: String) throws -> URL {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(path)")
  }

  static func json(_ path: String) throws -> JSON {
    try JSON(value: JSONSerialization.jsonObject(with: Data(contentsOf: url(path))))
  }

  /// The numbers of a version 1.0 `.npy` file in C order, and its shape.
  static func array(_ path: String) throws -> (shape: [Int], values: [Double]) {
    let bytes = try [UInt8](Data(contentsOf: url(path)))
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<10 + length], as: UTF8.self)
    let shape = try #require(header.firstMatch(of: /'shape': \(([0-9, ]*)\)/)).1
      .split(whereSeparator: { ", ".contains($0) }).compactMap { Int($0) }
    let type = try #require(header.firstMatch(of: /'descr': '([^']+)'/)).1
    let body = Data(bytes[(10 + length)...])
    func read<Number: BitwiseCopyable>(_: Number.Type) -> [Number] {
      body.withUnsafeBytes { raw in
        (0..<raw.count / MemoryLayout<Number>.size).map {
          raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
        }
      }
    }
    switch type {
    case "<f8": return (shape, read(Double.self))
    case "<i8": return (shape, read(Int64.self).map(Double.init))
    case "<i4": return (shape, read(Int32.self).map(Double.init))
    default: return (shape, read(Int8.self).map(Double.init))
    }
  }

  static func matrix(_ path: String) throws -> Matrix {
    let (shape, values) = try array(path)
    return Matrix(rows: shape[0], columns: shape[1], storage: values)
  }

  static func integers(_ path: String) throws -> [Int] { try array(path).values.map { Int($0) } }
}

/// The largest difference of two lists of numbers of one length.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  #expect(a.count == b.count)
  return zip(a, b).map { $0 == $1 ? 0 : abs($0 - $1) }.max() ?? 0
}

/// A piece of a JSON file.
struct JSON {
  let value: Any?

  subscript(key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }
  subscript(index: Int) -> JSON { JSON(value: (value as? [Any])?[index]) }

  var list: [JSON] { (value as? [Any])?.map { JSON(value: $0) } ?? [] }
  var keys: [String] { (value as? [String: Any])?.keys.sorted() ?? [] }
  var integer: Int? { (value as? NSNumber)?.intValue }

  /// A number, also one written as "inf".
  func number() throws -> Double {
    if value as? String == "inf" { return .infinity }
    return try #require(value as? NSNumber).doubleValue
  }

  /// The numbers of nested lists, flattened; of a number itself, that one.
  func numbers() throws -> [Double] {
    guard let items = value as? [Any] else { return [try number()] }
    return try items.flatMap { try JSON(value: $0).numbers() }
  }

  /// A list of equally long lists.
  func matrix() throws -> Matrix { try Matrix(rows: list.map { try $0.numbers() }) }
}
