/// The times of spikes, whatever file they stand in, that sums and products of a few of them do not overflow and that no
/// table by time outgrows the memory.
package enum SpikeClock {
  /// A thousand years at 30 kHz.
  package static let frames = 0...1_000_000_000_000_000
  /// Frames a second of anything that records spikes, or of a clock they are told in.
  package static let rates = 1.0...1e7
  package static let expectedRate = "1 to 10,000,000 Hz"
  /// What no clock says: thirty thousand years.
  package static let latestSeconds = 1e12
  /// A month in one piece.
  package static let longestSeconds = 31.0 * 86_400
  package static let expectedLength = "at most 31 days in one piece"

  /// What of some times and their rate is out of bounds, and what was expected; nil where nothing is.
  ///
  /// - Parameter times: frames, in any order.
  package static func fault(in times: [Int], samplingRate: Double?) -> (found: String, expected: String)? {
    if let place = times.firstIndex(where: { !frames.contains($0) }) {
      return ("a time of spike \(place) that is no frame", "frames from 0 on")
    }
    guard let rate = samplingRate else { return nil }
    guard rates.contains(rate) else { return ("a sampling rate of \(rate) Hz", expectedRate) }
    guard let first = times.min(), let last = times.max() else { return nil }
    let days = Double(last - first) / rate / 86_400
    return days * 86_400 <= longestSeconds ? nil : ("spikes \(Int(days)) days apart", expectedLength)
  }
}
