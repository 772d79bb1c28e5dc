import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

@Suite struct BurstTestTests {
  private func train(_ times: [Int]) -> SpikeTrain {
    SpikeTrain(times: times.sorted(), frames: 30_000 * 300, samplingRate: 30_000)
  }

  @Test func followersAreABurst() {
    var generator = SeededGenerator(seed: 1)
    let first = (0..<800).map { 9000 * $0 + Int.random(in: 0..<5000, using: &generator) }
    let later = first.filter { _ in Bool.random(using: &generator) }.map { $0 + 120 }
    let test = BurstTest(train(first), train(later))
    #expect(test.isBurst)
    #expect(test.forward == later.count && test.backward == 0)
    #expect(BurstTest(train(later), train(first)).isBurst)
  }

  @Test func independentTrainsAreNone() {
    var generator = SeededGenerator(seed: 2)
    func random() -> SpikeTrain {
      train((0..<3000).map { _ in Int.random(in: 0..<9_000_000, using: &generator) })
    }
    #expect(!BurstTest(random(), random()).isBurst)
  }
}
