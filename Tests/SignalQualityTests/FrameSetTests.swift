import Recordings
import Testing

@testable import SignalQuality

@Suite("Frames left out of a recording")
struct FrameSetTests {
  @Test("Ranges in any order become stretches that do not touch")
  func joins() {
    let set = FrameSet([20..<30, 5..<8, 8..<10, 25..<40, 50..<50])
    #expect(set.stretches == [5..<10, 20..<40])
    #expect(set.count == 25)
    #expect(!set.contains(4) && set.contains(5) && set.contains(9) && !set.contains(10))
    #expect(set.overlaps(0..<6) && !set.overlaps(10..<20) && set.overlaps(39..<60))
    #expect(set.outside(0..<45) == [0..<5, 10..<20, 40..<45])
    #expect(set.within(7..<25).stretches == [0..<3, 13..<18])
  }

  @Test("Numbers without the frames inside lead back to the frames outside")
  func numbers() {
    let set = FrameSet([0..<3, 10..<20, 25..<26])
    let outside = (0..<40).filter { !set.contains($0) }
    for (number, frame) in outside.enumerated() {
      #expect(set.framesLeft(before: frame) == number)
      #expect(set.frame(left: number) == frame)
    }
    #expect(set.count(in: 2..<12) == 3)
    #expect(FrameSet.none.framesLeft(before: 7) == 7 && FrameSet.none.frame(left: 7) == 7)
  }
}
