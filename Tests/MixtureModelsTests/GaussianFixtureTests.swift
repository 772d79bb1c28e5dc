import Foundation
import LinearAlgebra
import MixtureModels
import Testing

/// scikit-learn's Gaussian mixtures from the same start, and Student-t mixtures of a plain reference.
struct GaussianFixtureTests {
  @Test(
    arguments: ["small", "medium"],
    [CovarianceShape.full, .tied, .diagonal, .spherical])
  func thirtyIterationsEqualScikitLearn(dataset: String, shape: CovarianceShape) throws {
    let reference = try Fixture.json("mixture/gmm.json")["datasets"][dataset]
    let model = reference["models"][shape.rawValue]
    let x = try Fixture.matrix("mixture/\(dataset)_X.npy")
    var options = MixtureOptions()
    options.covariance = shape
    options.maximumConditionNumber = .infinity
    options.tolerance = .total(0)
    options.maximumIterations = 30
    let fit = try fitMixture(
      MixtureData(x), from: start(reference, shape: shape), options: options)

    let n = Double(x.rows)
    let bounds = try model["lower_bounds_30"].numbers().map { $0 * n }
    #expect(largestDifference(fit.logLikelihoodTrace, bounds) < 1e-7)
    #expect(try abs(fit.logLikelihood - model["final_mean_log_likelihood"].number() * n) < 1e-7)
    #expect(fit.convergedIteration == nil)
    #expect(try largestDifference(fit.mixture.weights, model["weights"].numbers()) < 1e-8)
    #expect(try largestDifference(fit.mixture.means.storage, model["means"].numbers()) < 1e-8)
    let scales = fit.mixture.scales
    let covariances =
      switch shape {
      case .full: scales.flatMap(\.storage)
      case .tied: scales[0].storage
      case .diagonal: scales.flatMap(\.diagonal)
      case .spherical: scales.map { $0[0, 0] }
      }
    #expect(try largestDifference(covariances, model["covariances"].numbers()) < 1e-8)
    #expect(Int(fit.parameterCount) == model["n_parameters"].integer)
    #expect(try abs(fit.bic - model["bic"].number()) < 1e-6)
    #expect(try abs(fit.aic - model["aic"].number()) < 1e-6)
    let labels = try Fixture.integers("mixture/gmm_\(dataset)_\(shape.rawValue)_labels.npy")
    let data = try MixtureData(x)
    #expect(try fit.mixture.labels(data) == labels)
    let posterior = try fit.mixture.posterior(data)
    #expect(posterior.labels == labels)
    if dataset == "small" || shape == .full {
      let expected = try Fixture.array("mixture/gmm_\(dataset)_\(shape.rawValue)_resp.npy").values
      #expect(largestDifference(posterior.responsibilities.storage, expected) < 1e-8)
    }
    if shape == .full {
      let expected = try Fixture.array("mixture/gmm_\(dataset)_full_score_samples.npy").values
      #expect(largestDifference(posterior.logDensities, expected) < 1e-8)
    }
  }

  private func start(_ reference: JSON, shape: CovarianceShape) throws -> Mixture {
    let shared = try reference["init_covariance_shared"].matrix()
    let scale =
      switch shape {
      case .full, .tied: shared
      case .diagonal: Matrix(diagonal: shared.diagonal)
      case .spherical:
        Matrix.identity(shared.rows, scale: shared.diagonal.reduce(0, +) / Double(shared.rows))
      }
    let weights = try reference["weights_init"].numbers()
    return try Mixture(
      weights: weights, means: reference["means_init"].matrix(), scales: weights.map { _ in scale })
  }

  @Test(arguments: [("small", 7), ("small", 2), ("medium", 7)])
  func studentMixtureEqualsTheReference(dataset: String, nu: Int) throws {
    let name = "\(dataset)_nu\(nu)"
    let reference = try Fixture.json("mixture/tmix.json")["datasets"][name]
    let given = try Fixture.json("mixture/gmm.json")["datasets"][dataset]
    let data = try MixtureData(Fixture.matrix("mixture/\(dataset)_X.npy"))
    var options = MixtureOptions()
    options.degreesOfFreedom = Double(nu)
    options.covarianceRidge = 0
    options.maximumConditionNumber = .infinity
    options.tolerance = .total(0)
    options.maximumIterations = 30
    let fit = try fitMixture(data, from: start(given, shape: .full), options: options)

    let trace = fit.logLikelihoodTrace + [fit.logLikelihood]
    #expect(try largestDifference(trace, reference["log_likelihood_31"].numbers()) < 1e-7)
    #expect(try largestDifference(fit.mixture.weights, reference["weights"].numbers()) < 1e-8)
    #expect(try largestDifference(fit.mixture.means.storage, reference["means"].numbers()) < 1e-8)
    let scales = fit.mixture.scales.flatMap(\.storage)
    #expect(try largestDifference(scales, reference["scales"].numbers()) < 1e-8)
    #expect(Int(fit.parameterCount) == reference["n_parameters_nu_fixed"].integer)
    #expect(try abs(fit.bic - reference["bic"].number()) < 1e-6)
    let posterior = try fit.mixture.posterior(data)
    func expected(_ part: String) throws -> [Double] {
      try Fixture.array("mixture/tmix_\(name)_\(part).npy").values
    }
    #expect(try largestDifference(posterior.responsibilities.storage, expected("post")) < 1e-8)
    #expect(try largestDifference(posterior.logDensities, expected("logpdf")) < 1e-8)
    let d = Double(data.dimensions)
    let u = posterior.squaredDistances.storage.map { (Double(nu) + d) / (Double(nu) + $0) }
    #expect(try largestDifference(u, expected("u")) < 1e-8)
    let first = (0..<5).flatMap { Array(posterior.squaredDistances.row($0)) }
    #expect(try largestDifference(first, reference["mahalanobis_sq_first_5_rows"].numbers()) < 1e-8)
  }

  @Test func studentDensityAtGivenPoints() throws {
    let checks = try Fixture.json("mixture/tmix.json")["density_spot_checks"]
    let data = try MixtureData(checks["points"].matrix())
    let (location, shape) = try (Matrix(rows: [checks["loc"].numbers()]), checks["shape"].matrix())
    #expect(checks["logpdf"].keys.count == 4)
    for name in checks["logpdf"].keys {
      let expected = try checks["logpdf"][name].numbers()
      let nu = try #require(Double(name.dropFirst(3)))
      let component = Mixture(
        weights: [1], means: location, scales: [shape], degreesOfFreedom: nu)
      #expect(try largestDifference(component.posterior(data).logDensities, expected) < 1e-12)
    }
    let normal = Mixture(weights: [1], means: location, scales: [shape])
    let densities = try normal.posterior(data).logDensities
    #expect(try largestDifference(densities, checks["normal_limit_logpdf"].numbers()) < 1e-12)
  }
}
