internal import Foundation
import LinearAlgebra

/// A zero-phase filter over channels and time that gives the noise of a band-passed recording the spectrum that white noise has in
/// that band.
///
/// LFP that reaches into the band, 1/f noise and the spikes of far cells make the noise along a waveform larger than a
/// whitening over channels knows. Behind this filter one noise deviation is one everywhere.
public struct Equalizer: Sendable, Equatable {
  /// The number of channels.
  public let channelCount: Int
  /// Frames before and after one that it is made of.
  public let reach: Int
  /// By how much the squared size of a waveform grows, in noise deviations, on average over waveforms that fill the band.
  public let gain: Double
  /// (outputs + 2 reach) frames × outputs frames, both interleaved: what `outputs` frames at once are made by.
  private let weights: [Float]

  /// The spectrum is told to 1/reach: 400 Hz.
  private static let reachMilliseconds = 2.5
  /// A spectrum of so many frames for every lag is told to 2 %: √(0.54 / 1000) (Parzen's window; Priestley 1981).
  private static let framesOfLag = 1000
  /// The squared size must grow by so much, the size by a hundredth: less is not worth the filter's time.
  private static let leastGain = 1.02
  /// No frequency is amplified by more: what is that quiet was filtered away before.
  private static let mostGain = 4.0
  /// The share of the band's largest power that counts as nothing.
  private static let nothing = 1e-3
  /// Frames made by one row of the product.
  private static let outputs = 32
  /// With more channels the filter would cost more than all the rest.
  static let mostChannels = 8

  /// nil where no size would grow by a hundredth, too few frames are quiet to tell, or there are more than eight channels.
  ///
  /// - Parameters:
  ///   - pieces: filtered samples of some blocks, interleaved, and which of their frames are quiet.
  ///   - whitening: makes them white over channels: channels × channels, zeros for those left out.
  ///   - used: the channels that carry a signal.
  /// - Throws: `LinearAlgebraError`.
  init?(
    _ pieces: [[Float]], isQuiet: [[Bool]], whitening: Matrix, used: [Int], filter: SecondOrderSections,
    samplingRate: Double
  ) throws {
    guard whitening.rows <= Self.mostChannels else { return nil }
    let lags = max(2, Int(Self.reachMilliseconds * samplingRate / 1000))
    let count = 4 * lags
    let columns = whitening.selecting(columns: used)
    let spectrum = NoiseSpectrum(of: pieces, isQuiet: isQuiet, whitening: columns, lags: lags)
    guard spectrum.frameCount > Self.framesOfLag * lags else { return nil }
    let white = NoiseSpectrum.white(behind: filter, samplingRate: samplingRate, lags: lags, count: count)
    let (responses, growth) = try Self.responses(spectrum.matrices(count: count), white: white)
    guard growth > Self.leastGain else { return nil }
    gain = growth
    reach = lags
    channelCount = whitening.rows
    weights = try Self.toeplitz(
      Self.taps(responses, count: count, whitening: whitening, used: used), reach: lags,
      channels: whitening.rows)
  }

  /// What takes a noise's spectrum to that of white noise, at every frequency, and by how much the squared size of a waveform
  /// grows, whose power over frequencies is `white`: without the filter it is 1 / Σ wλ, with it Σ w/λ, λ the noise over white noise.
  private static func responses(
    _ spectrum: [Matrix], white: [Double]
  ) throws -> (responses: [Matrix], gain: Double) {
    let nothing = nothing * (white.max() ?? 1)
    var responses: [Matrix] = []
    var (louder, quieter, total) = (0.0, 0.0, 0.0)
    for (matrix, power) in zip(spectrum, white) {
      var ratio = matrix
      for i in ratio.storage.indices { ratio.storage[i] /= power + nothing }
      for i in 0..<ratio.rows { ratio[i, i] += nothing / (power + nothing) }
      let (values, vectors) = try ratio.symmetricEigen()
      let floored = values.map { max($0, 1 / (mostGain * mostGain)) }
      let scaled = vectors * Matrix(diagonal: floored.map { 1 / $0.squareRoot() })
      responses.append(Matrix.product(scaled, vectors, transposeB: true))
      for value in floored {
        louder += power * value
        quieter += power / value
        total += power
      }
    }
    return (responses, louder * quieter / (total * total))
  }

  /// The filter's matrices from −reach to reach, in the recording's channels.
  private static func taps(
    _ responses: [Matrix], count: Int, whitening: Matrix, used: [Int]
  ) throws -> [Matrix] {
    let reach = count / 4
    let small = whitening.selecting(rows: used).selecting(columns: used)
    let inverse = try small.positiveDefiniteInverse()
    let half = (0...reach).map { lag in
      var sum = Matrix(rows: used.count, columns: used.count)
      for (k, response) in responses.enumerated() {
        let both = k == 0 || k == count / 2 ? 1.0 : 2
        let weight = both * cos(2 * .pi * Double(k * lag % count) / Double(count)) / Double(count)
        for i in sum.storage.indices { sum.storage[i] += weight * response.storage[i] }
      }
      return small * sum * inverse
    }
    return (-reach...reach).map { lag in
      var wide = Matrix(rows: whitening.rows, columns: whitening.rows)
      for (i, a) in used.enumerated() {
        for (j, b) in used.enumerated() { wide[a, b] = half[abs(lag)][i, j] }
      }
      return wide
    }
  }

  private static func toeplitz(_ taps: [Matrix], reach: Int, channels: Int) -> [Float] {
    let width = outputs * channels
    var result = [Float](repeating: 0, count: (outputs + 2 * reach) * channels * width)
    for output in 0..<outputs {
      for (t, tap) in taps.enumerated() {
        for a in 0..<channels {
          for b in 0..<channels {
            result[((output + t) * channels + a) * width + output * channels + b] = Float(tap[a, b])
          }
        }
      }
    }
    return result
  }

  /// Filters frames.
  ///
  /// - Parameters:
  ///   - source: `reach` frames, those that are wanted, `reach` frames: interleaved.
  ///   - target: those that are wanted.
  /// - Complexity: frames × reach × channels².
  func write(_ source: [Float], into target: UnsafeMutableBufferPointer<Float>) {
    let (width, length) = (Self.outputs * channelCount, (Self.outputs + 2 * reach) * channelCount)
    precondition(source.count == target.count + 2 * reach * channelCount, "both ends need the filter's reach")
    let rows = 256
    var windows = [Float](repeating: 0, count: rows * length)
    var products = [Float](repeating: 0, count: rows * width)
    for first in stride(from: 0, to: target.count, by: rows * width) {
      let count = min(rows * width, target.count - first)
      let used = (count + width - 1) / width
      source.withUnsafeBufferPointer { source in
        windows.withUnsafeMutableBufferPointer { windows in
          products.withUnsafeMutableBufferPointer { products in
            weights.withUnsafeBufferPointer { weights in
              guard let s = source.baseAddress, let w = windows.baseAddress, let p = products.baseAddress,
                let h = weights.baseAddress, let t = target.baseAddress
              else { return }
              for row in 0..<used {
                let start = first + row * width
                let known = min(length, source.count - start)
                (w + row * length).update(from: s + start, count: known)
                for i in known..<max(length, known) { w[row * length + i] = 0 }
              }
              gemm(
                m: used, n: width, k: length, a: w, lda: length, transposeA: false, b: h, ldb: width,
                transposeB: false, beta: 0, c: p, ldc: width)
              (t + first).update(from: p, count: count)
            }
          }
        }
      }
    }
  }
}
