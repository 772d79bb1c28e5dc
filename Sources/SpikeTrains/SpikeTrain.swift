/// The spikes of one unit within a recording.
public struct SpikeTrain: Sendable, Equatable {
  /// The frame of every spike, ascending.
  public let times: [Int]
  /// The length of the recording.
  public let frames: Int
  /// Frames per second.
  public let samplingRate: Double
  /// What was not recorded between the frames.
  public let gaps: FrameGaps
  /// The times by which lags are counted: those between them that were not recorded are in them.
  public let timesApart: [Int]

  /// A train over a recording of the given length.
  ///
  /// - Parameters:
  ///   - times: the frame of every spike.
  ///   - frames: the length of what was recorded.
  ///   - samplingRate: frames a second.
  ///   - gaps: what was not recorded between the frames.
  /// - Precondition: times ascend, the length and the rate are positive.
  public init(times: [Int], frames: Int, samplingRate: Double, gaps: FrameGaps = .none) {
    precondition(zip(times, times.dropFirst()).allSatisfy(<=), "spike times must ascend")
    precondition(frames > 0 && samplingRate > 0, "a recording has a length and a rate")
    self.times = times
    self.frames = frames
    self.samplingRate = samplingRate
    self.gaps = gaps
    timesApart = gaps.apart(times)
  }

  /// The trains of all units of a sorting, in order of unit; units without spikes have empty trains.
  ///
  /// - Parameters:
  ///   - times: the frame of every spike, ascending.
  ///   - units: the unit of every spike, 0 ..< `unitCount`.
  public static func trains(
    times: [Int], units: [Int], unitCount: Int, frames: Int, samplingRate: Double
  ) -> [SpikeTrain] {
    precondition(times.count == units.count, "every spike needs a time and a unit")
    var perUnit = [[Int]](repeating: [], count: unitCount)
    for (time, unit) in zip(times, units) { perUnit[unit].append(time) }
    return perUnit.map { SpikeTrain(times: $0, frames: frames, samplingRate: samplingRate) }
  }

  /// The number of spikes.
  public var count: Int { times.count }

  /// The length of the recording in seconds.
  public var durationSeconds: Double { Double(frames) / samplingRate }

  /// The mean firing rate over the whole recording.
  public var rateHertz: Double { Double(count) / durationSeconds }

  /// The frames between neighbouring spikes, those that were not recorded too.
  public var intervals: [Int] { zip(timesApart.dropFirst(), timesApart).map { $0 - $1 } }

  /// The spikes of both trains as one.
  ///
  /// - Precondition: one recording length, rate and gaps.
  public func merged(with other: SpikeTrain) -> SpikeTrain {
    precondition(
      frames == other.frames && samplingRate == other.samplingRate && gaps == other.gaps,
      "trains of one recording are merged")
    var all: [Int] = []
    all.reserveCapacity(count + other.count)
    var next = 0
    for time in times {
      while next < other.count, other.times[next] < time {
        all.append(other.times[next])
        next += 1
      }
      all.append(time)
    }
    all.append(contentsOf: other.times[next...])
    return SpikeTrain(times: all, frames: frames, samplingRate: samplingRate, gaps: gaps)
  }

  /// The number of pairs of spikes with `shortest` < lag ≤ `longest` frames, all pairs and not neighbours alone.
  ///
  /// - Complexity: O(spikes).
  func pairCount(lagsAbove shortest: Int, upTo longest: Int) -> Int {
    var pairs = 0
    var near = 0
    var far = 0
    for (index, time) in timesApart.enumerated() {
      while timesApart[far] < time - longest { far += 1 }
      while near < index, timesApart[near] < time - shortest { near += 1 }
      pairs += near - far
    }
    return pairs
  }

  /// The number of pairs (one spike of each train) with `shortest` < |lag| ≤ `longest` frames.
  ///
  /// - Complexity: O(spikes of both).
  func pairCount(with other: SpikeTrain, lagsAbove shortest: Int, upTo longest: Int) -> Int {
    precondition(longest >= shortest && shortest >= -1, "a range of lags runs upwards")
    return pairCount(with: other, lagsWithin: longest) - pairCount(with: other, lagsWithin: shortest)
  }

  private func pairCount(with other: SpikeTrain, lagsWithin longest: Int) -> Int {
    guard longest >= 0 else { return 0 }
    var pairs = 0
    var start = 0
    var end = 0
    for time in timesApart {
      while start < other.count, other.timesApart[start] < time - longest { start += 1 }
      while end < other.count, other.timesApart[end] <= time + longest { end += 1 }
      pairs += end - start
    }
    return pairs
  }
}
