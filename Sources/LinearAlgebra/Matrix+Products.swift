#if canImport(Accelerate)
  internal import Accelerate
#else
  internal import COpenBLAS
#endif

extension Matrix {
  /// The product a·b, with either factor transposed on request.
  ///
  /// - Precondition: the inner sizes agree.
  /// - Complexity: O(rows × inner × columns), by BLAS.
  public static func product(
    _ a: Matrix, _ b: Matrix, transposeA: Bool = false, transposeB: Bool = false
  ) -> Matrix {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "the inner sizes of a product must agree")
    var result = Matrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    a.storage.withUnsafeBufferPointer { pa in
      b.storage.withUnsafeBufferPointer { pb in
        result.storage.withUnsafeMutableBufferPointer { pc in
          guard let a0 = pa.baseAddress, let b0 = pb.baseAddress, let c0 = pc.baseAddress else { return }
          gemm(
            m: m, n: n, k: k, a: a0, lda: a.columns, transposeA: transposeA,
            b: b0, ldb: b.columns, transposeB: transposeB, beta: 0, c: c0, ldc: n)
        }
      }
    }
    return result
  }

  /// The product of the matrix and a vector.
  public static func * (a: Matrix, x: [Double]) -> [Double] {
    precondition(a.columns == x.count, "the inner sizes of a product must agree")
    return (0..<a.rows).map { i in
      var sum = 0.0
      for j in 0..<a.columns { sum += a.storage[i * a.columns + j] * x[j] }
      return sum
    }
  }

  /// The matrix product.
  public static func * (a: Matrix, b: Matrix) -> Matrix { product(a, b) }

  /// The matrix times a number.
  public static func * (a: Matrix, scale: Double) -> Matrix {
    Matrix(rows: a.rows, columns: a.columns, storage: a.storage.map { $0 * scale })
  }

  /// The elementwise sum.
  public static func + (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns, "sizes must agree")
    return Matrix(rows: a.rows, columns: a.columns, storage: zip(a.storage, b.storage).map { $0 + $1 })
  }

  /// The elementwise difference.
  public static func - (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns, "sizes must agree")
    return Matrix(rows: a.rows, columns: a.columns, storage: zip(a.storage, b.storage).map { $0 - $1 })
  }
}

/// C = op(A)·op(B) + beta·C on row-major memory, in double precision by BLAS on the calling thread.
///
/// op(A) is m × k, op(B) is k × n, C is m × n; `lda`, `ldb` and `ldc` are the row lengths in memory.
/// - Complexity: O(m × n × k).
package func gemm(
  m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, transposeA: Bool,
  b: UnsafePointer<Double>, ldb: Int, transposeB: Bool, beta: Double,
  c: UnsafeMutablePointer<Double>, ldc: Int
) {
  BLASThreads.keepToCaller()
  cblas_dgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    blasSize(m), blasSize(n), blasSize(k), 1, a, blasSize(lda), b, blasSize(ldb), beta, c, blasSize(ldc))
}

/// C = op(A)·op(B) + beta·C on row-major memory, in single precision by BLAS on the calling thread.
package func gemm(
  m: Int, n: Int, k: Int, a: UnsafePointer<Float>, lda: Int, transposeA: Bool,
  b: UnsafePointer<Float>, ldb: Int, transposeB: Bool, beta: Float,
  c: UnsafeMutablePointer<Float>, ldc: Int
) {
  BLASThreads.keepToCaller()
  cblas_sgemm(
    CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
    blasSize(m), blasSize(n), blasSize(k), 1, a, blasSize(lda), b, blasSize(ldb), beta, c, blasSize(ldc))
}

#if canImport(Accelerate)
  @inline(__always) private func blasSize(_ n: Int) -> __LAPACK_int { __LAPACK_int(n) }
#else
  @inline(__always) private func blasSize(_ n: Int) -> Int32 { Int32(n) }
#endif

/// BLAS stays on the calling thread: work is spread over threads by blocks of rows, whose results do not
/// depend on how many threads there are.
package enum BLASThreads {
  private static let once: Void = {
    #if !canImport(Accelerate)
      openblas_set_num_threads(1)
    #endif
  }()

  /// Tells the BLAS library, once, to use the calling thread alone.
  @inline(__always) package static func keepToCaller() { _ = once }

  /// The name of the library's kernels, e.g. "Haswell"; results differ between kernels in the last bits.
  package static var kernelName: String {
    #if canImport(Accelerate)
      "Accelerate"
    #else
      openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    #endif
  }
}
