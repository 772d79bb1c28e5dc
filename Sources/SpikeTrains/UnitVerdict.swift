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
  /// The refractory test (Llobet's), against strangers whose rates change with the unit's.
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
  /// Why it is no neuron's, as far as waveforms and sizes tell.
  public var noise: NoiseFinding?

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

/// Why a unit is no neuron's.
public struct NoiseFinding: Sendable, Equatable {
  /// A clause for people.
  public var reason: String
  /// Whether a proven refractory period says otherwise. What larger units leave after their spikes keeps theirs.
  public var yieldsToTrough: Bool

  /// A finding.
  public init(_ reason: String, yieldsToTrough: Bool = true) {
    self.reason = reason
    self.yieldsToTrough = yieldsToTrough
  }
}

/// A verdict on a unit and the reasons for it, the decisive one first.
public struct UnitJudgement: Sendable, Equatable {
  /// The verdict.
  public let verdict: UnitVerdict
  /// One clause each, with its numbers.
  public let reasons: [String]
  /// The chance that at least 95 % of its spikes are one neuron's; nil for noise and where no train is known.
  public let chance: Double?

  /// A judgement; the chance is unknown where it is left out.
  public init(verdict: UnitVerdict, reasons: [String], chance: Double? = nil) {
    self.verdict = verdict
    self.reasons = reasons
    self.chance = chance
  }
}

extension UnitEvidence {
  /// The verdict on the unit.
  ///
  /// In this order: noise (background, what larger units leave, or a heap of collisions); too few spikes; single unit where
  /// the chance that it is one neuron's is high enough; too few where the train is too short to speak; else multi-unit.
  /// - Parameter model: what the chance is worked out with.
  public func judged(
    limits: VerdictLimits = VerdictLimits(), model: PrecisionModel = PrecisionModel()
  ) -> UnitJudgement {
    if let reason = noiseReason(limits) {
      return UnitJudgement(verdict: .noise, reasons: [reason] + facts)
    }
    guard spikes >= limits.fewestSpikes, let chance = model.chance(of: self) else {
      let reason = "\(Sentence.count(spikes, "spike")), of \(limits.fewestSpikes) needed"
      return UnitJudgement(verdict: .tooFew, reasons: [reason] + facts)
    }
    let (verdict, reason) = decision(limits, chance: chance, model)
    let stated =
      "a chance of \(Sentence.wholePercent(chance)) that \(Sentence.wholePercent(PrecisionModel.precision)) of its spikes "
      + "are one neuron's"
    return UnitJudgement(verdict: verdict, reasons: [reason, stated] + facts, chance: chance)
  }

  private func isProven(_ limits: VerdictLimits) -> Bool {
    refractory.map { $0.interval.upperBound <= limits.provenContamination } ?? false
  }

  private func noiseReason(_ limits: VerdictLimits) -> String? {
    let isProven = isProven(limits)
    if let noise, !(noise.yieldsToTrough && isProven) { return noise.reason }
    if !isProven, spikes >= limits.fewestSpikes, let spread = residualVariance,
      spread >= limits.heapResidualVariance
    {
      return "its waveforms have no common shape, as in a heap of collisions"
    }
    return nil
  }

  private func decision(
    _ limits: VerdictLimits, chance: Double, _ model: PrecisionModel
  ) -> (UnitVerdict, String) {
    let expected = refractory?.expected ?? 0
    if chance >= limits.singleChance {
      if isProven(limits), let refractory {
        let most = Sentence.percent(refractory.interval.upperBound)
        return (.single, "its refractory period is kept: at most \(most) of its spikes are strangers")
      }
      return expected >= limits.fewestExpectedViolations
        ? (.single, "it stands apart from all other spikes, and its refractory period does not contradict it")
        : (.single, "by isolation alone: so few spikes could not show a violation")
    }
    let doubt = doubt(model)
    if expected < limits.fewestExpectedViolations, chance >= 0.5 {
      return (.tooFew, doubt + ", and so few spikes could not show a violation")
    }
    return (.multi, doubt)
  }

  /// What speaks most against one neuron.
  private func doubt(_ model: PrecisionModel) -> String {
    let parts = zip(PrecisionModel.Input.allCases, zip(model.weights, PrecisionModel.inputs(of: self)).map(*))
    switch parts.min(by: { $0.1 < $1.1 })?.0 {
    case .trains:
      let strangers = refractory?.contamination ?? 1
      return "its refractory period is broken as by \(Sentence.percent(strangers)) strangers"
    case .overlap: return "it overlaps other units by more than its trough can excuse"
    case .size, nil: return "it is so near the noise that its isolation counts for little"
    }
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
