import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// A drifting mixture with the spikes it was fitted to, and the whole waveforms of its components.
struct DriftingComponents: Sendable {
  /// The spikes.
  let detected: DetectedSpikes
  /// Where the features lie in the space of snippets.
  var space: SnippetSpace
  /// spikes × dimensions.
  var features: Matrix
  /// The time frame of every spike.
  let timeFrames: [Int]
  /// The number of time frames.
  let timeFrameCount: Int
  /// The mixture.
  var mixture: Mixture
  /// What it says of every spike.
  var posterior: Posterior
  /// For every component what its mean waveform holds outside the axes: the weighted mean residual of its spikes.
  var remainders: [[Double]]

  /// The components of a tracked mixture.
  init(
    _ detected: consuming DetectedSpikes, space: SnippetSpace, features: consuming Matrix, mixture: Mixture,
    tracking: TrackingOptions, threads: Int
  ) throws {
    let times = detected.frames.map { Double($0) / detected.samplingRate }
    let (timeFrames, timeFrameCount) = tracking.frames(ofSeconds: times)
    try self.init(
      detected: consume detected, space: space, features: consume features, timeFrames: timeFrames,
      timeFrameCount: timeFrameCount, mixture: mixture, threads: threads)
  }

  init(
    detected: DetectedSpikes, space: SnippetSpace, features: Matrix, timeFrames: [Int], timeFrameCount: Int,
    mixture: Mixture, threads: Int
  ) throws {
    self.detected = detected
    self.space = space
    self.features = features
    self.timeFrames = timeFrames
    self.timeFrameCount = timeFrameCount
    self.mixture = mixture
    let data = try MixtureData(features, frames: timeFrames, frameCount: timeFrameCount)
    posterior = try mixture.posterior(data, distances: .toOwn, threads: threads)
    remainders = []
    remainders = self.meanRemainders(threads: threads)
  }

  /// The number of components.
  var count: Int { mixture.componentCount }

  /// A spike's weight in a component's waveform: responsibility × u of the t-distribution, 0 where another
  /// component is likelier.
  func weight(_ spike: Int, _ k: Int) -> Double {
    let r = posterior.responsibilities[spike, k]
    // Then the component is the spike's own.
    guard r > 0.5 else { return 0 }
    let nu = mixture.degreesOfFreedom
    return r * (nu + Double(mixture.dimensions)) / (nu + posterior.squaredDistances[spike, 0])
  }

  /// The spikes that are a component's with a responsibility above one half.
  func members(_ k: Int) -> [Int] {
    (0..<features.rows).filter { posterior.responsibilities[$0, k] > 0.5 }
  }

  /// A component's whitened mean waveform in every time frame: time frames × samples.
  func template(_ k: Int) -> Matrix {
    var result = mixture.locations[k] * space.axes
    for t in 0..<result.rows {
      for i in 0..<result.columns { result[t, i] += space.mean[i] + remainders[k][i] }
    }
    return result
  }

  private func meanRemainders(threads: Int) -> [[Double]] {
    let size = space.size
    let block = 4096
    let blocks = (features.rows + block - 1) / block
    let parts = Parallel.map(count: blocks, threads: threads) {
      (b: Int) -> (sums: [Double], totals: [Double]) in
      var sums = [Double](repeating: 0, count: count * size)
      var totals = [Double](repeating: 0, count: count)
      detected.snippets.samples.withUnsafeBufferPointer { snippets in
        for n in b * block..<min((b + 1) * block, features.rows) {
          for k in 0..<count {
            let w = weight(n, k)
            guard w > 0 else { continue }
            totals[k] += w
            sums.withUnsafeMutableBufferPointer { sums in
              for i in 0..<size { sums[k &* size &+ i] += w * Double(snippets[n &* size &+ i]) }
            }
          }
        }
      }
      return (sums, totals)
    }
    return (0..<count).map { k in
      var sum = [Double](repeating: 0, count: size)
      var total = 0.0
      for part in parts {
        total += part.totals[k]
        for i in 0..<size { sum[i] += part.sums[k * size + i] }
      }
      guard total > 0 else { return sum }
      var rest = space.whitened(sum.map { $0 / total })
      for i in 0..<size { rest[i] -= space.mean[i] }
      for (p, along) in (space.axes * rest).enumerated() {
        for i in 0..<size { rest[i] -= along * space.axes[p, i] }
      }
      return rest
    }
  }

  /// At most about `limit` of some spikes, evenly spaced.
  static func thinned(_ spikes: [Int], to limit: Int) -> [Int] {
    let step = max(1, spikes.count / limit)
    return stride(from: 0, to: spikes.count, by: step).map { spikes[$0] }
  }

  /// Whitened snippets less their component's template: spikes × samples.
  func residuals(_ spikes: [Int], from template: Matrix) -> Matrix {
    var result = space.whitened(spikes, of: detected)
    for (row, n) in spikes.enumerated() {
      let t = timeFrames[n]
      for i in 0..<result.columns { result[row, i] -= template[t, i] }
    }
    return result
  }
}

/// The strongest directions of some rows about zero, one a row, and the mean square along each.
func strongestDirections(of rows: Matrix, count: Int) throws -> (directions: Matrix, variances: [Double]) {
  let second = Matrix.product(rows, rows, transposeA: true) * (1 / Double(max(rows.rows, 1)))
  let (values, vectors) = try second.symmetricEigen()
  let order = values.indices.reversed().prefix(count)
  return (Matrix(rows: order.map { vectors.column($0) }), order.map { max(values[$0], 0) })
}
