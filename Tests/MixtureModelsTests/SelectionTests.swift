import Foundation
import LabToy
import LinearAlgebra
import MixtureModels
import TestSupport
import Testing

struct SelectionTests {
  @Test func toyLabPrintsTheLabsNumbers() throws {
    let lab = try ToyLab()
    let points = try Fixture.matrix("toy/toy_X.npy")
    #expect(largestDifference(lab.data.points.storage, points.storage) < 1e-14)
    #expect(try lab.data.labels == Fixture.integers("toy/toy_labels.npy"))
    let expected = try Fixture.array("toy/toy_bic_K2to6_seed0to9.npy").values
    #expect(largestDifference(lab.selection.bic.flatMap { $0 }, expected) < 1e-7)
    let printed = lab.selection.bestBIC.map { String(format: "%.8f", $0) }
    #expect(
      printed == ["8431.10086884", "8244.38455388", "8277.73029276", "8310.97462209", "8348.25558341"])
    #expect(lab.selection.bestComponents == 3)
    #expect(lab.selection.robustComponents == 3)
    #expect(lab.selection.componentsBySeed == [Int](repeating: 3, count: 10))
    #expect(lab.taskTwo.map(\.fit.convergedIteration) == [69, 50, 47, 55, 38])
    #expect(lab.taskTwo.map(\.accuracy) == [0.979, 0.979, 0.979, 0.979, 0.979])
    let reference = try Fixture.json("toy/toy_fits.json")["fits"].list
    let fits = lab.selection.fits.flatMap { $0 }
    #expect(fits.map(\.convergedIteration) == reference.map { $0["converged_at_iteration"].integer })
    // What the choice rests on.
    #expect(lab.selection.runnerUp?.components == 4)
    #expect(abs((lab.selection.runnerUp?.bicGap ?? 0) - (8277.73029276 - 8244.38455388)) < 1e-6)
    let stability = lab.selection.stability[1]
    #expect(stability.components == 3)
    #expect((stability.agreement ?? 0) > 0.999)
    #expect(stability.stuckShare == 0)
    let gains = lab.selection.likelihoodGainPerParameter
    #expect(gains.count == 4)
    #expect(gains[0] > log(1000) / 2)
    #expect(gains[1...].allSatisfy { $0 < log(1000) / 2 })
    #expect(!lab.selection.bestIsAtEdge)
    #expect(abs(ToyLab.truth.effectiveComponentCount - exp(1.0296530140645737)) < 1e-12)
  }

  /// A robust number is one that more seeds choose than any other, and more than one.
  @Test func oneVoteIsNoRobustNumber() {
    #expect(MixtureSelection.mostChosen([3, 3, 4]) == 3)
    #expect(MixtureSelection.mostChosen([3, 4, 5]) == nil)
    #expect(MixtureSelection.mostChosen([3, 3, 4, 4]) == nil)
    #expect(MixtureSelection.mostChosen([3]) == nil)
    #expect(MixtureSelection.mostChosen([]) == nil)
  }

  @Test func adjustedRandIndexHasItsKnownValues() {
    func index(_ a: [Int], _ b: [Int]) -> Double { LabelAgreement.adjustedRandIndex(a, b) }
    // Together in both: 2 pairs; in either: 4 and 4 of 15. (2 − 16/15) / (4 − 16/15).
    #expect(abs(index([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 2]) - 7.0 / 22.0) < 1e-14)
    #expect(index([0, 0, 1, 1], [1, 1, 0, 0]) == 1)
    #expect(abs(index([0, 0, 1, 2], [0, 0, 1, 1]) - 4.0 / 7.0) < 1e-15)
    #expect(abs(index([0, 1, 0, 1], [0, 0, 1, 1]) + 0.5) < 1e-14)
    #expect(index([0, 0, 0, 0], [0, 1, 2, 3]) == 0)
    #expect(index([0, 0, 0], [0, 0, 0]) == 1)
    #expect(index([0, 1, 2], [0, 1, 2]) == 1)
  }

  @Test func labelsAlignWithATruth() {
    let (match, relabelled, accuracy) = LabelAgreement.aligned(
      [2, 2, 0, 0, 1, 1, 3], to: [0, 0, 1, 1, 2, 0, 2])
    #expect(match == [1, 2, 0, nil])
    #expect(relabelled == [0, 0, 1, 1, 2, 2, 3])
    #expect(accuracy == 5.0 / 7.0)
  }

  @Test func restartsFindTheComponentsOfSeparateClouds() throws {
    let means = Matrix(rows: [[0, 0, 0], [6, 0, 0], [0, 6, 0], [0, 0, 6]])
    let clouds = Mixture(
      weights: [0.4, 0.3, 0.2, 0.1], means: means, scales: (1...4).map { .identity(3, scale: Double($0) / 4) }
    )
    let drawn = try sampleData(count: 800, from: clouds, seed: 3)
    let data = try MixtureData(drawn.points)
    let selection = try selectMixture(data, components: 2...6, seeds: [0, 1, 2, 3])
    #expect(selection.bestComponents == 4)
    #expect(selection.best.mixture.componentCount == 4)
    #expect(selection.best.bic == selection.bestBIC.min())
    #expect(selection.best.icl >= selection.best.bic)
    #expect(selection.best.aic < selection.best.bic)
    let labels = try selection.best.mixture.labels(data)
    #expect(LabelAgreement.aligned(labels, to: drawn.labels).accuracy > 0.99)
    let edge = try selectMixture(data, components: 2...3, seeds: [0])
    #expect(edge.bestIsAtEdge)
  }
}
