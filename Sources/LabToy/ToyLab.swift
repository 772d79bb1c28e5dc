public import LinearAlgebra
public import MixtureModels

/// The lab's tasks 1 to 3 on its toy data.
public struct ToyLab: Sendable {
  /// A fit of task 2 with its labels renamed to agree best with the truth.
  public struct AlignedFit: Sendable {
    /// The fit.
    public let fit: MixtureFit
    /// The renamed label of every point.
    public let labels: [Int]
    /// The share of points labelled with the component they came from.
    public let accuracy: Double
  }

  /// The mixture the data are drawn from: three Gaussians in the plane.
  public static let truth = Mixture(
    weights: [0.3, 0.5, 0.2], means: Matrix(rows: [[0, 0], [5, 1], [0, 4]]),
    scales: [
      Matrix(rows: [[1, 0], [0, 1]]), Matrix(rows: [[2, 1], [1, 2]]), Matrix(rows: [[1, -0.5], [-0.5, 1]]),
    ])

  /// Task 1: 1000 points and the component each came from.
  public let data: LabelledPoints
  /// Task 2: three components from the seeds 0 to 4, at most 200 iterations.
  public let taskTwo: [AlignedFit]
  /// Task 3: 2 to 6 components from the seeds 0 to 9, at most 100 iterations.
  public let selection: MixtureSelection

  /// Runs the three tasks.
  ///
  /// - Parameters:
  ///   - seed: of the data; the lab's is 0. The fits always use the lab's seeds.
  ///   - threads: how many threads to use; the result is the same for any number.
  ///   - progress: told how many fits of task 3 are done and how many there are.
  /// - Throws: `badOption` for a negative seed, what `progress` throws.
  public init(
    seed: Int = 0, threads: Int = Parallel.defaultThreads,
    progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
  ) throws {
    let drawn = try sampleData(count: 1000, from: Self.truth, seed: seed)
    let points = try MixtureData(drawn.points)
    var options = MixtureOptions.lab
    options.maximumIterations = 200
    data = drawn
    taskTwo = try (0..<5).map { seed in
      let fit = try fitMixture(points, components: 3, seed: seed, options: options, threads: threads)
      let (_, labels, accuracy) = try LabelAgreement.aligned(
        fit.mixture.labels(points, threads: threads), to: drawn.labels)
      return AlignedFit(fit: fit, labels: labels, accuracy: accuracy)
    }
    selection = try selectMixture(
      points, components: 2...6, seeds: Array(0..<10), options: .lab, threads: threads, progress: progress)
  }
}
