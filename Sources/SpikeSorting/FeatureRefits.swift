import LinearAlgebra
import MixtureModels

/// Refits of spikes that somebody else detected: mixture, joins and verdicts again from other seeds and other windows.
struct FeatureRefits {
  /// The spikes, in order of time.
  let input: FeatureInput
  /// Their features in units of a cluster's scatter.
  let scaled: Matrix
  /// Their times from the first one on.
  let seconds: [Double]
  let options: SortingOptions
  let tracking: TrackingOptions
  let threads: Int

  /// How much of the recording a refit clusters: without templates it costs little, and joins rest on the trains alone.
  static let stretchSeconds = 600.0

  /// The number of units of every refit that are not noise.
  ///
  /// - Parameter components: the number the sorting's window was fitted by.
  /// - Throws: `MixtureError`.
  func run(components: Int) throws -> Sorting.Refits {
    let length = seconds.last ?? 0
    let plans = RefitPlan.spread(over: length, options: options, tracking: tracking)
    let stretch = min(Self.stretchSeconds, length)
    let counts = try Parallel.map(count: plans.count, threads: threads) { (i: Int) throws -> Int in
      let fitting = plans[i].fitting(tracking, options: options, components: components)
      return try count(
        from: min(plans[i].windowStart, length - stretch), stretch: stretch,
        windowStart: plans[i].windowStart, fitting: fitting)
    }
    return Sorting.Refits(plans, counts: counts, stretchSeconds: stretch)
  }

  private func count(
    from start: Double, stretch: Double, windowStart: Double, fitting: TrackingOptions
  ) throws -> Int {
    let chosen = seconds.indices.filter { seconds[$0] >= start && seconds[$0] <= start + stretch }
    guard !chosen.isEmpty else { return 0 }
    var fitting = fitting
    fitting.windowStartSeconds = windowStart - start
    let (frames, frameCount) = fitting.frames(ofSeconds: chosen.map { seconds[$0] - start })
    let data = try MixtureData(scaled.selecting(rows: chosen), frames: frames, frameCount: frameCount)
    let tracked = try windowTrackPolish(data, options: fitting, threads: 1)
    let posterior = try tracked.fit.mixture.posterior(data, threads: 1)
    let part = input.selecting(chosen)
    let clustered = part.clustered(
      labels: posterior.labels, responsibilities: posterior.responsibilities)
    return clustered?.judged(merging: options.merges, threads: 1).units.neuronCount ?? 0
  }
}
