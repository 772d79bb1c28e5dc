package import LinearAlgebra
package import SpikeTrains

/// Measures units and pairs of units and has them judged: the one place where evidence is put together, for the sorter's
/// units, a probe's and those that people make.
package struct UnitMeasurer: Sendable {
  /// Spikes of a unit nearer to each other than this were not both kept, in ms.
  let censoredMilliseconds: Double
  private let judge: any SpikeJudge

  /// A measurer of spikes found with a lockout.
  package init(censoredMilliseconds: Double, judge: any SpikeJudge = VerdictLimits()) {
    self.censoredMilliseconds = censoredMilliseconds
    self.judge = judge
  }

  /// What is known of a unit beside its spikes' times; nil is unknown.
  package struct Facts: Sendable {
    /// The channel of its largest deflection, the deflection's size there, and the noise.
    package var peakChannel = 0
    package var amplitude: Double?
    package var noise: Double?
    /// The waveforms' scatter around their mean over the noise's variance, and whether it may tell a heap.
    package var spread: Double?
    package var spreadTellsHeaps = true
    /// Expected shares of foreign and of missed spikes, from the mixture's posteriors.
    package var falsePositives: Double?
    package var falseNegatives: Double?
    package var isolation: IsolationMetrics?
    /// All other spikes of the recording.
    package var others: SpikeTrain?
    /// Why it is no neuron's.
    package var noiseFinding: NoiseFinding?

    package init() {}
  }

  /// A unit with its numbers and its verdict.
  package func unit(
    _ id: Int, components: [Int], train: SpikeTrain, _ facts: Facts
  ) -> Sorting.Unit {
    let test = train.refractoryTest(
      among: facts.others, refractoryMilliseconds: Sorting.refractoryMilliseconds,
      censoredMilliseconds: censoredMilliseconds)
    var evidence = UnitEvidence(spikes: train.count, refractory: test)
    (evidence.falsePositiveRate, evidence.falseNegativeRate) = (facts.falsePositives, facts.falseNegatives)
    evidence.lRatio = finite(facts.isolation?.lRatio)
    if let amplitude = facts.amplitude, let noise = facts.noise {
      evidence.signalToNoise = amplitude / max(noise, .leastNormalMagnitude)
    }
    evidence.residualVariance = facts.spreadTellsHeaps ? facts.spread : nil
    evidence.noise = facts.noiseFinding
    let judgement = judge.judgement(on: evidence)
    return Sorting.Unit(
      id: id, components: components, spikeCount: train.count, rate: train.rateHertz,
      peakChannel: facts.peakChannel, amplitude: facts.amplitude, signalToNoise: evidence.signalToNoise,
      refractoryViolations: test?.violations, expectedViolations: finite(test?.expected),
      contamination: test.map {
        Sorting.Interval(
          estimate: $0.contamination, low: $0.interval.lowerBound, high: $0.interval.upperBound)
      },
      falsePositives: evidence.falsePositiveRate, falseNegatives: evidence.falseNegativeRate,
      isolationDistance: finite(facts.isolation?.isolationDistance), lRatio: evidence.lRatio,
      presenceRatio: train.presenceRatio(), residualVariance: facts.spread,
      chance: judgement.chance, verdict: judgement.verdict, reasons: judgement.reasons, metrics: nil)
  }

  private func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

  /// SpikeInterface's quality metrics of a unit.
  ///
  /// - Parameters:
  ///   - sizes: of its spikes; nil where they say nothing.
  ///   - surroundings: what it is beside all other units.
  package func metrics(
    of unit: Sorting.Unit, train: SpikeTrain, sizes: [Double]?, _ facts: Facts,
    surroundings: [QualityMetric: Double]
  ) -> [String: Double] {
    var found = train.qualityMetrics(amplitudes: sizes)
    if let sizes, let noise = facts.noise {
      found[.sdRatio] = train.amplitudeNoiseRatio(sizes, noise: noise)
    }
    found[.snr] = unit.signalToNoise
    found[.isolationDistance] = unit.isolationDistance
    found[.lRatio] = unit.lRatio
    found[.dPrime] = facts.isolation?.dPrime
    found.merge(surroundings) { $1 }
    return Dictionary(
      uniqueKeysWithValues: found.filter(\.value.isFinite).map { ($0.key.rawValue, $0.value) })
  }

  /// What two trains are to each other.
  package func finding(
    _ first: SpikeTrain, _ second: SpikeTrain, waveforms: WaveformPair = WaveformPair(),
    overlap: Double? = nil
  ) -> PairFinding {
    var evidence = PairEvidence(
      first: first, second: second, refractoryMilliseconds: Sorting.refractoryMilliseconds,
      censoredMilliseconds: censoredMilliseconds)
    (evidence.waveformCosine, evidence.waveformScale) = (waveforms.cosine, waveforms.scale)
    (evidence.handoverCosine, evidence.overlap) = (waveforms.handoverCosine, overlap)
    return PairFinding(evidence, by: judge, first: first, second: second)
  }
}

/// The likeness of two mean waveforms at the best of some shifts in time; nil where it is not known.
package struct WaveformPair: Sendable {
  var cosine: Double?
  var scale: Double?
  /// The cosine where one hands over to the other.
  var handoverCosine: Double?

  /// Nothing is known.
  package init() {}

  /// The likeness of two waveforms.
  ///
  /// - Parameter shift: the largest shift in frames; samples shifted in from outside count as zero.
  package init(_ first: [Double], _ second: [Double], channels: Int, shift: Int = 5) {
    let frames = first.count / max(channels, 1)
    var best = waveformLikeness(first, second)
    for lag in -shift...shift where lag != 0 && abs(lag) < frames {
      var moved = [Double](repeating: 0, count: second.count)
      for f in max(0, lag)..<min(frames, frames + lag) {
        for c in 0..<channels { moved[f * channels + c] = second[(f - lag) * channels + c] }
      }
      let found = waveformLikeness(first, moved)
      if found.cosine > best.cosine { best = found }
    }
    (cosine, scale) = (best.cosine, best.scale)
  }
}

extension Sorting.Pair {
  /// Two units and what was found of them.
  package init(first: Int, second: Int, _ finding: PairFinding) {
    let test = finding.evidence.crossRefractory
    self.init(
      first: first, second: second, similarity: finding.evidence.waveformCosine,
      shortLags: test?.coincidences ?? 0, expectedShortLags: test?.mostExpected ?? 0,
      verdict: finding.verdict, reasons: finding.reasons)
  }
}

/// What units are beside all others: nearest neighbours, silhouettes and spikes at one time.
package struct UnitSurroundings: Sendable {
  private let ofUnits: [[QualityMetric: Double]]

  /// Neighbours are looked for among at most so many spikes, evenly spaced: a share of a thousand spikes is known to 1.5 %,
  /// and the search is quadratic.
  private static let neighbourSample = 3000
  /// Silhouettes are means over at most so many spikes, evenly spaced.
  private static let silhouetteSample = 50_000

  /// - Parameters:
  ///   - frames: of all spikes, ascending.
  ///   - units: the place of every spike's unit, 0 ..< `count`.
  ///   - features: of every `step`-th spike.
  package init(
    frames: [Int], units: [Int], count: Int, features: Matrix, step: Int, threads: Int
  ) {
    func sample(_ most: Int) -> (features: Matrix, units: [Int]) {
      let size = min(most, features.rows)
      let rows = (0..<size).map { $0 * features.rows / size }
      return (features.selecting(rows: rows), rows.map { units[$0 * step] })
    }
    let few = sample(Self.neighbourSample)
    let neighbours =
      few.units.count > 5
      ? nearestNeighbourRates(features: few.features, units: few.units, unitCount: count, threads: threads)
      : [NeighbourRates?](repeating: nil, count: count)
    let many = sample(Self.silhouetteSample)
    let silhouettes = simplifiedSilhouettes(features: many.features, units: many.units, unitCount: count)
    let synchrony = [(QualityMetric.syncSpike2, 2), (.syncSpike4, 4), (.syncSpike8, 8)].map {
      ($0, synchronyShares(times: frames, units: units, unitCount: count, size: $1))
    }
    ofUnits = (0..<count).map { u in
      var found: [QualityMetric: Double] = [:]
      found[.nnHitRate] = neighbours[u]?.hit
      found[.nnMissRate] = neighbours[u]?.miss
      found[.silhouette] = silhouettes[u]
      for (metric, shares) in synchrony { found[metric] = shares[u] }
      return found
    }
  }

  /// What is known of a unit.
  package subscript(unit: Int) -> [QualityMetric: Double] { ofUnits[unit] }
}
