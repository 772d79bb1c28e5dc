import Foundation
import NumPyInterop
import Testing

@testable import SpikeSorting

@Suite struct AmplitudeModeTests {
  /// Sizes of background: from 4 noise deviations on, exponentially rarer.
  private func background(_ count: Int, seed: Int) -> [Float] {
    var generator = NumPyGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in Float(4 - log(1 - generator.random())) }
  }

  private func unit(_ count: Int, at size: Double, seed: Int) -> [Float] {
    var generator = NumPyGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in
      let radius = (-2 * log(1 - generator.random())).squareRoot()
      return Float(size + radius * cos(2 * .pi * generator.random()))
    }
  }

  @Test(arguments: 0..<20) func backgroundHasNoMode(seed: Int) {
    #expect(AmplitudeMode(of: background(4000, seed: seed)).nats < UnitSize.leastNats)
  }

  @Test func aUnitAboveTheBackgroundHasOne() {
    let found = AmplitudeMode(of: background(4000, seed: 1) + unit(400, at: 13, seed: 2))
    #expect(found.nats > 50)
    #expect(abs(found.mode - 13) < 1)
    #expect(found.valley > 8 && found.valley < 12)
  }

  @Test func aHundredSpikesFarFromTheNoiseHaveOne() {
    #expect(
      AmplitudeMode(of: background(4000, seed: 3) + unit(100, at: 14, seed: 4)).nats > UnitSize.leastNats)
  }

  @Test func theOrderOfSizesSaysNothing() {
    let sizes = background(500, seed: 5) + unit(100, at: 9, seed: 6)
    #expect(AmplitudeMode(of: sizes) == AmplitudeMode(of: sizes.reversed()))
  }

  @Test func nothingHasNoMode() {
    #expect(AmplitudeMode(of: []) == AmplitudeMode())
    #expect(AmplitudeMode(of: [1, 2, 3.9]) == AmplitudeMode())
    #expect(UnitSize(mode: AmplitudeMode(), deviation: 1).floor == 0)
  }
}
