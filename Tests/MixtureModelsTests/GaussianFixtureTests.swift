import Foundation
import LinearAlgebra
import MixtureModels
import Testing

/// scikit-learn's Gaussian mixtures from the same start, and Student-t mixtures by a reference implementation.
struct GaussianFixtureTests {
  struct File: Decodable {
    let datasets: [String: Dataset]
  }

  struct Dataset: Decodable {
    let means_init: [[Double]]
    let weights_init: [Double]
    let init_covariance_shared: [[Double]]
    let models: [String: Model]
  }

  struct Model: Decodable {
    let lower_bounds_30: [Double]
    let final_mean_log_likelihood: Double
    let weights: [Double]
    let means: [[Double]]
    let covariances: Numbers
    let n_parameters: Int
    let bic: Double
    let aic: Double
  }

  /// Numbers nested to any depth, flattened.
  struct Numbers: Decodable {
    let flat: [Double]

    init(from decoder: any Decoder) throws {
      if var list = try? decoder.unkeyedContainer() {
        var all: [Double] = []
        while !list.isAtEnd { all += try list.decode(Numbers.self).flat }
        flat = all
      } else {
        flat = [try decoder.singleValueContainer().decode(Double.self)]
      }
    }
  }

  @Test(
    arguments: ["small", "medium"],
    [CovarianceShape.full, .tied, .diagonal, .spherical])
  func thirtyIterationsEqualScikitLearn(dataset: String, shape: CovarianceShape) throws {
    let reference = try #require(Fixture.json("mixture/gmm.json", as: File.self).datasets[dataset])
    let model = try #require(reference.models[shape.rawValue])
    let x = try Fixture.matrix("mixture/\(dataset)_X.npy")
    let (k, d) = (reference.weights_init.count, x.columns)
    var options = MixtureOptions()
    options.covariance = shape
    options.maximumConditionNumber = .infinity
    options.tolerance = .total(0)
    options.maximumIterations = 30
    let fit = try fitMixture(
      MixtureData(x), from: start(reference, shape: shape), options: options)

    let n = Double(x.rows)
    #expect(largestDifference(fit.logLikelihoodTrace, model.lower_bounds_30.map { $0 * n }) < 1e-7)
    #expect(abs(fit.logLikelihood - model.final_mean_log_likelihood * n) < 1e-7)
    #expect(fit.convergedIteration == nil)
    #expect(largestDifference(fit.mixture.weights, model.weights) < 1e-8)
    #expect(largestDifference(fit.mixture.means.storage, model.means.flatMap { $0 }) < 1e-8)
    let scales = fit.mixture.scales
    let covariances =
      switch shape {
      case .full: scales.flatMap(\.storage)
      case .tied: scales[0].storage
      case .diagonal: scales.flatMap(\.diagonal)
      case .spherical: scales.map { $0[0, 0] }
      }
    #expect(largestDifference(covariances, model.covariances.flat) < 1e-8)
    #expect(Int(fit.parameterCount) == model.n_parameters)
    #expect(abs(fit.bic - model.bic) < 1e-6)
    #expect(abs(fit.aic - model.aic) < 1e-6)
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
    #expect((k, d) == (fit.mixture.componentCount, fit.mixture.dimensions))
  }

  private func start(_ reference: Dataset, shape: CovarianceShape) -> Mixture {
    let shared = Matrix(reference.init_covariance_shared)
    let scale =
      switch shape {
      case .full, .tied: shared
      case .diagonal: Matrix(diagonal: shared.diagonal)
      case .spherical:
        Matrix.identity(shared.rows, scale: shared.diagonal.reduce(0, +) / Double(shared.rows))
      }
    return Mixture(
      weights: reference.weights_init, means: Matrix(reference.means_init),
      scales: reference.weights_init.map { _ in scale })
  }

  struct StudentFile: Decodable {
    let datasets: [String: Student]
    let density_spot_checks: SpotChecks
  }

  struct SpotChecks: Decodable {
    let points: [[Double]]
    let loc: [Double]
    let shape: [[Double]]
    let logpdf: [String: [Double]]
    let normal_limit_logpdf: [Double]
  }

  struct Student: Decodable {
    let nu: Double
    let log_likelihood_31: [Double]
    let weights: [Double]
    let means: [[Double]]
    let scales: Numbers
    let n_parameters_nu_fixed: Int
    let bic: Double
    let mahalanobis_sq_first_5_rows: [[Double]]
  }

  @Test(arguments: [("small", 7), ("small", 2), ("medium", 7)])
  func studentMixtureEqualsTheReference(dataset: String, nu: Int) throws {
    let name = "\(dataset)_nu\(nu)"
    let reference = try #require(Fixture.json("mixture/tmix.json", as: StudentFile.self).datasets[name])
    let given = try #require(Fixture.json("mixture/gmm.json", as: File.self).datasets[dataset])
    let data = try MixtureData(Fixture.matrix("mixture/\(dataset)_X.npy"))
    var options = MixtureOptions()
    options.degreesOfFreedom = reference.nu
    options.covarianceRidge = 0
    options.maximumConditionNumber = .infinity
    options.tolerance = .total(0)
    options.maximumIterations = 30
    let fit = try fitMixture(data, from: start(given, shape: .full), options: options)

    let trace = fit.logLikelihoodTrace + [fit.logLikelihood]
    #expect(largestDifference(trace, reference.log_likelihood_31) < 1e-7)
    #expect(largestDifference(fit.mixture.weights, reference.weights) < 1e-8)
    #expect(largestDifference(fit.mixture.means.storage, reference.means.flatMap { $0 }) < 1e-8)
    #expect(largestDifference(fit.mixture.scales.flatMap(\.storage), reference.scales.flat) < 1e-8)
    #expect(Int(fit.parameterCount) == reference.n_parameters_nu_fixed)
    #expect(abs(fit.bic - reference.bic) < 1e-6)
    let posterior = try fit.mixture.posterior(data)
    func expected(_ part: String) throws -> [Double] {
      try Fixture.array("mixture/tmix_\(name)_\(part).npy").values
    }
    #expect(try largestDifference(posterior.responsibilities.storage, expected("post")) < 1e-8)
    #expect(try largestDifference(posterior.logDensities, expected("logpdf")) < 1e-8)
    let d = Double(data.dimensions)
    let u = posterior.squaredDistances.storage.map { (reference.nu + d) / (reference.nu + $0) }
    #expect(try largestDifference(u, expected("u")) < 1e-8)
    let first = (0..<5).flatMap { Array(posterior.squaredDistances.row($0)) }
    #expect(largestDifference(first, reference.mahalanobis_sq_first_5_rows.flatMap { $0 }) < 1e-8)
  }

  @Test func studentDensityAtGivenPoints() throws {
    let checks = try Fixture.json("mixture/tmix.json", as: StudentFile.self).density_spot_checks
    let data = try MixtureData(Matrix(checks.points))
    for (name, expected) in checks.logpdf {
      let nu = try #require(Double(name.dropFirst(3)))
      let component = Mixture(
        weights: [1], means: Matrix([checks.loc]), scales: [Matrix(checks.shape)], degreesOfFreedom: nu)
      #expect(try largestDifference(component.posterior(data).logDensities, expected) < 1e-12)
    }
    let normal = Mixture(weights: [1], means: Matrix([checks.loc]), scales: [Matrix(checks.shape)])
    let densities = try normal.posterior(data).logDensities
    #expect(largestDifference(densities, checks.normal_limit_logpdf) < 1e-12)
  }
}
