import Foundation
import LinearAlgebra
import TestSupport
import Testing

private func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(rows: rows, columns: columns, storage: (0..<rows * columns).map { _ in generator.normal() })
}

private func largestDifference(_ a: Matrix, _ b: Matrix) -> Double {
  zip(a.storage, b.storage).map { abs($0 - $1) }.max() ?? 0
}

struct MatrixTests {
  @Test(arguments: [(3, 4, 5), (1, 7, 2), (33, 12, 91)])
  func productsAgreeWithTheDefinition(m: Int, k: Int, n: Int) {
    let a = randomMatrix(m, k, seed: 1)
    let b = randomMatrix(k, n, seed: 2)
    var expected = Matrix(rows: m, columns: n)
    for i in 0..<m { for j in 0..<n { for l in 0..<k { expected[i, j] += a[i, l] * b[l, j] } } }
    #expect(largestDifference(a * b, expected) < 1e-13)
    #expect(largestDifference(Matrix.product(a.transposed, b, transposeA: true), expected) < 1e-13)
    #expect(largestDifference(Matrix.product(a, b.transposed, transposeB: true), expected) < 1e-13)
  }

  @Test func choleskyFactorRebuildsTheMatrix() throws {
    let a = randomMatrix(20, 7, seed: 3).covariance()
    let l = try a.choleskyFactor()
    #expect(largestDifference(Matrix.product(l, l, transposeB: true), a) < 1e-14)
    #expect(l[0, 1] == 0)
    #expect(largestDifference(l * l.lowerTriangularInverse(), .identity(7)) < 1e-12)
    #expect(largestDifference(try a.positiveDefiniteInverse() * a, .identity(7)) < 1e-12)
    let logDeterminant = Matrix.logDeterminant(choleskyFactor: l)
    let eigen = try a.symmetricEigen()
    #expect(abs(logDeterminant - eigen.values.map { log($0) }.reduce(0, +)) < 1e-11)
  }

  @Test func indefiniteMatrixIsRefused() {
    #expect(throws: LinearAlgebraError.notPositiveDefinite) {
      try Matrix(rows: [[1, 2], [2, 1]]).choleskyFactor()
    }
    #expect(throws: LinearAlgebraError.noConvergence) {
      try Matrix(rows: [[.nan, 0], [0, 1]]).symmetricEigen()
    }
  }

  @Test func eigenvectorsDiagonalise() throws {
    let a = randomMatrix(30, 6, seed: 4).covariance()
    let (values, vectors) = try a.symmetricEigen()
    #expect(values == values.sorted())
    let rebuilt = vectors * Matrix(diagonal: values) * vectors.transposed
    #expect(largestDifference(rebuilt, a) < 1e-13)
  }

  /// Few of many are what the whole decomposition has, on both sides of the size from which they are found alone.
  @Test(arguments: [8, 256, 257, 320])
  func fewEigenvectorsAreTheLargestOfAll(size: Int) throws {
    let a = randomMatrix(400, size, seed: 6).covariance()
    let whole = try a.symmetricEigen()
    let (values, vectors) = try a.largestEigen(count: 5)
    #expect(vectors.rows == 5 && vectors.columns == size)
    for (row, value) in values.enumerated() {
      #expect(abs(value - whole.values[size - 1 - row]) < 1e-12)
      let along = zip(vectors.row(row), whole.vectors.column(size - 1 - row)).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(abs(along) - 1) < 1e-9)
    }
    #expect(try a.largestEigen(count: 0).values.isEmpty)
    var broken = a
    broken[size - 1, 0] = .nan
    #expect(throws: LinearAlgebraError.noConvergence) { try broken.largestEigen(count: 2) }
  }

  @Test(arguments: [(9, 4), (4, 9), (5, 5)])
  func singularValuesRebuild(rows: Int, columns: Int) throws {
    let a = randomMatrix(rows, columns, seed: 5)
    let (u, s, vt) = try a.singularValueDecomposition()
    #expect(largestDifference(u * Matrix(diagonal: s) * vt, a) < 1e-13)
    #expect(s == s.sorted(by: >))
    #expect(largestDifference(Matrix.product(u, u, transposeA: true), .identity(s.count)) < 1e-13)
  }

  @Test func covarianceOfKnownPoints() {
    let points = Matrix(rows: [[1, 2], [3, 6], [5, 10]])
    #expect(points.covariance() == Matrix(rows: [[4, 8], [8, 16]]))
    #expect(points.columnMeans == [3, 6])
  }
}

struct VectorisedTests {
  @Test func exponentialIsWithinTwoUlp() {
    var generator = SeededGenerator(seed: 6)
    let x = (0..<20_000).map { _ in Double.random(in: -700...700, using: &generator) }
    var y = x
    Vectorised.exponentiate(&y)
    for (x, y) in zip(x, y) { #expect(abs(y - exp(x)) <= 2 * exp(x).ulp) }
    var edges: [Double] = [0, -1000, -Double.infinity]
    Vectorised.exponentiate(&edges)
    #expect(edges == [1, 0, 0])
  }

  @Test func singlePrecisionExponentialIsWithinFourUlp() {
    var generator = SeededGenerator(seed: 7)
    let x = (0..<20_000).map { _ in Float.random(in: -80...80, using: &generator) }
    var y = x
    y.withUnsafeMutableBufferPointer { Vectorised.exponentiate($0) }
    for (x, y) in zip(x, y) {
      let exact = Float(exp(Double(x)))
      #expect(abs(y - exact) <= 4 * exact.ulp)
    }
  }

  @Test func logarithmIsWithinTwoUlp() {
    var generator = SeededGenerator(seed: 8)
    let x = (0..<20_000).map { _ in exp(Double.random(in: -700...700, using: &generator)) } + [1, 2, 0.5]
    var y = x
    y.withUnsafeMutableBufferPointer { Vectorised.takeLogarithm($0) }
    for (x, y) in zip(x, y) { #expect(abs(y - log(x)) <= max(2 * abs(log(x)).ulp, 1e-300)) }
  }
}

struct ParallelTests {
  @Test(arguments: [1, 2, 3, 7])
  func resultsComeInOrder(threads: Int) throws {
    #expect(Parallel.map(count: 100, threads: threads) { $0 * $0 } == (0..<100).map { $0 * $0 })
  }

  @Test func theFirstErrorIsThrown() {
    struct Failure: Error, Equatable { let index: Int }
    #expect(throws: Failure(index: 5)) {
      try Parallel.forEach(count: 100, threads: 1) { (i: Int) throws -> Void in
        if i >= 5 { throw Failure(index: i) }
      }
    }
  }
}

struct LinearAssignmentTests {
  @Test func agreesWithTryingEveryPermutation() {
    var generator = SeededGenerator(seed: 9)
    for size in 1...6 {
      let cost = Matrix(
        rows: size, columns: size, storage: (0..<size * size).map { _ in generator.normal() })
      func best(_ row: Int, _ used: Set<Int>) -> Double {
        guard row < size else { return 0 }
        return (0..<size).filter { !used.contains($0) }
          .map { cost[row, $0] + best(row + 1, used.union([$0])) }.min() ?? 0
      }
      let assignment = leastCostAssignment(cost).compactMap { $0 }
      #expect(Set(assignment).count == size)
      let total = assignment.enumerated().map { cost[$0.offset, $0.element] }.reduce(0, +)
      #expect(abs(total - best(0, [])) < 1e-12)
    }
  }

  @Test func rectangularCosts() {
    let wide = Matrix(rows: [[5, 1, 9], [2, 3, 4]])
    #expect(leastCostAssignment(wide) == [1, 0])
    #expect(leastCostAssignment(wide.transposed) == [1, 0, nil])
  }
}
