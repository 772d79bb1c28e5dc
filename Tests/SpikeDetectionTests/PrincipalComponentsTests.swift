import Foundation
import LinearAlgebra
import Testing

@testable import SpikeDetection

private struct PCAReference: Decodable {
  let tall: Case
  let wide: Case

  struct Case: Decodable {
    let mean: [Double]
    let components: [[Double]]
    let variance: [Double]
    let ratio: [Double]

    enum CodingKeys: String, CodingKey {
      case mean, components
      case variance = "explained_variance_ddof1"
      case ratio = "explained_variance_ratio"
    }
  }

  enum CodingKeys: String, CodingKey {
    case tall = "tall_500x32"
    case wide = "wide_20x48"
  }
}

@Suite struct PrincipalComponentsTests {
  @Test func componentsAreThoseOfScikitLearn() throws {
    let reference = try Fixture.json("pca.json", PCAReference.self)
    for (name, rows, expected) in [("tall", 500, reference.tall), ("wide", 20, reference.wide)] {
      let input = try Fixture.array("pca_\(name)_input.npy")
      let data = Matrix(rows: rows, columns: input.count / rows, storage: input)
      let pca = try PrincipalComponents(of: data, count: 3)
      #expect(largestDifference(pca.mean, expected.mean) < 1e-9)
      #expect(largestDifference(pca.components.storage, expected.components.flatMap { $0 }) < 1e-9)
      for (a, b) in zip(pca.explainedVariance, expected.variance) { #expect(abs(a / b - 1) < 1e-9) }
      #expect(largestDifference(pca.explainedVarianceRatio, expected.ratio) < 1e-9)
      let scores = try Fixture.array("pca_\(name)_scores.npy")
      #expect(largestDifference(pca.scores(of: data).storage, scores) < 1e-9)
    }
  }

  @Test func constantDataHasNoVariance() throws {
    let pca = try PrincipalComponents(of: Matrix(rows: 5, columns: 3, repeating: 7), count: 2)
    #expect(pca.explainedVariance == [0, 0])
    #expect(pca.explainedVarianceRatio == [0, 0])
  }
}
