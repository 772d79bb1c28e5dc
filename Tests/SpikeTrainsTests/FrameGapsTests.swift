import Testing

@testable import SpikeTrains

@Suite struct FrameGapsTests {
  /// A spike before and one after each gap of an hour, 10 frames apart as frames are counted.
  private let times = [100, 995, 1005, 1900, 1995, 2005]
  private let gaps = FrameGaps([(1000, 108_000_000), (2000, nil)], unknown: 30_000)

  private func train(_ times: [Int], _ gaps: FrameGaps) -> SpikeTrain {
    SpikeTrain(times: times, frames: 3000, samplingRate: 30_000, gaps: gaps)
  }

  @Test func framesAreApart() {
    #expect(gaps.apart(times) == [100, 995, 108_001_005, 108_001_900, 108_001_995, 108_032_005])
    #expect(gaps.from(frame: 990).apart([5, 15]) == [5, 108_000_015])
    #expect(FrameGaps.none.apart(times) == times)
  }

  @Test func spikesOnBothSidesAreNoClosePair() throws {
    let (through, apart) = (train(times, .none), train(times, gaps))
    #expect(through.llobetTest()?.violations == 2 && apart.llobetTest()?.violations == 0)
    #expect(through.hillTest()?.violations == 2 && apart.hillTest()?.violations == 0)
    #expect(apart.rateHertz == through.rateHertz, "what was not recorded is no exposure")
    let (first, second) = ([995, 1995], [1005, 2005])
    #expect(CrossRefractoryTest(train(first, .none), train(second, .none)).coincidences == 2)
    #expect(CrossRefractoryTest(train(first, gaps), train(second, gaps)).coincidences == 0)
    #expect(apart.intervals == [895, 108_000_010, 895, 95, 30_010])
  }

  @Test func correlogramsCountTimeThatPassed() {
    func pairs(_ times: [Int]) -> Int {
      Correlograms(times: times, units: [0, 0, 0, 0, 0, 0], unitCount: 1, samplingRate: 30_000)[0, 0]
        .prefix(30).suffix(1).reduce(0, +)
    }
    #expect(pairs(times) == 2 && pairs(gaps.apart(times)) == 0)
  }
}
