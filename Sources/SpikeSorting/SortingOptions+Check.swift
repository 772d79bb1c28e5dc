extension SortingOptions {
  /// Restarts count on from the seed.
  static let largestSeed = 1_000_000_000_000_000
  /// More components or restarts than this are a slip of the pen: their fits would not end.
  static let mostFits = 10_000

  /// Refuses choices that make no sense, whatever is to be sorted.
  ///
  /// `sort` and `cluster` begin with it.
  /// - Throws: `SortingError.badOption`.
  public func check() throws(SortingError) {
    func require(_ condition: Bool, _ sentence: @autoclosure () -> String) throws(SortingError) {
      guard condition else { throw .badOption(sentence()) }
    }
    if let band {
      try require(
        band.count == 2 && band.allSatisfy(\.isFinite) && band[0] > 0 && band[0] < band[1],
        "the band \(band) is no pass band; expected two edges in Hz, LO and HI, with 0 < LO < HI")
    }
    try require(
      threshold > 0 && threshold.isFinite,
      "a threshold of \(threshold) is not possible; expected a positive number of noise deviations")
    try require(
      excludedChannels.allSatisfy { $0 >= 0 },
      "the channels to leave out are \(excludedChannels); expected numbers from 0 on")
    try require(
      start?.isFinite ?? true && (end.map { !$0.isNaN } ?? true),
      "the part from \(start ?? 0) s to \(end ?? .infinity) s is none; expected finite seconds")
    try require(
      excludedTimes.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isFinite) && $0[0] < $0[1] },
      "the times to leave out are not all a start before an end; expected pairs of finite seconds")
    try require(
      components.lowerBound >= 1 && components.upperBound <= Self.mostFits,
      "components \(components.lowerBound)...\(components.upperBound) are not possible; expected 1 to \(Self.mostFits)"
    )
    try require(
      (1...Self.mostFits).contains(restarts),
      "\(restarts) restarts are not possible; expected 1 to \(Self.mostFits)")
    try require(
      (0...Self.largestSeed).contains(seed), "the seed \(seed) is not possible; expected 0 to 10^15")
  }

  /// Refuses choices on the signal where the spikes are detected already.
  ///
  /// - Throws: `SortingError.badOption`.
  func checkSignal() throws(SortingError) {
    let defaults = SortingOptions()
    let given: [(name: String, isGiven: Bool)] = [
      ("band", band != defaults.band), ("threshold", threshold != defaults.threshold),
      ("peak", peak != defaults.peak), ("reference", reference != defaults.reference),
      ("exclude-channels", excludedChannels != defaults.excludedChannels), ("start", start != nil),
      ("end", end != nil), ("artifacts", artifacts != defaults.artifacts),
      ("exclude-times", !excludedTimes.isEmpty),
    ]
    if let first = given.first(where: \.isGiven) {
      throw .badOption(
        "\(first.name) has no effect on spikes that are detected already; expected a recording, or none of the options "
          + "on the signal")
    }
  }

  /// The band as the filter takes it; nil for the default.
  var passBand: (low: Double, high: Double)? {
    guard let band, let low = band.first, let high = band.last else { return nil }
    return (low, high)
  }
}
