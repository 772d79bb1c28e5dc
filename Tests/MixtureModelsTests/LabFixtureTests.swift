import Foundation
import LinearAlgebra
import MixtureModels
import Testing

/// The lab's own fits on its toy data, number for number.
struct LabFixtureTests {
  struct File: Decodable {
    let fits: [Fit]
    let task2: [TaskTwo]
    let pruning_extra: Pruning
  }

  struct Fit: Decodable {
    let K: Int
    let seed: Int
    let K_final: Int
    let converged_at_iteration: Int?
    let last_change: Double?
    let final_log_likelihood: Double
    let bic: Double
    let weights: [Double]
    let means: [[Double]]
  }

  struct TaskTwo: Decodable {
    let seed: Int
    let K: Int
    let n_iters: Int
    let K_final: Int
    let converged_at_iteration: Int?
    let last_change: Double?
    let bic: Double
    let best_permutation_accuracy: Double
  }

  struct Pruning: Decodable {
    let fits: [Pruned]
  }

  struct Pruned: Decodable {
    let K: Int
    let seed: Int
    let K_final: Int
    let ll_trace: [Double]
    let weights: [Double]
    let means: [[Double]]
    let bic: Double
  }

  @Test func everyFitOfTaskThree() throws {
    let expected = try Fixture.json("toy/toy_fits.json", as: File.self).fits
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    let traces = try Fixture.array("toy/toy_ll_traces.npy").values
    let labels = try Fixture.integers("toy/toy_fit_labels.npy")
    for (i, reference) in expected.enumerated() {
      let fit = try fitMixture(data, components: reference.K, seed: reference.seed, options: .lab)
      let which = "K \(reference.K), seed \(reference.seed)"
      #expect(abs(fit.bic - reference.bic) < 1e-7, "\(which)")
      #expect(fit.convergedIteration == reference.converged_at_iteration, "\(which)")
      #expect(fit.mixture.componentCount == reference.K_final, "\(which)")
      #expect(abs(fit.logLikelihood - reference.final_log_likelihood) < 1e-7, "\(which)")
      if let change = reference.last_change, fit.convergedIteration != nil {
        #expect(abs((fit.lastChange ?? 0) - change) < 1e-9, "\(which)")
      }
      let trace = traces[i * 100..<(i + 1) * 100].filter { !$0.isNaN }
      #expect(largestDifference(fit.logLikelihoodTrace, trace) < 1e-7, "\(which)")
      #expect(largestDifference(fit.mixture.weights, reference.weights) < 1e-7, "\(which)")
      #expect(largestDifference(fit.mixture.means.storage, reference.means.flatMap { $0 }) < 1e-6, "\(which)")
      #expect(try fit.mixture.labels(data) == Array(labels[i * 1000..<(i + 1) * 1000]), "\(which)")
    }
  }

  @Test func everyFitOfTaskTwo() throws {
    let expected = try Fixture.json("toy/toy_fits.json", as: File.self).task2
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    let labels = try Fixture.integers("toy/toy_task2_labels.npy")
    var options = MixtureOptions.lab
    options.maximumIterations = 200
    for (i, reference) in expected.enumerated() {
      let fit = try fitMixture(data, components: reference.K, seed: reference.seed, options: options)
      #expect(abs(fit.bic - reference.bic) < 1e-7)
      #expect(fit.convergedIteration == reference.converged_at_iteration)
      #expect(abs((fit.lastChange ?? 0) - (reference.last_change ?? 0)) < 1e-9)
      #expect(try fit.mixture.labels(data) == Array(labels[i * 1000..<(i + 1) * 1000]))
    }
  }

  @Test func fitsThatPrune() throws {
    let expected = try Fixture.json("toy/toy_fits.json", as: File.self).pruning_extra.fits
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    for reference in expected {
      let fit = try fitMixture(data, components: reference.K, seed: reference.seed, options: .lab)
      #expect(fit.mixture.componentCount == reference.K_final)
      #expect(fit.startedComponents == reference.K)
      #expect(largestDifference(fit.logLikelihoodTrace, reference.ll_trace) < 1e-6)
      #expect(abs(fit.bic - reference.bic) < 1e-6)
      #expect(largestDifference(fit.mixture.weights, reference.weights) < 1e-6)
    }
  }
}
