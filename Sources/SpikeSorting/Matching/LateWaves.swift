/// Spikes that are the ends of larger ones.
///
/// A template ends a millisecond after its trough; a large spike's slow wave goes on, and what is left of it may look like a
/// weak unit's spike that always follows another's.
struct LateWaves {
  let samplingRate: Double

  /// A spike's slow wave has ended so long after its trough.
  static let seconds = 0.002
  /// The share of a component's spikes, beyond what chance gives, that must follow a larger unit's.
  static let share = 0.5

  /// Whether most of some spikes follow others, beyond chance.
  ///
  /// Chance is what comes as soon before a larger spike: where neurons fire together (ripples, UP states) much follows and as much
  /// precedes, but no end comes before its spike.
  /// - Parameters:
  ///   - frames: of the spikes, ascending.
  ///   - larger: of all larger units' spikes, ascending.
  func isMade(of frames: [Int], after larger: [Int]) -> Bool {
    guard !frames.isEmpty else { return false }
    let reach = Int(Self.seconds * samplingRate)
    var next = 0
    var (follow, precede) = (0, 0)
    for frame in frames {
      while next < larger.count, larger[next] < frame { next += 1 }
      if next > 0, frame - larger[next - 1] <= reach { follow += 1 }
      if next < larger.count, larger[next] - frame <= reach { precede += 1 }
    }
    return Double(follow - precede) > Self.share * Double(frames.count - precede)
  }
}
