/// Frames of a recording by stretches that ascend and do not touch.
///
/// As what is left out of a recording it also counts what is left: the frames outside, as they would be numbered were
/// those inside cut out.
public struct FrameSet: Sendable, Equatable {
  /// The stretches: none is empty, each ends before the next begins.
  public let stretches: [Range<Int>]
  /// The frames inside all stretches up to and with each.
  private let insideUpTo: [Int]

  /// No frame.
  public static let none = FrameSet([])

  /// The frames of some ranges, which may overlap and stand in any order.
  public init(_ ranges: [Range<Int>]) {
    var joined: [Range<Int>] = []
    for range in ranges.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    stretches = joined
    var total = 0
    insideUpTo = joined.map {
      total += $0.count
      return total
    }
  }

  /// Whether there is no frame inside.
  public var isEmpty: Bool { stretches.isEmpty }
  /// The frames inside.
  public var count: Int { insideUpTo.last ?? 0 }

  /// The place of the first stretch that ends after a frame.
  private func place(after frame: Int) -> Int {
    var (low, high) = (0, stretches.count)
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].upperBound > frame { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Whether a frame is inside.
  public func contains(_ frame: Int) -> Bool { overlaps(frame..<frame + 1) }

  /// Whether any of some frames is inside.
  public func overlaps(_ frames: Range<Int>) -> Bool {
    guard !stretches.isEmpty, !frames.isEmpty else { return false }
    let place = place(after: frames.lowerBound)
    return place < stretches.count && stretches[place].lowerBound < frames.upperBound
  }

  /// The stretches that share frames with a range, whole.
  public func stretches(touching frames: Range<Int>) -> ArraySlice<Range<Int>> {
    let first = place(after: frames.lowerBound)
    var end = first
    while end < stretches.count, stretches[end].lowerBound < frames.upperBound { end += 1 }
    return stretches[first..<end]
  }

  /// The frames inside that lie before a frame.
  public func count(before frame: Int) -> Int {
    let place = place(after: frame)
    let whole = place > 0 ? insideUpTo[place - 1] : 0
    guard place < stretches.count, stretches[place].lowerBound < frame else { return whole }
    return whole + frame - stretches[place].lowerBound
  }

  /// How many of some frames are inside.
  public func count(in frames: Range<Int>) -> Int {
    isEmpty ? 0 : count(before: frames.upperBound) - count(before: frames.lowerBound)
  }

  /// The number of a frame were those inside cut out; of one inside that of the next outside.
  public func framesLeft(before frame: Int) -> Int { isEmpty ? frame : frame - count(before: frame) }

  /// The frame that would have this number were those inside cut out.
  public func frame(left number: Int) -> Int {
    // The stretches that begin at or before the frame sought.
    var (low, high) = (0, stretches.count)
    while low < high {
      let middle = (low + high) / 2
      let leftBefore = stretches[middle].upperBound - insideUpTo[middle]
      if leftBefore <= number { low = middle + 1 } else { high = middle }
    }
    return number + (low > 0 ? insideUpTo[low - 1] : 0)
  }

  /// The frames inside a range, counted from its start.
  public func within(_ frames: Range<Int>) -> FrameSet {
    guard !isEmpty else { return self }
    return FrameSet(
      stretches(touching: frames).map {
        let shared = $0.clamped(to: frames)
        return shared.lowerBound - frames.lowerBound..<shared.upperBound - frames.lowerBound
      })
  }

  /// The same frames counted from so many frames earlier.
  public func shifted(by frames: Int) -> FrameSet {
    FrameSet(stretches.map { $0.lowerBound + frames..<$0.upperBound + frames })
  }

  /// The frames inside either.
  public func union(_ other: FrameSet) -> FrameSet {
    if other.isEmpty { return self }
    return isEmpty ? other : FrameSet(stretches + other.stretches)
  }

  /// The stretches of a range outside, ascending.
  public func outside(_ frames: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = frames.lowerBound
    for stretch in stretches(touching: frames) {
      if stretch.lowerBound > start { result.append(start..<stretch.lowerBound) }
      start = stretch.upperBound
    }
    if start < frames.upperBound { result.append(start..<frames.upperBound) }
    return result
  }
}
