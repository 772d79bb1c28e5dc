/// What each stage took, in seconds of wall clock.
public struct StageSeconds: Codable, Sendable, Equatable {
  /// Reading, filtering and detecting.
  public var detect = 0.0
  /// Principal components.
  public var features = 0.0
  /// The mixture.
  public var cluster = 0.0
  /// Sorting stretches again to see how sure the number of units is.
  public var refits = 0.0
  /// Resolving collisions with templates.
  public var match = 0.0
  /// Units, metrics and verdicts.
  public var postprocess = 0.0

  enum CodingKeys: String, CodingKey {
    case detect = "read+filter+detect"
    case features, cluster, refits, match, postprocess
  }

  /// Nothing took anything yet.
  public init() {}
}

/// A sorting, and what making it took.
public struct SortingRun: Sendable {
  /// The sorting.
  public var sorting: Sorting
  /// The stages' seconds.
  public var seconds: StageSeconds
}

/// A stopwatch for stages.
struct Stopwatch {
  private var last = ContinuousClock.now

  /// Seconds since the last lap, or since the start.
  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    let (seconds, attoseconds) = (now - last).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
