import NumPyInterop
import Testing

@testable import SpikeSorting

@Suite struct LateWavesTests {
  private let search = LateWaves(samplingRate: 30_000)

  @Test func whatFollowsLargerSpikesIsTheirEnd() {
    let larger = (0..<500).map { 6000 * $0 + 1000 }
    let late = stride(from: 0, to: 500, by: 3).map { larger[$0] + 45 + $0 % 7 }
    #expect(search.isMade(of: late, after: larger))
    // Before a spike, or later than a waveform lasts, is no end of it.
    #expect(!search.isMade(of: larger.map { $0 - 45 }, after: larger))
    #expect(!search.isMade(of: larger.map { $0 + 70 }, after: larger))
  }

  @Test func neuronsThatFireTogetherAreNoEnds() {
    // In UP states of a tenth of the time most spikes of any neuron have one of the others just before them.
    var generator = NumPyGenerator(seed: 2)
    func frames(_ count: Int) -> [Int] {
      (0..<count).map { _ in Int(generator.random() * 100) * 30_000 + Int(generator.random() * 3000) }
        .sorted()
    }
    let (larger, weaker) = (frames(10_000), frames(2000))
    let followers = weaker.count { frame in larger.contains { (1...60).contains(frame - $0) } }
    #expect(followers > 1400)
    #expect(!search.isMade(of: weaker, after: larger))
  }

  @Test func chanceIsTakenOff() {
    // So many larger spikes that two in three frames come within 2 ms after one.
    var generator = NumPyGenerator(seed: 1)
    func frames(_ count: Int) -> [Int] { (0..<count).map { _ in Int(generator.random() * 3e6) }.sorted() }
    let (larger, independent) = (frames(50_000), frames(1000))
    #expect(!search.isMade(of: independent, after: larger))
    // Where all fire together, in 500 UP states of a tenth of a second, as much precedes as follows.
    func together(_ count: Int) -> [Int] {
      (0..<count).map { 6000 * ($0 % 500) + Int(generator.random() * 3000) }.sorted()
    }
    #expect(!search.isMade(of: together(2000), after: together(14_000)))
    #expect(!search.isMade(of: [], after: larger) && !search.isMade(of: independent, after: []))
  }
}
