/// The frames of sampled, filtered blocks that lie away from every spike.
///
/// Spikes raise the median deviation: fivefold where a tetrode has a thousand a second. So frames near a deflection beyond
/// four deviations are left out, the deviations are measured again on the rest, and so on until nothing changes. What the
/// deviations are then tells the sure spikes; all other frames are noise, the small spikes of far cells too.
struct QuietFrames: Sendable {
  /// Whether a frame is quiet: one array a block.
  private(set) var isQuiet: [[Bool]]
  /// The robust deviation of every channel that is looked at.
  private(set) var deviations: [Double]

  /// Gaussian noise goes beyond so many deviations in one frame of 16,000.
  private static let depth = 4.0
  /// Gaussian noise of the usual band reaches so many a few times a day.
  static let sureDepth = 6.0
  /// A spike and what follows it lie within so many milliseconds of its largest deflection.
  private static let reachMilliseconds = 1.5
  /// Neighbouring frames of a filtered trace say the same: every fifth is enough to tell a deviation.
  static let stride = 5
  /// Fewer frames tell no deviation: then the last set stands.
  private static let fewest = 1000

  /// - Parameters:
  ///   - pieces: filtered samples of some blocks, interleaved.
  ///   - used: the channels looked at.
  init(_ pieces: [[Float]], channelCount: Int, used: [Int], samplingRate: Double) {
    isQuiet = pieces.map { [Bool](repeating: true, count: $0.count / channelCount) }
    deviations = Self.deviations(of: pieces, isQuiet, channelCount: channelCount, used: used)
    let reach = Int(Self.reachMilliseconds * samplingRate / 1000)
    /// What is quiet below so many of the deviations known so far; nil where hardly anything is.
    func quiet(below depth: Double, _ deviations: [Double]) -> [[Bool]]? {
      let quiet = pieces.map {
        Self.quiet(
          $0, channelCount: channelCount, used: used, limits: deviations.map { depth * $0 }, reach: reach)
      }
      let left = quiet.reduce(0) { $0 + $1.reduce(0) { $0 + ($1 ? 1 : 0) } }
      return left < Self.fewest * Self.stride ? nil : quiet
    }
    var calmest = deviations
    while let next = quiet(below: Self.depth, calmest) {
      let smaller = Self.deviations(of: pieces, next, channelCount: channelCount, used: used)
      // Deviations only fall, so that this ends.
      guard zip(smaller, calmest).contains(where: { $0 < $1 }) else { break }
      calmest = zip(smaller, calmest).map(min)
    }
    guard let unspiked = quiet(below: Self.sureDepth, calmest) else { return }
    isQuiet = unspiked
    deviations = Self.deviations(of: pieces, isQuiet, channelCount: channelCount, used: used)
  }

  /// Some channels of every fifth quiet frame: a frame a row.
  static func rows(
    of pieces: [[Float]], _ isQuiet: [[Bool]], channelCount: Int, used: [Int]
  ) -> [[Double]] {
    zip(pieces, isQuiet).flatMap { piece, quiet in
      Swift.stride(from: 0, to: quiet.count, by: stride).filter { quiet[$0] }.map { frame in
        used.map { Double(piece[frame * channelCount + $0]) }
      }
    }
  }

  private static func deviations(
    of pieces: [[Float]], _ isQuiet: [[Bool]], channelCount: Int, used: [Int]
  ) -> [Double] {
    used.map { channel in
      Noise.deviation(
        rows(of: pieces, isQuiet, channelCount: channelCount, used: [channel]).map { $0[0] })
    }
  }

  /// Which frames of a block lie further than `reach` frames from every one beyond its channel's limit.
  private static func quiet(
    _ piece: [Float], channelCount: Int, used: [Int], limits: [Double], reach: Int
  ) -> [Bool] {
    var highest = [Float](repeating: .infinity, count: channelCount)
    for (i, channel) in used.enumerated() where limits[i] > 0 { highest[channel] = Float(limits[i]) }
    let count = piece.count / channelCount
    var quiet = [Bool](repeating: true, count: count)
    var end = 0
    for frame in 0..<count {
      let start = frame * channelCount
      guard highest.indices.contains(where: { abs(piece[start + $0]) > highest[$0] }) else { continue }
      let upper = min(count, frame + reach + 1)
      for i in max(end, frame - reach)..<upper { quiet[i] = false }
      end = upper
    }
    return quiet
  }
}
