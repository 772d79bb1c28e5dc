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
  /// Parting components and resolving collisions with templates.
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

/// Watches a sorting: tells which stage is under way and how far, and keeps what each took.
final class StageWatch {
  /// A stage and where its seconds are kept.
  struct Stage {
    let words: String
    let seconds: WritableKeyPath<StageSeconds, Double>

    static var clean: Stage { Stage(words: "Looking for artefacts", seconds: \.detect) }
    static var detect: Stage { Stage(words: "Detecting spikes", seconds: \.detect) }
    static var align: Stage { Stage(words: "Aligning snippets", seconds: \.detect) }
    static var describe: Stage { Stage(words: "Projecting", seconds: \.features) }
    static var cluster: Stage { Stage(words: "Fitting mixtures", seconds: \.cluster) }
    static var count: Stage { Stage(words: "Counting units again", seconds: \.refits) }
    static var resolve: Stage { Stage(words: "Resolving collisions", seconds: \.match) }
    static var judge: Stage { Stage(words: "Judging units", seconds: \.postprocess) }
    static var neighbourhoods: Stage { Stage(words: "Sorting neighbourhoods", seconds: \.detect) }
    static var join: Stage { Stage(words: "Joining neighbourhoods", seconds: \.postprocess) }
  }

  private let progress: (String, Double) -> Void
  private var stage: Stage?
  private var entered = ContinuousClock.now
  private var taken = StageSeconds()

  /// - Parameter progress: told the stage and its share done.
  init(_ progress: @escaping (String, Double) -> Void = { _, _ in }) { self.progress = progress }

  /// Ends the stage under way and begins another.
  func enter(_ next: Stage) {
    if let stage { taken[keyPath: stage.seconds] += lap() } else { _ = lap() }
    stage = next
    tell(0)
  }

  /// Tells how much of the stage is done.
  func tell(_ share: Double) {
    if let stage { progress(stage.words, share) }
  }

  /// Ends the stage under way; what it took is told as that of stages that ran side by side in it, by their shares.
  func leave(for parts: [StageSeconds]) {
    let all: [WritableKeyPath<StageSeconds, Double>] = [
      \.detect, \.features, \.cluster, \.refits, \.match, \.postprocess,
    ]
    let sums = all.map { key in parts.reduce(0) { $0 + $1[keyPath: key] } }
    let (total, passed) = (sums.reduce(0, +), lap())
    for (key, sum) in zip(all, sums) where total > 0 { taken[keyPath: key] += passed * sum / total }
    stage = nil
  }

  /// What every stage took up to now.
  var seconds: StageSeconds {
    if let stage { taken[keyPath: stage.seconds] += lap() }
    return taken
  }

  private func lap() -> Double {
    let now = ContinuousClock.now
    defer { entered = now }
    let (seconds, attoseconds) = (now - entered).components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
