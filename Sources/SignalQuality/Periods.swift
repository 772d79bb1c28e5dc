internal import Foundation

/// An interval that recurs among deflections as no neuron's does, and the deflections it is found between.
struct Periods {
  /// The period in frames.
  let period: Int
  /// The first deflection of every pulse.
  let pulses: [Int]

  /// Intervals below belong to bursts and refractory times; above no neuron is precise to 0.1 ms.
  private static let shortestSeconds = 0.004
  private static let longestSeconds = 2.5
  /// Later deflections that an interval is counted to.
  private static let reach = 400
  /// Fewer pulses make no mean waveform.
  static let fewestPulses = 10

  /// Looks for the period among ascending frames; nil where there is none.
  init?(_ frames: [Int], samplingRate: Double) {
    guard frames.count >= Self.fewestPulses + 2 else { return nil }
    let width = max(1, Int((0.0001 * samplingRate).rounded()))
    let bins = Int(Self.longestSeconds * samplingRate) / width
    let counts = Self.intervals(frames, width: width, bins: bins)
    let likely = Self.recurring(
      counts, around: Int(0.005 * samplingRate) / width,
      from: Int(Self.shortestSeconds * samplingRate) / width)
    var chains: [(members: [Bool], count: Int, lag: Int)] = []
    for bin in likely.prefix(40) {
      let members = Self.chain(frames, lag: bin * width, tolerance: 2 * width)
      chains.append((members, members.count { $0 }, bin * width))
    }
    guard let most = chains.map(\.count).max(), most >= Self.fewestPulses,
      // The fundamental, not a multiple of it; then the bin nearest to it that holds the most.
      let shortest = chains.filter({ 2 * $0.count >= most }).map(\.lag).min()
    else { return nil }
    let near = chains.filter { abs(Double($0.lag - shortest)) < 0.03 * Double(shortest) }
    guard let best = near.max(by: { ($0.count, $0.lag) < ($1.count, $1.lag) }) else { return nil }
    period = best.lag
    let members = chains.max { $0.count < $1.count }?.members ?? best.members
    var first: [Int] = []
    for (frame, isMember) in zip(frames, members) where isMember {
      if let last = first.last, 2 * (frame - last) <= best.lag { continue }
      first.append(frame)
    }
    pulses = first
  }

  /// How many pairs of deflections are apart by every bin.
  private static func intervals(_ frames: [Int], width: Int, bins: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: bins)
    for i in frames.indices {
      for j in i + 1..<min(i + reach, frames.count) {
        let bin = (frames[j] - frames[i]) / width
        guard bin < bins else { break }
        counts[bin] += 1
      }
    }
    return counts
  }

  /// Bins that hold more than chance puts there by what their neighbours hold, the fullest first.
  private static func recurring(_ counts: [Int], around reach: Int, from first: Int) -> [Int] {
    let bins = counts.count
    return counts.indices.filter { bin in
      guard bin >= first, counts[bin] >= 10 else { return false }
      func neighbour(_ place: Int) -> Int {
        counts[place < 0 ? -place : place >= bins ? 2 * bins - 2 - place : place]
      }
      // Where as many are more than a third the median is, too.
      let reached = (bin - reach...bin + reach).count { 3 * neighbour($0) >= counts[bin] }
      guard 2 * reached <= 2 * reach + 1 else { return false }
      let around = (bin - reach...bin + reach).map(neighbour).sorted()
      let mean = Double(around.reduce(0, +)) / Double(around.count)
      let expected = max(Double(around[around.count / 2]), 0.3 * mean, 0.5)
      return Double(counts[bin]) > 3 * expected
        && poissonTail(counts[bin], mean: expected) < ArtifactSearch.falseFindings / Double(bins)
    }.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
  }

  /// The probability of at least so many by chance.
  private static func poissonTail(_ count: Int, mean: Double) -> Double {
    var term = exp(Double(count) * log(mean) - mean - lgamma(Double(count) + 1))
    var (sum, k) = (0.0, Double(count))
    while term > 1e-18 * sum, term > 0 {
      sum += term
      k += 1
      term *= mean / k
    }
    return sum
  }

  /// Which deflections have others a lag before and after, or are one of those.
  private static func chain(_ frames: [Int], lag: Int, tolerance: Int) -> [Bool] {
    func partner(_ frame: Int) -> Int? {
      var (low, high) = (0, frames.count)
      while low < high {
        let middle = (low + high) / 2
        if frames[middle] >= frame - tolerance { high = middle } else { low = middle + 1 }
      }
      return low < frames.count && frames[low] <= frame + tolerance ? low : nil
    }
    var isMember = [Bool](repeating: false, count: frames.count)
    for (i, frame) in frames.enumerated() {
      guard let before = partner(frame - lag), let after = partner(frame + lag) else { continue }
      for place in [before, i, after] { isMember[place] = true }
    }
    return isMember
  }
}
