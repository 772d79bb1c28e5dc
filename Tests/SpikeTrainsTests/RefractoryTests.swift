import Foundation
import TestSupport
import Testing

@testable import SpikeTrains

/// A Poisson train with an absolute refractory period.
func poissonTrain(
  rateHertz: Double, seconds: Double, refractoryMilliseconds: Double = 2.5, seed: UInt64
) -> SpikeTrain {
  var generator = SeededGenerator(seed: seed)
  let dead = refractoryMilliseconds / 1000
  var times: [Int] = []
  var time = 0.0
  while true {
    time +=
      dead - log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator))
      * (1 / rateHertz - dead)
    guard time < seconds else { break }
    times.append(Int(time * 30_000))
  }
  return SpikeTrain(times: times, frames: Int(seconds * 30_000), samplingRate: 30_000)
}

/// The train's spikes dealt to two by a coin that depends on the time in seconds.
func dealt(_ train: SpikeTrain, seed: UInt64, chance: (Double) -> Double) -> (SpikeTrain, SpikeTrain) {
  var generator = SeededGenerator(seed: seed)
  var parts: ([Int], [Int]) = ([], [])
  for time in train.times {
    if Double.random(in: 0..<1, using: &generator) < chance(Double(time) / train.samplingRate) {
      parts.0.append(time)
    } else {
      parts.1.append(time)
    }
  }
  return (
    SpikeTrain(times: parts.0, frames: train.frames, samplingRate: train.samplingRate),
    SpikeTrain(times: parts.1, frames: train.frames, samplingRate: train.samplingRate)
  )
}

struct RefractoryTests {
  @Test func slidingTestAgreesWithTheReference() throws {
    let trains = try referenceTrains()
    let metrics = try jsonFixture("spiketrain/expected.json")["metrics_per_unit_0to3"]
    for (train, value) in zip(trains, try metrics["sliding_rp_default"].doubles) {
      #expect(abs((train.slidingRefractoryTest()?.contamination ?? -1) - value) < 1e-10)
    }
    for (train, value) in zip(trains, try metrics["sliding_rp_exclude2ms"].doubles) {
      let found = train.slidingRefractoryTest(excludeBelowMilliseconds: 2)?.contamination
      #expect(value.isNaN ? found == nil : abs((found ?? -1) - value) < 1e-10)
    }
    for unit in [0, 2] {
      let reference = try numbers("spiketrain/sliding_rp_confidence_unit\(unit).npy")
      let test = try #require(trains[unit].slidingRefractoryTest())
      #expect(test.refractoryMilliseconds.count == 37)
      for (value, expected) in zip(test.confidences.flatMap { $0 }, reference) {
        #expect(abs(value - expected) < 1e-10)
      }
    }
  }

  @Test func llobetRecoversAKnownContamination() throws {
    let own = poissonTrain(rateHertz: 8, seconds: 1800, seed: 4)
    for (seed, rate) in [(UInt64(5), 0.4), (6, 1.0), (7, 2.0)] {
      let stranger = poissonTrain(rateHertz: rate, seconds: 1800, refractoryMilliseconds: 0, seed: seed)
      let unit = own.merged(with: stranger)
      let test = try #require(unit.llobetTest(refractoryMilliseconds: 2))
      #expect(test.interval.contains(Double(stranger.count) / Double(unit.count)))
      #expect(test.interval.upperBound - test.interval.lowerBound < 0.12)
    }
  }

  /// Over many clean trains with 5 % strangers the 95 % interval holds the truth about as often as it says.
  @Test func theIntervalCoversAsOftenAsItSays() throws {
    var covered = 0
    for seed in 0..<100 as Range<UInt64> {
      let own = poissonTrain(rateHertz: 7.6, seconds: 600, seed: 1000 + seed)
      let stranger = poissonTrain(rateHertz: 0.4, seconds: 600, refractoryMilliseconds: 0, seed: 5000 + seed)
      let unit = own.merged(with: stranger)
      let test = try #require(unit.llobetTest(refractoryMilliseconds: 2))
      if test.interval.contains(Double(stranger.count) / Double(unit.count)) { covered += 1 }
    }
    #expect(covered >= 89)
  }

  @Test func independentNeuronsShowTheExpectedCoincidences() {
    var low = 0
    for seed in 0..<40 as Range<UInt64> {
      let test = CrossRefractoryTest(
        poissonTrain(rateHertz: 5, seconds: 600, seed: 20 + seed),
        poissonTrain(rateHertz: 6, seconds: 600, seed: 520 + seed))
      // 5 · 6 · 600 · 4 ms = 72.
      #expect(abs(test.expectedFromRates - 72) < 12)
      #expect(abs(test.expectedFromFlanks - 72) < 18)
      if test.chanceOfSoFew < 0.05 { low += 1 }
      #expect(test.chanceOfSoMany(ifShare: 0.25) < 1e-4)
    }
    #expect(low <= 6)
  }

  @Test func halvesOfOneNeuronShareTheirTrough() {
    let whole = poissonTrain(rateHertz: 8, seconds: 600, seed: 8)
    let (first, second) = dealt(whole, seed: 9) { _ in 0.4 }
    let test = CrossRefractoryTest(first, second)
    #expect(test.coincidences == 0)
    #expect(test.chanceOfSoFew < 1e-6)
    #expect(test.activityOverlap > 0.75)
    #expect(test.chanceOfSoMany(ifShare: 0.25) == 1)
  }

  @Test func halvesThatTakeTurnsAreNotExpectedToMeet() {
    let whole = poissonTrain(rateHertz: 8, seconds: 600, seed: 10)
    let (first, second) = dealt(whole, seed: 11) { $0 < 295 ? 1 : $0 > 305 ? 0 : 0.5 }
    let test = CrossRefractoryTest(first, second)
    #expect(test.expectedFromRates < 3)
    #expect(test.chanceOfSoFew > 0.05)
    #expect(test.activityOverlap < 0.03)
  }

  /// Against SciPy's `quad` over `poisson.pmf`.
  @Test(arguments: [
    (0, 20.0, 0.05, -8.435635417858382), (14, 25, 0.05, 14.849574242475708),
    (27, 63, 0.05, 20.96146618251462),
    (27, 63, 0.35, -2.3463125869046957), (3, 2, 0.05, 5.969757701528169), (3, 0, 0.05, 0),
  ]) func coincidencesWeighTwoNeuronsAgainstOne(
    coincidences: Int, expected: Double, strangers: Double, nats: Double
  ) {
    let found = CrossRefractoryTest.natsOfTwoNeurons(
      coincidences, expecting: expected, strangers: strangers)
    #expect(abs(found - nats) < 1e-9)
  }

  @Test func moreCoincidencesSpeakForTwoNeurons() {
    let nats = (0...200).map {
      CrossRefractoryTest.natsOfTwoNeurons($0, expecting: 40, strangers: 0.05)
    }
    #expect(zip(nats, nats.dropFirst()).allSatisfy(<) && nats.allSatisfy(\.isFinite))
  }

  @Test func emptyTrainsSayNothing() {
    let silent = SpikeTrain(times: [], frames: 30_000, samplingRate: 30_000)
    let test = CrossRefractoryTest(silent, silent)
    #expect(test.chanceOfSoFew == 1)
    #expect(test.ratio == nil)
    #expect(silent.slidingRefractoryTest() == nil)
    let coarse = SpikeTrain(times: [0, 5, 9], frames: 1000, samplingRate: 100)
    #expect(CrossRefractoryTest(coarse, coarse).coincidences == 0)
    #expect(coarse.llobetTest() == nil)
  }
}

/// The test vector of the contamination: 20,000 spikes in an hour at 30 kHz, 25 of their intervals within the refractory
/// period.
struct RefractoryVectorTests {
  private var train: SpikeTrain {
    // Evenly spaced but for 25 spikes that follow another one by 25 frames.
    let regular = (0..<19_975).map { 2000 + $0 * 5400 }
    let late = (0..<25).map { 2000 + $0 * 700 * 5400 + 25 }
    return SpikeTrain(times: (regular + late).sorted(), frames: 3600 * 30_000, samplingRate: 30_000)
  }

  @Test func contaminationOfTheTestVector() throws {
    let whole = try #require(train.llobetTest(refractoryMilliseconds: 1))
    #expect(whole.spikes == 20_000 && whole.violations == 25)
    #expect(abs(whole.contamination - 0.1196592) < 5e-8)
    let censored = try #require(train.llobetTest(refractoryMilliseconds: 1, censoredMilliseconds: 0.3))
    #expect(censored.violations == 25)
    #expect(abs(censored.contamination - 0.1755955) < 5e-8)
    let hill = try #require(train.hillTest())
    #expect(abs(hill.contamination - 0.075) < 1e-12)
  }
}

/// Violations against strangers whose rates change with the unit's own.
struct SharedRatesTests {
  private let rate = 30_000.0

  /// A train that fires in the first 300 ms of every 2 s and hardly else, as neurons of one tissue in UP states do.
  private func upStates(hertz: Double, refractoryMilliseconds: Double, seed: UInt64) -> SpikeTrain {
    let steady = poissonTrain(
      rateHertz: hertz, seconds: 1200, refractoryMilliseconds: refractoryMilliseconds, seed: seed)
    var generator = SeededGenerator(seed: seed + 1)
    let times = steady.times.filter {
      let isUp = Double($0 % 60_000) < 0.3 * rate
      return isUp || Double.random(in: 0..<1, using: &generator) < 0.02
    }
    return SpikeTrain(times: times, frames: steady.frames, samplingRate: rate)
  }

  /// Spikes of other neurons in the same UP states.
  private func tissue(seed: UInt64) -> SpikeTrain {
    (1..<5).reduce(upStates(hertz: 15, refractoryMilliseconds: 2.5, seed: seed)) {
      $0.merged(with: upStates(hertz: 15, refractoryMilliseconds: 2.5, seed: seed + 10 * UInt64($1)))
    }
  }

  @Test(arguments: [0.0, 0.04, 0.1, 0.3])
  func populationBurstsDoNotContaminate(share: Double) throws {
    for seed in [100, 200, 300] as [UInt64] {
      let own = upStates(hertz: 20 * (1 - share), refractoryMilliseconds: 2.5, seed: seed)
      let unit =
        share > 0
        ? own.merged(with: upStates(hertz: 20 * share, refractoryMilliseconds: 0, seed: seed + 5)) : own
      let strangers = Double(unit.count - own.count) / Double(unit.count)
      let test = try #require(unit.refractoryTest(among: tissue(seed: seed + 1000)))
      #expect(abs(test.contamination - strangers) < 0.03 + 0.25 * strangers)
      // Mean rates make of a tenth of strangers nothing but strangers.
      let steady = try #require(unit.llobetTest(refractoryMilliseconds: 2))
      #expect(share < 0.1 || steady.interval.lowerBound > 2 * strangers)
    }
  }

  @Test func twoNeuronsShowTheirShares() throws {
    // Pairs of two neurons of shares p and 1 − p are 2 p (1 − p) of those of many strangers.
    for share in [0.1, 0.3] {
      let (first, second) = (
        poissonTrain(rateHertz: 10 * (1 - share), seconds: 1800, seed: 3),
        poissonTrain(rateHertz: 10 * share, seconds: 1800, seed: 4)
      )
      let unit = first.merged(with: second)
      let mixed = Double(second.count) / Double(unit.count)
      let test = try #require(
        unit.refractoryTest(among: poissonTrain(rateHertz: 20, seconds: 1800, seed: 5), confidence: 0.99))
      let pairs = 2 * mixed * (1 - mixed)
      #expect(test.interval.contains(1 - (1 - pairs).squareRoot()))
      #expect(test.interval.upperBound - test.interval.lowerBound < 0.2)
    }
  }

  @Test func steadyIndependentTrainsAreLlobets() throws {
    let unit = poissonTrain(rateHertz: 8, seconds: 1800, seed: 6).merged(
      with: poissonTrain(rateHertz: 1, seconds: 1800, refractoryMilliseconds: 0, seed: 7))
    let steady = try #require(unit.llobetTest(refractoryMilliseconds: 2))
    for others in [nil, poissonTrain(rateHertz: 20, seconds: 1800, seed: 8)] {
      let test = try #require(unit.refractoryTest(among: others))
      #expect(test.violations == steady.violations)
      #expect(abs(test.expected / steady.expected - 1) < 0.03)
    }
    // With nothing to compare with, and of too few spikes, nothing is claimed.
    let lone = SpikeTrain(times: [5, 20], frames: 30_000, samplingRate: rate)
    #expect(
      lone.refractoryTest(among: SpikeTrain(times: [], frames: 30_000, samplingRate: rate))?.violations == 1)
    #expect(SpikeTrain(times: [5], frames: 30_000, samplingRate: rate).refractoryTest(among: nil) == nil)
  }

  /// A neuron's own bursts are no company of strangers.
  @Test func burstsOfTheUnitItselfExcuseNothing() throws {
    var times: [Int] = []
    for start in poissonTrain(rateHertz: 3, seconds: 1200, refractoryMilliseconds: 40, seed: 9).times {
      times += [start, start + 120, start + 250, start + 400]
    }
    let own = SpikeTrain(times: times.sorted(), frames: 36_000_000, samplingRate: rate)
    let unit = own.merged(
      with: poissonTrain(rateHertz: 2, seconds: 1200, refractoryMilliseconds: 0, seed: 10))
    let test = try #require(
      unit.refractoryTest(among: poissonTrain(rateHertz: 20, seconds: 1200, seed: 11), confidence: 0.99))
    #expect(test.interval.contains(Double(unit.count - own.count) / Double(unit.count)))
  }
}
