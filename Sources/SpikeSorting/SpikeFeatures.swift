import LinearAlgebra
import SpikeDetection

/// Features of detected spikes.
struct SpikeFeatures {
  let detected: DetectedSpikes
  let threads: Int

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
        for f in 0..<frames {
          snippets[row, f] = Double(detected.snippets[n * detected.snippetLength + f * channels + c])
        }
      }
      let components = try PrincipalComponents(of: snippets, count: min(count, frames))
      for p in 0..<components.components.rows {
        for f in 0..<frames { axes[f * channels + c, c * count + p] = components.components[p, f] }
      }
      for (p, value) in (components.components * components.mean).enumerated() {
        shift[c * count + p] = value
      }
    }
    return projected(axes, shift: shift).storage.map(Float.init)
  }

  private var sampledSpikes: [Int] {
    let count = min(detected.count, SnippetSpace.sampleSize)
    return (0..<count).map { $0 * detected.count / count }
  }

  /// Every snippet along the axes (samples × components), less the shift.
  private func projected(_ axes: Matrix, shift: [Double]) -> Matrix {
    let block = 2048
    let size = detected.snippetLength
    let blocks = Parallel.map(count: (detected.count + block - 1) / block, threads: threads) {
      (b: Int) -> [Double] in
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
