import Foundation

/// Spikes that are the ends of larger ones.
///
/// A template ends a millisecond after its trough; a large spike's slow wave goes on, and what is left of it may look like a
/// weak unit's spike that always follows another's.
struct LateWaves {
  let samplingRate: Double
  /// Frames of the recording in which spikes are found.
  let frameCount: Int

  /// A spike's slow wave has ended so long after its trough.
  static let seconds = 0.002
  /// The share of a component's spikes, beyond what chance gives, that must follow a larger unit's.
  static let share = 0.5

  /// Whether most of some spikes follow others, beyond chance.
  ///
  /// - Parameters:
  ///   - frames: of the spikes, ascending.
  ///   - larger: of all larger units' spikes, ascending.
  func isMade(of frames: [Int], after larger: [Int]) -> Bool {
    guard !frames.isEmpty else { return false }
    let reach = Int(Self.seconds * samplingRate)
    var next = 0
    let follows = frames.count { frame in
      while next < larger.count, larger[next] < frame { next += 1 }
      return next > 0 && frame - larger[next - 1] <= reach
    }
    let share = Double(follows) / Double(frames.count)
    let chance = 1 - exp(-Double(larger.count * reach) / Double(max(frameCount, 1)))
    return share - chance > Self.share * (1 - chance)
  }
}
