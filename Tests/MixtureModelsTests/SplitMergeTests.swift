import LabToy
import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

struct SplitMergeTests {
  /// Nine clouds of unequal size in the plane, on which restarts often end in a worse optimum.
  private func clouds(seed: Int) throws -> MixtureData {
    let means = (0..<9).map { [5 * Double($0 % 3), 5 * Double($0 / 3)] }
    let mixture = Mixture(
      weights: (1...9).map { Double($0) / 45 }, means: Matrix(rows: means),
      scales: (0..<9).map { .identity(2, scale: $0 % 2 == 0 ? 0.3 : 1) })
    return try MixtureData(try sampleData(count: 2000, from: mixture, seed: seed).points)
  }

  private func options(rounds: Int) -> MixtureOptions {
    var options = MixtureOptions()
    options.initialisation = .random
    options.splitMergeRounds = rounds
    return options
  }

  @Test func splitsAndMergesLeaveWorseOptima() throws {
    var better = 0
    for seed in 0..<4 {
      let data = try clouds(seed: seed)
      let plain = try selectMixture(data, components: 7...10, seeds: [0, 1], options: options(rounds: 0))
      let searched = try selectMixture(data, components: 7...10, seeds: [0, 1], options: options(rounds: 4))
      #expect(plain.splitsAndMerges == SplitMergeTally())
      let tally = searched.splitsAndMerges
      #expect(tally.rounds >= 1 && tally.rounds <= 4)
      #expect(tally.kept <= tally.tried)
      for (a, b) in zip(searched.bestBIC, plain.bestBIC) { #expect(a <= b + 1e-6) }
      if searched.bestBIC[2] < plain.bestBIC[2] - 10 { better += 1 }
      #expect(searched.bestComponents == 9)
    }
    #expect(better >= 2)
  }

  @Test func searchEndsWithinItsBudgetOnPointsAllAlike() throws {
    let same = try MixtureData(Matrix(rows: [[Double]](repeating: [1, 2], count: 60)))
    let selection = try selectMixture(same, components: 1...4, seeds: [0], options: options(rounds: 3))
    #expect(selection.splitsAndMerges.rounds <= 3)
    #expect(selection.fits.allSatisfy { $0[0].logLikelihood.isFinite })
  }

  @Test func theRangeGrowsWhileTheBestIsItsLast() throws {
    let data = try clouds(seed: 1)
    let options = options(rounds: 1)
    let grown = try selectMixture(
      data, components: 2...4, growingTo: 1...20, seeds: [0, 1], options: options)
    #expect(grown.components.first == 2)
    #expect((grown.components.last ?? 0) > 9)
    #expect(grown.components == Array(2...(grown.components.last ?? 2)))
    #expect(grown.bestComponents == 9)
    #expect(grown.fits.count == grown.components.count && grown.stability.count == grown.components.count)
    // No further than the limit, and not at all where range and limit agree.
    let limited = try selectMixture(
      data, components: 2...4, growingTo: 1...6, seeds: [0, 1], options: options)
    #expect(limited.components == Array(2...6))
    let fixed = try selectMixture(
      data, components: 2...4, growingTo: 2...4, seeds: [0, 1], options: options)
    #expect(fixed.components == [2, 3, 4])
  }

  @Test func theRangeGrowsDownToASingleCloud() throws {
    var generator = SeededGenerator(seed: 8)
    let data = try MixtureData(Matrix(rows: (0..<800).map { _ in [generator.normal(), generator.normal()] }))
    let grown = try selectMixture(
      data, components: 3...4, growingTo: 1...8, seeds: [0, 1], options: MixtureOptions())
    #expect(grown.components == [1, 2, 3, 4])
    #expect(grown.bestComponents == 1)
  }

  @Test func driftAndTailsNeedNoFurtherClusters() throws {
    for seed in 0..<3 {
      let toy = try DriftingToy(seed: seed)
      #expect(toy.drifting.best.mixture.componentCount == DriftingToy.starts.count)
      #expect(toy.gaussians.best.mixture.componentCount > DriftingToy.starts.count)
      #expect(toy.accuracies.drifting > 0.99)
      #expect(toy.accuracies.drifting > toy.accuracies.gaussian)
    }
  }
}
