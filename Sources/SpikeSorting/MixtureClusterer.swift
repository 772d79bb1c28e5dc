public import LinearAlgebra
internal import MixtureModels

/// Gives spikes to the components of the mixture that options ask for.
struct MixtureClusterer: SpikeClusterer {
  let options: SortingOptions
  /// The window in which drifting components start is made long enough for this many spikes.
  var fewestInWindow = 0
  /// Whether drifting components see the features in units of a cluster's own scatter, where the noise is not known.
  var scalesToClusters = false
  /// Whether other shapes of the covariances are tried beside, to be shown.
  var triesOtherShapes = false
  /// The numbers of components to start with where the default range may grow; nil for the default.
  var firstComponents: ClosedRange<Int>?
  /// ν and the speed of drift chosen on this recording; nil for the defaults.
  private var calibration: DriftCalibration?

  init(_ options: SortingOptions) { self.options = options }

  func clusters(
    of features: Matrix, seconds: [Double]?, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters {
    var clusters: SpikeClusters
    if options.isDrifting, let seconds {
      let scale = scalesToClusters ? try clusterScale(of: features, threads: threads) : 1
      clusters = try track(
        scale == 1 ? features : features * scale, scale: scale, seconds: seconds, threads: threads,
        progress: progress)
    } else {
      clusters = try fitAtRest(features, threads: threads, progress: progress)
    }
    if triesOtherShapes {
      clusters.mixture.selection?.otherCurves = try otherShapes(features, threads: threads)
    }
    return clusters
  }

  /// Components that stay in place, over numbers of components and seeds.
  private func fitAtRest(
    _ features: Matrix, threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters {
    let components = try components(for: features.rows)
    let data = try MixtureData(features)
    let fitting = fittingOptions
    let most = mostComponents(for: features.rows)
    var selection = try selectMixture(
      data, components: components, growingTo: most > 0 ? 1...most : components,
      seeds: (0..<options.restarts).map { options.seed + $0 }, options: fitting, threads: threads
    ) { progress(Double($0) / Double($1)) }
    if options.criterion == .heldOut || options.thorough {
      selection = try selection.scoredByHeldOut(data, options: fitting, threads: threads)
    }
    let chosen = selection.best(by: criterion)
    var summary = Sorting.MixtureSummary(chosen, model: options.family)
    summary.selection = Sorting.Selection(
      selection, spikeCount: features.rows, covariance: fitting.covariance, asked: components,
      mostRounds: fitting.splitMergeRounds)
    var clusters = SpikeClusters(
      try chosen.mixture.posterior(data, distances: .none, threads: threads), mixture: summary)
    let best = selection.bestComponents(by: criterion)
    if let first = selection.components.first, let last = selection.components.last, first < last,
      best == first || best == last
    {
      clusters.warnings = [
        "the best number of components, \(best), is at the edge of the range tried (\(first)…\(last)): the data ask for a "
          + "wider range, or the model splits neurons"
      ]
    }
    return clusters
  }

  /// Drifting components, started in windows and followed through the recording: in a thorough sorting with ν and the
  /// drift that blocks of time kept out prefer.
  private func track(
    _ features: Matrix, scale: Double, seconds: [Double], threads: Int, progress: (Double) -> Void
  ) throws -> SpikeClusters {
    var tracking = try trackingOptions(spikes: features.rows)
    if fewestInWindow > 0, let last = seconds.prefix(fewestInWindow).last {
      tracking.windowSeconds = max(tracking.windowSeconds, last)
    }
    let (steps, stepCount) = tracking.frames(ofSeconds: seconds)
    let data = try MixtureData(features, frames: steps, frameCount: stepCount)
    let tracked = try trackFromWindows(data, options: tracking, threads: threads) {
      progress(Double($0) / Double(max($1, 1)))
    }
    if options.thorough, calibration == nil, stepCount > BlockedFolds().count {
      var again = self
      again.calibration = try calibrateDrift(
        data, mixture: tracked.fit.mixture, options: tracking, threads: threads)
      return try again.track(features, scale: scale, seconds: seconds, threads: threads, progress: progress)
    }
    var summary = Sorting.MixtureSummary(tracked.fit, model: options.family)
    let window = tracked.window
    summary.selection = Sorting.Selection(
      tracked.windowSelection, spikeCount: steps.count { window.contains($0) }, covariance: .full,
      asked: tracking.components, mostRounds: tracking.splitMergeRounds)
    summary.selection?.windowSeconds = [window.lowerBound, window.upperBound].map {
      Double($0) * tracking.secondsPerFrame
    }
    summary.calibration = calibration.map(Sorting.Calibration.init)
    let posterior = try tracked.fit.mixture.posterior(data, distances: .toOwn, threads: threads)
    var clusters = SpikeClusters(
      posterior, mixture: summary,
      track: ComponentTrack(
        mixture: tracked.fit.mixture, tracking: tracking, posterior: posterior, scale: scale,
        jumps: tracked.jumps))
    clusters.warnings = tracked.jumps.map { $0.sentence(secondsPerFrame: tracking.secondsPerFrame) }
    return clusters
  }

  /// How drifting components are found among so many spikes.
  func trackingOptions(spikes: Int) throws -> TrackingOptions {
    var tracking = TrackingOptions()
    tracking.components = try components(for: spikes)
    tracking.restarts = options.restarts
    tracking.seed = options.seed
    tracking.mostComponents = mostComponents(for: spikes)
    tracking.criterion = criterion
    tracking.scoresHeldOut = options.thorough
    tracking.splitMergeRounds = options.thorough ? Self.splitMergeRounds : 0
    if let calibration {
      tracking.degreesOfFreedom = calibration.chosenDegreesOfFreedom
      tracking.driftPerSecond = calibration.chosenDrift
    }
    return tracking
  }

  /// What brings features to the scale of a cluster's own scatter.
  ///
  /// A few t-components on a sample of the spikes say how wide clusters are.
  private func clusterScale(of features: Matrix, threads: Int) throws -> Double {
    guard features.rows > 10 * features.columns else { return 1 }
    let count = min(features.rows, 5000)
    let sample = features.selecting(rows: (0..<count).map { $0 * features.rows / count })
    var fitting = MixtureOptions()
    fitting.degreesOfFreedom = 7
    fitting.starvationCount = Double(2 * features.columns)
    let fit = try fitMixture(
      MixtureData(sample), components: min(8, count / (4 * features.columns) + 1), seed: options.seed,
      options: fitting, threads: threads)
    let width = zip(fit.mixture.weights, fit.mixture.scales).reduce(0.0) { sum, part in
      sum + part.0 * part.1.diagonal.reduce(0, +) / Double(features.columns)
    }
    return width > 0 && width.isFinite ? 1 / width.squareRoot() : 1
  }

  /// BIC over the same numbers of components for other shapes of the covariances, three starts each.
  private func otherShapes(_ features: Matrix, threads: Int) throws -> [Sorting.Selection.Curve] {
    let data = try MixtureData(features)
    return try [CovarianceShape.tied, .diagonal].map { shape in
      var fitting = fittingOptions
      fitting.covariance = shape
      let selection = try selectMixture(
        data, components: try components(for: features.rows),
        seeds: (0..<min(3, options.restarts)).map { options.seed + $0 }, options: fitting, threads: threads)
      return Sorting.Selection.Curve(name: "\(shape.rawValue) covariance", bestBIC: selection.bestBIC)
    }
  }

  /// The numbers of components to try: those asked for; of the default ones, as many as there are spikes.
  ///
  /// - Throws: `SortingError.badOption` where more are asked for than there are spikes.
  private func components(for spikes: Int) throws -> ClosedRange<Int> {
    let asked = (mostComponents(for: spikes) > 0 ? firstComponents : nil) ?? options.components
    guard asked.upperBound > spikes else { return asked }
    guard options.components == SortingOptions().components, options.growsComponents, spikes > 0 else {
      throw SortingError.badChoice(
        "components \(asked.lowerBound)...\(asked.upperBound) ask for more components than there are spikes "
          + "(\(spikes)); expected at most \(spikes)", of: [.components])
    }
    return min(asked.lowerBound, spikes)...spikes
  }

  private var fittingOptions: MixtureOptions {
    var fitting = options.isLab ? MixtureOptions.lab : MixtureOptions()
    fitting.covariance = options.covariance
    fitting.initialisation = options.initialisation
    if options.family != .gaussian { fitting.degreesOfFreedom = 7 }
    fitting.racesRestarts = !options.isLab
    if options.thorough { fitting.splitMergeRounds = Self.splitMergeRounds }
    return fitting
  }

  /// Rounds of splits and merges of a thorough sorting.
  private static let splitMergeRounds = 4

  /// The most components the default range grows to while its last number is the best; 0 where the range was asked for or
  /// is the lab's.
  private func mostComponents(for spikes: Int) -> Int {
    let isDefault = options.components == SortingOptions().components && !options.isLab
    return isDefault && options.growsComponents ? min(TrackingOptions.mostDefaultComponents, spikes) : 0
  }

  private var criterion: SelectionCriterion { options.criterion }
}

extension ElectrodeJump {
  /// The jump for people.
  func sentence(secondsPerFrame: Double) -> String {
    let second = Int((Double(frame) * secondsPerFrame).rounded())
    let chance = (leastProbability * 100).rounded(.down) / 100
    return
      "the electrode jumped at about \(second) s: \(carried) components were followed across it, the least sure with a "
      + "probability of \(chance)"
  }
}
