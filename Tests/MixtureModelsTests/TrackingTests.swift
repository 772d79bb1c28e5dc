import LinearAlgebra
import MixtureModels
import TestSupport
import Testing

struct TrackingTests {
  /// Three heavy-tailed neurons in 4 dimensions; the first wanders across the place the second starts from.
  private func drifting(seconds: Int, seed: UInt64) -> (points: Matrix, times: [Double], truth: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var rows: [[Double]] = []
    var times: [Double] = []
    var truth: [Int] = []
    for second in 0..<seconds {
      for i in 0..<60 {
        let k = i % 3
        let along = Double(second) / Double(seconds)
        let start = [[20.0, 0, 0, 0], [0, 20, 0, 0], [0, 0, 20, 0]][k]
        let shift = [[-16.0, 16, 0, 0], [10, 12, 0, 6], [0, 0, 0, 0]][k]
        // A t-distribution of 8 degrees of freedom: normal over √(χ²/8).
        let chi = (0..<8).reduce(0.0) { sum, _ in
          let z = generator.normal()
          return sum + z * z
        }
        let tail = (8 / chi).squareRoot()
        rows.append((0..<4).map { start[$0] + along * shift[$0] + tail * generator.normal() })
        times.append(Double(second) + Double(i) / 60)
        truth.append(k)
      }
    }
    return (Matrix(rows: rows), times, truth)
  }

  @Test func driftingNeuronsStayOneClusterEach() throws {
    let (points, times, truth) = drifting(seconds: 200, seed: 31)
    var options = TrackingOptions()
    options.windowSeconds = 60
    options.components = 1...5
    options.restarts = 3
    let (frames, count) = options.frames(ofSeconds: times)
    #expect(count == 40)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    let tracked = try windowTrackPolish(data, options: options)
    #expect(tracked.window == 14..<26)
    #expect(tracked.fit.mixture.componentCount == 3)
    let labels = try tracked.fit.mixture.labels(data)
    #expect(LabelAgreement.aligned(labels, to: truth).accuracy > 0.99)
    // At rest, and Gaussian, the same points need more components than there are neurons.
    let atRest = try selectMixture(data.withoutFrames, components: 3...5, seeds: [0])
    #expect(atRest.bestComponents > 3)
    #expect(atRest.best.bic > tracked.fit.bic)
  }

  @Test func aWindowAtEitherEndTracksOneWay() throws {
    let (points, times, truth) = drifting(seconds: 120, seed: 32)
    var options = TrackingOptions()
    options.windowSeconds = 60
    options.components = 3...3
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    for start in [0.0, 500] {
      options.windowStartSeconds = start
      let tracked = try windowTrackPolish(data, options: options)
      #expect(tracked.window == (start == 0 ? 0..<12 : 12..<24))
      let labels = try tracked.fit.mixture.labels(data)
      #expect(LabelAgreement.aligned(labels, to: truth).accuracy > 0.99)
    }
  }

  @Test func trackingSurvivesAGapAndAUnitThatFallsSilent() throws {
    var (points, times, truth) = drifting(seconds: 240, seed: 33)
    // Nothing at all for 40 s, and no third neuron in the last 80 s.
    let kept = times.indices.filter {
      !(60..<100).contains(times[$0]) && !(truth[$0] == 2 && times[$0] > 160)
    }
    (points, times, truth) = (points.selecting(rows: kept), kept.map { times[$0] }, kept.map { truth[$0] })
    var options = TrackingOptions()
    options.windowSeconds = 30
    options.components = 2...5
    options.restarts = 3
    options.windowStartSeconds = 0
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    let tracked = try windowTrackPolish(data, options: options)
    let labels = try tracked.fit.mixture.labels(data)
    #expect(tracked.fit.mixture.componentCount == 3)
    #expect(LabelAgreement.aligned(labels, to: truth).accuracy > 0.99)
  }
}
