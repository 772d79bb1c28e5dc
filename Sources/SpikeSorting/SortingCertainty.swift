/// How sure a sorting is: the number of units over refits, the drift of amplitudes with a band, and what was chosen by
/// blocks of time kept out.
extension Sorting {
  /// The number of neurons that the sorting and refits of it from other seeds and other windows find.
  public struct Refits: Codable, Sendable, Equatable {
    /// The units of the sorting itself that are not noise.
    public var found: Int
    /// The same for every refit.
    public var counts: [Int]
    /// Where the window of every refit starts, in seconds from the start of what was sorted.
    public var windowStarts: [Double]
    /// The first seed of every refit.
    public var seeds: [Int]
    /// How much of the recording every refit sorts, in seconds.
    public var stretchSeconds: Double

    /// Makes a set of refits.
    public init(
      found: Int, counts: [Int], windowStarts: [Double], seeds: [Int], stretchSeconds: Double
    ) {
      self.found = found
      self.counts = counts
      self.windowStarts = windowStarts
      self.seeds = seeds
      self.stretchSeconds = stretchSeconds
    }

    /// The numbers of all fits: the sorting's own and the refits'.
    public var fits: [Int] { [found] + counts }

    /// The shortest range of numbers that holds 90 % of the fits; of several the one nearest to the number found, then the
    /// lower one.
    public var range: ClosedRange<Int> {
      let sorted = fits.sorted()
      let needed = (9 * sorted.count + 9) / 10
      var best = sorted[0]...sorted[needed - 1]
      func distance(_ range: ClosedRange<Int>) -> Int {
        max(0, range.lowerBound - found, found - range.upperBound)
      }
      for first in 0...sorted.count - needed {
        let range = sorted[first]...sorted[first + needed - 1]
        if (range.count, distance(range)) < (best.count, distance(best)) { best = range }
      }
      return best
    }

    /// The fits whose number lies in the range.
    public var inside: Int { fits.count { range.contains($0) } }

    private enum CodingKeys: String, CodingKey {
      case found, counts, windowStarts, seeds, stretchSeconds, range, inside
    }

    /// Reads what `encode` wrote; the range is worked out anew.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      found = try container.decode(Int.self, forKey: .found)
      counts = try container.decode([Int].self, forKey: .counts)
      windowStarts = try container.decode([Double].self, forKey: .windowStarts)
      seeds = try container.decode([Int].self, forKey: .seeds)
      stretchSeconds = try container.decode(Double.self, forKey: .stretchSeconds)
    }

    /// Writes the refits with the range that they and the sorting give, as [low, high].
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(found, forKey: .found)
      try container.encode(counts, forKey: .counts)
      try container.encode(windowStarts, forKey: .windowStarts)
      try container.encode(seeds, forKey: .seeds)
      try container.encode(stretchSeconds, forKey: .stretchSeconds)
      try container.encode([range.lowerBound, range.upperBound], forKey: .range)
      try container.encode(inside, forKey: .inside)
    }
  }

  /// The mean amplitude of every component on every channel over time, as the drifting mixture sees it.
  public struct Drift: Sendable, Equatable {
    /// The length of a time frame.
    public var secondsPerFrame: Double
    /// Time frames.
    public var timeFrames: Int
    /// Channels.
    public var channels: Int
    /// The mean voltage at the trough: components × time frames × channels, in the source's unit.
    public var amplitudes: [Float]
    /// Its standard deviation given all spikes, laid out as the amplitudes.
    public var deviations: [Float]

    /// Makes a set of tracks.
    public init(
      secondsPerFrame: Double, timeFrames: Int, channels: Int, amplitudes: [Float], deviations: [Float]
    ) {
      self.secondsPerFrame = secondsPerFrame
      self.timeFrames = timeFrames
      self.channels = channels
      self.amplitudes = amplitudes
      self.deviations = deviations
    }
  }

  /// ν and the speed of drift, chosen by the likelihood of blocks of time kept out of the fits.
  public struct Calibration: Codable, Sendable, Equatable {
    /// A value tried and its score.
    public struct Trial: Codable, Sendable, Equatable {
      /// The value; nil for infinity.
      public var value: Double?
      /// The log-likelihood a spike of the blocks kept out.
      public var score: Double

      /// Makes a trial.
      public init(value: Double?, score: Double) {
        self.value = value
        self.score = score
      }
    }

    /// Degrees of freedom tried.
    public var degreesOfFreedom: [Trial]
    /// Variances of a location's random walk a second tried.
    public var drifts: [Trial]
    /// The degrees of freedom chosen; nil for infinity.
    public var chosenDegreesOfFreedom: Double?
    /// The drift chosen.
    public var chosenDrift: Double

    /// Makes a calibration.
    public init(
      degreesOfFreedom: [Trial], drifts: [Trial], chosenDegreesOfFreedom: Double?, chosenDrift: Double
    ) {
      self.degreesOfFreedom = degreesOfFreedom
      self.drifts = drifts
      self.chosenDegreesOfFreedom = chosenDegreesOfFreedom
      self.chosenDrift = chosenDrift
    }
  }
}
