import Foundation
import LinearAlgebra

/// The covariance of noise over channels and lags, and its spectrum.
///
/// Measured on quiet frames alone, each lag over the pairs of frames that are both quiet. Averaged with its mirror image, as noise
/// of an electrode has no direction in time, so the spectrum is a real symmetric matrix at every frequency.
struct NoiseSpectrum: Sendable {
  let channelCount: Int
  /// One a lag from 0 on: channels × channels.
  private(set) var covariances: [Matrix]
  /// The quiet frames behind it, about.
  private(set) var frameCount = 0

  /// Frames put into one product.
  private static let block = 1024
  /// Every so many-th frame begins a pair: neighbours say nearly the same.
  private static let stride = 3

  /// - Parameters:
  ///   - pieces: samples of some blocks, interleaved, made white over channels by `whitening`.
  ///   - isQuiet: which of their frames count.
  ///   - whitening: channels of the pieces × channels of the spectrum.
  ///   - lags: the largest lag.
  init(of pieces: [[Float]], isQuiet: [[Bool]], whitening: Matrix, lags: Int) {
    let count = whitening.columns
    channelCount = count
    let width = count + 1
    // The mask is one more channel, so that pairs are counted by the same products.
    var sums = [Double](repeating: 0, count: width * (lags + 1) * width)
    for (piece, quiet) in zip(pieces, isQuiet) {
      let frames = quiet.count
      guard frames > lags else { continue }
      let values = Self.masked(piece, quiet, whitening: whitening)
      for first in Swift.stride(from: 0, to: frames - lags, by: Self.block * Self.stride) {
        let starts = Swift.stride(
          from: first, to: min(first + Self.block * Self.stride, frames - lags), by: Self.stride)
        Self.add(values, starts: Array(starts), width: width, lags: lags, to: &sums)
      }
    }
    frameCount = Self.stride * Int(sums[count * (lags + 1) * width + count])
    covariances = (0...lags).map { lag in
      func sum(_ a: Int, _ b: Int) -> Double { sums[(a * (lags + 1) + lag) * width + b] }
      let pairs = max(sum(count, count), 1)
      var matrix = Matrix(rows: count, columns: count)
      for a in 0..<count { for b in 0..<count { matrix[a, b] = (sum(a, b) + sum(b, a)) / (2 * pairs) } }
      return matrix
    }
  }

  /// A piece's frames times the whitening, and a one; zeros where a frame does not count.
  private static func masked(_ piece: [Float], _ quiet: [Bool], whitening: Matrix) -> [Float] {
    let (from, to) = (whitening.rows, whitening.columns)
    let weights = whitening.storage.map(Float.init)
    var values = [Float](repeating: 0, count: quiet.count * (to + 1))
    for frame in quiet.indices where quiet[frame] {
      let (source, target) = (frame * from, frame * (to + 1))
      for j in 0..<to {
        var sum: Float = 0
        for i in 0..<from { sum += piece[source + i] * weights[i * to + j] }
        values[target + j] = sum
      }
      values[target + to] = 1
    }
    return values
  }

  private static func add(
    _ values: [Float], starts: [Int], width: Int, lags: Int, to sums: inout [Double]
  ) {
    let length = (lags + 1) * width
    var windows = [Float](repeating: 0, count: starts.count * length)
    var product = [Float](repeating: 0, count: width * length)
    values.withUnsafeBufferPointer { values in
      windows.withUnsafeMutableBufferPointer { windows in
        product.withUnsafeMutableBufferPointer { product in
          guard let v = values.baseAddress, let w = windows.baseAddress, let p = product.baseAddress else {
            return
          }
          for (row, start) in starts.enumerated() {
            (w + row * length).update(from: v + start * width, count: length)
          }
          // Lag 0 stands in the first columns of every row.
          gemm(
            m: width, n: length, k: starts.count, a: w, lda: length, transposeA: true, b: w, ldb: length,
            transposeB: false, beta: 0, c: p, ldc: length)
          for i in 0..<width * length { sums[i] += Double(p[i]) }
        }
      }
    }
  }

  /// The spectrum at the frequencies 0, 1/count, … ½ of the sampling rate, smoothed by Parzen's lag window (Parzen 1961), under
  /// which a spectrum stays positive.
  func matrices(count: Int) -> [Matrix] {
    let lags = covariances.count - 1
    return (0...count / 2).map { k in
      var sum = covariances[0]
      for lag in 1...max(lags, 1) where lag <= lags {
        let weight =
          2 * Self.parzen(Double(lag) / Double(lags + 1))
          * cos(2 * .pi * Double(k * lag % count) / Double(count))
        for i in sum.storage.indices { sum.storage[i] += weight * covariances[lag].storage[i] }
      }
      return sum
    }
  }

  /// The spectrum of one channel of white noise behind a zero-phase filter, of variance 1, smoothed the same way.
  static func white(
    behind filter: SecondOrderSections, samplingRate: Double, lags: Int, count: Int
  ) -> [Double] {
    let fine = 64 * count
    let powers = (0...fine / 2).map { k in
      pow(filter.gain(atHertz: Double(k) * samplingRate / Double(fine), samplingRate: samplingRate), 4)
    }
    let covariances = (0...lags).map { lag in
      powers.indices.reduce(0.0) { sum, k in
        let both: Double = k == 0 || k == fine / 2 ? 1 : 2
        return sum + both * powers[k] * cos(2 * .pi * Double(k * lag % fine) / Double(fine))
      }
    }
    return (0...count / 2).map { k in
      (1...lags).reduce(1.0) { sum, lag in
        sum + 2 * parzen(Double(lag) / Double(lags + 1)) * covariances[lag] / covariances[0]
          * cos(2 * .pi * Double(k * lag % count) / Double(count))
      }
    }
  }

  private static func parzen(_ x: Double) -> Double {
    x < 0.5 ? 1 - 6 * x * x * (1 - x) : 2 * (1 - x) * (1 - x) * (1 - x)
  }
}
