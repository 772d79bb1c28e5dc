import LinearAlgebra
import MixtureModels
import TestSupport
import Testing

/// Points on which a careless fit divides by zero.
struct HardDataTests {
  private func isSound(_ fit: MixtureFit) -> Bool {
    let numbers =
      fit.mixture.weights + fit.mixture.locations.flatMap(\.storage) + fit.mixture.scales.flatMap(\.storage)
      + [fit.logLikelihood, fit.bic, fit.icl]
    return numbers.allSatisfy(\.isFinite) && abs(fit.mixture.weights.reduce(0, +) - 1) < 1e-9
  }

  private func cases() -> [(name: String, points: Matrix)] {
    let (x, _) = PropertyTests.points(200, dimensions: 3, centres: 3, seed: 11)
    var constant = x
    for i in 0..<200 { constant[i, 1] = 7 }
    var copied = x
    for i in 0..<200 { copied[i, 2] = copied[i, 0] }
    var outliers = x
    outliers[3, 0] = 1e9
    outliers[4, 1] = -1e12
    var enormous = x
    enormous[5, 2] = 1e70
    return [
      ("all the same", Matrix(rows: 200, columns: 3, repeating: 3)),
      ("many duplicates", x.selecting(rows: (0..<200).map { $0 % 7 })),
      ("a constant column", constant), ("a copied column", copied), ("far outliers", outliers),
      ("an enormous number", enormous), ("large units", x * 1e8), ("small units", x * 1e-8),
      ("as many points as components", x.selecting(rows: 0..<6)),
      ("one point more", x.selecting(rows: 0..<7)),
    ]
  }

  @Test(arguments: CovarianceShape.allCases, [Double.infinity, 7])
  func nothingBreaks(shape: CovarianceShape, nu: Double) throws {
    for (name, points) in cases() {
      let data = try MixtureData(points)
      for preset in [MixtureOptions(), .lab] {
        var options = preset
        options.covariance = shape
        options.degreesOfFreedom = nu
        options.maximumIterations = 30
        for seed in 0..<2 {
          let fit = try fitMixture(data, components: 6, seed: seed, options: options)
          #expect(isSound(fit), "\(name), seed \(seed)")
        }
      }
    }
  }

  @Test func driftSurvivesThinFrames() throws {
    let (x, _) = PropertyTests.points(60, dimensions: 2, centres: 2, seed: 12)
    // One point a frame, then none for a long while, then all the rest in one.
    let frames = (0..<60).map { min($0, 20) * 5 }
    let data = try MixtureData(x, frames: frames, frameCount: 120)
    for q in [1e-8, 0.1, 1e6] {
      var options = MixtureOptions()
      options.degreesOfFreedom = 7
      options.driftPerFrame = .identity(2, scale: q)
      options.starvationCount = 4
      let fit = try fitMixture(data, components: 5, seed: 0, options: options)
      #expect(isSound(fit), "q \(q)")
      #expect(fit.mixture.frameCount == 120)
    }
  }

  @Test func starvedComponentsAreRemoved() throws {
    let (x, _) = PropertyTests.points(300, dimensions: 2, centres: 2, seed: 13)
    var options = MixtureOptions()
    options.starvationCount = 40
    let fit = try fitMixture(MixtureData(x), components: 12, seed: 0, options: options)
    #expect(fit.mixture.componentCount < 12 && fit.mixture.componentCount >= 2)
    #expect(fit.mixture.weights.allSatisfy { $0 * 300 > 35 })
    options.starvationCount = 1e9
    let last = try fitMixture(MixtureData(x), components: 3, seed: 0, options: options)
    #expect(last.mixture.componentCount == 1)
  }

  @Test func wrongInputIsRefused() throws {
    var x = Matrix(rows: [[1, 2], [3, 4], [5, 6]])
    let data = try MixtureData(x)
    #expect(throws: MixtureError.tooFewPoints(points: 3, components: 4)) {
      try fitMixture(data, components: 4, seed: 0)
    }
    #expect(throws: MixtureError.tooFewPoints(points: 3, components: 9)) {
      try selectMixture(data, components: 2...9, seeds: [0])
    }
    #expect(throws: MixtureError.tooFewPoints(points: 0, components: 1)) {
      try MixtureData(Matrix(rows: 0, columns: 2))
    }
    x[1, 0] = .nan
    #expect(throws: MixtureError.notFinite(row: 1, column: 0)) { try MixtureData(x) }
    x[1, 0] = 1e71
    #expect(throws: MixtureError.notFinite(row: 1, column: 0)) { try MixtureData(x) }
    let start = Mixture(
      weights: [0.5, 0.6], means: Matrix(rows: [[0, 0], [1, 1]]), scales: [.identity(2), .identity(2)])
    #expect(throws: MixtureError.self) { try fitMixture(data, from: start) }
    var wide = start
    wide.weights = [0.5, 0.5]
    wide.scales = [.identity(3), .identity(3)]
    #expect(throws: MixtureError.self) { try fitMixture(data, from: wide) }
    // Frames need a drift.
    let framed = try MixtureData(data.points, frames: [0, 1, 2], frameCount: 3)
    #expect(throws: MixtureError.self) { try fitMixture(framed, components: 1, seed: 0) }
    #expect(throws: MixtureError.self) { try MixtureData(data.points, frames: [0, 1, 3], frameCount: 3) }
    var options = MixtureOptions()
    options.weightPrior = 0.5
    #expect(throws: MixtureError.self) { try fitMixture(data, components: 1, seed: 0, options: options) }
  }

  @Test func progressCanStopASelection() throws {
    struct Stop: Error {}
    let (x, _) = PropertyTests.points(300, dimensions: 2, centres: 2, seed: 14)
    #expect(throws: Stop.self) {
      try selectMixture(MixtureData(x), components: 2...4, seeds: [0]) { _, _ in throw Stop() }
    }
  }
}
