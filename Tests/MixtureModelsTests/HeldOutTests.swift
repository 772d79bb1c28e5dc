import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

struct HeldOutTests {
  /// Two clusters with tails of 3 degrees of freedom or none, that wander by steps of the given standard deviation.
  private func wandering(
    frames: Int, tails: Bool, step: Double, seed: UInt64
  ) throws -> (data: MixtureData, start: Mixture) {
    var generator = SeededGenerator(seed: seed)
    var places = [[0.0, 0, 0], [14.0, 0, 0]]
    var (rows, frameOf): ([[Double]], [Int]) = ([], [])
    for frame in 0..<frames {
      for k in places.indices {
        for j in 0..<3 { places[k][j] += step * generator.normal() }
        for _ in 0..<20 {
          let chi = (0..<3).reduce(0.0) { sum, _ in
            let z = generator.normal()
            return sum + z * z
          }
          let tail = tails ? (3 / chi).squareRoot() : 1
          rows.append(places[k].map { $0 + tail * generator.normal() })
          frameOf.append(frame)
        }
      }
    }
    let data = try MixtureData(Matrix(rows: rows), frames: frameOf, frameCount: frames)
    let start = Mixture(
      weights: [0.5, 0.5], means: Matrix(rows: [[0, 0, 0], [14, 0, 0]]),
      scales: [.identity(3), .identity(3)]
    ).held(overFrames: frames)
    return (data, start)
  }

  @Test func foldsAreBlocksOfTimeThatCoverAllPoints() throws {
    let folds = BlockedFolds(count: 3, framesPerBlock: 2, blocksPerFold: 2)
    let points = Matrix(rows: (0..<24).map { [Double($0)] })
    // Frames not in the order of the points.
    let frames = (0..<24).map { ($0 * 5) % 12 }
    let data = try MixtureData(points, frames: frames, frameCount: 12, weights: (1...24).map(Double.init))
    var seen: [Double] = []
    for fold in 0..<3 {
      let parts = try #require(try data.parted(folds, fold: fold))
      #expect(parts.heldOut.count == 8 && parts.training.count == 16)
      #expect(parts.heldOut.frameCount == 12 && parts.training.frameCount == 12)
      for i in 0..<parts.heldOut.points.rows {
        let value = parts.heldOut.points[i, 0]
        #expect(frames[Int(value)] / 2 % 3 == fold)
        seen.append(value)
      }
      let weight = (0..<parts.heldOut.points.rows).reduce(0.0) { $0 + parts.heldOut.points[$1, 0] + 1 }
      #expect(parts.heldOut.totalWeight == weight)
      #expect(parts.heldOut.totalWeight + parts.training.totalWeight == 300)
    }
    #expect(seen.sorted() == (0..<24).map(Double.init))
    // Without frames the blocks are stretches of the points as given.
    let resting = try #require(try MixtureData(points).parted(folds, fold: 1))
    #expect((0..<8).map { resting.heldOut.points[$0, 0] } == [4, 5, 6, 7, 16, 17, 18, 19])
  }

  @Test func gainsHaveTheirErrorOverFolds() {
    let a = HeldOutScore(mean: -1, folds: [-1, -1.1, nil, -0.9])
    let b = HeldOutScore(mean: -1.2, folds: [-1.2, -1.2, -5, -1.2])
    let gain = a.gain(over: b)
    #expect(abs(gain.mean - 0.2) < 1e-15)
    // Differences 0.2, 0.1 and 0.3: standard deviation 0.1 over √3.
    #expect(abs(gain.standardError - 0.1 / 3.0.squareRoot()) < 1e-12)
    #expect(HeldOutScore(mean: 1, folds: [1]).gain(over: a).standardError == .infinity)
  }

  @Test func scoresAreOfPointsNotSeen() throws {
    // One point a fold far from all others: a fit that saw it would hold it likely.
    let (data, start) = try wandering(frames: 20, tails: false, step: 0.1, seed: 3)
    var options = MixtureOptions()
    options.driftPerFrame = .identity(3, scale: 0.01)
    let fit = try fitMixture(data, from: start, options: options)
    let score = try heldOutScores(data, of: [fit.mixture], options: options)[0]
    #expect(score.mean < fit.logLikelihood / Double(data.count))
    // Within the noise of the likelihood that is expected of two clusters of unit variance.
    let ideal = -3.0 / 2 * (1 + 1.8378770664093453) - 0.6931471805599453
    #expect(abs(score.mean - ideal) < 0.1)
    let again = try heldOutScores(data, of: [fit.mixture], options: options, threads: 3)[0]
    #expect(again == score)
  }

  @Test(arguments: [(true, 0.5), (false, 0.02)])
  func tailsAndDriftAreFoundOnBlocksKeptOut(tails: Bool, step: Double) throws {
    let (data, start) = try wandering(frames: 60, tails: tails, step: step, seed: 11)
    var options = TrackingOptions()
    options.relativeDrift = 0
    let polished = try polishMixture(start, data: data, options: options)
    let found = try calibrateDrift(data, mixture: polished.mixture, options: options)
    #expect(found.degreesOfFreedom.map(\.value) == [2, 3, 5, 7, 10, 20, .infinity])
    #expect(found.drifts.map(\.value) == driftGrid)
    if tails {
      #expect(found.chosenDegreesOfFreedom <= 5)
      // 0.25 a frame of 5 s is 0.05 a second.
      #expect((0.02...0.1).contains(found.chosenDrift))
    } else {
      #expect(found.chosenDegreesOfFreedom >= 20)
      #expect(found.chosenDrift <= 0.005)
    }
  }

  @Test func criteriaChooseTheirOwnFits() throws {
    // Two clouds that overlap by half, and a third apart.
    let clouds = Mixture(
      weights: [0.4, 0.4, 0.2], means: Matrix(rows: [[0, 0], [2.2, 0], [0, 12]]),
      scales: [.identity(2), .identity(2), .identity(2)])
    let drawn = try sampleData(count: 3000, from: clouds, seed: 5)
    let data = try MixtureData(drawn.points)
    var options = MixtureOptions()
    options.tolerance = .perPoint(1e-7)
    let selection = try selectMixture(data, components: 1...5, seeds: [0, 1, 2], options: options)
    #expect(selection.best(by: .heldOut).bic == selection.best.bic)
    let scored = try selection.scoredByHeldOut(data, options: options)
    #expect(scored.bestComponents(by: .bic) == 3)
    // ICL charges for the spikes two components share.
    #expect(scored.bestComponents(by: .icl) == 2)
    #expect(scored.best(by: .icl).icl == scored.bestICL.min())
    // Blocks kept out gain by every true cluster, and next to nothing by a further one.
    let scores = try #require(scored.heldOut)
    for k in 1...2 {
      let gain = scores[k].gain(over: scores[k - 1])
      #expect(gain.mean > 0.01 && gain.mean > 2 * gain.standardError)
    }
    #expect(abs(scores[4].gain(over: scores[2]).mean) < 0.01)
    let chosen = scored.bestIndex(by: .heldOut)
    let top = try #require(scores.max { $0.mean < $1.mean })
    for k in 0...chosen {
      let gain = top.gain(over: scores[k])
      #expect((gain.mean <= gain.standardError) == (k == chosen))
    }
    #expect(scored.best(by: .heldOut).bic == scored.bestBIC[chosen])
  }
}
