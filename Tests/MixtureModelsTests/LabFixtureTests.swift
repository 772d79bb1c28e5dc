import Foundation
import LinearAlgebra
import MixtureModels
import Testing

/// The lab's own fits on its toy data, number for number.
struct LabFixtureTests {
  @Test func everyFitOfTaskThree() throws {
    let expected = try Fixture.json("toy/toy_fits.json")["fits"].list
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    let traces = try Fixture.array("toy/toy_ll_traces.npy").values
    let labels = try Fixture.integers("toy/toy_fit_labels.npy")
    for (i, reference) in expected.enumerated() {
      let (k, seed) = try (#require(reference["K"].integer), #require(reference["seed"].integer))
      let fit = try fitMixture(data, components: k, seed: seed, options: .lab)
      let which = "K \(k), seed \(seed)"
      #expect(try abs(fit.bic - reference["bic"].number()) < 1e-7, "\(which)")
      #expect(fit.convergedIteration == reference["converged_at_iteration"].integer, "\(which)")
      #expect(fit.mixture.componentCount == reference["K_final"].integer, "\(which)")
      #expect(try abs(fit.logLikelihood - reference["final_log_likelihood"].number()) < 1e-7, "\(which)")
      if fit.convergedIteration != nil {
        let change = try #require(fit.lastChange)
        #expect(try abs(change - reference["last_change"].number()) < 1e-9, "\(which)")
      }
      let trace = traces[i * 100..<(i + 1) * 100].filter { !$0.isNaN }
      #expect(largestDifference(fit.logLikelihoodTrace, trace) < 1e-7, "\(which)")
      #expect(try largestDifference(fit.mixture.weights, reference["weights"].numbers()) < 1e-7, "\(which)")
      let means = try reference["means"].numbers()
      #expect(largestDifference(fit.mixture.means.storage, means) < 1e-6, "\(which)")
      #expect(try fit.mixture.labels(data) == Array(labels[i * 1000..<(i + 1) * 1000]), "\(which)")
    }
  }

  @Test func everyFitOfTaskTwo() throws {
    let expected = try Fixture.json("toy/toy_fits.json")["task2"].list
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    let labels = try Fixture.integers("toy/toy_task2_labels.npy")
    var options = MixtureOptions.lab
    options.maximumIterations = 200
    for (i, reference) in expected.enumerated() {
      let (k, seed) = try (#require(reference["K"].integer), #require(reference["seed"].integer))
      let fit = try fitMixture(data, components: k, seed: seed, options: options)
      #expect(try abs(fit.bic - reference["bic"].number()) < 1e-7)
      #expect(fit.convergedIteration == reference["converged_at_iteration"].integer)
      let change = try #require(fit.lastChange)
      #expect(try abs(change - reference["last_change"].number()) < 1e-9)
      #expect(try fit.mixture.labels(data) == Array(labels[i * 1000..<(i + 1) * 1000]))
    }
  }

  @Test func fitsThatPrune() throws {
    let expected = try Fixture.json("toy/toy_fits.json")["pruning_extra"]["fits"].list
    let data = try MixtureData(Fixture.matrix("toy/toy_X.npy"))
    for reference in expected {
      let (k, seed) = try (#require(reference["K"].integer), #require(reference["seed"].integer))
      let fit = try fitMixture(data, components: k, seed: seed, options: .lab)
      #expect(fit.mixture.componentCount == reference["K_final"].integer)
      #expect(fit.startedComponents == k)
      #expect(try largestDifference(fit.logLikelihoodTrace, reference["ll_trace"].numbers()) < 1e-6)
      #expect(try abs(fit.bic - reference["bic"].number()) < 1e-6)
      #expect(try largestDifference(fit.mixture.weights, reference["weights"].numbers()) < 1e-6)
    }
  }
}
