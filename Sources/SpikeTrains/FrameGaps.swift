/// Where frames that follow one another are apart in time: nothing was recorded between them.
///
/// Rates and bins count recorded time, and so frames as they are. What lies between two spikes is time that passed.
public struct FrameGaps: Sendable, Equatable {
  /// The first frame after each gap, ascending.
  private var frames: [Int] = []
  /// The frames that all gaps up to each took.
  private var lost: [Int] = []

  /// Frames that follow one another without gaps.
  public static let none = FrameGaps()

  private init() {}

  /// Gaps before ascending frames and how many frames each took.
  ///
  /// - Parameter longest: what a gap of unknown length, or of none, is taken to have taken: spikes on both sides of it
  ///   are no close pair.
  public init(_ gaps: [(frame: Int, lost: Int?)], unknown longest: Int) {
    var total = 0
    for gap in gaps {
      let taken = gap.lost.flatMap { $0 > 0 ? $0 : nil } ?? max(longest, 1)
      // Sums of a few of these still are numbers.
      total = min(total + min(taken, 1 << 58), 1 << 60)
      frames.append(gap.frame)
      lost.append(total)
    }
  }

  /// Whether there are none.
  public var isEmpty: Bool { frames.isEmpty }

  /// The same gaps, frames counted from another.
  public func from(frame: Int) -> FrameGaps {
    var result = self
    result.frames = frames.map { $0 - frame }
    return result
  }

  /// The gaps of what is left where stretches are cut out, by the frames left.
  ///
  /// - Parameter stretches: ascending and apart; each becomes a gap of its own length.
  public func cuttingOut(_ stretches: [Range<Int>]) -> FrameGaps {
    guard !stretches.isEmpty else { return self }
    var result = FrameGaps()
    var (gap, cut) = (0, 0)
    func taken(_ gaps: Int) -> Int { gaps > 0 ? lost[gaps - 1] : 0 }
    for stretch in stretches {
      // A gap inside the stretch is where the stretch is.
      while gap < frames.count, frames[gap] < stretch.lowerBound {
        gap += 1
        result.frames.append(frames[gap - 1] - cut)
        result.lost.append(min(taken(gap) + cut, 1 << 60))
      }
      while gap < frames.count, frames[gap] <= stretch.upperBound { gap += 1 }
      result.frames.append(stretch.lowerBound - cut)
      cut += stretch.count
      result.lost.append(min(taken(gap) + cut, 1 << 60))
    }
    for place in gap..<frames.count {
      result.frames.append(frames[place] - cut)
      result.lost.append(min(lost[place] + cut, 1 << 60))
    }
    return result
  }

  /// Frames as they would be counted had nothing been left out; differences are time that passed.
  ///
  /// - Parameter times: ascending.
  public func apart(_ times: [Int]) -> [Int] {
    guard !frames.isEmpty else { return times }
    var gap = 0
    return times.map { time in
      while gap < frames.count, frames[gap] <= time { gap += 1 }
      // Frames as great as this are no recording's; their sums must be numbers all the same.
      return gap == 0 ? time : min(time, 1 << 61) + lost[gap - 1]
    }
  }
}
