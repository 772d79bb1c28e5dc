import LinearAlgebra
import TestSupport
import Testing

@testable import MixtureModels

/// Neurons that fire in a part of the session, and jumps of the electrode.
struct LifeTests {
  /// A neuron in four dimensions: where it lies, and when it fires, 20 times a second.
  private struct Neuron {
    var place: [Double]
    var active: [Range<Int>]
  }

  /// Heavy-tailed points of some neurons, moved by what a function says of a neuron and a second.
  private func points(
    _ neurons: [Neuron], seconds: Int, seed: UInt64, moved: (Int, Int) -> [Double] = { _, _ in [0, 0, 0, 0] }
  ) throws -> (data: MixtureData, truth: [Int]) {
    var generator = SeededGenerator(seed: seed)
    var (rows, times, truth): ([[Double]], [Double], [Int]) = ([], [], [])
    for second in 0..<seconds {
      for i in 0..<20 {
        for (k, neuron) in neurons.enumerated() where neuron.active.contains(where: { $0.contains(second) }) {
          let chi = (0..<8).reduce(0.0) { sum, _ in
            let z = generator.normal()
            return sum + z * z
          }
          let move = moved(k, second)
          rows.append(
            (0..<4).map { neuron.place[$0] + move[$0] + (8 / chi).squareRoot() * generator.normal() })
          times.append(Double(second) + Double(i) / 20)
          truth.append(k)
        }
      }
    }
    let (frames, count) = options.frames(ofSeconds: times)
    return (try MixtureData(Matrix(rows: rows), frames: frames, frameCount: count), truth)
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

  /// Two neurons that always fire, and what others do.
  private func session(_ others: [Neuron], seconds: Int) -> [Neuron] {
    [
      Neuron(place: [0, 20, 0, 0], active: [0..<seconds]),
      Neuron(place: [0, 0, 20, 0], active: [0..<seconds]),
    ] + others
  }

  @Test func aComponentThatWentFromOneNeuronToAnotherIsCut() throws {
    let neurons = session(
      [
        Neuron(place: [20, 0, 0, 0], active: [0..<63]), Neuron(place: [14, 0, 0, 9], active: [63..<180]),
      ], seconds: 180)
    let (data, truth) = try points(neurons, seconds: 180, seed: 51)
    var first = options
    first.windowStartSeconds = 0
    let hopped = try windowTrackPolish(data, options: first).fit
    #expect(hopped.mixture.componentCount == 3)
    let lives = LifeSearch(data: data, options: options, threads: 2)
    let found = try lives.run(hopped).fit.mixture
    #expect(found.componentCount == 4)
    #expect(try accuracy(found, data, truth) > 0.99)
    // One ends where the other begins.
    #expect(found.lives.map(\.upperBound).min() == found.lives.map(\.lowerBound).max())
    #expect(try LifeSearch(data: data, options: options, threads: 1).run(hopped).fit.mixture == found)
  }

  @Test func visitsOfOneNeuronAreLinked() throws {
    let visits = [20..<40, 110..<130, 180..<200]
    let between = [0..<20, 40..<110, 130..<180, 200..<240]
    let neurons = session(
      [Neuron(place: [20, 0, 0, 0], active: visits), Neuron(place: [13, 0, 0, 10], active: between)],
      seconds: 240)
    let (data, truth) = try points(neurons, seconds: 240, seed: 52)
    // One component that goes to and fro between the two.
    var start = Mixture(
      weights: [0.3, 0.3, 0.4], means: Matrix(rows: [[0, 20, 0, 0], [0, 0, 20, 0], [15, 0, 0, 7]]),
      scales: [.identity(4), .identity(4), .identity(4, scale: 3)], degreesOfFreedom: 7
    ).held(overFrames: data.frameCount)
    for t in 0..<data.frameCount where visits.contains(where: { $0.contains(5 * t) }) {
      for (j, x) in [20.0, 0, 0, 0].enumerated() { start.locations[2][t, j] = x }
    }
    let both = try polishMixture(start, data: data, options: options)
    let found = try LifeSearch(data: data, options: options, threads: 2).run(both).fit.mixture
    #expect(found.componentCount == 4)
    #expect(try accuracy(found, data, truth) > 0.99)
  }

  @Test func aNeuronOfNoWindowIsBorn() throws {
    let neurons = session([Neuron(place: [10, 8, 0, 12], active: [70..<95])], seconds: 300)
    let (data, truth) = try points(neurons, seconds: 300, seed: 53)
    let found = try trackFromWindows(data, options: options, threads: 2)
    #expect(found.fit.mixture.componentCount == 3)
    #expect(try accuracy(found.fit.mixture, data, truth) > 0.995)
    #expect(try trackFromWindows(data, options: options, threads: 1).fit.mixture == found.fit.mixture)
  }

  @Test func neuronsAreFollowedAcrossAJump() throws {
    let neurons = session([Neuron(place: [20, 0, 0, 0], active: [0..<200])], seconds: 200)
    let jump = [[5.0, -7, 0, 2], [0, 4, -6, 3], [-8, 3, 2, 0]]
    let (data, truth) = try points(neurons, seconds: 200, seed: 54) { k, second in
      second < 105 ? [0, 0, 0, 0] : jump[k]
    }
    let found = try trackFromWindows(data, options: options, threads: 2)
    #expect(found.fit.mixture.componentCount == 3)
    #expect(try accuracy(found.fit.mixture, data, truth) > 0.99)
    #expect(found.jumps.map(\.frame) == [21])
    #expect(found.jumps.first?.carried == 3)
    #expect(found.jumps.allSatisfy { $0.leastProbability > 0.9 })
  }

  @Test func twoComponentsOfOneNeuronAreLinkedAtAJump() throws {
    let neurons = session([Neuron(place: [20, 0, 0, 0], active: [0..<200])], seconds: 200)
    let jump = [[5.0, -7, 0, 2], [0, 4, -6, 3], [-14, 3, 12, 0]]
    let (data, truth) = try points(neurons, seconds: 200, seed: 55) { k, second in
      second < 100 ? [0, 0, 0, 0] : jump[k]
    }
    let places: [[Double]] = [[0, 20, 0, 0], [0, 0, 20, 0], [20, 0, 0, 0], [6, 3, 12, 0]]
    var start = Mixture(
      weights: [0.3, 0.3, 0.2, 0.2], means: Matrix(rows: places),
      scales: [Matrix](repeating: .identity(4), count: 4), degreesOfFreedom: 7
    ).held(overFrames: data.frameCount)
    for k in 0..<2 {
      for t in 20..<data.frameCount { for j in 0..<4 { start.locations[k][t, j] += jump[k][j] } }
    }
    let two = try polishMixture(start, data: data, options: options)
    let found = try LifeSearch(data: data, options: options, threads: 2).run(two)
    #expect(found.jumps.map(\.frame) == [20])
    #expect(found.fit.mixture.componentCount == 3)
    #expect(try accuracy(found.fit.mixture, data, truth) > 0.99)
  }

  @Test func driftIsNeitherCutNorAJump() throws {
    let neurons = session([Neuron(place: [20, 0, 0, 0], active: [0..<200])], seconds: 200)
    // The last moves on its own, thrice as far as its random walk.
    let (data, truth) = try points(neurons, seconds: 200, seed: 56) { k, second in
      let way = Double(second) / 200
      return k == 2 ? [-6 * way, 0, 0, 16 * way] : [2 * way, 0, -3 * way, 0]
    }
    let found = try trackFromWindows(data, options: options, threads: 2)
    #expect(found.fit.mixture.componentCount == 3)
    #expect(found.fit.mixture.lives.isEmpty)
    #expect(found.jumps.isEmpty)
    #expect(try accuracy(found.fit.mixture, data, truth) > 0.99)
  }

  @Test func aComponentHasNoPointsOutsideItsLife() throws {
    let (data, _) = try points(session([], seconds: 40), seconds: 40, seed: 57)
    var mixture = Mixture(
      weights: [0.5, 0.5], means: Matrix(rows: [[0, 20, 0, 0], [0, 0, 20, 0]]),
      scales: [.identity(4), .identity(4)], degreesOfFreedom: 7
    ).held(overFrames: 8)
    mixture.lives = [0..<8, 0..<4]
    let labels = try mixture.labels(data)
    let late = data.indices.filter { $0 >= data.count / 2 }
    #expect(late.allSatisfy { labels[$0] == 0 })
    #expect(labels.contains(1))
    #expect(mixture.selecting(components: [1]).lives == [0..<4])
    mixture.lives = [0..<9, 0..<4]
    #expect(throws: MixtureError.self) { try mixture.labels(data) }
  }
}
