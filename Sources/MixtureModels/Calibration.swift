public import LinearAlgebra

/// ν and the speed of drift as the recording itself prefers them.
public struct DriftCalibration: Sendable, Equatable {
  /// One value tried, and what it is worth.
  public struct Trial: Sendable, Equatable {
    /// ν, or the variance of a location's random walk a second.
    public let value: Double
    /// The likelihood of points kept out, a point.
    public let score: HeldOutScore
  }

  /// Every ν tried, ascending, at the drift of the options.
  public let degreesOfFreedom: [Trial]
  /// Every drift tried, ascending, at the ν chosen.
  public let drifts: [Trial]
  /// The ν chosen.
  public let chosenDegreesOfFreedom: Double
  /// The drift chosen, the variance of a location's random walk a second.
  public let chosenDrift: Double
}

/// The degrees of freedom that are tried.
public let degreesOfFreedomGrid: [Double] = [2, 3, 5, 7, 10, 20, .infinity]
/// The variances of a location's random walk a second that are tried, in squared noise deviations.
public let driftGrid: [Double] = [0.001, 0.005, 0.02, 0.1, 0.5, 2]

/// Chooses ν, then the speed of drift, by the likelihood of blocks of time kept out of the fits.
///
/// A value takes the place of the options' own only where it is better by more than one standard error over the folds.
/// - Parameters:
///   - data: points in frames.
///   - mixture: a fit to them under the options, to start from.
///   - progress: told how many fits are done and how many there are; what it throws ends the work.
/// - Throws: what `heldOutScores` throws.
public func calibrateDrift(
  _ data: MixtureData, mixture: Mixture, options: TrackingOptions, folds: BlockedFolds = BlockedFolds(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> DriftCalibration {
  let all = degreesOfFreedomGrid.count + driftGrid.count
  var done = 0
  func trials(
    _ grid: [Double], own: Double, _ change: (inout TrackingOptions, Double) -> Void
  ) throws -> (trials: [DriftCalibration.Trial], chosen: Double) {
    let values = Set(grid + [own]).sorted()
    let trials = try values.map { value -> DriftCalibration.Trial in
      var changed = chosen
      change(&changed, value)
      var em = changed.driftOptions(dimensions: data.dimensions, tracking: false)
      // No component may be lost on the way: that would compare different numbers of them.
      em.starvationCount = 0
      let score = try heldOutScores(data, of: [mixture], options: em, folds: folds, threads: threads)[0]
      done += 1
      try progress(min(done, all), all)
      return DriftCalibration.Trial(value: value, score: score)
    }
    guard let start = trials.first(where: { $0.value == own }) else { return (trials, own) }
    let best = trials.reduce(start) { $1.score.mean > $0.score.mean ? $1 : $0 }
    let gain = best.score.gain(over: start.score)
    return (trials, gain.mean > gain.standardError ? best.value : own)
  }
  var chosen = options
  let freedom = try trials(degreesOfFreedomGrid, own: options.degreesOfFreedom) {
    $0.degreesOfFreedom = $1
  }
  chosen.degreesOfFreedom = freedom.chosen
  let drift = try trials(driftGrid, own: options.driftPerSecond) { $0.driftPerSecond = $1 }
  return DriftCalibration(
    degreesOfFreedom: freedom.trials, drifts: drift.trials, chosenDegreesOfFreedom: freedom.chosen,
    chosenDrift: drift.chosen)
}
