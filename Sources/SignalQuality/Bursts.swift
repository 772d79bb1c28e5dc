internal import Foundation
internal import Recordings

/// Broad-band bursts in a scan: muscles and movement.
///
/// A burst's core is as long as no ripple, UP state or bursting cell fills: windows of 40 ms, 80 ms together, louder than
/// all windows by chance are, so loud that they bring more crossings of the threshold than the recording has spikes, and
/// filled as Gaussian noise is, not sparse as spikes are. From there it reaches to where 20 ms are as loud as usual.
struct Bursts {
  let scan: SignalScan
  let noise: Double
  let samplingRate: Double
  let segments: [Range<Int>]
  let hop: Int

  /// A burst is filled for at least so long.
  private static let shortestMilliseconds = 80.0
  /// Fewer windows say nothing of what is usual.
  private static let fewestWindows = 50
  /// The largest excess of a Gaussian's log fill: windows of 40 ms scatter by a tenth of it.
  private static let mostFill = 0.33
  private static let leastFill = 0.25
  /// Crossings a second of a threshold of zero by noise between 300 and 6000 Hz.
  private static let crossings = 6000.0
  /// Frames beyond the threshold of one spike, in seconds.
  private static let spikeSeconds = 0.3e-3

  /// The spikes that have to stand out of a burst for it to be judged: the large ones, not the few largest.
  private static let largeShare = 0.95

  /// The bursts that cannot be judged: where they are loudest not even the recording's large spikes, as it has them elsewhere,
  /// pass the threshold of the burst's own noise.
  ///
  /// Moderate muscle noise (40 µV over spikes of 70 to 170 µV, five seeds) sorted as it is came to .294 .986 .455 .979 .983
  /// with six false units; left out to .856 .831 .848 .868 .840 with none, though an eighth of the spikes lie in it.
  func found() -> [Range<Int>] {
    let levels = scan.long.compactMap { $0 }
    guard levels.count >= Self.fewestWindows else { return [] }
    let usual = NullDistribution(levels.map(\.level))
    let cores = cores(usual, levels)
    guard cores.contains(true) else { return [] }
    let bursts = grown(cores)
    let all = FrameSet(bursts.map(\.frames))
    let sizes = scan.deflections.filter { !all.contains($0.frame) }.map(\.size).sorted()
    let large = sizes.isEmpty ? 0 : Double(sizes[Int(Self.largeShare * Double(sizes.count - 1))])
    return bursts.filter { Double(SignalScanner.threshold) * exp($0.level) > large }.map(\.frames)
  }

  /// The windows of 40 ms that are a burst's.
  private func cores(_ usual: NullDistribution, _ levels: [NoiseLevel]) -> [Bool] {
    let seconds = Double(max(scan.good, 1)) / samplingRate
    let beyond = Double(scan.beyond) / samplingRate
    let rate = max(1, beyond / Self.spikeSeconds / seconds)
    // Rice: noise r times as loud crosses the threshold K so often: 6000 exp(−K² / 2 r²) a second.
    let threshold = Double(SignalScanner.threshold)
    let ratio = rate < Self.crossings / 2 ? threshold / (2 * log(Self.crossings / rate)).squareRoot() : 3
    let chance = normalPoint(beyond: ArtifactSearch.falseFindings / Double(scan.long.count))
    let limit = usual.mode + max(chance * usual.deviation, log(ratio))
    let quiet = levels.filter { $0.level < usual.mode + 2 * usual.deviation }.map(\.fill)
    let fills = NullDistribution(quiet.isEmpty ? levels.map(\.fill) : quiet)
    let fill = fills.mode < Self.leastFill ? max(Self.leastFill, 3 * fills.deviation) : fills.mode
    let isCore = scan.long.map { window in
      window.map { $0.level > limit && $0.fill < min(fill, Self.mostFill) } ?? false
    }
    let fewest = Int((Self.shortestMilliseconds / 10).rounded(.up)) - 3
    var result = [Bool](repeating: false, count: isCore.count)
    // A window of which nothing is known parts no burst.
    for run in runs(where: { isCore[$0] || scan.long[$0] == nil })
    where run.count(where: { isCore[$0] }) >= fewest {
      for i in run { result[i] = true }
    }
    return result
  }

  /// Cores with the windows around them that are louder than usual, and how loud the loudest is.
  private func grown(_ cores: [Bool]) -> [(frames: Range<Int>, level: Double)] {
    let short = NullDistribution(scan.short.compactMap { $0 })
    var isUp = scan.short.map { $0.map { $0 > short.mode + 2 * short.deviation } ?? true }
    let was = isUp
    for i in was.indices.dropFirst().dropLast() where was[i - 1] && was[i + 1] { isUp[i] = true }
    var isCovered = [Bool](repeating: false, count: cores.count)
    for i in cores.indices where cores[i] {
      for j in i..<min(i + 4, cores.count) where isNeighbour(i, j) { isCovered[j] = true }
    }
    return runs(where: { isUp[$0] || isCovered[$0] }).filter { $0.contains { isCovered[$0] } }.compactMap {
      run in
      guard let segment = segments.first(where: { $0.contains(scan.starts[run.lowerBound]) }),
        let level = run.filter({ cores[$0] }).compactMap({ scan.long[$0]?.level }).max()
      else { return nil }
      let end = min(scan.starts[run.upperBound - 1] + 2 * hop, segment.upperBound)
      return (scan.starts[run.lowerBound]..<end, level)
    }
  }

  /// Whether two windows, the second not before the first, are of one segment and as far apart as their places say.
  private func isNeighbour(_ first: Int, _ second: Int) -> Bool {
    scan.starts[second] - scan.starts[first] == (second - first) * hop
  }

  /// The longest runs of windows, one hop apart, of which something is true.
  private func runs(where isTrue: (Int) -> Bool) -> [Range<Int>] {
    var found: [Range<Int>] = []
    for i in scan.starts.indices where isTrue(i) {
      if let last = found.last, last.upperBound == i, isNeighbour(i - 1, i) {
        found[found.count - 1] = last.lowerBound..<i + 1
      } else {
        found.append(i..<i + 1)
      }
    }
    return found
  }
}
