internal import Foundation
internal import LinearAlgebra
internal import NumPyInterop
internal import SortingFormats
internal import SpikeSorting

/// The features of a result folder, read by columns and rows and never held whole.
public struct FeatureFile: Sendable {
  /// The number of spikes.
  public let count: Int
  /// The number of channels.
  public let channels: Int
  /// Components a channel.
  public let perChannel: Int
  private let file: NPYFile
  private let url: URL
  /// The channels that the file holds of a spike.
  private let stored: Int
  /// Where only some channels are held: for every component and channel the channel's place in a row of the file, −1 for
  /// none; and the component of every spike.
  private let places: [Int]
  private let components: [Int]

  /// Whether the file holds some channels of a spike only, those near its component; on others the features count as 0.
  public var isLocal: Bool { !components.isEmpty }

  /// Columns: channel × components + component.
  public var columns: Int { channels * perChannel }

  private static let blockRows = 1 << 15

  /// - Parameter sorting: what the folder holds; of a probe's spikes the file has some channels alone, the others count
  ///   as 0.
  init(_ folder: ResultFolder, of sorting: Sorting) throws(NPYError) {
    url = folder.file("pc_features.npy")
    file = try NPYFile(url)
    // Their shape was checked when the sorting was read.
    (count, perChannel, stored) = (file.shape[0], file.shape[1], file.shape[2])
    let held = sorting.spikes.channelsOfComponents
    channels = held.isEmpty ? stored : sorting.source.channelPositions.count
    components = held.isEmpty ? [] : sorting.spikes.components
    var places = [Int](repeating: -1, count: held.count * channels)
    for (component, list) in held.enumerated() {
      for (place, channel) in list.enumerated() { places[component * channels + channel] = place }
    }
    self.places = places
  }

  /// Calls `body` with blocks of rows as they stand in the file: components before channels.
  private func blocks(_ body: (_ first: Int, _ rows: Int, _ values: [Float]) throws -> Void) throws {
    for first in stride(from: 0, to: count, by: Self.blockRows) {
      let rows = first..<min(first + Self.blockRows, count)
      let values = try file.read(rows: rows).floats()
      if let bad = values.first(where: { !($0.magnitude < 1e18) }) {
        throw ResultError.damaged(path: url.path, found: "\(bad)", expected: "finite numbers")
      }
      try body(first, rows.count, values)
    }
  }

  /// Where a column stands in a spike's row of the file; nil where the file does not hold it.
  private func place(_ column: Int, of spike: Int) -> Int? {
    let (channel, component) = column.quotientAndRemainder(dividingBy: perChannel)
    guard !components.isEmpty else { return component * stored + channel }
    let place = places[components[spike] * channels + channel]
    return place < 0 ? nil : component * stored + place
  }

  /// Columns one after the other, each over all spikes.
  ///
  /// - Throws: `NPYError`.
  public func values(ofColumns wanted: [Int]) throws -> [Float] {
    precondition(wanted.allSatisfy { (0..<columns).contains($0) }, "there is no such column")
    var result = [Float](repeating: 0, count: wanted.count * count)
    let width = stored * perChannel
    try blocks { first, rows, values in
      for (k, column) in wanted.enumerated() {
        for row in 0..<rows {
          guard let from = place(column, of: first + row) else { continue }
          result[k * count + first + row] = values[row * width + from]
        }
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
    let width = stored * perChannel
    var next = 0
    try blocks { first, rows, values in
      while next < spikes.count, Int(spikes[next]) < first + rows {
        let spike = Int(spikes[next])
        for (k, column) in wanted.enumerated() {
          guard let from = place(column, of: spike) else { continue }
          result[next, k] = Double(values[(spike - first) * width + from])
        }
        next += 1
      }
    }
    return result
  }
}
