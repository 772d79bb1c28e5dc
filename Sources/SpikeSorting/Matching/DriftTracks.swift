import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection

/// Where in the mixture's space the voltages at the trough lie, channel by channel.
///
/// A waveform is linear in the location of its component, so the mean amplitude over time and its band follow from the
/// location's path and its posterior covariances.
struct AmplitudeMap: Sendable {
  /// The trough's whitened frame along every axis: axes × channels.
  private let axes: Matrix
  /// What a component's whitened trough holds outside the axes, epoch by epoch between jumps: components × channels.
  private let constants: [Matrix]
  /// The epoch of every step.
  private let epochs: [Int]

  /// - Parameter kept: the components, in the order of the paths.
  init(_ components: borrowing DriftingComponents, kept: [Int]) {
    let space = components.space
    let trough = components.detected.snippets.trough * space.channels
    let range = trough..<trough + space.channels
    axes = Matrix(rows: (0..<space.axes.rows).map { p in range.map { space.axes[p, $0] } })
    let remainders = components.remainders
    epochs = components.steps.epochs
    constants = (0..<components.steps.epochCount).map { epoch in
      Matrix(
        rows: kept.count, columns: space.channels,
        storage: kept.flatMap { k in range.map { space.mean[$0] + remainders[k][epoch][$0] } })
    }
  }

  /// The mean voltage at the trough on every channel over time, with its standard deviation.
  ///
  /// - Parameter unwhitening: takes whitened frames back to the recording's unit.
  func tracks(along paths: [SmoothedPath], unwhitening: Matrix, secondsPerFrame: Double) -> Sorting.Drift {
    let seen = axes * unwhitening
    let fixed = constants.map { $0 * unwhitening }
    var drift = Sorting.Drift(
      secondsPerFrame: secondsPerFrame, timeFrames: paths.first?.locations.rows ?? 0, channels: seen.columns,
      amplitudes: [], deviations: [])
    for (k, path) in paths.enumerated() {
      let amplitudes = path.locations * seen
      for t in 0..<drift.timeFrames {
        let spread = path.covariances[t] * seen
        for c in 0..<seen.columns {
          drift.amplitudes.append(Float(amplitudes[t, c] + fixed[epochs[t]][k, c]))
          let variance = (0..<seen.rows).reduce(0.0) { $0 + seen[$1, c] * spread[$1, c] }
          drift.deviations.append(Float(max(variance, 0).squareRoot()))
        }
      }
    }
    return drift
  }
}
