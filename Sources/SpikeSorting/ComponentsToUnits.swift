import LinearAlgebra
import Recordings
import SpikeTrains

/// Which components are one neuron, and what is to be said of each unit and of each pair.
struct ComponentsToUnits {
  let spikes: ClusteredSpikes
  let threads: Int

  /// The refractory period the verdicts test, in ms.
  static let refractoryMilliseconds = Sorting.refractoryMilliseconds

  /// The components of every unit: each on its own, or joined where the evidence says one neuron.
  ///
  /// - Returns: the groups in order of their first component, and a line for every merge.
  func groups(merging: Bool) -> (groups: [[Int]], merges: [Sorting.Merge]) {
    // A component that is no spike's likeliest makes no unit.
    let inhabited = Set(spikes.components)
    var groups = (0..<spikes.componentCount).filter(inhabited.contains).map { [$0] }
    guard merging else { return (groups, []) }
    var merges: [Sorting.Merge] = []
    // Every merge removes a group, so this ends.
    while let (a, b, reasons) = likeliestSplit(groups) {
      merges.append(Sorting.Merge(first: groups[a], second: groups[b], reasons: reasons))
      groups[a] = (groups[a] + groups[b]).sorted()
      groups.remove(at: b)
    }
    return (groups, merges)
  }

  /// The two groups that are most surely one neuron; nil where no pair is.
  private func likeliestSplit(_ groups: [[Int]]) -> (a: Int, b: Int, reasons: [String])? {
    let members = memberSpikes(groups)
    let means = means(of: members)
    let candidates = groups.indices.filter { spikes.noiseReason(groups[$0]) == nil }
    let pairs = candidates.flatMap { a in candidates.filter { $0 > a }.map { (a, $0) } }
    let judged = Parallel.map(count: pairs.count, threads: threads) { (i: Int) -> PairFinding in
      let (a, b) = pairs[i]
      return finding(members[a], members[b], groups[a], groups[b], means: means.map { ($0[a], $0[b]) })
    }
    var best: (index: Int, chance: Double)?
    for (i, finding) in judged.enumerated() where finding.verdict == .split {
      let chance = finding.evidence.crossRefractory?.chanceOfSoFew ?? 1
      if chance < best?.chance ?? .infinity { best = (i, chance) }
    }
    return best.map { (pairs[$0.index].0, pairs[$0.index].1, judged[$0.index].reasons) }
  }

  /// The spikes of every group, in order of time.
  func memberSpikes(_ groups: [[Int]]) -> [[Int]] {
    let unit = unitOfComponent(groups)
    var members = [[Int]](repeating: [], count: groups.count)
    for (n, component) in spikes.components.enumerated() { members[unit[component]].append(n) }
    return members
  }

  /// The group of every component.
  func unitOfComponent(_ groups: [[Int]]) -> [Int] {
    var unit = [Int](repeating: 0, count: spikes.componentCount)
    for (id, group) in groups.enumerated() { for component in group { unit[component] = id } }
    return unit
  }

  /// Mean waveforms of groups of spikes; nil without snippets.
  func means(of members: [[Int]]) -> [[Double]]? {
    guard let snippets = spikes.snippets else { return nil }
    return Parallel.map(count: members.count, threads: threads) { (u: Int) -> [Double] in
      snippets.mean(of: members[u])
    }
  }

  /// What is known of two groups of spikes.
  private func evidence(
    _ first: [Int], _ second: [Int], _ firstGroup: [Int], _ secondGroup: [Int],
    means: (first: [Double], second: [Double])?
  ) -> PairEvidence {
    var evidence = PairEvidence(
      first: train(first), second: train(second), refractoryMilliseconds: Self.refractoryMilliseconds,
      censoredMilliseconds: spikes.censoredMilliseconds)
    if let means, let snippets = spikes.snippets {
      let likeness = bestLikeness(
        means.first, means.second, channels: snippets.channels, by: waveformLikeness)
      evidence.waveformCosine = likeness.cosine
      evidence.waveformScale = likeness.scale
      evidence.handoverCosine = handoverCosine(first, second, snippets)
    }
    let (smaller, other) = first.count <= second.count ? (first, secondGroup) : (second, firstGroup)
    if !smaller.isEmpty {
      let shared = smaller.reduce(0.0) { sum, n in
        other.reduce(sum) { $0 + spikes.responsibilities[n, $1] }
      }
      evidence.overlap = shared / Double(smaller.count)
    }
    return evidence
  }

  /// The likeness of the last spikes of the earlier group and the first of the later.
  private func handoverCosine(_ first: [Int], _ second: [Int], _ snippets: Snippets) -> Double? {
    guard first.count >= 20, second.count >= 20 else { return nil }
    let isFirstEarlier = first[first.count / 2] < second[second.count / 2]
    let (earlier, later) = isFirstEarlier ? (first, second) : (second, first)
    return bestLikeness(
      snippets.mean(of: earlier.suffix(50)), snippets.mean(of: later.prefix(50)), channels: snippets.channels,
      by: waveformLikeness
    ).cosine
  }

  /// The evidence on two groups of spikes and what follows from it.
  private func finding(
    _ first: [Int], _ second: [Int], _ firstGroup: [Int], _ secondGroup: [Int],
    means: (first: [Double], second: [Double])?
  ) -> PairFinding {
    PairFinding(
      evidence(first, second, firstGroup, secondGroup, means: means), first: train(first),
      second: train(second))
  }

  private func train(_ members: [Int]) -> SpikeTrain { spikes.train(members) }

  /// Every unit with its numbers and its verdict.
  func units(_ groups: [[Int]], members: [[Int]], means: [[Double]]?) -> [Sorting.Unit] {
    Parallel.map(count: groups.count, threads: threads) { (id: Int) -> Sorting.Unit in
      unit(id, components: groups[id], members: members[id], mean: means?[id])
    }
  }

  private func unit(_ id: Int, components: [Int], members: [Int], mean: [Double]?) -> Sorting.Unit {
    let train = train(members)
    let refractory = train.llobetTest(
      refractoryMilliseconds: Self.refractoryMilliseconds, censoredMilliseconds: spikes.censoredMilliseconds)
    var evidence = UnitEvidence(spikes: members.count, refractory: refractory)
    (evidence.falsePositiveRate, evidence.falseNegativeRate) = misassignment(components, members)
    var isMember = [Bool](repeating: false, count: spikes.frames.count)
    for n in members { isMember[n] = true }
    let isolation = IsolationMetrics(features: spikes.features, isMember: isMember)
    evidence.lRatio = isolation?.lRatio
    var peakChannel = 0
    var spread: Double?
    var amplitude: Double?
    if let snippets = spikes.snippets, let mean, !members.isEmpty {
      peakChannel = snippets.peakChannel(of: mean, noise: spikes.noise)
      let size = abs(mean[snippets.trough * snippets.channels + peakChannel])
      amplitude = size
      if let noise = spikes.noise {
        evidence.signalToNoise = size / max(noise[peakChannel], .leastNormalMagnitude)
        spread = snippets.residualVariance(of: members, noise: noise)
        // A large unit's small changes of shape are many times the noise: matching tells heaps better.
        evidence.residualVariance = spikes.isResolved ? nil : spread
      }
    }
    let judgement = evidence.judged()
    let noise =
      (standsOut(evidence, spread: spread) ? nil : spikes.noiseReason(components))
      ?? rareHeapReason(members, spread: spread)
    return Sorting.Unit(
      id: id, components: components, spikeCount: members.count, rate: train.rateHertz,
      peakChannel: peakChannel,
      amplitude: amplitude, signalToNoise: evidence.signalToNoise,
      refractoryViolations: refractory?.violations,
      contamination: refractory.map {
        Sorting.Interval(
          estimate: $0.contamination, low: $0.interval.lowerBound, high: $0.interval.upperBound)
      },
      falsePositives: evidence.falsePositiveRate, falseNegatives: evidence.falseNegativeRate,
      isolationDistance: isolation?.isolationDistance, lRatio: isolation?.lRatio,
      presenceRatio: train.presenceRatio(), residualVariance: spread,
      verdict: noise == nil ? judgement.verdict.rawValue : UnitVerdict.noise.rawValue,
      reasons: [noise].compactMap { $0 } + judgement.reasons.dropFirst(noise == nil ? 0 : 1),
      metrics: isolation.map { [QualityMetric.dPrime.rawValue: $0.dPrime] })
  }

  /// Whether a unit is no background although its whitened waveform is small, as between many contacts that share its voltage.
  ///
  /// Over 66 simulated recordings the one neuron taken for background had a signal to noise of 7.6, a spread of 1.1 times the
  /// noise and 0.1 % of foreign spikes; background had 5.7, 1.8 and 1.5 % where it came nearest.
  private func standsOut(_ evidence: UnitEvidence, spread: Double?) -> Bool {
    guard let signal = evidence.signalToNoise, let spread, let foreign = evidence.falsePositiveRate
    else { return false }
    return evidence.spikes >= VerdictLimits().fewestSpikes && signal >= 7 && spread <= 2 && foreign <= 0.02
      && evidence.refractory?.violations == 0
  }

  /// Why so few spikes are no neuron's; nil where they may be.
  ///
  /// Collisions of three spikes make small heaps that no pair of units explains: in simulated bursting recordings 49 and
  /// 86 spikes that scattered 11 and 17 times as much as the noise, where neurons scatter 1 to 6 times.
  /// Most of the spikes must scatter so: artefacts in some do not make a heap of a neuron.
  private func rareHeapReason(_ members: [Int], spread: Double?) -> String? {
    let limit = VerdictLimits().heapResidualVariance
    guard spikes.isResolved, members.count < 200, let spread, spread >= limit,
      let snippets = spikes.snippets, let noise = spikes.noise,
      let typical = snippets.typicalResidualVariance(of: members, noise: noise), typical >= limit / 2
    else { return nil }
    let times = (spread * 10).rounded() / 10
    return "few spikes that differ \(times) times as much as the noise: collisions, not one waveform"
  }

  /// The expected shares of foreign and of missed spikes, from the posteriors (Hill, Mehta and Kleinfeld 2011):
  /// what the unit's own spikes give to other components, and what other units' spikes give to this one.
  private func misassignment(_ components: [Int], _ members: [Int]) -> (Double?, Double?) {
    guard !members.isEmpty else { return (nil, nil) }
    var all = 0.0
    for n in 0..<spikes.responsibilities.rows {
      for k in components { all += spikes.responsibilities[n, k] }
    }
    var own = 0.0
    for n in members { for k in components { own += spikes.responsibilities[n, k] } }
    let count = Double(members.count)
    return (max(0, 1 - own / count), max(0, (all - own) / count))
  }

  /// Every pair of units with its verdict.
  func pairs(_ groups: [[Int]], members: [[Int]], means: [[Double]]?) -> [Sorting.Pair] {
    let pairs = groups.indices.flatMap { a in (a + 1..<groups.count).map { (a, $0) } }
    return Parallel.map(count: pairs.count, threads: threads) { (i: Int) -> Sorting.Pair in
      let (a, b) = pairs[i]
      let finding = finding(
        members[a], members[b], groups[a], groups[b], means: means.map { ($0[a], $0[b]) })
      let test = finding.evidence.crossRefractory
      return Sorting.Pair(
        first: a, second: b, similarity: finding.evidence.waveformCosine, shortLags: test?.coincidences ?? 0,
        expectedShortLags: test?.mostExpected ?? 0, verdict: finding.verdict.rawValue,
        reasons: finding.reasons)
    }
  }

  /// Mean waveforms, deviations and examples for the figures and for Phy.
  func waveforms(members: [[Int]], means: [[Double]]?, examplesPerUnit: Int = 30) -> Sorting.Waveforms? {
    guard let snippets = spikes.snippets, let means else { return nil }
    let deviations = Parallel.map(count: members.count, threads: threads) { (u: Int) -> [Double] in
      snippets.deviation(of: members[u], mean: means[u])
    }
    let single = memberSpikes((0..<spikes.componentCount).map { [$0] })
    let componentMeans = self.means(of: single) ?? []
    let examples = members.flatMap { unit -> [Int] in
      // Evenly spaced in time, so that drift shows.
      let count = min(examplesPerUnit, unit.count)
      return (0..<count).map { unit[$0 * unit.count / count] }
    }
    return Sorting.Waveforms(
      frames: snippets.frames, channels: snippets.channels, troughFrame: snippets.trough,
      componentMeans: componentMeans.joined().map(Float.init), unitMeans: means.joined().map(Float.init),
      unitDeviations: deviations.joined().map(Float.init), exampleSpikes: examples,
      examples: snippets.selecting(examples).samples)
  }
}
