import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

struct WindowConsensusTests {
  /// Heavy-tailed neurons in 4 dimensions at some places, each firing within its own seconds, 20 times a second.
  private func points(
    places: [[Double]], active: [Range<Int>], seconds: Int, seed: UInt64
  ) -> (points: Matrix, times: [Double], truth: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var rows: [[Double]] = []
    var times: [Double] = []
    var truth: [Int] = []
    for second in 0..<seconds {
      for i in 0..<20 {
        for k in places.indices where active[k].contains(second) {
          let chi = (0..<8).reduce(0.0) { sum, _ in
            let z = generator.normal()
            return sum + z * z
          }
          rows.append(places[k].map { $0 + (8 / chi).squareRoot() * generator.normal() })
          times.append(Double(second) + Double(i) / 20)
          truth.append(k)
        }
      }
    }
    return (Matrix(rows: rows), times, truth)
  }

  private var options: TrackingOptions {
    var options = TrackingOptions()
    options.windowSeconds = 30
    options.components = 1...5
    options.restarts = 3
    return options
  }

  private func accuracy(_ mixture: Mixture, _ data: MixtureData, _ truth: [Int]) throws -> Double {
    LabelAgreement.aligned(try mixture.labels(data), to: truth).accuracy
  }

  @Test func aUnitThatAppearsMidwayIsFound() throws {
    let places = [[20.0, 0, 0, 0], [0, 20, 0, 0], [0, 0, 20, 0]]
    let (points, times, truth) = points(
      places: places, active: [0..<180, 0..<180, 110..<180], seconds: 180, seed: 41)
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    var first = options
    first.windowStartSeconds = 0
    let one = try windowTrackPolish(data, options: first).fit.mixture
    #expect(try accuracy(one, data, truth) < 0.9)
    let several = try trackFromWindows(data, options: options)
    #expect(several.fit.mixture.componentCount == 3)
    let reached = try accuracy(several.fit.mixture, data, truth)
    #expect(reached > 0.99)
    // What is told of the choice is of the window that won: the one that shows all three.
    #expect(several.window == 30..<36)
    #expect(several.windowSelection.best.mixture.componentCount == 3)
    #expect(several.windowSelection.best.pointCount == Double(times.count { $0 >= 150 }))
  }

  @Test func severalWindowsUnlessOneIsAskedFor() throws {
    let (points, times, _) = points(places: [[9.0, 0, 0, 0]], active: [0..<200], seconds: 200, seed: 44)
    var options = TrackingOptions()
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    func windows() -> [Range<Int>] { WindowConsensus(data: data, options: options, threads: 1).windows }
    #expect(windows() == [0..<12, 14..<26, 28..<40])
    options.windowStartSeconds = 50
    #expect(windows() == [10..<22])
  }

  @Test func whatEveryWindowShowsIsNotAddedTwice() throws {
    let places = [[20.0, 0, 0, 0], [0, 20, 0, 0], [0, 0, 20, 0]]
    let (points, times, truth) = points(
      places: places, active: [0..<120, 0..<70, 50..<120], seconds: 120, seed: 42)
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    let found = try trackFromWindows(data, options: options)
    #expect(found.fit.mixture.componentCount == 3)
    #expect(try accuracy(found.fit.mixture, data, truth) > 0.99)
  }

  @Test func theSameBitsOnAnyNumberOfThreads() throws {
    let (points, times, _) = points(
      places: [[9.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 9, 0]], active: [0..<90, 0..<50, 40..<90], seconds: 90,
      seed: 43)
    let (frames, count) = options.frames(ofSeconds: times)
    let data = try MixtureData(points, frames: frames, frameCount: count)
    let one = try trackFromWindows(data, options: options, threads: 1)
    let three = try trackFromWindows(data, options: options, threads: 3)
    #expect(one.fit.mixture == three.fit.mixture)
  }

  @Test(arguments: [1, 2, 40]) func fewOrIdenticalSpikesEnd(spikes: Int) throws {
    let points = Matrix(rows: [[Double]](repeating: [3, 1, 2, 0], count: spikes))
    // A spike every 20 s: most frames are empty, the others hold one.
    let (frames, count) = options.frames(ofSeconds: (0..<spikes).map { 20 * Double($0) })
    let data = try MixtureData(points, frames: frames, frameCount: count)
    let found = try trackFromWindows(data, options: options)
    #expect(found.fit.mixture.componentCount == 1)
    #expect(found.fit.mixture.locations[0].storage.allSatisfy { $0.isFinite })
    #expect(try found.fit.mixture.labels(data) == [Int](repeating: 0, count: spikes))
  }
}
