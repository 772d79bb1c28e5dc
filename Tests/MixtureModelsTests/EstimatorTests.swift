import MixtureModels
import Testing

/// The names a person finds first give what the functions behind them do.
struct EstimatorTests {
  /// Two clouds of a hundred points each, ten apart.
  private var points: Matrix {
    Matrix(
      rows: (0..<200).map { i in
        let angle = Double(i) * 2.4
        let radius = Double(i % 100).squareRoot() / 10
        return [(i < 100 ? 0 : 10) + radius * cosine(angle), radius * cosine(angle - 1.57)]
      })
  }

  private func cosine(_ x: Double) -> Double {
    let turn = x / 6.283185307179586
    let y = abs(turn - turn.rounded()) * 4
    return 1 - y
  }

  @Test func fitsAndPredicts() throws {
    let fit = try StudentT(components: 2).fit(points)
    let labels = try fit.predict(points)
    #expect(Set(labels[..<100]).count == 1 && Set(labels[100...]).count == 1 && labels[0] != labels[100])
    let probabilities = try fit.probabilities(points)
    #expect(probabilities.rows == 200 && probabilities.columns == 2)
    #expect((0..<200).allSatisfy { abs(probabilities[$0, 0] + probabilities[$0, 1] - 1) < 1e-12 })
    #expect(abs(try fit.score(points) * 200 - fit.logLikelihood) < 1e-9 * abs(fit.logLikelihood) + 1e-6)
    #expect(fit.mixture.degreesOfFreedom == 7)
  }

  @Test func selectsByBIC() throws {
    let selection = try Gaussian(restarts: 2).select(1...4, points)
    #expect(selection.bestComponents >= 2 && selection.best.mixture.degreesOfFreedom == .infinity)
    let one = try Gaussian(components: 2, restarts: 2).fit(points)
    #expect(one.bic == selection.bestBIC[1])
    // The same as asked for by every word.
    let options = MixtureOptions()
    let plain = try selectMixture(MixtureData(points), components: 2...2, seeds: [0, 1], options: options)
    #expect(plain.best.mixture == one.mixture)
  }

  @Test func refusals() {
    let points = self.points
    #expect(throws: MixtureError.self) { try StudentT(components: 0).fit(points) }
    #expect(throws: MixtureError.self) { try Gaussian(restarts: 0).select(1...2, points) }
    #expect(throws: MixtureError.self) { try Gaussian(restarts: 3, seed: .max).select(1...2, points) }
    #expect(throws: MixtureError.self) { try StudentT(components: 2, degreesOfFreedom: -1).fit(points) }
    #expect(throws: MixtureError.self) { try StudentT(components: 300).fit(points) }
  }
}
