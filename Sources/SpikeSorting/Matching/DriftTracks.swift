import LinearAlgebra
import MixtureModels
import SpikeDetection

extension DriftingComponents {
  /// The mean voltage of some components at their trough on every channel over time, with its standard deviation.
  ///
  /// A waveform is linear in the location of its component, so the band follows from the location's posterior covariance.
  /// - Parameters:
  ///   - kept: the components, in the order of the result.
  ///   - paths: for each of them its path's locations and covariances.
  ///   - unwhitening: takes whitened frames back to the recording's unit.
  func amplitudeTracks(
    of kept: [Int], paths: [SmoothedPath], unwhitening: Matrix, secondsPerFrame: Double
  ) -> Sorting.Drift {
    let channels = space.channels
    let trough = detected.window.before * channels
    // For every channel the direction among the axes that moves its voltage at the trough.
    let directions = (0..<channels).map { c in
      (0..<space.axes.rows).map { p in
        (0..<channels).reduce(0.0) { $0 + space.axes[p, trough + $1] * unwhitening[$1, c] }
      }
    }
    var drift = Sorting.Drift(
      secondsPerFrame: secondsPerFrame, timeFrames: timeFrameCount, channels: channels, amplitudes: [],
      deviations: [])
    for (k, path) in zip(kept, paths) {
      let constant = (0..<channels).map { c in
        (0..<channels).reduce(0.0) {
          $0 + (space.mean[trough + $1] + remainders[k][trough + $1]) * unwhitening[$1, c]
        }
      }
      for t in 0..<timeFrameCount {
        for (c, direction) in directions.enumerated() {
          let along = zip(direction, path.locations.row(t)).reduce(0) { $0 + $1.0 * $1.1 }
          let variance = zip(direction, path.covariances[t] * direction).reduce(0) { $0 + $1.0 * $1.1 }
          drift.amplitudes.append(Float(constant[c] + along))
          drift.deviations.append(Float(max(variance, 0).squareRoot()))
        }
      }
    }
    return drift
  }
}
