import Foundation
import LinearAlgebra
import MixtureModels
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

struct RefitsTests {
  private func refits(found: Int, _ counts: [Int]) -> Sorting.Refits {
    Sorting.Refits(
      found: found, counts: counts, windowStarts: counts.map { _ in 0 }, seeds: counts.map { _ in 0 },
      stretchSeconds: 120)
  }

  @Test func rangeHoldsNineTenthsOfTheFits() {
    // 20 fits, 18 of them from 5 to 7.
    let many = refits(found: 6, [5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 9, 3])
    #expect(many.range == 5...7)
    #expect(many.inside == 18)
    // Of few fits all.
    #expect(refits(found: 6, [5, 7, 6]).range == 5...7)
    #expect(refits(found: 6, [6, 6, 6]).range == 6...6)
    #expect(refits(found: 4, []).range == 4...4)
    // The sorting's own number is one of many, and may stand alone.
    let lonely = refits(found: 9, [Int](repeating: 5, count: 19))
    #expect(lonely.range == 5...5)
    #expect(lonely.inside == 19)
    // Of ranges equally short the one nearer to the sorting's number.
    let tie = refits(found: 7, [Int](repeating: 6, count: 17) + [5, 7])
    #expect(tie.fits.count == 20)
    #expect(tie.range == 6...7)
  }

  @Test func unitsThatMayHoldASecondNeuronWidenTheRange() throws {
    var refits = refits(found: 6, [6, 6, 6])
    refits.secondNeuronChances = [0.01, 0.02, 0.02, 0, 0.01, 0.01]
    #expect(refits.range == 6...6)
    refits.secondNeuronChances[2] = 0.3
    #expect(refits.range == 6...7)
    refits.secondNeuronChances[3] = 0.97
    #expect(refits.range == 7...8)
    let read = try JSONDecoder().decode(Sorting.Refits.self, from: JSONEncoder().encode(refits))
    #expect(read == refits && read.range == 7...8)
  }

  @Test func plansSpreadOverTheRecording() {
    var options = SortingOptions()
    options.seed = 5
    let tracking = TrackingOptions()
    let plans = RefitPlan.spread(over: 330, options: options, tracking: tracking)
    #expect(plans.map(\.windowStart) == [0, 135, 270])
    #expect(plans.map(\.seed) == [1005, 2005, 3005])
    let fitting = plans[1].fitting(tracking, options: options, components: 2)
    #expect(fitting.components == 1...5 && fitting.restarts == 1 && fitting.seed == 2005)
    options.model = .driftingT(thorough: true)
    let all = RefitPlan.spread(over: 20, options: options, tracking: tracking)
    #expect(all.count == 19 && all.allSatisfy { $0.windowStart == 0 })
    #expect(all[0].fitting(tracking, options: options, components: 2).components == tracking.components)
  }

  /// Expected foreign and missed spikes have the margins of their names: what a unit's own spikes give to others, and what
  /// others' spikes give to it.
  @Test func foreignAndMissedSpikesAreNotSwapped() {
    let probabilities = Matrix(rows: [[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.05, 0.95]])
    var spikes = madeTable(frames: [0, 3000, 6000, 9000, 12_000], labels: [0, 0, 0, 1, 1])
    spikes.clusters.responsibilities = probabilities
    spikes.features = Matrix(rows: (0..<5).map { [Double($0), Double($0 * $0)] })
    let units = JudgedUnits(
      spikes, judge: VerdictLimits(), joining: false, onlyCounts: false, threads: 1
    ).units
    #expect(abs((units[0].falsePositives ?? 0) - (0.1 + 0.2 + 0.4) / 3) < 1e-12)
    #expect(abs((units[0].falseNegatives ?? 0) - (0.3 + 0.05) / 3) < 1e-12)
    #expect(abs((units[1].falsePositives ?? 0) - (0.3 + 0.05) / 2) < 1e-12)
    #expect(abs((units[1].falseNegatives ?? 0) - (0.1 + 0.2 + 0.4) / 2) < 1e-12)
  }
}
