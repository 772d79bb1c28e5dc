import LinearAlgebra
import Recordings
import SpikeDetection
import SpikeTrains

/// Components joined to units, with what is said of each and drawn of it.
struct JudgedUnits: Sendable {
  private(set) var unitOfSpike: [Int]
  /// The size of every spike at its trough on its unit's channel; without snippets 1 for every spike.
  private(set) var amplitudes: [Float] = []
  private(set) var units: [Sorting.Unit] = []
  private(set) var pairs: [Sorting.Pair] = []
  private(set) var merges: [Sorting.Merge] = []
  private(set) var waveforms: Sorting.Waveforms?

  /// Without times components are all there is.
  ///
  /// - Parameters:
  ///   - joining: whether components that are one neuron become one unit.
  ///   - onlyCounts: whether metrics and pairs are left out, as units are but counted.
  init(_ spikes: SpikeTable, judge: any SpikeJudge, joining: Bool, onlyCounts: Bool, threads: Int) {
    unitOfSpike = spikes.clusters.labels
    guard spikes.hasTimes else { return }
    let join = ComponentJoin(spikes, judge: judge, threads: threads)
    let (groups, merges) = join.joined(merging: joining)
    let unit = join.unitOfComponent(groups.components)
    self.merges = merges
    unitOfSpike = spikes.clusters.labels.map { unit[$0] }
    let count = groups.components.count
    let measured = Parallel.map(count: count, threads: threads) {
      (id: Int) -> (Sorting.Unit, UnitMeasurer.Facts) in
      join.measured(id, of: groups)
    }
    units = measured.map(\.0)
    amplitudes = [Float](repeating: 1, count: spikes.count)
    if let snippets = spikes.snippets {
      let peaks = units.map { snippets.trough * snippets.channels + $0.peakChannel }
      amplitudes = unitOfSpike.enumerated().map { abs(snippets.samples[$0 * snippets.size + peaks[$1]]) }
    }
    waveforms = join.waveforms(of: groups)
    guard !onlyCounts else { return }
    units = withMetrics(measured, spikes, groups, join.measurer, threads: threads)
    let places = units.indices.flatMap { a in (a + 1..<count).map { (a, $0) } }
    pairs = Parallel.map(count: places.count, threads: threads) { (i: Int) -> Sorting.Pair in
      let (a, b) = places[i]
      return Sorting.Pair(first: a, second: b, join.finding(a, b, of: groups))
    }
  }

  /// The units with SpikeInterface's quality metrics.
  private func withMetrics(
    _ measured: [(Sorting.Unit, UnitMeasurer.Facts)], _ spikes: SpikeTable, _ groups: ComponentJoin.Groups,
    _ measurer: UnitMeasurer, threads: Int
  ) -> [Sorting.Unit] {
    let surroundings = UnitSurroundings(
      frames: spikes.detected.frames, units: unitOfSpike, count: measured.count, features: spikes.features,
      step: 1, threads: threads)
    let amplitudes = amplitudes
    return Parallel.map(count: measured.count, threads: threads) { (u: Int) -> Sorting.Unit in
      var (unit, facts) = measured[u]
      // Without snippets every amplitude is 1 and says nothing.
      let sizes = spikes.snippets == nil ? nil : groups.members[u].map { Double(amplitudes[$0]) }
      unit.metrics = measurer.metrics(
        of: unit, train: spikes.train(groups.members[u]), sizes: sizes, facts, surroundings: surroundings[u])
      return unit
    }
  }
}

extension ComponentJoin {
  /// A unit with its numbers and its verdict.
  func measured(_ id: Int, of groups: Groups) -> (Sorting.Unit, UnitMeasurer.Facts) {
    let (components, members) = (groups.components[id], groups.members[id])
    var facts = facts(components, members, mean: groups.means?[id])
    let unit = measurer.unit(id, components: components, train: spikes.train(members), facts)
    // As long as the recording, for every unit.
    facts.others = nil
    return (unit, facts)
  }

  private func facts(_ components: [Int], _ members: [Int], mean: [Double]?) -> UnitMeasurer.Facts {
    var facts = UnitMeasurer.Facts()
    (facts.falsePositives, facts.falseNegatives) = misassignment(components, members)
    var isMember = [Bool](repeating: false, count: spikes.count)
    for n in members { isMember[n] = true }
    facts.isolation = IsolationMetrics(features: spikes.features, isMember: isMember)
    facts.others = spikes.train(isMember.indices.filter { !isMember[$0] })
    // A large unit's small changes of shape are many times the noise: matching tells heaps better.
    facts.spreadTellsHeaps = !spikes.isMatched
    facts.noiseFinding = spikes.noiseFinding(components)
    guard let snippets = spikes.snippets, let mean, !members.isEmpty else { return facts }
    facts.peakChannel = snippets.peakChannel(of: mean, noise: spikes.noise)
    facts.amplitude = abs(mean[snippets.trough * snippets.channels + facts.peakChannel])
    if let noise = spikes.noise {
      facts.noise = noise[facts.peakChannel]
      facts.spread = snippets.residualVariance(of: members, noise: noise)
    }
    if let reason = rareHeapReason(members, spread: facts.spread) {
      facts.noiseFinding = facts.noiseFinding ?? NoiseFinding(reason)
    }
    return facts
  }

  /// Why so few spikes are no neuron's; nil where they may be.
  ///
  /// Collisions of three spikes make small heaps that no pair of units explains: in simulated bursting recordings 49 and
  /// 86 spikes that scattered 11 and 17 times as much as the noise, where neurons scatter 1 to 6 times.
  /// Most of the spikes must scatter so: artefacts in some do not make a heap of a neuron.
  private func rareHeapReason(_ members: [Int], spread: Double?) -> String? {
    let limit = VerdictLimits().heapResidualVariance
    guard spikes.isMatched, members.count < 200, let spread, spread >= limit, let snippets = spikes.snippets,
      let noise = spikes.noise, let typical = snippets.typicalResidualVariance(of: members, noise: noise),
      typical >= limit / 2
    else { return nil }
    let times = (spread * 10).rounded() / 10
    return "few spikes that differ \(times) times as much as the noise: collisions, not one waveform"
  }

  /// The expected shares of foreign and of missed spikes, from the posteriors (Hill, Mehta and Kleinfeld 2011):
  /// what the unit's own spikes give to other components, and what other units' spikes give to this one.
  private func misassignment(_ components: [Int], _ members: [Int]) -> (Double?, Double?) {
    guard !members.isEmpty else { return (nil, nil) }
    let responsibilities = spikes.clusters.responsibilities
    var all = 0.0
    for n in 0..<responsibilities.rows { for k in components { all += responsibilities[n, k] } }
    var own = 0.0
    for n in members { for k in components { own += responsibilities[n, k] } }
    let count = Double(members.count)
    return (max(0, 1 - own / count), max(0, (all - own) / count))
  }

  /// Mean waveforms, deviations and examples for the figures and for Phy.
  func waveforms(of groups: Groups, examplesPerUnit: Int = 30) -> Sorting.Waveforms? {
    guard let snippets = spikes.snippets, let means = groups.means else { return nil }
    let members = groups.members
    let deviations = Parallel.map(count: members.count, threads: threads) { (u: Int) -> [Double] in
      snippets.deviation(of: members[u], mean: means[u])
    }
    let componentMeans = grouped((0..<spikes.componentCount).map { [$0] }).means ?? []
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

/// Numbers a spike that are shown of it: spikes × channels × numbers of a channel.
struct ChannelFeatures: Sendable {
  var values: [Float]
  var channels: Int
  var perChannel: Int
  /// The share of its channel's variance that each explains: a row a channel; empty where not known.
  var explainedVariance: [[Double]] = []
}

extension Sorting {
  /// The result of judged spikes, whichever way they came in.
  ///
  /// - Parameter drawn: nil for the first principal components of every channel's snippets.
  init(
    _ source: Source, _ options: SortingOptions, _ entered: consuming SpikeTable, _ judged: JudgedUnits,
    drawn: ChannelFeatures?, threads: Int
  ) throws {
    var spikes = consume entered
    let (mixture, warnings, labels) = (
      spikes.clusters.mixture, spikes.clusters.warnings, spikes.clusters.labels
    )
    // What was needed for the verdicts is gone before there is more.
    spikes.clusters = SpikeClusters(labels: [], count: 0)
    spikes.features = Matrix(rows: 0, columns: 0)
    let drawn = try drawn ?? spikes.detected.firstComponents(threads: threads)
    var table = Spikes(
      frames: spikes.hasTimes ? spikes.detected.frames.map { $0 + source.startFrame } : nil,
      components: labels, units: judged.unitOfSpike, amplitudes: judged.amplitudes, features: drawn.values,
      featureChannels: drawn.channels, featuresPerChannel: drawn.perChannel)
    table.explainedVariance = drawn.explainedVariance
    self.init(
      source: source, options: options, spikes: table, mixture: mixture, units: judged.units,
      pairs: judged.pairs, merges: judged.merges, waveforms: judged.waveforms, traceExample: nil,
      warnings: warnings)
    drift = spikes.drift
    statedCensoredMilliseconds = spikes.hasTimes ? spikes.censoredMilliseconds : nil
  }
}

extension DetectedSpikes {
  /// The first three principal components of every channel.
  fileprivate func firstComponents(threads: Int) throws -> ChannelFeatures {
    let (values, explained) = try singlePrecisionChannelFeatures(componentsPerChannel: 3, threads: threads)
    return ChannelFeatures(
      values: values, channels: snippets.channels,
      perChannel: values.count / max(1, count * snippets.channels), explainedVariance: explained)
  }
}
