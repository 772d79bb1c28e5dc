import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

/// What must hold for any points.
struct PropertyTests {
  /// Points about some centres far from the origin, some of them far out, in frames in no order.
  static func points(_ n: Int, dimensions d: Int, centres: Int, seed: UInt64) -> (Matrix, frames: [Int]) {
    var generator = SeededGenerator(seed: seed)
    let means = (0..<centres * d).map { _ in 5 * generator.normal() + 100 }
    var storage: [Double] = []
    var frames: [Int] = []
    for i in 0..<n {
      let k = Int.random(in: 0..<centres, using: &generator)
      let frame = Int.random(in: 0..<12, using: &generator)
      let spread = i % 20 == 0 ? 3.0 : 1.0
      for j in 0..<d {
        storage.append(means[k * d + j] + spread * generator.normal() + 0.1 * Double(frame * k))
      }
      frames.append(frame)
    }
    return (Matrix(rows: n, columns: d, storage: storage), frames)
  }

  static func options(_ shape: CovarianceShape, nu: Double) -> MixtureOptions {
    var options = MixtureOptions()
    options.covariance = shape
    options.degreesOfFreedom = nu
    options.covarianceRidge = 0
    options.maximumConditionNumber = .infinity
    options.tolerance = .total(0)
    options.maximumIterations = 25
    return options
  }

  @Test(arguments: CovarianceShape.allCases, [Double.infinity, 3])
  func likelihoodNeverFalls(shape: CovarianceShape, nu: Double) throws {
    for seed in 1...4 {
      let data = try MixtureData(Self.points(700, dimensions: 4, centres: 3, seed: UInt64(seed)).0)
      var options = Self.options(shape, nu: nu)
      options.initialisation = .random
      let fit = try fitMixture(data, components: 3, seed: seed, options: options)
      let trace = fit.logLikelihoodTrace + [fit.logLikelihood]
      #expect(trace.count == 26)
      for (before, after) in zip(trace, trace.dropFirst()) { #expect(after >= before - 1e-8) }
      #expect(trace[25] > trace[0] + 10)
    }
  }

  @Test(arguments: [Double.infinity, 3])
  func penalisedLikelihoodOfDriftNeverFalls(nu: Double) throws {
    let (x, frames) = Self.points(900, dimensions: 3, centres: 3, seed: 5)
    let data = try MixtureData(x, frames: frames, frameCount: 14)
    var options = Self.options(.full, nu: nu)
    options.driftPerFrame = Matrix(rows: [[0.02, 0.01, 0], [0.01, 0.03, 0], [0, 0, 0.01]])
    let fit = try fitMixture(data, components: 3, seed: 2, options: options)
    let trace = zip(fit.logLikelihoodTrace, fit.logPriorTrace).map { $0 + $1 }
    for (before, after) in zip(trace, trace.dropFirst()) { #expect(after >= before - 1e-8) }
    // A path spends more than its dimensions and less than all its frames.
    let paths = try fit.mixture.smoothedPaths(data, options: options)
    for path in paths {
      #expect(path.effectiveDegreesOfFreedom > 3 && path.effectiveDegreesOfFreedom < 36)
      #expect(path.covariances.allSatisfy { $0.diagonal.allSatisfy { $0 > 0 } })
      // The frames after the last points are the least sure.
      #expect(path.covariances[13][0, 0] > path.covariances[6][0, 0])
    }
    let free = paths.reduce(0) { $0 + $1.effectiveDegreesOfFreedom }
    #expect(abs(fit.parameterCount - (2 + free + 18)) < 1e-9)
  }

  /// With a drift that grows with a cluster's distance from the origin, every step raises the likelihood penalised by the
  /// walks it took.
  @Test(arguments: [Double.infinity, 3])
  func likelihoodPenalisedByTheWalksTakenNeverFalls(nu: Double) throws {
    let (x, frames) = Self.points(900, dimensions: 3, centres: 3, seed: 5)
    let data = try MixtureData(x, frames: frames, frameCount: 14)
    var options = Self.options(.full, nu: nu)
    options.driftPerFrame = .identity(3, scale: 0.01)
    options.relativeDrift = TrackingOptions().relativeDrift
    let start = try startingMixture(data, components: 3, seed: 2, options: options)
    let engine = Engine(data: data, covariance: .full, threads: 1)
    let step = Maximisation(options: options, data: data)
    var state = FactoredMixture(start, options: options, data: data)
    var moments = engine.moments(of: [state])[0]
    for _ in 0..<20 {
      let before = state.mixture.locations
      let walks = before.map { step.walk(of: $0) }
      func prior(_ paths: [Matrix]) -> Double {
        zip(walks, paths).reduce(0) { $0 + ($1.0?.logDensity(ofSteps: $1.1) ?? 0) }
      }
      let penalised = moments.logLikelihood + prior(before)
      state = step(moments, current: state)
      moments = engine.moments(of: [state])[0]
      #expect(moments.logLikelihood + prior(state.mixture.locations) >= penalised - 1e-8)
    }
  }

  /// Where the origin is matters to such a drift, and to no other.
  @Test func onlyRelativeDriftDependsOnTheOrigin() throws {
    let (x, frames) = Self.points(900, dimensions: 3, centres: 3, seed: 5)
    let moved = Matrix(rows: x.rows, columns: 3, storage: x.storage.map { $0 - 90 })
    var options = Self.options(.full, nu: 7)
    options.driftPerFrame = .identity(3, scale: 0.01)
    func likelihood(_ points: Matrix) throws -> Double {
      let data = try MixtureData(points, frames: frames, frameCount: 14)
      return try fitMixture(data, components: 3, seed: 2, options: options).logLikelihood
    }
    #expect(try abs(likelihood(x) - likelihood(moved)) < 1e-6)
    options.relativeDrift = 1e-3
    #expect(try abs(likelihood(x) - likelihood(moved)) > 1)
  }

  @Test(arguments: [Double.infinity, 7])
  func responsibilitiesAddUpToOne(nu: Double) throws {
    let (x, frames) = Self.points(500, dimensions: 3, centres: 4, seed: 6)
    let data = try MixtureData(x, frames: frames, frameCount: 12)
    var options = Self.options(.full, nu: nu)
    options.maximumIterations = 5
    options.driftPerFrame = .identity(3, scale: 0.1)
    let fit = try fitMixture(data, components: 4, seed: 1, options: options)
    let posterior = try fit.mixture.posterior(data)
    for n in 0..<500 { #expect(abs(posterior.responsibilities.row(n).reduce(0, +) - 1) < 1e-14) }
    #expect(abs(posterior.logDensities.reduce(0, +) - fit.logLikelihood) < 1e-8)
    #expect(try fit.mixture.labels(data) == posterior.labels)
    #expect(try abs(fit.mixture.logLikelihood(data) - fit.logLikelihood) < 1e-8)
  }

  @Test func sameBitsForAnyNumberOfThreads() throws {
    let (x, frames) = Self.points(9000, dimensions: 5, centres: 5, seed: 7)
    let weights = (0..<9000).map { 1 + Double($0 % 3) }
    let data = try MixtureData(x, frames: frames, frameCount: 12, weights: weights)
    var options = Self.options(.full, nu: 7)
    options.maximumIterations = 4
    options.driftPerFrame = .identity(5, scale: 0.1)
    func select(_ threads: Int) throws -> [MixtureFit] {
      try selectMixture(data, components: 2...4, seeds: [0, 1], options: options, threads: threads).fits
        .flatMap { $0 }
    }
    let expected = try select(1)
    for threads in [2, 3, 7] {
      for (a, b) in zip(expected, try select(threads)) {
        #expect(a.mixture == b.mixture)
        #expect(a.logLikelihoodTrace == b.logLikelihoodTrace)
        #expect((a.logLikelihood, a.entropy) == (b.logLikelihood, b.entropy))
      }
    }
  }

  @Test func orderOfComponentsAndPointsDoesNotMatter() throws {
    let (x, _) = Self.points(600, dimensions: 3, centres: 3, seed: 8)
    let options = Self.options(.full, nu: 5)
    let data = try MixtureData(x)
    let start = try startingMixture(data, components: 3, seed: 0, options: options)
    let fit = try fitMixture(data, from: start, options: options)
    let turned = try fitMixture(data, from: start.selecting(components: [2, 0, 1]), options: options)
    #expect(abs(fit.logLikelihood - turned.logLikelihood) < 1e-8)
    for (i, k) in [2, 0, 1].enumerated() {
      #expect(abs(fit.mixture.weights[k] - turned.mixture.weights[i]) < 1e-10)
    }
    let reversed = try MixtureData(x.selecting(rows: (0..<600).reversed()))
    let other = try fitMixture(reversed, from: start, options: options)
    #expect(abs(fit.logLikelihood - other.logLikelihood) < 1e-8)
  }

  @Test func pointWeightsCountAsRepeatedPoints() throws {
    let (x, frames) = Self.points(300, dimensions: 2, centres: 2, seed: 9)
    var options = Self.options(.full, nu: 7)
    options.driftPerFrame = .identity(2, scale: 0.1)
    let repeats = (0..<300).map { 1 + $0 % 3 }
    let rows = (0..<300).flatMap { [Int](repeating: $0, count: repeats[$0]) }
    let weighted = try MixtureData(x, frames: frames, frameCount: 12, weights: repeats.map(Double.init))
    let repeated = try MixtureData(
      x.selecting(rows: rows), frames: rows.map { frames[$0] }, frameCount: 12)
    let start = try startingMixture(weighted, components: 2, seed: 3, options: options)
    let a = try fitMixture(weighted, from: start, options: options)
    let b = try fitMixture(repeated, from: start, options: options)
    #expect(abs(a.logLikelihood - b.logLikelihood) < 1e-7)
    #expect(abs(a.entropy - b.entropy) < 1e-7)
    #expect(a.pointCount == Double(rows.count))
    #expect(largestDifference(a.mixture.means.storage, b.mixture.means.storage) < 1e-9)
  }
}
