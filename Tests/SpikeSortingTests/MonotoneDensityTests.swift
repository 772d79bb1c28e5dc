import TestSupport
import Testing

@testable import SpikeSorting

@Suite struct MonotoneDensityTests {
  private func counts(of places: [Double]) -> [Double] {
    var counts = [Double](repeating: 0, count: 61)
    for place in places { counts[Int(min(max((place + 5) * 4, 0), 60))] += 1 }
    return counts
  }

  private func places(_ count: Int, around middle: Double, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in middle + generator.normal() }
  }

  /// Pools of neighbours that rise, by hand.
  @Test func countsArePooledWhereTheyRise() {
    #expect(MonotoneDensity.falling([3, 1, 2]) == [3, 1.5, 1.5])
    #expect(MonotoneDensity.falling([1, 2, 6]) == [3, 3, 3])
    #expect(MonotoneDensity.falling([5, 4, 4, 0]) == [5, 4, 4, 0])
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func oneModeIsNotTwo(seed: UInt64) {
    let one = places(600, around: 2, seed: seed)
    // Less than what a place in four dimensions costs: ½ · 5 · ln 600 = 16.
    #expect(MonotoneDensity.natsOfTwoModes(counts(of: one)) < 16)
  }

  /// Twice what a place costs.
  @Test func twoModesAre() {
    let two = places(400, around: 0, seed: 1) + places(200, around: 5, seed: 2)
    #expect(MonotoneDensity.natsOfTwoModes(counts(of: two)) > 32)
    #expect(MonotoneDensity.natsOfTwoModes([]) == 0)
    #expect(MonotoneDensity.natsOfTwoModes([7]) == 0)
  }

  /// Read from the other end they are as many.
  @Test func modesHaveNoDirection() {
    let counts = counts(of: places(300, around: 0, seed: 3) + places(100, around: 4, seed: 4))
    let difference =
      MonotoneDensity.natsOfTwoModes(counts) - MonotoneDensity.natsOfTwoModes(counts.reversed())
    #expect(abs(difference) < 1e-9)
  }
}
