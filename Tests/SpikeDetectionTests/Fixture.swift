import Foundation
import NumPyInterop
import Testing

@testable import SpikeDetection

/// Reference numbers that lie beside the tests.
enum Fixture {
  static func url(_ name: String) throws -> URL {
    try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/signal/\(name)")
  }

  /// The elements of an array in C order.
  static func array(_ name: String) throws -> [Double] { try NPYArray(contentsOf: url(name)).doubles() }

  static func json<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
  }
}

/// The largest difference between two lists of one length.
func largestDifference(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
