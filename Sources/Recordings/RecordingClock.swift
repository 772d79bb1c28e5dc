/// What the recording's own clock says at every frame: seconds from that clock's zero, with the pauses in them.
///
/// Frames follow one another without gaps; time does not. Within a stretch time runs evenly.
public struct RecordingClock: Codable, Sendable, Equatable {
  /// Frames over which the clock runs evenly.
  public struct Stretch: Codable, Sendable, Equatable {
    /// The first of them.
    public var frame: Int
    /// What the clock says at it.
    public var seconds: Double
    /// Frames a second of this clock.
    public var samplingRate: Double
    /// Whether something was not recorded before it, however long.
    public var followsGap: Bool

    /// Describes a stretch.
    public init(frame: Int, seconds: Double, samplingRate: Double, followsGap: Bool = false) {
      self.frame = frame
      self.seconds = seconds
      self.samplingRate = samplingRate
      self.followsGap = followsGap
    }

    /// What the clock says at a frame, the stretch taken as endless.
    public func seconds(ofFrame other: Int) -> Double {
      let own = (Double(other) - Double(frame)) / samplingRate
      // Zero is left out, so that times from it are the quotient itself.
      return seconds == 0 ? own : seconds + own
    }
  }

  /// The stretches, by frame; the first begins at frame 0.
  public private(set) var stretches: [Stretch]

  /// A clock that runs evenly from frame 0 on.
  ///
  /// - Precondition: a positive rate.
  public init(start: Double = 0, samplingRate: Double) {
    precondition(samplingRate > 0, "a clock needs a rate")
    stretches = [Stretch(frame: 0, seconds: start, samplingRate: samplingRate)]
  }

  /// A clock of several stretches; nil where they are none: not by frame from 0 on, or numbers that are no times.
  public init?(_ stretches: [Stretch]) {
    let areTimes = stretches.allSatisfy {
      $0.samplingRate > 0 && $0.samplingRate.isFinite && abs($0.seconds) < 1e12 && $0.frame < 1 << 50
    }
    let areInOrder = zip(stretches, stretches.dropFirst()).allSatisfy { $0.frame < $1.frame }
    guard stretches.first?.frame == 0, areTimes, areInOrder else { return nil }
    self.stretches = stretches
  }

  /// The clock of a recording whose gaps are known; one of unknown length is taken to have none, but stays a gap.
  init(start: Double, samplingRate: Double, gaps: [RecordingGap]) {
    self.init(start: start, samplingRate: samplingRate)
    for gap in gaps {
      let end = seconds(ofFrame: gap.frame)
      append(from: gap.frame, seconds: end + (gap.seconds ?? 0), samplingRate: samplingRate)
    }
  }

  /// Reads a clock, refusing one that is none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let clock = RecordingClock(try container.decode([Stretch].self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "stretches of a clock from frame 0 on, in order")
    }
    self = clock
  }

  /// Writes the stretches.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(stretches)
  }

  /// What the clock says at the first frame.
  public var start: Double { stretches[0].seconds }

  /// Whether time is the frame over a rate, and nothing more.
  public func isPlain(samplingRate: Double) -> Bool {
    stretches == [Stretch(frame: 0, seconds: 0, samplingRate: samplingRate)]
  }

  /// The clock where it says more than the frame over the rate; nil otherwise.
  func unlessPlain(_ samplingRate: Double) -> RecordingClock? {
    isPlain(samplingRate: samplingRate) ? nil : self
  }

  /// What the clock says at a frame.
  public func seconds(ofFrame frame: Int) -> Double { stretch(at: frame).seconds(ofFrame: frame) }

  /// What the clock says at the end of a range of frames, be there a gap after it or not.
  public func seconds(atEndOf frames: Range<Int>) -> Double {
    stretch(at: max(frames.upperBound, 1) - 1).seconds(ofFrame: frames.upperBound)
  }

  /// The last stretch that begins at or before a frame; the first where none does.
  private func stretch(at frame: Int) -> Stretch {
    var (low, high) = (0, stretches.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if stretches[middle].frame <= frame { low = middle } else { high = middle }
    }
    return stretches[low]
  }

  /// The parts of a range of frames that nothing interrupts.
  public func recorded(_ frames: Range<Int>) -> [Range<Int>] {
    let inside = stretches.filter {
      $0.followsGap && $0.frame > frames.lowerBound && $0.frame < frames.upperBound
    }
    let bounds = [frames.lowerBound] + inside.map(\.frame) + [frames.upperBound]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The same clock, as a part that starts at a frame counts its frames.
  public func from(frame: Int) -> RecordingClock {
    guard frame > 0 else { return self }
    var first = stretches.last { $0.frame <= frame } ?? stretches[0]
    first.seconds = first.seconds(ofFrame: frame)
    (first.frame, first.followsGap) = (0, false)
    var result = self
    result.stretches =
      [first]
      + stretches.filter { $0.frame > frame }.map {
        Stretch(
          frame: $0.frame - frame, seconds: $0.seconds, samplingRate: $0.samplingRate,
          followsGap: $0.followsGap)
      }
    return result
  }

  /// Adds a stretch after a gap.
  private mutating func append(from frame: Int, seconds: Double, samplingRate: Double) {
    guard frame > stretches[stretches.count - 1].frame else { return }
    stretches.append(
      Stretch(frame: frame, seconds: seconds, samplingRate: samplingRate, followsGap: true))
  }

  /// Adds another clock, whose frame 0 is a frame of this one, so much later than it says itself.
  mutating func append(_ other: RecordingClock, from frame: Int, later: Double) {
    guard frame > stretches[stretches.count - 1].frame else { return }
    stretches += other.stretches.map {
      Stretch(
        frame: $0.frame + frame, seconds: $0.seconds + later, samplingRate: $0.samplingRate,
        followsGap: $0.followsGap || $0.frame == 0)
    }
  }
}

/// A clock made from what files say at some of their frames.
///
/// A clock that is not the amplifier's runs a little slower or faster than the rate says. Each stretch is as long as
/// one slope meets what was said to a quarter of a frame.
struct ClockMarks {
  private let period: Double
  private var done: [RecordingClock.Stretch] = []
  /// The stretch that grows: its first frame and what the clock says there.
  private var first: (frame: Int, seconds: Double, followsGap: Bool)?
  /// The slopes that meet all marks of it, in seconds a frame.
  private var slopes = 0.0...Double.infinity
  private var tolerance: Double
  /// Stretches without a gap: clocks that jitter are followed the less closely, the more of them there are.
  private var bends = 0

  /// - Precondition: a positive rate.
  init(samplingRate: Double) {
    period = 1 / samplingRate
    tolerance = 0.25 * period
  }

  /// Adds what the clock says at a frame that lies behind those before.
  mutating func add(frame: Int, seconds: Double, afterGap: Bool) {
    guard let first, !afterGap else {
      begin(frame, seconds, afterGap: first != nil)
      return
    }
    guard frame > first.frame else { return }
    let length = Double(frame - first.frame)
    let low = max(slopes.lowerBound, (seconds - first.seconds - tolerance) / length)
    let high = min(slopes.upperBound, (seconds - first.seconds + tolerance) / length)
    if low <= high, high > 0 {
      slopes = low...high
      return
    }
    bends += 1
    if bends % 1000 == 0 { tolerance *= 2 }
    begin(frame, seconds, afterGap: false)
  }

  private mutating func begin(_ frame: Int, _ seconds: Double, afterGap: Bool) {
    close()
    first = (frame, seconds, afterGap)
    slopes = 0.0...Double.infinity
  }

  private mutating func close() {
    guard let first else { return }
    let slope = min(max(period, slopes.lowerBound), slopes.upperBound)
    done.append(
      RecordingClock.Stretch(
        frame: first.frame, seconds: first.seconds, samplingRate: slope == period ? 0 : 1 / slope,
        followsGap: first.followsGap))
  }

  /// The clock; nil where nothing was said, or no times.
  ///
  /// - Parameter samplingRate: the rate of stretches that show no other.
  func clock(samplingRate: Double) -> RecordingClock? {
    var all = self
    all.close()
    return RecordingClock(
      all.done.map { stretch in
        var stretch = stretch
        if stretch.samplingRate == 0 { stretch.samplingRate = samplingRate }
        return stretch
      })
  }
}
