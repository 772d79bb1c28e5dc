import Foundation
import TestSupport
import Testing

@testable import SpikeTrains

/// Evidence on a unit of one neuron at `rateHertz` with `strangers` per second mixed in.
private func evidence(
  rateHertz: Double, strangersHertz: Double = 0, seconds: Double = 600, seed: UInt64,
  falsePositiveRate: Double? = 0.01
) -> UnitEvidence {
  var train = poissonTrain(rateHertz: rateHertz, seconds: seconds, seed: seed)
  if strangersHertz > 0 {
    train = train.merged(
      with: poissonTrain(
        rateHertz: strangersHertz, seconds: seconds, refractoryMilliseconds: 0, seed: seed + 7777))
  }
  return UnitEvidence(
    spikes: train.count, refractory: train.llobetTest(refractoryMilliseconds: 2), signalToNoise: 8,
    residualVariance: 1.4, falsePositiveRate: falsePositiveRate, falseNegativeRate: 0.02)
}

struct UnitVerdictTests {
  @Test(arguments: [1.0, 2, 4, 8, 15])
  func cleanIsolatedUnitsAreSingleAtAnyRate(rate: Double) {
    let verdicts = (0..<10).map { evidence(rateHertz: rate, seed: 100 + $0).judged().verdict }
    #expect(verdicts.allSatisfy { $0 == .single })
  }

  @Test(arguments: [6.0, 10, 15])
  func contaminatedUnitsAreNotSingleEvenWhereTheMixtureSeesNothing(rate: Double) {
    let verdicts = (0..<20).map {
      evidence(rateHertz: 0.75 * rate, strangersHertz: 0.25 * rate, seed: 200 + $0).judged().verdict
    }
    #expect(verdicts.count { $0 == .single } <= 1)
    #expect(verdicts.allSatisfy { $0 == .single || $0 == .multi })
  }

  @Test func chancesFollowTheEvidence() throws {
    let model = PrecisionModel()
    func chance(_ change: (inout UnitEvidence) -> Void) throws -> Double {
      var unit = evidence(rateHertz: 4, seed: 1)
      change(&unit)
      return try #require(model.chance(of: unit))
    }
    let clean = try chance { _ in }
    #expect(clean > 0.85)
    #expect(try chance { $0.falsePositiveRate = 0.2 } < 0.6 * clean)
    #expect(try chance { $0.signalToNoise = 4 } < clean)
    #expect(
      try chance { $0.refractory = RefractoryTest(spikes: 2400, violations: 20, expected: 20) } < 0.3 * clean)
    // Where no train is known there is none, and what is not known changes nothing.
    #expect(model.chance(of: UnitEvidence(spikes: 1000)) == nil)
    #expect(
      PrecisionModel.inputs(of: UnitEvidence(spikes: 1000))
        == [Double](repeating: 0, count: model.weights.count))
  }

  @Test func strangersAreWeighedByTheirNumber() {
    func nats(_ violations: Int, of expected: Double) -> Double {
      RefractoryTest(spikes: 5000, violations: violations, expected: expected).evidence(ofAtMost: 0.05)
    }
    // No violation among 100 expected of strangers excludes shares from a few percent on.
    #expect(nats(0, of: 100) > 4)
    #expect(abs(nats(0, of: 0.01)) < 0.05 && nats(3, of: 0) == 0)
    // 5 % strangers make 9.75 of 100 pairs: fewer speak for at most as many, more against it.
    #expect(nats(5, of: 100) > 1 && nats(20, of: 100) < -1)
    #expect((0..<30).allSatisfy { nats($0, of: 100) > nats($0 + 1, of: 100) })
    #expect(nats(50, of: 100) > -60 && nats(200, of: 100).isFinite)
  }

  @Test func aTroughSpeaksWithoutAMixture() {
    #expect(evidence(rateHertz: 10, seed: 1, falsePositiveRate: nil).judged().verdict == .single)
    var overlapping = evidence(rateHertz: 1, seed: 1, falsePositiveRate: nil)
    overlapping.lRatio = 0.5
    #expect(overlapping.judged().verdict != .single)
  }

  @Test func overlapMakesAMultiUnit() {
    #expect(evidence(rateHertz: 2, seed: 2, falsePositiveRate: 0.3).judged().verdict == .multi)
    #expect(evidence(rateHertz: 10, seed: 2, falsePositiveRate: 0.03).judged().verdict == .single)
  }

  @Test func waveformsOfAHeapMakeNoise() {
    var heap = evidence(rateHertz: 1, seed: 3)
    heap.residualVariance = 9
    #expect(heap.judged().verdict == .noise && heap.judged().chance == nil)
    // A proven trough outweighs the scatter.
    heap.refractory = evidence(rateHertz: 10, seed: 3).refractory
    #expect(heap.judged().verdict == .single)
  }

  @Test func noiseYieldsToATroughButForLateWaves() {
    var unit = evidence(rateHertz: 10, seed: 4)
    unit.noise = NoiseFinding("its spikes have no size of their own")
    #expect(unit.judged().verdict == .single)
    unit.noise = NoiseFinding("its spikes come after larger ones", yieldsToTrough: false)
    #expect(unit.judged().verdict == .noise)
    #expect(unit.judged().reasons[0] == "its spikes come after larger ones")
    var background = evidence(rateHertz: 1, seed: 4)
    background.noise = NoiseFinding("its spikes have no size of their own")
    #expect(background.judged().verdict == .noise)
  }

  /// Without sizes nothing tells background from a neuron, and what has no trough is several neurons'.
  @Test func aWeakUnitWithoutATroughIsAMultiUnit() {
    let hash = poissonTrain(rateHertz: 20, seconds: 600, refractoryMilliseconds: 0, seed: 4)
    let evidence = UnitEvidence(
      spikes: hash.count, refractory: hash.llobetTest(refractoryMilliseconds: 2), signalToNoise: 4.6)
    #expect(evidence.judged().verdict == .multi)
    #expect(evidence.judged().reasons[0].hasPrefix("its refractory period is broken as by "))
  }

  @Test func aHandfulOfSpikesIsTooFew() {
    let judgement = UnitEvidence(spikes: 12, signalToNoise: 9, falsePositiveRate: 0).judged()
    #expect(judgement.verdict == .tooFew && judgement.chance == nil)
    #expect(judgement.reasons[0] == "12 spikes, of 100 needed")
  }

  @Test func reasonsHoldTheirNumbers() throws {
    // 3,481 spikes in 600 s, two pairs within 2 ms.
    var times = (0..<3479).map { $0 * 5000 }
    times += [times[100] + 30, times[2000] + 50]
    let train = SpikeTrain(times: times.sorted(), frames: 18_000_000, samplingRate: 30_000)
    let judgement = UnitEvidence(
      spikes: train.count, refractory: train.llobetTest(refractoryMilliseconds: 2), signalToNoise: 9.13,
      falsePositiveRate: 0.012
    ).judged()
    #expect(judgement.verdict == .single)
    let chance = try #require(judgement.chance)
    #expect(
      judgement.reasons[1] == "a chance of \(chanceWords(chance)) that 95 % of its spikes are one neuron's")
    #expect(
      judgement.reasons[2]
        == "2 pairs among 3,481 spikes within 2 ms, 40.4 expected of strangers: contamination 2.5 % (95 %: 0.3–9.4 %)"
    )
    #expect(judgement.reasons[3] == "by overlap 1.2 % of its spikes are others'")
    #expect(judgement.reasons.last == "signal to noise 9.1")
    #expect(
      chanceWords(0.9999) == "over 99 %" && chanceWords(0.001) == "under 1 %" && chanceWords(0.5) == "50 %")
  }

  @Test func wordsAreFixed() {
    #expect(UnitVerdict.allCases.map(\.rawValue) == ["single", "multi", "noise", "tooFew"])
    #expect(
      UnitVerdict.allCases.map(\.words) == ["single unit", "multi-unit", "noise", "too few spikes to judge"])
    #expect(PairVerdict.allCases.map(\.rawValue) == ["split", "different", "unclear"])
    #expect(PairVerdict.allCases.map(\.words) == ["one neuron split", "different neurons", "cannot tell"])
  }
}

struct PairVerdictTests {
  private func evidence(_ pair: (SpikeTrain, SpikeTrain), cosine: Double?, scale: Double = 0.8)
    -> PairEvidence
  {
    var evidence = PairEvidence(first: pair.0, second: pair.1)
    evidence.waveformCosine = cosine
    evidence.waveformScale = scale
    return evidence
  }

  @Test func halvesOfOneNeuronAreSplit() {
    for seed in 0..<10 as Range<UInt64> {
      let pair = dealt(poissonTrain(rateHertz: 5, seconds: 600, seed: 30 + seed), seed: seed) { _ in 0.4 }
      #expect(evidence(pair, cosine: 0.97).judged().verdict == .split)
      #expect(evidence(pair, cosine: 0.8).judged().verdict == .unclear)
      #expect(evidence(pair, cosine: 0.97, scale: 0.2).judged().verdict == .unclear)
    }
  }

  @Test func twoNeuronsWithOneWaveformAreDifferent() {
    for seed in 0..<10 as Range<UInt64> {
      let pair = (
        poissonTrain(rateHertz: 5, seconds: 600, seed: 60 + seed),
        poissonTrain(rateHertz: 5, seconds: 600, seed: 90 + seed)
      )
      #expect(evidence(pair, cosine: 0.99).judged().verdict == .different)
    }
  }

  @Test func slowUnitsCannotBeTold() {
    let pair = (
      poissonTrain(rateHertz: 0.4, seconds: 600, seed: 5), poissonTrain(rateHertz: 0.4, seconds: 600, seed: 6)
    )
    #expect(evidence(pair, cosine: 0.97).judged().verdict == .unclear)
    #expect(evidence(pair, cosine: 0.3).judged().verdict == .different)
  }

  @Test func aDriftingNeuronThatChangesUnitIsSplit() {
    let pair = dealt(poissonTrain(rateHertz: 5, seconds: 600, seed: 7), seed: 8) { $0 < 300 ? 1 : 0 }
    var drifting = evidence(pair, cosine: 0.6)
    #expect(drifting.judged().verdict == .unclear)
    drifting.handoverCosine = 0.98
    #expect(drifting.judged().verdict == .split)
    // Two neurons that take turns with a step between their waveforms.
    drifting.handoverCosine = 0.7
    #expect(drifting.judged().verdict == .unclear)
  }

  /// A neuron of one minute among ten shares little of the other's time, but all of its own with it; that they meet but a few times
  /// is what the short time makes.
  @Test func aNeuronOfOneMinuteTakesNoTurnsWithOneThatFiresThroughout() throws {
    let limits = VerdictLimits()
    var seen = 0
    for seed in 0..<20 as Range<UInt64> {
      let (brief, _) = dealt(poissonTrain(rateHertz: 3, seconds: 600, seed: 100 + seed), seed: 200 + seed) {
        $0 > 130 && $0 < 190 ? 1 : 0
      }
      var pair = evidence((brief, poissonTrain(rateHertz: 3, seconds: 600, seed: 300 + seed)), cosine: 0.9)
      pair.handoverCosine = 0.98
      let test = try #require(pair.crossRefractory)
      #expect(test.activityOverlap <= limits.takingTurns)
      // Too few to part them by, and more than one neuron has.
      guard (1..<limits.fewestCoincidences).contains(test.coincidences) else { continue }
      seen += 1
      #expect(pair.judged().verdict != .split)
    }
    #expect(seen >= 5)
  }

  @Test func componentsThatTouchMayStandForWaveforms() {
    let pair = dealt(poissonTrain(rateHertz: 5, seconds: 600, seed: 9), seed: 10) { _ in 0.5 }
    var touching = PairEvidence(first: pair.0, second: pair.1)
    #expect(touching.judged().verdict == .unclear)
    touching.overlap = 0.1
    #expect(touching.judged().verdict == .split)
    #expect(PairEvidence(waveformCosine: 0.99).judged().verdict == .unclear)
  }

  /// Bursts: the second half of every burst is another unit, with intervals of 3 to 8 ms.
  @Test func lateSpikesOfBurstsBelongToTheFirst() {
    var generator = SeededGenerator(seed: 11)
    var parts: ([Int], [Int]) = ([], [])
    for start in poissonTrain(rateHertz: 2, seconds: 600, refractoryMilliseconds: 60, seed: 12).times {
      var time = start
      for spike in 0..<Int.random(in: 1...4, using: &generator) {
        if spike < 2 { parts.0.append(time) } else { parts.1.append(time) }
        time += Int.random(in: 90...240, using: &generator)
      }
    }
    let trains = [parts.0, parts.1].map { SpikeTrain(times: $0, frames: 18_000_000, samplingRate: 30_000) }
    let judgement = evidence((trains[0], trains[1]), cosine: 0.96, scale: 0.6).judged()
    #expect(judgement.verdict == .split)
    #expect(judgement.reasons.contains { $0.hasPrefix("0 coincidences within 2 ms") })
  }
}

struct SentenceTests {
  @Test func numbersAreWrittenAlikeEverywhere() {
    #expect(Sentence.decimal(1234.56) == "1,234.6")
    #expect(Sentence.decimal(-0.04) == "0.0")
    #expect(Sentence.decimal(-2.05, places: 2) == "−2.05")
    #expect(Sentence.decimal(0.0049, places: 3) == "0.005")
    #expect(Sentence.count(1, "spike") == "1 spike")
    #expect(Sentence.count(1_234_567, "spike") == "1,234,567 spikes")
    #expect(Sentence.percentRange(0...0.015) == "0.0–1.5 %")
    #expect(Sentence.chance(0.00001) == "below 0.0001")
    #expect(Sentence.chance(0.0042) == "0.0042")
    #expect(Sentence.window(2, censoredMilliseconds: 0.5) == "between 0.5 and 2 ms apart")
  }
}
