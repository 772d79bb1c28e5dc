import Foundation
import NumPyInterop
import TestSupport
import Testing

/// `spikesort toy` against the reference run of the lab.
struct ToyTests {
  private let fixtures = packageFolder.appendingPathComponent("Tests/MixtureModelsTests/Fixtures/toy")

  private func reference() throws -> [String: Any] {
    let data = try Data(contentsOf: fixtures.appendingPathComponent("toy_fits.json"))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  /// A number, or nil for JSON's null.
  private func number(_ value: Any?) -> Double? { (value as? NSNumber)?.doubleValue }

  @Test func everyFit() throws {
    let outcome = try spikesort("toy", "--json", "--quiet")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answer = try outcome.json()
    #expect(
      answer.keys.sorted() == ["bestBIC", "bestK", "bic", "components", "fits", "robustK", "task2"])
    #expect(answer["components"] as? [Int] == [2, 3, 4, 5, 6])
    #expect(answer["bestK"] as? Int == 3)
    #expect(answer["robustK"] as? Int == 3)

    let expected = try NPYArray(contentsOf: fixtures.appendingPathComponent("toy_bic_K2to6_seed0to9.npy"))
    #expect(expected.shape == [5, 10])
    let bic = try #require(answer["bic"] as? [[Double]])
    #expect(bic.map(\.count) == [10, 10, 10, 10, 10])
    for (found, known) in zip(bic.joined(), expected.doubles()) { #expect(abs(found - known) < 1e-7) }
    #expect(answer["bestBIC"] as? [Double] == bic.map { $0.min() ?? .nan })

    let reference = try #require(try reference()["fits"] as? [[String: Any]])
    let fits = try #require(answer["fits"] as? [[String: Any]])
    #expect(fits.count == 50 && reference.count == 50)
    for (fit, known) in zip(fits, reference) {
      #expect(fit["components"] as? Int == known["K"] as? Int)
      #expect(fit["seed"] as? Int == known["seed"] as? Int)
      #expect(fit["componentsLeft"] as? Int == known["K_final"] as? Int)
      let iteration = number(known["converged_at_iteration"])
      #expect(number(fit["iterations"]) == iteration)
      #expect(fit.keys.contains("iterations") && fit.keys.contains("lastChange"), "null where not converged")
      let likelihood = try #require(number(fit["logLikelihood"]))
      #expect(abs(likelihood - (number(known["final_log_likelihood"]) ?? .nan)) < 1e-7)
      if iteration != nil {
        let change = try #require(number(fit["lastChange"]))
        #expect(abs(change - (number(known["last_change"]) ?? .nan)) < 1e-9)
      } else {
        #expect(number(fit["lastChange"]) == nil)
      }
    }
  }

  @Test func taskTwo() throws {
    let answer = try spikesort("toy", "--json", "--quiet").json()
    let fits = try #require(answer["task2"] as? [[String: Any]])
    #expect(fits.map { $0["seed"] as? Int } == [0, 1, 2, 3, 4])
    #expect(fits.map { $0["iterations"] as? Int } == [69, 50, 47, 55, 38])
    #expect(fits.map { $0["accuracy"] as? Double } == [Double](repeating: 0.979, count: 5))
    let published = [7.30e-7, 9.67e-7, 8.23e-7, 9.31e-7, 5.13e-7]
    for (fit, change) in zip(fits, published) {
      #expect(abs((number(fit["lastChange"]) ?? .nan) - change) < 0.005e-7 * 1.01)
    }
  }

  @Test func printedLines() throws {
    let outcome = try spikesort("toy", "--quiet")
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    let lines = outcome.text.split(separator: "\n")
    #expect(
      lines.contains("BIC per K: 8431.10086884 8244.38455388 8277.73029276 8310.97462209 8348.25558341"))
    #expect(lines.contains("best K: 3, robust K: 3"))
    #expect(lines.contains("seed 0: accuracy 0.979, converged at iteration 69"))
  }

  @Test func anotherSeedDrawsOtherData() throws {
    let first = try spikesort("toy", "--json", "--quiet").json()["bestBIC"] as? [Double]
    let second = try spikesort("toy", "--json", "--quiet", "--seed", "1").json()["bestBIC"] as? [Double]
    #expect(first != second)
    #expect(try spikesort("toy", "--seed=-1").status == 64)
  }

  @Test func page() throws {
    try withTemporaryFolder { (folder) throws in
      let out = folder.appendingPathComponent("toy")
      #expect(try spikesort("toy", "--quiet", "-o", out.path).status == 0)
      let figures = names(in: out.appendingPathComponent("figures"))
      #expect(figures.contains("drift-bic.svg") && figures.contains("drift-clusters.svg"))
      #expect(names(in: out).contains("report.html"))
      #expect(names(in: out.appendingPathComponent("figures")).filter { $0.hasSuffix(".svg") }.count >= 3)
      #expect(try spikesort("toy", "--quiet", "-o", out.path).status == 64)
      #expect(try spikesort("toy", "--quiet", "-o", out.path, "--overwrite").status == 0)
      #expect(names(in: folder) == ["toy"])
    }
  }
}
