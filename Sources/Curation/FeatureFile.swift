internal import Foundation
internal import LinearAlgebra
internal import NumPyInterop
internal import SortingFormats

/// The features of a result folder, read by columns and rows and never held whole.
public struct FeatureFile: Sendable {
  /// The number of spikes.
  public let count: Int
  /// The number of channels.
  public let channels: Int
  /// Components a channel.
  public let perChannel: Int
  private let file: NPYFile

  /// Columns: channel × components + component.
  public var columns: Int { channels * perChannel }

  private static let blockRows = 1 << 15

  init(_ folder: ResultFolder) throws(NPYError) {
    file = try NPYFile(folder.file("pc_features.npy"))
    // Their shape was checked when the sorting was read.
    (count, perChannel, channels) = (file.shape[0], file.shape[1], file.shape[2])
  }

  /// Calls `body` with blocks of rows as they stand in the file: components before channels.
  private func blocks(_ body: (_ first: Int, _ rows: Int, _ values: [Float]) throws -> Void) throws {
    for first in stride(from: 0, to: count, by: Self.blockRows) {
      let rows = first..<min(first + Self.blockRows, count)
      try body(first, rows.count, file.read(rows: rows).floats())
    }
  }

  /// Where a column stands in a row of the file.
  private func place(_ column: Int) -> Int { column % perChannel * channels + column / perChannel }

  /// Columns one after the other, each over all spikes.
  ///
  /// - Throws: `NPYError`.
  public func values(ofColumns wanted: [Int]) throws -> [Float] {
    precondition(wanted.allSatisfy { (0..<columns).contains($0) }, "there is no such column")
    var result = [Float](repeating: 0, count: wanted.count * count)
    let width = columns
    try blocks { first, rows, values in
      for (k, column) in wanted.enumerated() {
        let (from, to) = (place(column), k * count + first)
        for row in 0..<rows { result[to + row] = values[row * width + from] }
      }
    }
    return result
  }

  /// Some columns of some spikes, a spike a row.
  ///
  /// - Parameter spikes: ascending.
  /// - Throws: `NPYError`.
  func rows(of spikes: [Int32], columns wanted: [Int]) throws -> Matrix {
    var result = Matrix(rows: spikes.count, columns: wanted.count)
    let (width, places) = (columns, wanted.map(place))
    var next = 0
    try blocks { first, rows, values in
      while next < spikes.count, Int(spikes[next]) < first + rows {
        let start = (Int(spikes[next]) - first) * width
        for (k, place) in places.enumerated() { result[next, k] = Double(values[start + place]) }
        next += 1
      }
    }
    return result
  }
}
