import Foundation
import TestSupport
import Testing

@testable import SpikeTrains

/// The four trains of the fixtures: 600 s at 30 kHz.
func referenceTrains() throws -> [SpikeTrain] {
  try (0..<4).map {
    SpikeTrain(times: try integers("spiketrain/train\($0).npy"), frames: 18_000_000, samplingRate: 30_000)
  }
}

private func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
  guard let a else { return b.isNaN }
  return abs(a - b) <= tolerance
}

struct SpikeTrainTests {
  let expected: JSONValue
  let trains: [SpikeTrain]

  init() throws {
    expected = try jsonFixture("spiketrain/expected.json")
    trains = try referenceTrains()
  }

  private func metric(_ name: String) throws -> JSONValue { try expected["metrics_per_unit_0to3"][name] }

  @Test func countsAndRates() throws {
    #expect(trains.map(\.count) == (try metric("num_spikes").integers))
    for (train, rate) in zip(trains, try metric("firing_rate_hz").doubles) {
      #expect(close(train.rateHertz, rate))
    }
    for (name, bin, ratio) in [
      ("presence_ratio_bin60_thr0", 60.0, 0.0), ("presence_ratio_bin10_thr0", 10, 0),
      ("presence_ratio_bin10_thr0.5", 10, 0.5), ("presence_ratio_bin7_thr0", 7, 0),
    ] {
      for (train, value) in zip(trains, try metric(name).doubles) {
        #expect(close(train.presenceRatio(binSeconds: bin, rateRatio: ratio), value))
      }
    }
    for (train, value) in zip(trains, try metric("firing_range_5s_5_95").doubles) {
      #expect(close(train.firingRangeHertz(), value))
    }
    for (train, value) in zip(trains, try metric("firing_range_10s_10_90").doubles) {
      #expect(close(train.firingRangeHertz(binSeconds: 10, percentiles: 10...90), value))
    }
  }

  @Test func intervals() throws {
    let statistics = trains.map(\.intervalStatistics)
    for unit in 0..<4 {
      #expect(close(statistics[unit]?.meanSeconds, try metric("isi_mean_s").doubles[unit]))
      #expect(close(statistics[unit]?.medianSeconds, try metric("isi_median_s").doubles[unit]))
      #expect(close(statistics[unit]?.coefficientOfVariation, try metric("isi_cv_ddof0").doubles[unit]))
      #expect(close(statistics[unit]?.localVariation, try metric("isi_lv").doubles[unit]))
    }
    let fine = try expected["isi_histogram_50ms_1ms"]["counts"].integerRows
    let coarse = try expected["isi_histogram_200ms_5ms"]["counts"].integerRows
    #expect(trains.map { $0.intervalHistogram() } == fine)
    #expect(trains.map { $0.intervalHistogram(binMilliseconds: 5, bins: 40) } == coarse)
  }

  @Test func hillCountsWholeFrames() throws {
    for (name, threshold, minimum) in [
      ("threshold1.5_min0.0", 1.5, 0.0), ("threshold2.0_min0.0", 2, 0), ("threshold2.0_min0.5", 2, 0.5),
      ("threshold3.0_min0.0", 3, 0),
    ] {
      let reference = try metric("isi_violations_hill")[name]
      let tests = trains.map { $0.hillTest(thresholdMilliseconds: threshold, minimumMilliseconds: minimum) }
      #expect(tests.map { $0?.violations } == (try reference["count_exact_integer_strict"].integers))
      for (test, ratio) in zip(tests, try reference["ratio_from_exact_count"].doubles) {
        #expect(close(test?.contamination, ratio))
      }
    }
  }

  @Test func llobetCountsAllPairs() throws {
    for (name, refractory) in [
      ("refractory1.0_censored0.0", 1.0), ("refractory2.0_censored0.0", 2), ("refractory3.0_censored0.0", 3),
    ] {
      let reference = try metric("rp_violations_llobet")[name]
      let tests = trains.map { $0.llobetTest(refractoryMilliseconds: refractory) }
      #expect(tests.map { $0?.violations } == (try reference["count"].integers))
      for (test, contamination) in zip(tests, try reference["contamination"].doubles) {
        #expect(close(test?.contamination, contamination))
      }
    }
  }

  /// The reference counts the pairs inside the censored period too; the formula without them is checked by hand.
  @Test func censoredPairsAreLeftOut() throws {
    let reference = try metric("rp_violations_llobet")["refractory2.0_censored0.2"]
    for (unit, train) in trains.enumerated() {
      let test = try #require(train.llobetTest(refractoryMilliseconds: 2, censoredMilliseconds: 0.2))
      let censored = train.intervals.count { $0 <= 6 }
      #expect(test.violations == (try reference["count"].integers[unit]) - censored)
      guard censored == 0 else { continue }
      #expect(close(test.contamination, try reference["contamination"].doubles[unit]))
    }
  }

  @Test func pairsAreCountedAsDefined() {
    var generator = SeededGenerator(seed: 3)
    let times = (0..<400).map { _ in Int.random(in: 0..<3000, using: &generator) }.sorted()
    let others = (0..<300).map { _ in Int.random(in: 0..<3000, using: &generator) }.sorted()
    let train = SpikeTrain(times: times, frames: 3000, samplingRate: 1000)
    let other = SpikeTrain(times: others, frames: 3000, samplingRate: 1000)
    for (shortest, longest) in [(-1, 0), (0, 1), (3, 20), (-1, 50), (7, 7)] {
      var pairs = 0
      for i in times.indices {
        for j in 0..<i where (shortest + 1..<longest + 1).contains(times[i] - times[j]) { pairs += 1 }
      }
      #expect(train.pairCount(lagsAbove: shortest, upTo: longest) == pairs)
      let crossing = times.map { time in
        others.count { (shortest + 1..<longest + 1).contains(abs($0 - time)) }
      }
      #expect(train.pairCount(with: other, lagsAbove: shortest, upTo: longest) == crossing.reduce(0, +))
    }
  }

  @Test func intervalsOfContamination() throws {
    // 300 spikes in an hour, no violation: nothing can be said.
    let slow = SpikeTrain(times: (0..<300).map { $0 * 360_000 }, frames: 108_000_000, samplingRate: 30_000)
    let silent = try #require(slow.llobetTest(refractoryMilliseconds: 2))
    #expect(silent.violations == 0)
    #expect(silent.contamination == 0)
    #expect(silent.interval == 0...1)
    // 20,000 spikes in 600 s, no violation: below 0.2 %.
    let fast = SpikeTrain(times: (0..<20_000).map { $0 * 900 }, frames: 18_000_000, samplingRate: 30_000)
    let clean = try #require(fast.llobetTest(refractoryMilliseconds: 2))
    let expected = 1 - (1 - 3.688879454113936 / (4e8 * 60 / 18_000_000)).squareRoot()
    #expect(close(clean.interval.upperBound, expected, 1e-12))
    #expect(clean.chanceOfViolations(ifContamination: 0.05) == 1)
    #expect(SpikeTrain(times: [5], frames: 10, samplingRate: 1).llobetTest() == nil)
  }
}
