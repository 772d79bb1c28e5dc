package import SpikeTrains

/// Two groups of spikes and what they are to each other.
package struct PairFinding: Sendable {
  package let evidence: PairEvidence
  package let verdict: PairVerdict
  package let reasons: [String]

  /// What follows from the evidence; where it does not reach, the trains are asked whether they share bursts.
  init(_ evidence: PairEvidence, by judge: any SpikeJudge, first: SpikeTrain, second: SpikeTrain) {
    self.evidence = evidence
    let judgement = judge.judgement(on: evidence)
    if judgement.verdict == .unclear, let cosine = evidence.waveformCosine, cosine >= BurstTest.alikeWaveforms
    {
      let burst = BurstTest(first, second)
      if burst.isBurst {
        verdict = .split
        reasons = [burst.sentence] + judgement.reasons.dropFirst()
        return
      }
    }
    verdict = judgement.verdict
    reasons = judgement.reasons
  }
}

/// Whether one group holds the later spikes of the other's bursts.
///
/// Within a burst spikes shrink, so that the first and the later ones can form two components of one shape. Then one
/// follows the other within milliseconds far more often than chance has it, and never the other way round.
struct BurstTest: Sendable {
  /// Pairs 2 to 12 ms apart with the first group's spike before.
  let forward: Int
  /// The same with the second group's spike before.
  let backward: Int
  /// Pairs 0.5 to 2 ms apart, either before.
  let trough: Int
  /// Pairs 2 to 12 ms apart in one order that independent trains would have.
  let expected: Double

  /// The cosine of mean waveforms from which they may be one neuron's; spikes late in a burst kept 0.94 to 0.98 in
  /// simulated bursting neurons.
  static let alikeWaveforms = 0.9

  init(_ first: SpikeTrain, _ second: SpikeTrain) {
    let rate = first.samplingRate
    func pairs(_ a: [Int], _ b: [Int], _ low: Double, _ high: Double) -> Int {
      var (count, near, far) = (0, 0, 0)
      for time in a {
        while near < b.count, Double(b[near] - time) <= low * rate { near += 1 }
        far = max(far, near)
        while far < b.count, Double(b[far] - time) <= high * rate { far += 1 }
        count += far - near
      }
      return count
    }
    let (one, two) = (first.timesApart, second.timesApart)
    forward = pairs(one, two, 0.002, 0.012)
    backward = pairs(two, one, 0.002, 0.012)
    trough = pairs(one, two, 0.0005, 0.002) + pairs(two, one, 0.0005, 0.002)
    expected = 0.01 * Double(first.count) * Double(second.count) / first.durationSeconds
  }

  /// Three times what chance has and ten pairs more, three times the other order, and no filled trough.
  var isBurst: Bool {
    let most = Double(max(forward, backward))
    return most > 3 * expected + 10 && most > 3 * Double(min(forward, backward))
      && Double(trough) < 0.1 * most
  }

  /// The finding for people.
  var sentence: String {
    let (most, least) = (max(forward, backward), min(forward, backward))
    return "one follows the other within 2 to 12 ms \(most) times and precedes it \(least) times, "
      + "\((expected * 10).rounded() / 10) expected of each: a burst whose spikes change size"
  }
}
