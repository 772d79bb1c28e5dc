#if canImport(Accelerate)
  internal import Accelerate
  private typealias LAPACKInt = __LAPACK_int
#else
  internal import COpenBLAS
  internal import Glibc

  private typealias LAPACKInt = Int32
#endif

/// What a decomposition refuses.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// The matrix has a pivot that is not positive: it is not positive definite.
  case notPositiveDefinite
  /// The iteration inside the library did not converge, or the matrix holds NaN or infinity.
  case noConvergence

  /// One sentence for people.
  public var description: String {
    switch self {
    case .notPositiveDefinite: "a matrix that must be positive definite is not"
    case .noConvergence: "a matrix decomposition did not converge"
    }
  }
}

extension Matrix {
  /// The lower triangular L with L·Lᵀ equal to the symmetric matrix; zeros above the diagonal.
  ///
  /// - Throws: `notPositiveDefinite`.
  /// - Complexity: O(n³ / 3), LAPACK `potrf`.
  public func choleskyFactor() throws(LinearAlgebraError) -> Matrix {
    precondition(rows == columns, "a Cholesky factor needs a square matrix")
    var factor = self
    // Row-major lower is column-major upper.
    var n = LAPACKInt(rows)
    var lda = LAPACKInt(max(rows, 1))
    var info: LAPACKInt = 0
    var uplo = CChar(UInt8(ascii: "U"))
    dpotrf_(&uplo, &n, &factor.storage, &lda, &info)
    guard info == 0, factor.storage.allSatisfy(\.isFinite) else { throw .notPositiveDefinite }
    for i in 0..<rows {
      for j in (i + 1)..<max(columns, i + 1) { factor[i, j] = 0 }
    }
    return factor
  }

  /// The inverse of a lower triangular matrix; zeros above the diagonal.
  ///
  /// - Precondition: square, with no zero on the diagonal.
  /// - Complexity: O(n³ / 3), LAPACK `trtri`.
  public func lowerTriangularInverse() -> Matrix {
    precondition(rows == columns, "a triangular inverse needs a square matrix")
    precondition(diagonal.allSatisfy { $0 != 0 }, "a triangular inverse needs a full diagonal")
    var inverse = self
    var n = LAPACKInt(rows)
    var lda = LAPACKInt(max(rows, 1))
    var info: LAPACKInt = 0
    var uplo = CChar(UInt8(ascii: "U"))
    var diag = CChar(UInt8(ascii: "N"))
    dtrtri_(&uplo, &diag, &n, &inverse.storage, &lda, &info)
    return inverse
  }

  /// The inverse of a symmetric positive definite matrix.
  ///
  /// - Throws: `notPositiveDefinite`.
  /// - Complexity: O(n³).
  public func positiveDefiniteInverse() throws(LinearAlgebraError) -> Matrix {
    let inverseFactor = try choleskyFactor().lowerTriangularInverse()
    return Matrix.product(inverseFactor, inverseFactor, transposeA: true)
  }

  /// The eigenvalues, ascending, and the eigenvectors (one a column) of a symmetric matrix.
  ///
  /// Only the lower triangle is read.
  /// - Throws: `noConvergence`.
  /// - Complexity: O(n³), LAPACK `syevd`.
  public func symmetricEigen() throws(LinearAlgebraError) -> (values: [Double], vectors: Matrix) {
    precondition(rows == columns, "eigenvalues need a square matrix")
    guard rows > 0 else { return ([], self) }
    var a = storage
    guard a.allSatisfy(\.isFinite) else { throw .noConvergence }
    var values = [Double](repeating: 0, count: rows)
    var n = LAPACKInt(rows)
    var lda = n
    var info: LAPACKInt = 0
    var jobz = CChar(UInt8(ascii: "V"))
    var uplo = CChar(UInt8(ascii: "U"))
    var lwork = LAPACKInt(1 + 6 * rows + 2 * rows * rows)
    var liwork = LAPACKInt(3 + 5 * rows)
    var work = [Double](repeating: 0, count: Int(lwork))
    var iwork = [LAPACKInt](repeating: 0, count: Int(liwork))
    dsyevd_(&jobz, &uplo, &n, &a, &lda, &values, &work, &lwork, &iwork, &liwork, &info)
    guard info == 0 else { throw .noConvergence }
    // The library leaves the vectors in columns of column-major memory: our rows.
    return (values, Matrix(rows: rows, columns: rows, storage: a).transposed)
  }

  /// Up to so many rows all eigenvectors are found although few are wanted: it takes no longer.
  static let mostRowsDecomposedWhole = 256

  /// The largest eigenvalues of a symmetric matrix, descending, and their eigenvectors, one a row.
  ///
  /// Only the lower triangle is read.
  /// - Precondition: no more are wanted than there are rows.
  /// - Throws: `noConvergence`.
  /// - Complexity: O(n³), LAPACK `syevd`; of large matrices `syevr`, a third of the work where few are wanted.
  public func largestEigen(count: Int) throws(LinearAlgebraError) -> (values: [Double], vectors: Matrix) {
    precondition(rows == columns && 0 <= count && count <= rows, "no more eigenvalues than rows")
    guard rows > Self.mostRowsDecomposedWhole, count > 0 else {
      let (values, vectors) = try symmetricEigen()
      let order = values.indices.reversed().prefix(count)
      var largest = Matrix(rows: count, columns: rows)
      for (row, source) in order.enumerated() {
        for i in 0..<rows { largest[row, i] = vectors[i, source] }
      }
      return (order.map { values[$0] }, largest)
    }
    return try largestAlone(count: count)
  }

  private func largestAlone(count: Int) throws(LinearAlgebraError) -> (values: [Double], vectors: Matrix) {
    var a = storage
    guard a.allSatisfy(\.isFinite) else { throw .noConvergence }
    var (values, z) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: rows * count))
    var (n, lda, ldz) = (LAPACKInt(rows), LAPACKInt(rows), LAPACKInt(rows))
    var (il, iu) = (LAPACKInt(rows - count + 1), LAPACKInt(rows))
    var (lowest, highest, tolerance) = (0.0, 0.0, 0.0)
    var (found, info) = (LAPACKInt(0), LAPACKInt(0))
    var (jobz, range, uplo) = (
      CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "I")), CChar(UInt8(ascii: "U"))
    )
    var support = [LAPACKInt](repeating: 0, count: 2 * rows)
    var (lwork, liwork) = (LAPACKInt(70 * rows), LAPACKInt(10 * rows))
    var work = [Double](repeating: 0, count: Int(lwork))
    var iwork = [LAPACKInt](repeating: 0, count: Int(liwork))
    dsyevr_(
      &jobz, &range, &uplo, &n, &a, &lda, &lowest, &highest, &il, &iu, &tolerance, &found, &values, &z, &ldz,
      &support, &work, &lwork, &iwork, &liwork, &info)
    guard info == 0, Int(found) == count else { throw .noConvergence }
    // Ascending, the vectors one after the other.
    let order = (0..<count).reversed()
    return (
      order.map { values[$0] }, Matrix(rows: count, columns: rows, storage: z).selecting(rows: Array(order))
    )
  }

  /// The thin singular value decomposition A = U·diag(s)·Vᵀ with s descending.
  ///
  /// U is rows × r, Vᵀ is r × columns, r = min(rows, columns). The signs are LAPACK's own, those NumPy shows.
  /// - Throws: `noConvergence`.
  /// - Complexity: O(rows × columns × r), LAPACK `gesdd`.
  public func singularValueDecomposition() throws(LinearAlgebraError) -> (
    u: Matrix, singularValues: [Double], vTransposed: Matrix
  ) {
    let r = min(rows, columns)
    guard r > 0 else {
      return (Matrix(rows: rows, columns: 0), [], Matrix(rows: 0, columns: columns))
    }
    var a = transposed.storage  // column-major, as NumPy hands it over
    guard a.allSatisfy(\.isFinite) else { throw .noConvergence }
    var s = [Double](repeating: 0, count: r)
    var u = [Double](repeating: 0, count: rows * r)
    var vt = [Double](repeating: 0, count: r * columns)
    var jobz = CChar(UInt8(ascii: "S"))
    var m = LAPACKInt(rows)
    var n = LAPACKInt(columns)
    var lda = m
    var ldu = m
    var ldvt = LAPACKInt(r)
    var info: LAPACKInt = 0
    var iwork = [LAPACKInt](repeating: 0, count: 8 * r)
    var lwork: LAPACKInt = -1
    var size = 0.0
    dgesdd_(&jobz, &m, &n, &a, &lda, &s, &u, &ldu, &vt, &ldvt, &size, &lwork, &iwork, &info)
    lwork = LAPACKInt(size)
    var work = [Double](repeating: 0, count: Int(lwork))
    dgesdd_(&jobz, &m, &n, &a, &lda, &s, &u, &ldu, &vt, &ldvt, &work, &lwork, &iwork, &info)
    guard info == 0 else { throw .noConvergence }
    return (
      Matrix(rows: r, columns: rows, storage: u).transposed, s,
      Matrix(rows: columns, columns: r, storage: vt).transposed
    )
  }

  /// log |A| of a symmetric positive definite matrix from its lower Cholesky factor.
  public static func logDeterminant(choleskyFactor: Matrix) -> Double {
    var sum = 0.0
    for value in choleskyFactor.diagonal { sum += log(value) }
    return 2 * sum
  }
}
