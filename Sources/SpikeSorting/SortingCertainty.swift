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
    /// For every unit of the sorting that is not noise the chance that it holds a second neuron, which no other unit does.
    public var secondNeuronChances: [Double] = []

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

    /// The shortest range that holds the number of neurons with a chance of 90 %; of several the one nearest to the number
    /// found, then the lower one.
    ///
    /// Every fit is as likely to be right, but for units that hold a second neuron which no fit shows: each may, by its own
    /// chance.
    public var range: ClosedRange<Int> {
      let chances = numberChances
      // Sums of equal shares fall short of their sum by rounding.
      let needed = 0.9 - 1e-9
      var best = chances.startIndex...chances.endIndex - 1
      func distance(_ range: ClosedRange<Int>) -> Int {
        max(0, range.lowerBound - found, found - range.upperBound)
      }
      for first in chances.indices {
        var (last, sum) = (first, chances[first])
        while sum < needed, last + 1 < chances.count {
          last += 1
          sum += chances[last]
        }
        guard sum >= needed else { break }
        if (last - first, distance(first...last)) < (best.count - 1, distance(best)) { best = first...last }
      }
      return best
    }

    /// The chance of every number of neurons, from 0 on.
    private var numberChances: [Double] {
      var chances = [Double](repeating: 0, count: (fits.max() ?? 0) + 1)
      for count in fits { chances[count] += 1 / Double(fits.count) }
      for chance in secondNeuronChances {
        var next = [Double](repeating: 0, count: chances.count + 1)
        for (number, share) in chances.enumerated() {
          next[number] += share * (1 - chance)
          next[number + 1] += share * chance
        }
        chances = next
      }
      return chances
    }

    /// The fits whose number lies in the range.
    public var inside: Int { fits.count { range.contains($0) } }

    private enum CodingKeys: String, CodingKey {
      case found, counts, windowStarts, seeds, stretchSeconds, secondNeuronChances, range, inside
    }

    /// Reads what `encode` wrote; the range is worked out anew.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      found = try container.decode(Int.self, forKey: .found)
      counts = try container.decode([Int].self, forKey: .counts)
      windowStarts = try container.decode([Double].self, forKey: .windowStarts)
      seeds = try container.decode([Int].self, forKey: .seeds)
      stretchSeconds = try container.decode(Double.self, forKey: .stretchSeconds)
      secondNeuronChances =
        try container.decodeIfPresent([Double].self, forKey: .secondNeuronChances) ?? []
    }

    /// Writes the refits with the range that they and the sorting give, as [low, high].
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(found, forKey: .found)
      try container.encode(counts, forKey: .counts)
      try container.encode(windowStarts, forKey: .windowStarts)
      try container.encode(seeds, forKey: .seeds)
      try container.encode(stretchSeconds, forKey: .stretchSeconds)
      try container.encode(secondNeuronChances, forKey: .secondNeuronChances)
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
