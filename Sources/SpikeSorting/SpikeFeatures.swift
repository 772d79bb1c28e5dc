import LinearAlgebra
import SpikeDetection

/// Features of detected spikes.
struct SpikeFeatures {
  let detected: DetectedSpikes
  let threads: Int

  /// Components are fitted on at most this many spikes, evenly spaced: a covariance of 160 samples needs no more.
  static let sampleSize = 20_000

  /// The first principal components of whole snippets whose noise is white with variance 1.
  ///
  /// - Returns: spikes × `count` (fewer where a snippet has fewer samples), with the noise's variance 1 in every
  ///   direction.
  func whitened(count: Int) throws -> Matrix {
    let size = detected.snippetLength
    let whitening = detected.noise.whitening
    let channels = detected.channelCount
    let whitened = whitenedSample(whitening)
    guard whitened.rows > 1 else { return Matrix(rows: detected.count, columns: min(count, size)) }
    let components = try PrincipalComponents(of: whitened, count: min(count, size))
    // Whitening and projection in one product: for every component, the axes as seen from raw samples.
    var axes = Matrix(rows: size, columns: components.components.rows)
    for f in 0..<detected.window.count {
      for c in 0..<channels {
        for p in 0..<axes.columns {
          var sum = 0.0
          for w in 0..<channels { sum += whitening[c, w] * components.components[p, f * channels + w] }
          axes[f * channels + c, p] = sum
        }
      }
    }
    let shift = components.components * components.mean
    return projected(axes, shift: shift)
  }

  /// The first principal components of every channel's snippets by themselves, as the lab makes them.
  ///
  /// - Returns: spikes × channels × `count`, flat.
  func perChannel(count: Int) throws -> [Float] {
    let channels = detected.channelCount
    let frames = detected.window.count
    let sample = sampledSpikes
    var axes = Matrix(rows: detected.snippetLength, columns: channels * count)
    var shift = [Double](repeating: 0, count: channels * count)
    guard sample.count > 1 else { return [Float](repeating: 0, count: detected.count * channels * count) }
    for c in 0..<channels {
      var snippets = Matrix(rows: sample.count, columns: frames)
      for (row, n) in sample.enumerated() {
        for f in 0..<frames { snippets[row, f] = Double(detected.snippets[n * detected.snippetLength + f * channels + c]) }
      }
      let components = try PrincipalComponents(of: snippets, count: min(count, frames))
      for p in 0..<components.components.rows {
        for f in 0..<frames { axes[f * channels + c, c * count + p] = components.components[p, f] }
      }
      for (p, value) in (components.components * components.mean).enumerated() { shift[c * count + p] = value }
    }
    return projected(axes, shift: shift).storage.map(Float.init)
  }

  private var sampledSpikes: [Int] {
    let count = min(detected.count, Self.sampleSize)
    return (0..<count).map { $0 * detected.count / count }
  }

  private func whitenedSample(_ whitening: Matrix) -> Matrix {
    let sample = sampledSpikes
    let channels = detected.channelCount
    var elements: [Double] = []
    elements.reserveCapacity(sample.count * detected.snippetLength)
    for n in sample { elements.append(contentsOf: detected.snippet(n).lazy.map(Double.init)) }
    let flat = Matrix(rows: sample.count * detected.window.count, columns: channels, storage: elements)
    return Matrix(rows: sample.count, columns: detected.snippetLength, storage: (flat * whitening).storage)
  }

  /// Every snippet along the axes (samples × components), less the shift.
  private func projected(_ axes: Matrix, shift: [Double]) -> Matrix {
    let block = 2048
    let size = detected.snippetLength
    let blocks = Parallel.map(count: (detected.count + block - 1) / block, threads: threads) { (b: Int) -> [Double] in
      let range = b * block..<min((b + 1) * block, detected.count)
      let snippets = Matrix(
        rows: range.count, columns: size,
        storage: detected.snippets[range.lowerBound * size..<range.upperBound * size].map(Double.init))
      var scores = (snippets * axes).storage
      for i in scores.indices { scores[i] -= shift[i % shift.count] }
      return scores
    }
    return Matrix(rows: detected.count, columns: axes.columns, storage: Array(blocks.joined()))
  }
}
