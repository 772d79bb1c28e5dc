internal import Foundation
public import LinearAlgebra

/// Folds of points that are blocks of time.
///
/// Points drawn at random would be neighbours of those left in, and so tell nothing of drift; every fold is made of whole
/// blocks, block b of fold b modulo the number of folds.
public struct BlockedFolds: Sendable, Equatable {
  /// The number of folds.
  public var count: Int
  /// Frames a block, for points in frames.
  public var framesPerBlock: Int
  /// Blocks a fold, for points without frames, which must then be in order of time.
  public var blocksPerFold: Int

  /// Five folds; blocks of four frames, or four blocks a fold.
  public init(count: Int = 5, framesPerBlock: Int = 4, blocksPerFold: Int = 4) {
    self.count = count
    self.framesPerBlock = framesPerBlock
    self.blocksPerFold = blocksPerFold
  }

  /// The fold of a frame or, without frames, of a point's place among so many.
  func fold(frame: Int, frameCount: Int, place: Int, of points: Int) -> Int {
    guard frameCount > 1 else { return place * count * blocksPerFold / max(points, 1) % count }
    // Short recordings have shorter blocks, so that there are as many as folds.
    let length = max(1, min(framesPerBlock, frameCount / count))
    return frame / length % count
  }
}

/// The likelihood of points kept out of a fit, a point.
public struct HeldOutScore: Sendable, Equatable {
  /// Σ weight · log density of all points, each under a fit that did not see its block, over Σ weight.
  public let mean: Double
  /// The same for every fold; nil for a fold without points.
  public let folds: [Double?]

  /// How much better this score is than another one of the same folds, and the standard error of that over folds.
  public func gain(over other: HeldOutScore) -> (mean: Double, standardError: Double) {
    let differences = zip(folds, other.folds).compactMap { a, b in a.flatMap { a in b.map { a - $0 } } }
    let n = Double(differences.count)
    guard n > 1 else { return (mean - other.mean, .infinity) }
    let centre = differences.reduce(0, +) / n
    let square = differences.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    return (mean - other.mean, (square / (n - 1) / n).squareRoot())
  }
}

/// The likelihood of blocks of time under mixtures fitted to the others.
///
/// Every fold's fits start from the mixtures given and are run by EM on the points of the other folds, in the same matrix
/// products; locations in frames kept out follow from the random walk.
/// - Parameters:
///   - mixtures: fits to all points, over the data's frames.
///   - options: of the fits; at most 30 iterations are run.
///   - progress: told how many folds are done and how many there are; what it throws ends the work.
/// - Returns: a score for each mixture.
/// - Throws: `badStart`, `badOption`, `tooFewPoints` where all points lie in one fold, what `progress` throws.
public func heldOutScores(
  _ data: MixtureData, of mixtures: [Mixture], options: MixtureOptions, folds: BlockedFolds = BlockedFolds(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> [HeldOutScore] {
  guard (2...1_000_000).contains(folds.count), folds.framesPerBlock > 0,
    (1...1_000_000).contains(folds.blocksPerFold)
  else {
    throw MixtureError.badOption("blocks kept out need two folds, and folds and blocks some length")
  }
  var sums = [Double](repeating: 0, count: mixtures.count)
  var scores = [[Double?]](repeating: [], count: mixtures.count)
  var total = 0.0
  for fold in 0..<folds.count {
    guard let (training, heldOut) = try data.parted(folds, fold: fold) else {
      for m in mixtures.indices { scores[m].append(nil) }
      continue
    }
    total += heldOut.totalWeight
    var limited = options
    limited.maximumIterations = min(options.maximumIterations, 30)
    limited.starvationCount *= training.totalWeight / data.totalWeight
    let fits = try fit(
      training, starts: mixtures.map { ($0, nil) }, options: limited, threads: threads
    ) { _, _ in }
    for (m, fit) in fits.enumerated() {
      let sum = try fit.mixture.logLikelihood(heldOut, threads: threads)
      sums[m] += sum
      scores[m].append(sum / heldOut.totalWeight)
    }
    try progress(fold + 1, folds.count)
  }
  guard total > 0 else { throw MixtureError.tooFewPoints(points: data.count, components: 1) }
  return mixtures.indices.map { HeldOutScore(mean: sums[$0] / total, folds: scores[$0]) }
}

extension MixtureSelection {
  /// The selection with the likelihood of blocks of time kept out of the fits, for the best fit of every number.
  ///
  /// - Parameters:
  ///   - data: the points that were fitted; without frames they must be in order of time.
  ///   - options: those of the fits.
  /// - Throws: what `heldOutScores` throws.
  public func scoredByHeldOut(
    _ data: MixtureData, options: MixtureOptions, folds: BlockedFolds = BlockedFolds(),
    threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
  ) throws -> MixtureSelection {
    var scored = self
    scored.heldOut = try heldOutScores(
      data, of: bestFits.map(\.mixture), options: options, folds: folds, threads: threads, progress: progress)
    return scored
  }
}

extension MixtureData {
  /// The points outside a fold and those in it; nil where either has none.
  func parted(_ folds: BlockedFolds, fold: Int) throws(MixtureError) -> (
    training: MixtureData, heldOut: MixtureData
  )? {
    // In the order in which the points were given, which is that of time where there are no frames.
    let chosen = Array(indices).sorted()
    let frames = frameOfPoint
    var parts: (outside: [Int], inside: [Int]) = ([], [])
    for (place, i) in chosen.enumerated() {
      let own = folds.fold(frame: frames[i], frameCount: frameCount, place: place, of: chosen.count)
      if own == fold { parts.inside.append(i) } else { parts.outside.append(i) }
    }
    guard !parts.inside.isEmpty, !parts.outside.isEmpty else { return nil }
    return (try selecting(parts.outside, frames: frames), try selecting(parts.inside, frames: frames))
  }

  /// The frame of every point of `points`; 0 for those not at hand.
  private var frameOfPoint: [Int] {
    var result = [Int](repeating: 0, count: points.rows)
    for t in 0..<frameCount {
      for row in frameStarts[t]..<frameStarts[t + 1] { result[order[row]] = t }
    }
    return result
  }

  private func selecting(_ chosen: [Int], frames: [Int]) throws(MixtureError) -> MixtureData {
    var given: [Double]?
    if let weights {
      var all = [Double](repeating: 1, count: points.rows)
      for row in rows { all[order[row]] = weights[row] }
      given = chosen.map { all[$0] }
    }
    return try MixtureData(
      points.selecting(rows: chosen), frames: frameCount > 1 ? chosen.map { frames[$0] } : [],
      frameCount: frameCount, weights: given)
  }
}
