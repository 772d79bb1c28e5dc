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

  @Test func aTroughSpeaksWithoutAMixture() {
    #expect(evidence(rateHertz: 10, seed: 1, falsePositiveRate: nil).judged().verdict == .single)
    let slow = evidence(rateHertz: 1, seed: 1, falsePositiveRate: nil).judged()
    #expect(slow.verdict == .tooFew)
    #expect(slow.reasons[0].contains("cannot exclude 100.0 % strangers"))
    var isolated = evidence(rateHertz: 1, seed: 1, falsePositiveRate: nil)
    isolated.lRatio = 0.01
    #expect(isolated.judged().verdict == .single)
    #expect(evidence(rateHertz: 0.5, seed: 1).judged().verdict == .tooFew)
  }

  @Test func overlapMakesAMultiUnit() {
    #expect(evidence(rateHertz: 1, seed: 2, falsePositiveRate: 0.12).judged().verdict == .multi)
    #expect(evidence(rateHertz: 10, seed: 2, falsePositiveRate: 0.08).judged().verdict == .single)
    #expect(evidence(rateHertz: 10, seed: 2, falsePositiveRate: 0.3).judged().verdict == .multi)
  }

  @Test func waveformsOfAHeapMakeNoise() {
    var heap = evidence(rateHertz: 1, seed: 3)
    heap.residualVariance = 9
    #expect(heap.judged().verdict == .noise)
    heap.residualVariance = 4
    #expect(heap.judged().verdict == .multi)
  }

  @Test func backgroundHashIsNoise() {
    let hash = poissonTrain(rateHertz: 20, seconds: 600, refractoryMilliseconds: 0, seed: 4)
    var evidence = UnitEvidence(
      spikes: hash.count, refractory: hash.llobetTest(refractoryMilliseconds: 2), signalToNoise: 4.6)
    #expect(evidence.judged().verdict == .noise)
    evidence.signalToNoise = 12
    #expect(evidence.judged().verdict == .multi)
  }

  @Test func aHandfulOfSpikesIsTooFew() {
    let judgement = UnitEvidence(spikes: 12, signalToNoise: 9, falsePositiveRate: 0).judged()
    #expect(judgement.verdict == .tooFew)
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
    #expect(
      judgement.reasons[1]
        == "2 pairs among 3,481 spikes within 2 ms, 40.4 expected of strangers: contamination 2.5 % (95 %: 0.3–9.4 %)"
    )
    #expect(judgement.reasons[2] == "by overlap 1.2 % of its spikes are others'")
    #expect(judgement.reasons.last == "signal to noise 9.1")
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
