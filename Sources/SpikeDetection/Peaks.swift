/// The local maxima of a trace, as SciPy's `find_peaks` finds them: the detector of the lab, on the negated trace.
///
/// A plateau counts once, at its middle (rounded down); the first and last sample are no peaks. With a distance the highest
/// peak goes first and takes out all nearer than `distance`; of equal heights the later goes first.
/// - Parameters:
///   - minimumHeight: peaks below are left out; nil for none.
///   - minimumDistance: the least distance between two peaks, in frames, at least 1; nil for none.
/// - Returns: the frames of the peaks, ascending.
/// - Complexity: O(n) + O(p log p) for p peaks, and the peaks within the distance of one another.
public func findPeaks(_ trace: [Double], minimumHeight: Double? = nil, minimumDistance: Double? = nil)
  -> [Int]
{
  var peaks: [Int] = []
  var i = 1
  while i < trace.count - 1 {
    if trace[i - 1] < trace[i] {
      var end = i
      while end + 1 < trace.count - 1, trace[end + 1] == trace[i] { end += 1 }
      if trace[end + 1] < trace[i] { peaks.append((i + end) / 2) }
      i = end
    }
    i += 1
  }
  if let minimumHeight { peaks.removeAll { trace[$0] < minimumHeight } }
  guard let minimumDistance else { return peaks }
  precondition(minimumDistance >= 1, "peaks are at least one frame apart")
  let distance = Int(minimumDistance.rounded(.up))
  var kept = [Bool](repeating: true, count: peaks.count)
  let byHeight = peaks.indices.sorted { (trace[peaks[$0]], $0) > (trace[peaks[$1]], $1) }
  for j in byHeight where kept[j] {
    var k = j - 1
    while k >= 0, peaks[j] - peaks[k] < distance {
      kept[k] = false
      k -= 1
    }
    k = j + 1
    while k < peaks.count, peaks[k] - peaks[j] < distance {
      kept[k] = false
      k += 1
    }
  }
  return peaks.indices.filter { kept[$0] }.map { peaks[$0] }
}
