/// What a unit is.
public enum UnitVerdict: String, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
  /// The spikes of one neuron, but for at most about one in twenty.
  case single
  /// The spikes of several neurons.
  case multi
  /// Collisions, artefacts or background hash; no neuron's.
  case noise
  /// Nothing can be said.
  case tooFew

  /// The verdict for people.
  public var words: String {
    switch self {
    case .single: "single unit"
    case .multi: "multi-unit"
    case .noise: "noise"
    case .tooFew: "too few spikes to judge"
    }
  }

  /// So many units of the verdict, for people: "2 single units".
  public func words(count: Int) -> String {
    switch self {
    case .single: count == 1 ? "1 single unit" : "\(count) single units"
    case .multi: "\(count) multi-unit"
    case .noise: count == 1 ? "1 noise cluster" : "\(count) noise clusters"
    case .tooFew: "\(count) too small to judge"
    }
  }

  /// What other programs call it.
  public var label: UnitLabel {
    switch self {
    case .single: .good
    case .multi: .mua
    case .noise: .noise
    case .tooFew: .unsorted
    }
  }
}

/// What people call a unit: Phy's groups, by Phy's words.
public enum UnitLabel: String, Codable, Sendable, CaseIterable {
  /// One neuron.
  case good
  /// Several neurons.
  case mua
  /// No neuron's.
  case noise
  /// Not decided.
  case unsorted

  /// The verdict that says the same.
  public var verdict: UnitVerdict {
    switch self {
    case .good: .single
    case .mua: .multi
    case .noise: .noise
    case .unsorted: .tooFew
    }
  }

  /// SpikeInterface's word for it.
  public var spikeInterfaceQuality: String {
    switch self {
    case .good: "good"
    case .mua: "MUA"
    case .noise: "noise"
    case .unsorted: "unsure"
    }
  }
}

/// What is known of a unit, as plain numbers; nil is unknown.
public struct UnitEvidence: Sendable, Equatable {
  /// The number of spikes.
  public var spikes: Int
  /// The refractory test (Llobet's), with the censored period of the detection.
  public var refractory: RefractoryTest?
  /// The peak of the mean waveform over the noise.
  public var signalToNoise: Double?
  /// The variance of the spikes around their mean waveform over the noise's variance: 1 for one neuron.
  public var residualVariance: Double?
  /// The share of its spikes that belong to other units, expected from the mixture's posteriors.
  public var falsePositiveRate: Double?
  /// The share of its neuron's spikes that other units hold, expected from the mixture's posteriors.
  public var falseNegativeRate: Double?
  /// The L-ratio, looked at where the mixture's rates are unknown.
  public var lRatio: Double?

  /// Evidence; whatever is left out is unknown.
  public init(
    spikes: Int, refractory: RefractoryTest? = nil, signalToNoise: Double? = nil,
    residualVariance: Double? = nil, falsePositiveRate: Double? = nil, falseNegativeRate: Double? = nil,
    lRatio: Double? = nil
  ) {
    self.spikes = spikes
    self.refractory = refractory
    self.signalToNoise = signalToNoise
    self.residualVariance = residualVariance
    self.falsePositiveRate = falsePositiveRate
    self.falseNegativeRate = falseNegativeRate
    self.lRatio = lRatio
  }
}

/// A verdict on a unit and the reasons for it, the decisive one first.
public struct UnitJudgement: Sendable, Equatable {
  /// The verdict.
  public let verdict: UnitVerdict
  /// One clause each, with its numbers.
  public let reasons: [String]
}

extension UnitEvidence {
  /// The verdict on the unit.
  ///
  /// In this order: too few spikes; noise (no trough and weak, or a heap of collisions); multi-unit (more
  /// violations than a tolerable contamination explains, or overlap); single unit (a proven trough, or, where the
  /// train is too short for that, isolation from all other components); otherwise there is not enough to judge.
  public func judged(limits: VerdictLimits = VerdictLimits()) -> UnitJudgement {
    var (verdict, reason) = decision(limits)
    if verdict == .single, let spread = residualVariance, spread >= limits.heapResidualVariance {
      reason += ", which outweighs the spread of its waveforms"
    }
    return UnitJudgement(verdict: verdict, reasons: [reason] + facts)
  }

  private func decision(_ limits: VerdictLimits) -> (UnitVerdict, String) {
    guard spikes >= limits.fewestSpikes else {
      return (.tooFew, "\(Sentence.count(spikes, "spike")), of \(limits.fewestSpikes) needed")
    }
    let isProven = refractory.map { $0.interval.upperBound <= limits.provenContamination } ?? false
    if let reason = noiseReason(limits, isProven: isProven) { return (.noise, reason) }
    if let reason = contaminationReason(limits, isProven: isProven) { return (.multi, reason) }
    if isProven, let refractory {
      let most = Sentence.percent(refractory.interval.upperBound)
      return (.single, "its refractory period is kept: at most \(most) of its spikes are strangers")
    }
    switch isolation(limits) {
    case true?:
      if let reason = weaknessReason(limits) { return (.multi, reason) }
      guard let refractory, refractory.expected >= limits.fewestExpectedViolations else {
        return (.tooFew, "it stands apart, but so few spikes could not show a violation")
      }
      return (.single, "it stands apart from all other spikes, and no violations contradict it")
    case false?:
      return (.multi, "it overlaps other units, and its trough is too shallow to speak for it")
    case nil:
      if let refractory, refractory.violations >= limits.fewestViolations,
        refractory.contamination > limits.provenContamination
      {
        return (.multi, "violations speak for \(Sentence.percent(refractory.contamination)) strangers")
      }
      let most = Sentence.percent(refractory?.interval.upperBound ?? 1)
      return (.tooFew, "\(Sentence.count(spikes, "spike")) cannot exclude \(most) strangers")
    }
  }

  private func noiseReason(_ limits: VerdictLimits, isProven: Bool) -> String? {
    guard !isProven else { return nil }
    if let spread = residualVariance, spread >= limits.heapResidualVariance {
      return "its waveforms have no common shape, as in a heap of collisions"
    }
    if let refractory, let signalToNoise, signalToNoise < limits.hashSignalToNoise,
      refractory.contamination >= limits.noTroughContamination,
      refractory.interval.lowerBound >= limits.noTroughLowerEnd
    {
      return "it is weak and keeps no refractory period, as background hash does"
    }
    return nil
  }

  private func contaminationReason(_ limits: VerdictLimits, isProven: Bool) -> String? {
    if let refractory, refractory.violations >= limits.fewestViolations {
      let chance = refractory.chanceOfViolations(ifContamination: limits.tolerableContamination)
      if chance < limits.violationChance {
        let share = Sentence.percent(limits.tolerableContamination)
        return "more violations than \(share) strangers would cause (chance \(Sentence.chance(chance)))"
      }
    }
    if isProven, let overlap = falsePositiveRate, overlap > limits.contradictingOverlap {
      return "it overlaps other units by more than its trough can excuse"
    }
    return nil
  }

  /// Whether the unit stands apart from all others; nil where that is not known.
  private func isolation(_ limits: VerdictLimits) -> Bool? {
    if let falsePositiveRate { return falsePositiveRate <= limits.isolatedOverlap }
    guard let lRatio else { return nil }
    if lRatio <= limits.isolatedLRatio { return true }
    return lRatio >= limits.overlappingLRatio ? false : nil
  }

  /// What keeps isolation from speaking for one neuron.
  private func weaknessReason(_ limits: VerdictLimits) -> String? {
    if let spread = residualVariance, spread > limits.singleResidualVariance {
      return "its waveforms differ more than one neuron's, and its trough is too shallow to speak for it"
    }
    if let signalToNoise, signalToNoise < limits.isolatedSignalToNoise {
      return "it is too weak for its isolation to count, and its trough too shallow to speak for it"
    }
    return nil
  }

  /// Every number known, in words.
  private var facts: [String] {
    var facts: [String] = []
    if let test = refractory {
      let pairs = Sentence.count(test.violations, "pair")
      let window = Sentence.window(
        test.refractoryMilliseconds, censoredMilliseconds: test.censoredMilliseconds)
      let interval = Sentence.percentRange(test.interval)
      facts.append(
        "\(pairs) among \(Sentence.count(test.spikes, "spike")) \(window), "
          + "\(Sentence.decimal(test.expected)) expected of strangers: contamination "
          + "\(Sentence.percent(test.contamination)) (\(Sentence.whole(test.confidence * 100)) %: \(interval))"
      )
    }
    if let falsePositiveRate {
      let lost = falseNegativeRate.map { ", \(Sentence.percent($0)) of its neuron's are elsewhere" } ?? ""
      facts.append("by overlap \(Sentence.percent(falsePositiveRate)) of its spikes are others'\(lost)")
    } else if let lRatio {
      facts.append("L-ratio \(Sentence.decimal(lRatio, places: 3))")
    }
    if let residualVariance {
      facts.append("waveforms vary \(Sentence.decimal(residualVariance)) times as much as the noise")
    }
    if let signalToNoise { facts.append("signal to noise \(Sentence.decimal(signalToNoise))") }
    return facts
  }
}
