import LinearAlgebra
import Recordings
import SpikeTrains

/// Joins components that are one neuron.
struct ComponentJoin: Sendable {
  let spikes: SpikeTable
  let measurer: UnitMeasurer
  let threads: Int

  /// Groups of components, and what they share.
  struct Groups: Sendable {
    /// The components of every group, ascending.
    var components: [[Int]]
    /// Their spikes, in order of time.
    var members: [[Int]]
    /// Their mean waveforms; nil without snippets.
    var means: [[Double]]?
  }

  init(_ spikes: SpikeTable, judge: any SpikeJudge, threads: Int) {
    self.spikes = spikes
    measurer = UnitMeasurer(censoredMilliseconds: spikes.censoredMilliseconds, judge: judge)
    self.threads = threads
  }

  /// The components of every unit: each on its own, or joined where the evidence says one neuron.
  ///
  /// - Returns: the groups in order of their first component, and a line for every merge.
  func joined(merging: Bool) -> (groups: Groups, merges: [Sorting.Merge]) {
    // A component that is no spike's likeliest makes no unit.
    let inhabited = Set(spikes.clusters.labels)
    var groups = grouped((0..<spikes.componentCount).filter(inhabited.contains).map { [$0] })
    var merges: [Sorting.Merge] = []
    // Every merge removes a group, so this ends.
    while merging, let (a, b, reasons) = surest(groups) {
      var components = groups.components
      merges.append(Sorting.Merge(first: components[a], second: components[b], reasons: reasons))
      components[a] = (components[a] + components[b]).sorted()
      components.remove(at: b)
      groups = grouped(components)
    }
    return (groups, merges)
  }

  /// Groups of components with their spikes and means.
  func grouped(_ components: [[Int]]) -> Groups {
    let unit = unitOfComponent(components)
    var members = [[Int]](repeating: [], count: components.count)
    for (n, component) in spikes.clusters.labels.enumerated() { members[unit[component]].append(n) }
    let all = members
    let means = spikes.snippets.map { snippets in
      Parallel.map(count: all.count, threads: threads) { (u: Int) -> [Double] in snippets.mean(of: all[u]) }
    }
    return Groups(components: components, members: members, means: means)
  }

  /// The group of every component.
  func unitOfComponent(_ groups: [[Int]]) -> [Int] {
    var unit = [Int](repeating: 0, count: spikes.componentCount)
    for (id, group) in groups.enumerated() { for component in group { unit[component] = id } }
    return unit
  }

  /// The two groups that are most surely one neuron; nil where no pair is.
  private func surest(_ groups: Groups) -> (a: Int, b: Int, reasons: [String])? {
    let candidates = groups.components.indices.filter { spikes.noiseFinding(groups.components[$0]) == nil }
    let pairs = candidates.flatMap { a in candidates.filter { $0 > a }.map { (a, $0) } }
    let findings = Parallel.map(count: pairs.count, threads: threads) { (i: Int) -> PairFinding in
      finding(pairs[i].0, pairs[i].1, of: groups)
    }
    var best: (index: Int, chance: Double)?
    for (i, finding) in findings.enumerated() where finding.verdict == .split {
      let chance = finding.evidence.crossRefractory?.chanceOfSoFew ?? 1
      if chance < best?.chance ?? .infinity { best = (i, chance) }
    }
    return best.map { (pairs[$0.index].0, pairs[$0.index].1, findings[$0.index].reasons) }
  }

  /// The evidence on two groups of spikes and what follows from it.
  func finding(_ a: Int, _ b: Int, of groups: Groups) -> PairFinding {
    let (first, second) = (groups.members[a], groups.members[b])
    var likeness = WaveformPair()
    if let means = groups.means, let snippets = spikes.snippets {
      likeness = WaveformPair(means[a], means[b], channels: snippets.channels)
      likeness.handoverCosine = handoverCosine(first, second, snippets)
    }
    let (smaller, other) =
      first.count <= second.count ? (first, groups.components[b]) : (second, groups.components[a])
    return measurer.finding(
      spikes.train(first), spikes.train(second), waveforms: likeness, overlap: overlap(smaller, with: other))
  }

  /// The share of some spikes that the posteriors give to other components; nil for no spikes.
  private func overlap(_ members: [Int], with components: [Int]) -> Double? {
    guard !members.isEmpty else { return nil }
    let shared = members.reduce(0.0) { sum, n in
      components.reduce(sum) { $0 + spikes.clusters.responsibilities[n, $1] }
    }
    return shared / Double(members.count)
  }

  /// The likeness of the last spikes of the earlier group and the first of the later.
  ///
  /// Where one ends before the other begins nothing but continuity speaks for one neuron, and a waveform that goes on is of
  /// the same size as well.
  private func handoverCosine(_ first: [Int], _ second: [Int], _ snippets: Snippets) -> Double? {
    guard first.count >= 20, second.count >= 20 else { return nil }
    let isFirstEarlier = first[first.count / 2] < second[second.count / 2]
    let (earlier, later) = isFirstEarlier ? (first, second) : (second, first)
    let (last, next) = (earlier.suffix(50), later.prefix(50))
    let pair = WaveformPair(snippets.mean(of: last), snippets.mean(of: next), channels: snippets.channels)
    guard last[last.startIndex + last.count / 2] < next[next.startIndex + next.count / 2],
      let cosine = pair.cosine, let scale = pair.scale
    else { return pair.cosine }
    return cosine * 2 * scale / (1 + scale * scale)
  }
}
