/// What two units are to each other.
public enum PairVerdict: String, Sendable, Codable, CaseIterable {
  /// Both hold spikes of the same neuron.
  case split
  /// They are two neurons.
  case different
  /// The evidence does not reach.
  case unclear

  /// The verdict for people.
  public var words: String {
    switch self {
    case .split: "one neuron split"
    case .different: "different neurons"
    case .unclear: "cannot tell"
    }
  }
}

/// What is known of two units, as plain numbers; nil is unknown.
public struct PairEvidence: Sendable, Equatable {
  /// The coincidences of both trains.
  public var crossRefractory: CrossRefractoryTest?
  /// The refractory test of both trains taken as one.
  public var merged: RefractoryTest?
  /// The cosine of the mean waveforms at their best alignment.
  public var waveformCosine: Double?
  /// The size of the second mean waveform over the first's.
  public var waveformScale: Double?
  /// The cosine of the waveforms where one unit hands over to the other: the last spikes of the earlier, the first of the
  /// later, for units that take turns.
  public var handoverCosine: Double?
  /// The share of the smaller unit's spikes that the mixture's posteriors give to the other.
  public var overlap: Double?

  /// Evidence; whatever is left out is unknown.
  public init(
    crossRefractory: CrossRefractoryTest? = nil, merged: RefractoryTest? = nil, waveformCosine: Double? = nil,
    waveformScale: Double? = nil, handoverCosine: Double? = nil, overlap: Double? = nil
  ) {
    self.crossRefractory = crossRefractory
    self.merged = merged
    self.waveformCosine = waveformCosine
    self.waveformScale = waveformScale
    self.handoverCosine = handoverCosine
    self.overlap = overlap
  }

  /// What two trains alone say; waveforms and overlap can be set afterwards.
  ///
  /// - Parameters:
  ///   - refractoryMilliseconds: the refractory period tested.
  ///   - censoredMilliseconds: the lag up to which the detection cannot tell two spikes apart.
  public init(
    first: SpikeTrain, second: SpikeTrain, refractoryMilliseconds: Double = 2,
    censoredMilliseconds: Double = 0
  ) {
    self.init(
      crossRefractory: CrossRefractoryTest(
        first, second, refractoryMilliseconds: refractoryMilliseconds,
        censoredMilliseconds: censoredMilliseconds),
      merged: first.merged(with: second).llobetTest(
        refractoryMilliseconds: refractoryMilliseconds, censoredMilliseconds: censoredMilliseconds))
  }
}

/// A verdict on two units and the reasons for it, the decisive one first.
public struct PairJudgement: Sendable, Equatable {
  /// The verdict.
  public let verdict: PairVerdict
  /// One clause each, with its numbers.
  public let reasons: [String]
}

extension PairEvidence {
  /// The verdict on the pair.
  ///
  /// Different where coincidences within the refractory period are too many for one neuron, or where waveforms of
  /// units active together are unlike. Split where the trough is shared and deep and the waveforms are
  /// alike up to a scale, where nothing tells a few spikes from a unit they touch, or where the units take turns and their
  /// waveforms join without a step. Else unclear.
  public func judged(limits: VerdictLimits = VerdictLimits()) -> PairJudgement {
    let (verdict, reason) = decision(limits)
    return PairJudgement(verdict: verdict, reasons: [reason] + facts)
  }

  private func decision(_ limits: VerdictLimits) -> (PairVerdict, String) {
    guard let test = crossRefractory else { return (.unclear, "no spike times are known") }
    if test.coincidences >= limits.fewestCoincidences,
      test.chanceOfSoMany(ifShare: limits.sharedTroughRatio) < limits.brokenTroughChance
    {
      return (.different, "each fires within the other's refractory period")
    }
    if let cosine = waveformCosine, max(cosine, handoverCosine ?? cosine) < limits.unlikeWaveforms,
      test.activityOverlap >= limits.activeTogether
    {
      return (.different, "their waveforms are unlike while both are active")
    }
    let isAlike = likeness(limits)
    if test.chanceOfSoFew <= limits.sharedTroughChance, (test.ratio ?? 1) <= limits.sharedTroughRatio {
      if isAlike, let overlap, overlap < limits.separateOverlap, test.activityOverlap >= limits.activeTogether
      {
        return (.unclear, "they keep one refractory period, but no spike lies between them")
      }
      if isAlike { return (.split, "they keep one refractory period, and their waveforms are alike") }
      return (.unclear, "they keep one refractory period, but nothing says that their waveforms are alike")
    }
    if test.coincidences == 0, test.chanceOfSoFew <= limits.fragmentChance, let overlap,
      overlap >= limits.touchingOverlap, let cosine = waveformCosine, cosine >= limits.fragmentWaveforms,
      waveformScale.map(limits.fragmentScale.contains) ?? false
    {
      return (.split, "no coincidence parts them, and nothing in their waveforms")
    }
    // A unit of a part of the recording takes no turns with one that fires throughout: there they meet.
    if test.activityOverlap <= limits.takingTurns, test.natsOfTwoNeurons(expecting: test.leastExpected) <= 0,
      let handoverCosine, handoverCosine >= limits.continuousWaveforms
    {
      return (.split, "one takes over where the other ends, with the same waveform")
    }
    let few =
      "\(Sentence.decimal(test.leastExpected)) coincidences expected are too few to show a shared trough"
    if test.chanceOfSoFew > limits.sharedTroughChance, test.leastExpected < 10 { return (.unclear, few) }
    return (.unclear, "coincidences are neither absent nor as many as of two neurons")
  }

  /// Whether the waveforms may be one neuron's; by the mixture's overlap where they are not known.
  private func likeness(_ limits: VerdictLimits) -> Bool {
    guard let cosine = [waveformCosine, handoverCosine].compactMap({ $0 }).max() else {
      return (overlap ?? 0) >= limits.touchingOverlap
    }
    return cosine >= limits.alikeWaveforms && (waveformScale.map(limits.alikeScale.contains) ?? true)
  }

  /// Every number known, in words.
  private var facts: [String] {
    var facts: [String] = []
    if let test = crossRefractory {
      let window = Sentence.window(
        test.refractoryMilliseconds, censoredMilliseconds: test.censoredMilliseconds)
      facts.append(
        "\(Sentence.count(test.coincidences, "coincidence")) \(window), "
          + "\(Sentence.decimal(test.expectedFromRates)) expected from the rates and "
          + "\(Sentence.decimal(test.expectedFromFlanks)) from the flanks "
          + "(chance of so few \(Sentence.chance(test.chanceOfSoFew)))")
      facts.append("active together by \(Sentence.percent(test.activityOverlap))")
    }
    if let merged {
      facts.append(
        "together \(Sentence.count(merged.violations, "violation")): contamination "
          + "\(Sentence.percent(merged.contamination)) (\(Sentence.whole(merged.confidence * 100)) %: "
          + "\(Sentence.percentRange(merged.interval)))")
    }
    if let waveformCosine {
      let scale = waveformScale.map { " up to a factor \(Sentence.decimal($0, places: 2))" } ?? ""
      facts.append("waveforms have cosine \(Sentence.decimal(waveformCosine, places: 3))\(scale)")
    }
    if let handoverCosine {
      facts.append("cosine \(Sentence.decimal(handoverCosine, places: 3)) where one hands over to the other")
    }
    if let overlap {
      facts.append("the mixture cannot tell \(Sentence.percent(overlap)) of the smaller's spikes")
    }
    return facts
  }
}
