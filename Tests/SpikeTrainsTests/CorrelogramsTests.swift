import Foundation
import TestSupport
import Testing

@testable import SpikeTrains

/// Every pair of spikes, one by one, straight from the definition in whole numbers of width / `divisor` frames.
private func countedByDefinition(
  times: [Int], units: [Int], unitCount: Int, widthFrames: (Int, over: Int), binsPerSide: Int
) -> (counts: [[[Int]]], coincidences: [[Int]]) {
  var counts = [[[Int]]](
    repeating: Array(repeating: Array(repeating: 0, count: 2 * binsPerSide), count: unitCount),
    count: unitCount)
  var coincidences = [[Int]](repeating: Array(repeating: 0, count: unitCount), count: unitCount)
  for a in times.indices {
    for b in times.indices where a != b {
      let lag = times[b] - times[a]
      let (i, j) = (units[a], units[b])
      let bin = abs(lag) * widthFrames.over / widthFrames.0
      if lag == 0 {
        if i != j || a < b { coincidences[i][j] += 1 }
      } else if bin < binsPerSide {
        counts[i][j][lag > 0 ? binsPerSide + bin : binsPerSide - 1 - bin] += 1
      }
    }
  }
  return (counts, coincidences)
}

private func randomTrain(
  count: Int, unitCount: Int, frames: Int, seed: UInt64
) -> (times: [Int], units: [Int]) {
  var generator = SeededGenerator(seed: seed)
  let times = (0..<count).map { _ in Int.random(in: 0..<frames, using: &generator) }.sorted()
  return (times, times.map { _ in Int.random(in: 0..<unitCount, using: &generator) })
}

struct CorrelogramsTests {
  @Test(arguments: [
    (30_000.0, 1.0, 30, 30, 1), (30_000.0, 0.5, 15, 15, 1), (24_414.0625, 1.0, 10, 390_625, 16_000),
    (30_000.0, 0.75, 10, 45, 2), (1000.0, 2.0, 4, 2, 1),
    (400.0, 1.0, 30, 2, 5),
  ])
  func everyPairIsCountedOnce(rate: Double, width: Double, bins: Int, numerator: Int, denominator: Int) {
    // Unit 2 of 4 is silent.
    var (times, units) = randomTrain(count: 600, unitCount: 3, frames: 24_000, seed: 1)
    units = units.map { $0 == 2 ? 3 : $0 }
    let correlograms = Correlograms(
      times: times, units: units, unitCount: 4, samplingRate: rate, binMilliseconds: width, binsPerSide: bins)
    let expected = countedByDefinition(
      times: times, units: units, unitCount: 4, widthFrames: (numerator, over: denominator), binsPerSide: bins
    )
    for i in 0..<4 {
      for j in 0..<4 {
        #expect(correlograms[i, j] == expected.counts[i][j])
        #expect(correlograms.coincidences(i, j) == expected.coincidences[i][j])
        #expect(correlograms[i, j] == correlograms[j, i].reversed())
      }
    }
  }

  @Test func theCountsDoNotDependOnThreads() {
    let (times, units) = randomTrain(count: 90_000, unitCount: 7, frames: 30_000_000, seed: 2)
    let one = Correlograms(times: times, units: units, unitCount: 7, samplingRate: 30_000, threads: 1)
    let four = Correlograms(times: times, units: units, unitCount: 7, samplingRate: 30_000, threads: 4)
    #expect(one == four)
    #expect((0..<7).allSatisfy { i in (0..<7).allSatisfy { one[i, $0].reduce(0, +) > 0 } })
  }

  @Test func edgesOfOneMillisecondAtThirtyKilohertz() {
    func bin(_ lag: Int) -> Int? {
      let times = [100, 100 + lag]
      return Correlograms(times: times, units: [0, 1], unitCount: 2, samplingRate: 30_000)[0, 1].firstIndex(
        of: 1)
    }
    #expect(bin(1) == 30)
    #expect(bin(29) == 30)
    #expect(bin(30) == 31)
    #expect(bin(899) == 59)
    #expect(bin(900) == nil)
    #expect(bin(0) == nil)
  }

  @Test func noSpikes() {
    let empty = Correlograms(times: [], units: [], unitCount: 2, samplingRate: 30_000)
    #expect(empty[0, 1] == [Int](repeating: 0, count: 60))
    #expect(empty.coincidences(0, 1) == 0)
  }

  /// SpikeInterface counts t_i − t_j, floors to half-open bins and puts coincidences right of zero. Ours then equals
  /// the reversed counts but for lags on an edge and coincidences, each of which is accounted for here.
  @Test(arguments: [("pm30ms_1ms", 1.0, 30, 30), ("pm50ms_0.5ms", 0.5, 100, 15)])
  func theReferenceDiffersInEdgesAndCoincidencesAlone(
    name: String, width: Double, bins: Int, widthFrames: Int
  ) throws {
    let reference = try integers("spiketrain/ccg_\(name)_spikeinterface.npy")
    let times = try integers("spiketrain/all_times.npy")
    let units = try integers("spiketrain/all_labels.npy")
    let correlograms = Correlograms(
      times: times, units: units, unitCount: 4, samplingRate: 30_000, binMilliseconds: width,
      binsPerSide: bins)
    let trains = (0..<4).map { unit in zip(times, units).filter { $0.1 == unit }.map(\.0) }
    var moved = 0
    for i in 0..<4 {
      for j in 0..<4 {
        let later = Set(trains[j])
        var expected = correlograms[i, j]
        // A lag of +k widths stands in bin k here; the reference floors −k and so has it one to the left.
        for k in 1...bins {
          let count = trains[i].count { later.contains($0 + k * widthFrames) }
          moved += count
          if k < bins { expected[bins + k] -= count }
          expected[bins + k - 1] += count
        }
        // Coincidences fall right of zero there, left of it reversed; both orders of an autocorrelogram's pair.
        expected[bins - 1] += correlograms.coincidences(i, j) * (i == j ? 2 : 1)
        let start = (i * 4 + j) * 2 * bins
        #expect(expected == reference[start..<start + 2 * bins].reversed())
      }
    }
    #expect(moved > 0)
    #expect(correlograms.coincidences(0, 3) > 0)
  }
}
