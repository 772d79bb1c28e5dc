internal import Foundation
public import LinearAlgebra
public import MixtureModels
internal import NumPyInterop

/// A toy of what recordings do: three clusters in the plane that drift and have heavy tails, fitted by Gaussians at rest and
/// by drifting t-distributions.
public struct DriftingToy: Sendable {
  /// Points a cluster in every frame.
  public static let pointsPerFrame = 6
  /// Time frames.
  public static let frameCount = 60
  /// The degrees of freedom of the points' tails.
  public static let degreesOfFreedom = 4.0
  /// Where every cluster starts, and how far it has moved at the end.
  public static let starts: [[Double]] = [[0, 0], [8, 1], [2, 8]]
  /// The way of every cluster over all frames.
  public static let ways: [[Double]] = [[7, -5], [0, 7], [-3, -5]]

  /// The points in order of time and the cluster each came from.
  public let data: LabelledPoints
  /// The frame of every point.
  public let frames: [Int]
  /// Gaussians at rest for every number of components and seed.
  public let gaussians: MixtureSelection
  /// Drifting t-distributions for the same.
  public let drifting: MixtureSelection
  /// The labels of the Gaussians of lowest BIC, matched to the true ones as well as can be.
  public let gaussianLabels: [Int]
  /// The labels of the drifting t-distributions of lowest BIC, so matched.
  public let driftingLabels: [Int]
  /// The share of points labelled with the cluster they came from, by the Gaussians and by the drifting t-distributions.
  public let accuracies: (gaussian: Double, drifting: Double)

  /// Draws the points and fits both models.
  ///
  /// - Parameters:
  ///   - seed: of the points; the fits use seeds 0, 1 and 2.
  ///   - threads: how many threads to use; the result is the same for any number.
  /// - Throws: `badOption` for a negative seed.
  public init(seed: Int = 0, threads: Int = Parallel.defaultThreads) throws {
    guard seed >= 0 else { throw MixtureError.badOption("a seed must not be negative") }
    (data, frames) = Self.draw(seed: UInt64(seed))
    var options = MixtureOptions()
    options.starvationCount = 12
    options.covarianceRidge = 0.02
    let atRest = try MixtureData(data.points)
    gaussians = try selectMixture(
      atRest, components: 1...9, seeds: [0, 1, 2], options: options, threads: threads)
    options.degreesOfFreedom = Self.degreesOfFreedom
    options.driftPerFrame = .identity(2, scale: 0.03)
    let inFrames = try MixtureData(data.points, frames: frames, frameCount: Self.frameCount)
    drifting = try selectMixture(
      inFrames, components: 1...9, seeds: [0, 1, 2], options: options, threads: threads)
    let truth = data.labels
    let fixed = LabelAgreement.aligned(try gaussians.best.mixture.labels(atRest, threads: threads), to: truth)
    let moved = LabelAgreement.aligned(
      try drifting.best.mixture.labels(inFrames, threads: threads), to: truth)
    (gaussianLabels, driftingLabels) = (fixed.relabelled, moved.relabelled)
    accuracies = (fixed.accuracy, moved.accuracy)
  }

  /// Points about the clusters' places: normal over √(χ²/ν), a multivariate t.
  private static func draw(seed: UInt64) -> (LabelledPoints, frames: [Int]) {
    var generator = NumPyGenerator(seed: seed)
    var (rows, labels, frames): ([[Double]], [Int], [Int]) = ([], [], [])
    for frame in 0..<frameCount {
      let along = Double(frame) / Double(frameCount - 1)
      for _ in 0..<pointsPerFrame {
        for k in starts.indices {
          let chi = (0..<Int(degreesOfFreedom)).reduce(0.0) { sum, _ in
            let z = generator.standardNormal()
            return sum + z * z
          }
          let tail = 0.6 * (degreesOfFreedom / chi).squareRoot()
          rows.append((0..<2).map { starts[k][$0] + along * ways[k][$0] + tail * generator.standardNormal() })
          labels.append(k)
          frames.append(frame)
        }
      }
    }
    return (LabelledPoints(labels: labels, points: Matrix(rows: rows)), frames)
  }
}
