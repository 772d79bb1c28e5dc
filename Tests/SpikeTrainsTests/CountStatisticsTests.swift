import Foundation
import Testing

@testable import SpikeTrains

struct CountStatisticsTests {
  @Test(arguments: [
    (0, 0.0, 3.688879454113936), (1, 0.025317807984289897, 5.571643390938898),
    (5, 1.6234863901184209, 11.668332079322667), (25, 16.178681847829328, 36.904931697530365),
    (1000, 938.9730184076952, 1063.952136016302),
  ])
  func poissonIntervalsAreTheTabulatedOnes(count: Int, lower: Double, upper: Double) {
    let interval = CountStatistics.poissonInterval(count)
    #expect(abs(interval.lowerBound - lower) <= 1e-9 * max(lower, 1))
    #expect(abs(interval.upperBound - upper) <= 1e-9 * upper)
  }

  @Test(arguments: [1e-8, 0.01, 0.5, 3, 30, 1000, 1e5])
  func theEndsOfAnIntervalHoldTheirTails(mean: Double) {
    let count = Int(mean.rounded(.up))
    for confidence in [0.5, 0.9, 0.99, 1 - 1e-9] {
      let interval = CountStatistics.poissonInterval(count, confidence: confidence)
      let tail = (1 - confidence) / 2
      let above = CountStatistics.poissonAtLeast(count, mean: interval.lowerBound)
      let below = CountStatistics.poissonAtMost(count, mean: interval.upperBound)
      #expect(abs(above - tail) <= 1e-7 * tail)
      #expect(abs(below - tail) <= 1e-7 * tail)
    }
  }

  @Test func poissonChancesAreTheSumsOfTheirTerms() {
    for mean in [0.1, 1.0, 7.5, 40] {
      var term = exp(-mean)
      var sum = term
      for count in 0..<80 {
        #expect(abs(CountStatistics.poissonAtMost(count, mean: mean) - sum) < 1e-13)
        #expect(abs(CountStatistics.poissonAtLeast(count + 1, mean: mean) - (1 - sum)) < 1e-13)
        term *= mean / Double(count + 1)
        sum += term
      }
    }
    #expect(CountStatistics.poissonAtMost(0, mean: 0) == 1)
    #expect(CountStatistics.poissonAtLeast(1, mean: 0) == 0)
  }

  @Test func smallTailsKeepTheirDigits() {
    let tail = CountStatistics.poissonAtLeast(60, mean: 5)
    #expect(abs(tail / 7.649610081149458e-43 - 1) < 1e-11)
    #expect(abs(CountStatistics.chiSquareAbove(200, degreesOfFreedom: 2) / exp(-100) - 1) < 1e-12)
    #expect(abs(CountStatistics.chiSquareAbove(3.841458820694124, degreesOfFreedom: 1) - 0.05) < 1e-14)
    #expect(abs(CountStatistics.chiSquareAbove(21.02606981748307, degreesOfFreedom: 12) - 0.05) < 1e-14)
  }

  @Test func binomialChances() {
    #expect(abs(CountStatistics.binomialAtMost(0, trials: 10, probability: 0.3) - pow(0.7, 10)) < 1e-15)
    #expect(abs(CountStatistics.binomialAtMost(5, trials: 10, probability: 0.5) - 638.0 / 1024) < 1e-14)
    #expect(CountStatistics.binomialAtMost(10, trials: 10, probability: 0.9) == 1)
    #expect(CountStatistics.binomialAtMost(-1, trials: 10, probability: 0.9) == 0)
  }

  @Test func logGammaKnowsFactorials() {
    var product = 1.0
    for n in 1..<170 {
      #expect(abs(logGamma(Double(n)) - log(product)) <= 2e-15 * max(1, log(product)))
      product *= Double(n)
    }
    #expect(abs(logGamma(0.5) - 0.5 * log(.pi)) < 5e-15)
  }
}
