/// A dense matrix of doubles in row-major order.
///
/// A value type: copies share storage until one of them is written to.
public struct Matrix: Sendable, Equatable {
  /// The number of rows.
  public private(set) var rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row after row; element (i, j) stands at `i * columns + j`.
  public var storage: [Double]

  /// A matrix with every element equal to `value`.
  public init(rows: Int, columns: Int, repeating value: Double = 0) {
    self.rows = rows
    self.columns = columns
    self.storage = [Double](repeating: value, count: rows * columns)
  }

  /// A matrix over existing elements in row-major order.
  ///
  /// - Precondition: `storage.count == rows * columns`.
  public init(rows: Int, columns: Int, storage: [Double]) {
    precondition(storage.count == rows * columns, "a matrix needs rows × columns elements")
    self.rows = rows
    self.columns = columns
    self.storage = storage
  }

  /// A matrix from its rows, all of one length. No rows make a 0 × 0 matrix.
  public init(rows: [[Double]]) {
    self.init(rows: rows.count, columns: rows.first?.count ?? 0, storage: rows.flatMap { $0 })
  }

  /// The identity of the given size, times `scale`.
  public static func identity(_ size: Int, scale: Double = 1) -> Matrix {
    Matrix(diagonal: [Double](repeating: scale, count: size))
  }

  /// A square matrix with the given diagonal and zeros elsewhere.
  public init(diagonal: [Double]) {
    self.init(rows: diagonal.count, columns: diagonal.count)
    for (i, value) in diagonal.enumerated() { self[i, i] = value }
  }

  /// The element in row `i` and column `j`.
  @inlinable public subscript(i: Int, j: Int) -> Double {
    get { storage[i * columns + j] }
    set { storage[i * columns + j] = newValue }
  }

  /// The elements of row `i`.
  public func row(_ i: Int) -> ArraySlice<Double> {
    storage[i * columns..<(i + 1) * columns]
  }

  /// The elements of column `j`.
  public func column(_ j: Int) -> [Double] {
    (0..<rows).map { self[$0, j] }
  }

  /// The elements on the main diagonal.
  public var diagonal: [Double] {
    (0..<min(rows, columns)).map { self[$0, $0] }
  }

  /// The transpose. O(rows × columns).
  public var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for i in 0..<rows {
      for j in 0..<columns { result.storage[j * rows + i] = storage[i * columns + j] }
    }
    return result
  }

  /// The rows at the given indices, in the order given.
  public func selecting(rows indices: some Sequence<Int>) -> Matrix {
    var elements: [Double] = []
    elements.reserveCapacity(indices.underestimatedCount * columns)
    var count = 0
    for i in indices {
      elements.append(contentsOf: row(i))
      count += 1
    }
    return Matrix(rows: count, columns: columns, storage: elements)
  }

  /// Keeps the rows at some indices, in place.
  ///
  /// - Precondition: the indices ascend.
  public mutating func keepRows(_ indices: [Int]) {
    for (row, source) in indices.enumerated() where row != source {
      precondition(source > row, "rows are kept in their order")
      for j in 0..<columns { storage[row * columns + j] = storage[source * columns + j] }
    }
    storage.removeLast((rows - indices.count) * columns)
    rows = indices.count
  }

  /// The columns at the given indices, in the order given.
  public func selecting(columns indices: [Int]) -> Matrix {
    var result = Matrix(rows: rows, columns: indices.count)
    for i in 0..<rows {
      for (j, source) in indices.enumerated() { result[i, j] = self[i, source] }
    }
    return result
  }

  /// Adds `value` to every element of the diagonal.
  public mutating func addToDiagonal(_ value: Double) {
    for i in 0..<min(rows, columns) { self[i, i] += value }
  }

  /// The mean of every column.
  ///
  /// - Precondition: the matrix has a row.
  public var columnMeans: [Double] {
    precondition(rows > 0, "means need a row")
    var sums = [Double](repeating: 0, count: columns)
    for i in 0..<rows {
      for j in 0..<columns { sums[j] += storage[i * columns + j] }
    }
    return sums.map { $0 / Double(rows) }
  }

  /// The sample covariance of the rows: columns × columns, divided by rows − `deltaDegreesOfFreedom`.
  ///
  /// - Precondition: more rows than `deltaDegreesOfFreedom`.
  /// - Complexity: O(rows × columns²).
  public func covariance(deltaDegreesOfFreedom: Int = 1) -> Matrix {
    precondition(rows > deltaDegreesOfFreedom, "a covariance needs more rows than degrees of freedom removed")
    let means = columnMeans
    var centred = self
    for i in 0..<rows {
      for j in 0..<columns { centred.storage[i * columns + j] -= means[j] }
    }
    var result = Matrix.product(centred, centred, transposeA: true)
    let divisor = Double(rows - deltaDegreesOfFreedom)
    for i in result.storage.indices { result.storage[i] /= divisor }
    return result
  }
}
