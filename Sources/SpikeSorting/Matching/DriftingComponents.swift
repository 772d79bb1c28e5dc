import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// The steps of time, over which waveforms stand still, that spikes fall into.
struct TimeSteps: Sendable {
  /// The step of every spike.
  let ofSpike: [Int]
  /// The number of steps.
  let count: Int
  /// The number of jumps of the electrode before every step.
  let epochs: [Int]

  /// All in one step.
  init(spikes: Int) { (ofSpike, count, epochs) = ([Int](repeating: 0, count: spikes), 1, [0]) }

  /// The steps that a mixture was followed by.
  ///
  /// - Parameter jumps: the steps before which the electrode jumped.
  init(_ tracking: TrackingOptions, seconds: [Double], jumps: [Int] = []) {
    (ofSpike, count) = tracking.frames(ofSeconds: seconds)
    epochs = (0..<count).map { step in jumps.count { $0 <= step } }
  }

  /// The number of epochs between jumps.
  var epochCount: Int { (epochs.last ?? 0) + 1 }
}

/// A drifting mixture with the spikes it was fitted to, and the whole waveforms of its components.
struct DriftingComponents: Sendable {
  /// The spikes with their features; what they hold of components is not looked at.
  private(set) var spikes: SpikeTable
  /// Where the features lie in the space of snippets.
  var space: SnippetSpace
  let steps: TimeSteps
  let mixture: Mixture
  /// What the mixture says of every spike.
  let posterior: Posterior
  /// For every component and epoch between jumps what its mean waveform holds outside the axes: the weighted mean residual
  /// of its spikes.
  private(set) var remainders: [[[Double]]] = []
  /// An epoch with less spikes of a component takes its mean residual over all.
  private static let fewestOfEpoch = 30.0

  /// - Parameter posterior: with the distances from the spikes' own components; nil where it is still to be made.
  init(
    _ spikes: SpikeTable, space: SnippetSpace, steps: TimeSteps, mixture: Mixture,
    posterior known: Posterior? = nil, threads: Int
  ) throws {
    self.spikes = spikes
    self.space = space
    self.steps = steps
    self.mixture = mixture
    posterior =
      try known
      ?? mixture.posterior(
        MixtureData(spikes.features, frames: steps.ofSpike, frameCount: steps.count), distances: .toOwn,
        threads: threads)
    remainders = meanRemainders(threads: threads)
  }

  var detected: DetectedSpikes { spikes.detected }
  /// Spikes × dimensions.
  var features: Matrix {
    get { spikes.features }
    set { spikes.features = newValue }
  }

  /// The spikes as they were detected, each with its component.
  var spikesAsDetected: SpikeTable {
    var result = spikes
    result.space = space
    let (summary, warnings) = (spikes.clusters.mixture.describing(mixture), spikes.clusters.warnings)
    result.clusters = SpikeClusters(posterior, mixture: summary)
    result.clusters.warnings = warnings
    return result
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

  /// A component's whitened mean waveform in every step: steps × samples.
  func template(_ k: Int) -> Matrix {
    var result = mixture.locations[k] * space.axes
    for t in 0..<result.rows {
      let remainder = remainders[k][steps.epochs[t]]
      for i in 0..<result.columns { result[t, i] += space.mean[i] + remainder[i] }
    }
    return result
  }

  private func meanRemainders(threads: Int) -> [[[Double]]] {
    let (size, epochs) = (space.size, steps.epochCount)
    let block = 4096
    let blocks = (features.rows + block - 1) / block
    let parts = Parallel.map(count: blocks, threads: threads) {
      (b: Int) -> (sums: [Double], totals: [Double]) in
      var sums = [Double](repeating: 0, count: count * epochs * size)
      var totals = [Double](repeating: 0, count: count * epochs)
      detected.snippets.samples.withUnsafeBufferPointer { snippets in
        for n in b * block..<min((b + 1) * block, features.rows) {
          let epoch = steps.epochs[steps.ofSpike[n]]
          for k in 0..<count {
            let w = weight(n, k)
            guard w > 0 else { continue }
            let place = k * epochs + epoch
            totals[place] += w
            sums.withUnsafeMutableBufferPointer { sums in
              for i in 0..<size { sums[place &* size &+ i] += w * Double(snippets[n &* size &+ i]) }
            }
          }
        }
      }
      return (sums, totals)
    }
    return (0..<count).map { k in
      let own = (0..<epochs).map { epoch in
        summed(parts, at: k * epochs + epoch)
      }
      let total = own.reduce(0) { $0 + $1.total }
      let all = own.dropFirst().reduce(own[0].sum) { zip($0, $1.sum).map { $0 + $1 } }
      let overall = remainder(of: all, total: total)
      return own.map { part in
        epochs == 1 || part.total < Self.fewestOfEpoch
          ? overall : remainder(of: part.sum, total: part.total)
      }
    }
  }

  /// One place's sum of weighted snippets and of weights over blocks of spikes, in their order.
  private func summed(
    _ parts: [(sums: [Double], totals: [Double])], at place: Int
  ) -> (sum: [Double], total: Double) {
    let size = space.size
    var sum = [Double](repeating: 0, count: size)
    var total = 0.0
    for part in parts {
      total += part.totals[place]
      for i in 0..<size { sum[i] += part.sums[place * size + i] }
    }
    return (sum, total)
  }

  /// What a mean snippet holds outside the axes, whitened.
  private func remainder(of sum: [Double], total: Double) -> [Double] {
    guard total > 0 else { return sum }
    let size = space.size
    var rest = space.whitened(sum.map { $0 / total })
    for i in 0..<size { rest[i] -= space.mean[i] }
    for (p, along) in (space.axes * rest).enumerated() {
      for i in 0..<size { rest[i] -= along * space.axes[p, i] }
    }
    return rest
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
      let t = steps.ofSpike[n]
      for i in 0..<result.columns { result[row, i] -= template[t, i] }
    }
    return result
  }
}

/// The strongest directions of some rows about zero, one a row, and the mean square along each.
func strongestDirections(of rows: Matrix, count: Int) throws -> (directions: Matrix, variances: [Double]) {
  let second = Matrix.product(rows, rows, transposeA: true) * (1 / Double(max(rows.rows, 1)))
  let (values, vectors) = try second.largestEigen(count: min(count, second.rows))
  return (vectors, values.map { max($0, 0) })
}
