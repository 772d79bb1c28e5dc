import Foundation
import LinearAlgebra
import Testing

@testable import MixtureModels

/// The mixture of drifting t-distributions against one dense solve a component, and the test vectors.
struct DriftFixtureTests {
  @Test(
    arguments: [
      ("A_scalarQ_nu7", "d1"), ("B_fullQ_weights_emptyframe_ridge", "d2"), ("C_MoKsm_variant_nu2", "d1"),
      ("D_gaussian_nu_inf", "d1"),
      ("E_single_frame_T1", "d1"),
    ])
  func twentyIterationsEqualTheDenseSolve(name: String, dataset: String) throws {
    let cases = try Fixture.json("mixture/modt.json")["cases"]
    let expected = cases[name]
    let nu = try expected["nu"].number()
    let y = try Fixture.matrix("mixture/modt_\(dataset)_Y.npy")
    let single = name.hasPrefix("E")
    let frames = single ? [] : try Fixture.integers("mixture/modt_\(dataset)_frame.npy")
    let frameCount = single ? 1 : 20
    let weights = dataset == "d2" ? try Fixture.array("mixture/modt_d2_w.npy").values : nil
    let data = try MixtureData(y, frames: frames, frameCount: frameCount, weights: weights)
    var options = MixtureOptions()
    options.degreesOfFreedom = nu
    options.covarianceRidge = try expected["C_reg"].number()
    options.maximumConditionNumber = .infinity
    options.locationInertia = name.contains("MoKsm") ? 1 : 0
    options.tolerance = .total(0)
    options.maximumIterations = 20
    let q = single ? [] : try expected["Q"].numbers()
    options.driftPerFrame =
      single ? nil : q.count == 1 ? .identity(4, scale: q[0]) : Matrix(rows: 4, columns: 4, storage: q)
    // The single frame starts as the first case does.
    let start = cases[single ? "A_scalarQ_nu7" : name]["init"]
    let scale = try start["C_shared"].matrix()
    let initial = try Mixture(
      weights: start["alpha"].numbers(), means: start["mu_constant_over_frames_[K,D]"].matrix(),
      scales: [scale, scale, scale]
    ).held(overFrames: frameCount)
    let fit = try fitMixture(data, from: initial, options: options)

    let trace = fit.logLikelihoodTrace + [fit.logLikelihood]
    #expect(try largestDifference(trace, expected["data_ll_21"].numbers()) < 1e-7)
    let priorTrace = fit.logPriorTrace + [fit.logPrior]
    #expect(try largestDifference(priorTrace, expected["prior_ll_21"].numbers()) < 1e-7)
    #expect(try largestDifference(fit.mixture.weights, expected["alpha"].numbers()) < 1e-8)
    #expect(try largestDifference(fit.mixture.scales.flatMap(\.storage), expected["C"].numbers()) < 1e-8)
    let mu = try single ? expected["mu"].numbers() : Fixture.array("mixture/modt_\(name)_mu.npy").values
    #expect(largestDifference(fit.mixture.locations.flatMap(\.storage), mu) < 1e-8)
    guard !single else { return }
    let posterior = try fit.mixture.posterior(data)
    let tau = try Fixture.array("mixture/modt_\(name)_post.npy").values
    #expect(largestDifference(posterior.responsibilities.storage, tau) < 1e-8)
    guard nu != .infinity else { return }
    let u = try Fixture.array("mixture/modt_\(name)_u.npy").values
    #expect(largestDifference(posterior.squaredDistances.storage.map { (nu + 4) / (nu + $0) }, u) < 1e-8)
  }

  @Test func densityOfTheTestVector() throws {
    let mixture = Mixture(
      weights: [1], means: Matrix(rows: [[0, 0]]), scales: [Matrix(rows: [[2, 0.5], [0.5, 1]])],
      degreesOfFreedom: 7)
    let posterior = try mixture.posterior(MixtureData(Matrix(rows: [[1, 2]])))
    #expect(abs(posterior.logDensities[0] + 4.151618017220814) < 1e-13)
    #expect(abs(posterior.squaredDistances[0, 0] - 4) < 1e-13)
  }

  @Test func pathOfTheTestVector() throws {
    let precision = try Matrix(rows: [[2, 0.5], [0.5, 1]]).positiveDefiniteInverse()
    let walk = try #require(RandomWalk(stepCovariance: .identity(2, scale: 0.1)))
    let sums = Matrix(rows: [[3, 0], [0, 0], [10, 5], [6, -2]])
    let smoother = try #require(PathSmoother(weights: [3, 0, 5, 2], precision: precision, walk: walk))
    let path = smoother.path(sums: sums, precision: precision)
    let expected = [
      1.72832273, 0.30227636, 1.82726865, 0.34348631, 1.92621457, 0.38469625, 2.09197948, 0.08484483,
    ]
    #expect(largestDifference(path.storage, expected) < 1e-8)
    let (covariances, freedom) = smoother.uncertainty()
    #expect(abs(freedom - 2.730285105547924) < 1e-12)
    let first = [0.28211643, 0.05688444, 0.05688444, 0.16834754]
    #expect(largestDifference(covariances[0].storage, first) < 1e-8)
    #expect(abs(walk.logDensity(ofSteps: path) - 0.6922941349567981) < 1e-12)
  }

  @Test func effectiveDegreesOfFreedomHaveTheirLimits() throws {
    let precision = try Matrix(rows: [[2, 0.5], [0.5, 1]]).positiveDefiniteInverse()
    for (q, limit) in [(1e-12, 2.0), (1e12, 6.0)] {
      let walk = try #require(RandomWalk(stepCovariance: .identity(2, scale: q)))
      let smoother = try #require(PathSmoother(weights: [3, 0, 5, 2], precision: precision, walk: walk))
      #expect(abs(smoother.uncertainty().effectiveDegreesOfFreedom - limit) < 1e-6)
    }
  }

  /// The Kalman filter and the Rauch-Tung-Striebel smoother in information form, with a diffuse prior: another way to the
  /// same path and to its covariances.
  @Test func pathAndBandEqualTheKalmanSmoother() throws {
    let precision = try Matrix(rows: [[2, 0.5], [0.5, 1]]).positiveDefiniteInverse()
    let q = Matrix(rows: [[0.1, 0.03], [0.03, 0.2]])
    let weights: [Double] = [3, 0, 5, 2, 0, 0.5]
    let sums = Matrix(rows: [[3, 0], [0, 0], [10, 5], [6, -2], [0, 0], [-1, 1]])
    let (means, covariances) = try kalmanSmoother(precision: precision, q: q, weights: weights, sums: sums)
    let walk = try #require(RandomWalk(stepCovariance: q))
    let smoother = try #require(PathSmoother(weights: weights, precision: precision, walk: walk))
    let path = smoother.path(sums: sums, precision: precision)
    #expect(largestDifference(path.storage, means.flatMap { $0 }) < 1e-7)
    let (bands, freedom) = smoother.uncertainty()
    for (band, covariance) in zip(bands, covariances) {
      #expect(largestDifference(band.storage, covariance.storage) < 1e-7)
    }
    // The trace of H⁻¹·blockdiag(Wₜ·Σ⁻¹), from the other covariances.
    let trace = zip(weights, covariances).reduce(0.0) { sum, frame in
      sum + frame.0 * (precision * frame.1).diagonal.reduce(0, +)
    }
    #expect(abs(freedom - trace) < 1e-7)
  }

  private func kalmanSmoother(
    precision: Matrix, q: Matrix, weights: [Double], sums: Matrix
  ) throws -> (means: [[Double]], covariances: [Matrix]) {
    var predicted = Matrix.identity(2, scale: 1e10)
    var mean = [0.0, 0.0]
    var (filtered, filteredMeans): ([Matrix], [[Double]]) = ([], [])
    for (t, w) in weights.enumerated() {
      if t > 0 { predicted = filtered[t - 1] + q }
      let prior = try predicted.positiveDefiniteInverse()
      let posterior = try (prior + precision * w).positiveDefiniteInverse()
      let data = precision * Array(sums.row(t))
      let pull = prior * mean
      mean = posterior * [data[0] + pull[0], data[1] + pull[1]]
      filtered.append(posterior)
      filteredMeans.append(mean)
    }
    var (means, covariances) = (filteredMeans, filtered)
    for t in stride(from: weights.count - 2, through: 0, by: -1) {
      let gain = filtered[t] * (try (filtered[t] + q).positiveDefiniteInverse())
      let step = gain * [means[t + 1][0] - filteredMeans[t][0], means[t + 1][1] - filteredMeans[t][1]]
      means[t] = [filteredMeans[t][0] + step[0], filteredMeans[t][1] + step[1]]
      let excess = covariances[t + 1] + (filtered[t] + q) * -1
      covariances[t] = filtered[t] + Matrix.product(gain * excess, gain, transposeB: true)
    }
    return (means, covariances)
  }
}
