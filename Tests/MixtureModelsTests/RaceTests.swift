import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

/// Restarts that race on a sample of the points.
struct RaceTests {
  static let points = PropertyTests.points(17_000, dimensions: 3, centres: 5, seed: 8).0

  static func options(_ shape: CovarianceShape = .full, nu: Double = .infinity, races: Bool) -> MixtureOptions
  {
    var options = MixtureOptions()
    options.covariance = shape
    options.degreesOfFreedom = nu
    options.initialisation = .kMeansPlusPlus
    options.racesRestarts = races
    return options
  }

  @Test(arguments: [CovarianceShape.full, .diagonal], [Double.infinity, 5])
  func raceFindsWhatEveryRestartTogetherFinds(shape: CovarianceShape, nu: Double) throws {
    let data = try MixtureData(Self.points)
    let all = try selectMixture(
      data, components: 3...6, seeds: Array(0..<4), options: Self.options(shape, nu: nu, races: false))
    let race = try selectMixture(
      data, components: 3...6, seeds: Array(0..<4), options: Self.options(shape, nu: nu, races: true))
    #expect(race.raced && !all.raced)
    // A fit stops at a change of 1e-5 a point; one that closes in by a twentieth a step has twenty such changes left.
    for (a, b) in zip(race.bestBIC, all.bestBIC) { #expect(a < b + 2 * 20 * 1e-5 * 17_000) }
    #expect(race.bestComponents == all.bestComponents)
    #expect(race.bestFits.allSatisfy { $0.convergedIteration != nil })
    #expect(race.stability.allSatisfy { $0.stuckShare == nil })
    #expect(race.fits.map(\.count) == [4, 4, 4, 4])
  }

  @Test func raceIsTheSameOnAnyNumberOfThreads() throws {
    let data = try MixtureData(Self.points)
    let runs = try [1, 2, 3, 7].map { threads in
      try selectMixture(
        data, components: 2...4, seeds: [0, 1, 2], options: Self.options(races: true), threads: threads)
    }
    for run in runs.dropFirst() {
      #expect(run.bic == runs[0].bic)
      #expect(run.best.mixture.scales == runs[0].best.mixture.scales)
    }
  }

  @Test func fewPointsAndPointsInFramesDoNotRace() throws {
    let few = try MixtureData(PropertyTests.points(2000, dimensions: 2, centres: 2, seed: 1).0)
    let options = Self.options(races: true)
    #expect(try !selectMixture(few, components: 1...2, seeds: [0], options: options).raced)
    let (x, frames) = PropertyTests.points(17_000, dimensions: 2, centres: 2, seed: 1)
    let framed = try MixtureData(x, frames: frames, frameCount: 12)
    var drifting = options
    drifting.driftPerFrame = .identity(2, scale: 0.01)
    #expect(try !selectMixture(framed, components: 1...2, seeds: [0], options: drifting).raced)
  }

  @Test func whatThrowsInItsProgressEndsARace() throws {
    struct Stop: Error {}
    let data = try MixtureData(Self.points)
    var last = 0
    #expect(throws: Stop.self) {
      _ = try selectMixture(data, components: 2...3, seeds: [0, 1], options: Self.options(races: true)) {
        done, of in
        #expect(done >= last && done <= of)
        last = done
        if done > of / 2 { throw Stop() }
      }
    }
  }

  @Test func mergingKeepsTheMomentsAndUndoesASplit() throws {
    let data = try MixtureData(Self.points)
    let mixture = try fitMixture(data, components: 4, seed: 1, options: Self.options(races: false)).mixture
    for k in 0..<4 {
      let again = mixture.splitting(k).merging(k, 4)
      #expect(largestDifference(again.weights, mixture.weights) < 1e-14)
      #expect(largestDifference(again.means.storage, mixture.means.storage) < 1e-11)
      #expect(largestDifference(again.scales[k].storage, mixture.scales[k].storage) < 1e-12)
    }
    // The mean of the whole does not move.
    let joint = mixture.merging(1, 3)
    for j in 0..<3 {
      func mean(_ m: Mixture) -> Double { zip(m.weights, m.means.column(j)).reduce(0) { $0 + $1.0 * $1.1 } }
      #expect(abs(mean(joint) - mean(mixture)) < 1e-11)
    }
    let pairs = mixture.cheapestMerges(10)
    #expect(pairs.count == 6)
    // Two halves of one component are the cheapest to merge.
    let (a, b) = mixture.splitting(2).cheapestMerges(1)[0]
    #expect((a, b) == (2, 4))
  }
}
