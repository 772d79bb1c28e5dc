import Foundation
import LinearAlgebra
import Recordings
import TestSupport
import Testing

@testable import SpikeSorting

/// Two units on four channels, with smooth waveforms of different footprints.
private struct Planted {
  static let frames = 40
  static let channels = 4
  static let trough = 12
  let waveforms: [[Double]]
  let templates: UnitTemplates

  init(firstSize: Double = 1) {
    let footprints: [[Double]] = [[30, 20, 8, 4].map { $0 * firstSize }, [5, 9, 22, 28]]
    let shapes = footprints.map { footprint in
      (0..<Self.frames).flatMap { f -> [Double] in
        let x = Double(f - Self.trough)
        let shape = -exp(-x * x / 10) + 0.4 * exp(-(x - 9) * (x - 9) / 40)
        return footprint.map { $0 * shape }
      }
    }
    waveforms = shapes
    let size = Self.frames * Self.channels
    templates = UnitTemplates(
      units: shapes.map { shape in
        let length = shape.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return UnitTemplate(
          waveforms: Matrix(rows: 1, columns: size, storage: shape),
          directions: Matrix(rows: 1, columns: size, storage: shape.map { $0 / length }), variances: [10],
          probability: 1e-4)
      }, frames: Self.frames, channels: Self.channels, trough: Self.trough, noiseVariance: 2.6)
  }

  /// White noise with spikes in it.
  func trace(lags: Int, spikes: [(lag: Int, unit: Int)], seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    var trace = (0..<(lags + Self.frames - 1) * Self.channels).map { _ in Float(generator.normal()) }
    for spike in spikes {
      for (i, x) in waveforms[spike.unit].enumerated() { trace[spike.lag * Self.channels + i] += Float(x) }
    }
    return trace
  }

  func found(in trace: [Float], lags: Int) -> [MatchedSpike] {
    var matcher = EventMatcher(templates.bank(step: 0))
    return trace.withUnsafeBufferPointer { matcher.resolve($0, lags: lags) }
  }
}

@Suite struct EventMatcherTests {
  @Test(arguments: [0, 3, 8, 15]) func overlappingSpikesAreToldApart(distance: Int) throws {
    let planted = Planted()
    for seed in 0..<5 {
      let spikes = [(lag: 20, unit: 0), (lag: 20 + distance, unit: 1)]
      let found = planted.found(in: planted.trace(lags: 60, spikes: spikes, seed: UInt64(seed)), lags: 60)
      #expect(found.count == 2)
      for spike in spikes {
        let match = try #require(found.first { $0.unit == spike.unit })
        // Cleaned of the other spike it is its own waveform, but for a few hundredths of its energy, and noise.
        let waveform = planted.waveforms[spike.unit]
        let error = zip(match.cleaned, waveform).reduce(0.0) { $0 + pow(Double($1.0) - $1.1, 2) }
        let energy = waveform.reduce(0) { $0 + $1 * $1 }
        #expect(match.lag == spike.lag)
        #expect(error < 1.5 * Double(waveform.count) + 0.03 * energy, "\(error) of \(energy)")
      }
    }
  }

  @Test func noiseHoldsNoSpike() {
    let planted = Planted()
    for seed: UInt64 in 100..<110 {
      #expect(planted.found(in: planted.trace(lags: 60, spikes: [], seed: seed), lags: 60).isEmpty)
    }
  }

  @Test func aSmallerSpikeIsStillItsUnits() {
    let planted = Planted()
    var trace = planted.trace(lags: 50, spikes: [], seed: 3)
    for (i, x) in planted.waveforms[0].enumerated() { trace[18 * 4 + i] += Float(0.8 * x) }
    let found = planted.found(in: trace, lags: 50)
    #expect(found.map(\.unit) == [0])
    #expect(found.map(\.lag) == [18])
  }

  @Test func shiftsMoveSmoothWaveforms() {
    let kernel = shiftKernel(by: 0.25, frames: 40)
    func bump(_ place: Double) -> [Double] { (0..<40).map { exp(-pow(Double($0) - place, 2) / 8) } }
    for (moved, expected) in zip(kernel * bump(18), bump(18.25)) { #expect(abs(moved - expected) < 1e-3) }
  }

  @Test func oneUnitHasOneSpikeInALockout() {
    var spikes = MatchedSpikes(snippets: Snippets(frames: 1, channels: 1))
    spikes.frames = [100, 105, 107, 200, 300, 310]
    spikes.gains = [5, 9, 3, 4, 8, 2]
    spikes.snippets.samples = [0, 1, 2, 3, 4, 5]
    let kept = spikes.withoutRepeats(labels: [0, 0, 1, 0, 1, 1], labelCount: 2, lockout: 15)
    #expect(kept == [1, 2, 3, 4])
    spikes.keep(kept)
    #expect(spikes.snippets.samples == [1, 2, 3, 4])
    #expect(spikes.frames == [105, 107, 200, 300])
  }

  @Test func theSumOfTwoWaveformsLeavesLittle() {
    let planted = Planted()
    let lags = 41
    var trace = [Float](repeating: 0, count: (lags + Planted.frames - 1) * Planted.channels)
    for (lag, unit) in [(20, 0), (26, 1)] {
      for (i, x) in planted.waveforms[unit].enumerated() { trace[lag * Planted.channels + i] += Float(x) }
    }
    let energy = trace.reduce(0) { $0 + $1 * $1 }
    var matcher = EventMatcher(planted.templates.bank(step: 0))
    let two = trace.withUnsafeBufferPointer { matcher.resolve($0, lags: lags, atMost: 2) }
    #expect(Set(two.map(\.unit)) == [0, 1])
    #expect(matcher.residualEnergy < 0.05 * energy)
    let one = trace.withUnsafeBufferPointer { matcher.resolve($0, lags: lags, atMost: 1) }
    #expect(one.count == 1)
    #expect(matcher.residualEnergy > 0.2 * energy)
  }

  @Test func whatAFarLargerSpikeLeavesIsNoSpike() throws {
    let planted = Planted(firstSize: 8)
    // A tenth of the large unit's waveform off in shape: enough for the small unit's template, a hundredth of the energy.
    var trace = planted.trace(lags: 60, spikes: [(20, 0)], seed: 4)
    for (i, x) in planted.waveforms[1].enumerated() { trace[22 * Planted.channels + i] += 0.6 * Float(x) }
    #expect(planted.found(in: trace, lags: 60).map(\.unit) == [0])
    // Away from the large spike it counts.
    var apart = planted.trace(lags: 60, spikes: [(5, 0)], seed: 4)
    for (i, x) in planted.waveforms[1].enumerated() { apart[50 * Planted.channels + i] += 0.6 * Float(x) }
    #expect(planted.found(in: apart, lags: 60).map(\.unit).sorted() == [0, 1])
  }
}

/// Two units, and a third template made of both.
@Suite struct LeaveOneOutTests {
  private let planted = Planted()
  private static let distance = 5

  private func search(heapEvents: Int = 40) -> LeaveOneOut {
    let channels = Planted.channels
    var sum = planted.waveforms[0]
    for i in 0..<sum.count - Self.distance * channels {
      sum[i + Self.distance * channels] += planted.waveforms[1][i]
    }
    let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let heap = UnitTemplate(
      waveforms: Matrix(rows: 1, columns: sum.count, storage: sum),
      directions: Matrix(rows: 1, columns: sum.count, storage: sum.map { $0 / length }), variances: [30],
      probability: 1e-5)
    let templates = UnitTemplates(
      units: planted.templates.units + [heap], frames: Planted.frames, channels: channels,
      trough: Planted.trough,
      noiseVariance: planted.templates.noiseVariance)
    func event(_ spikes: [(lag: Int, unit: Int)], _ seed: Int) -> LeaveOneOut.Event {
      LeaveOneOut.Event(
        step: 0, samples: planted.trace(lags: 2 * LeaveOneOut.reach + 1, spikes: spikes, seed: UInt64(seed)))
    }
    let lag = LeaveOneOut.reach
    return LeaveOneOut(
      templates, stepCount: 1,
      events: [
        (0..<40).map { event([(lag, 0)], $0) }, (0..<40).map { event([(lag, 1)], 100 + $0) },
        // Collisions come at about one lag.
        (0..<heapEvents).map { event([(lag, 0), (lag + Self.distance - 1 + $0 % 3, 1)], 200 + $0) },
      ], threads: 2)
  }

  @Test func aHeapIsExplainedByItsPartsAndANeuronIsNot() {
    let search = search()
    for neuron in [0, 1] {
      let loss = search.loss(of: neuron, without: [])
      #expect(loss.nats > 20 && loss.shareOfOthers == 0)
    }
    let heap = search.loss(of: 2, without: [])
    #expect(heap.nats < 0 && heap.shareOfOthers > 0.6)
    // Without one of its parts it is worth much.
    #expect(search.loss(of: 2, without: [1]).nats > 20)
  }

  @Test func aHeapDiesAndItsPartsStay() {
    #expect(search().dead(besides: []) { _, loss in loss.nats < 1 } == [2])
    // What is dead explains nothing.
    #expect(search().dead(besides: [1]) { _, loss in loss.nats < 1 } == [1])
  }

  @Test func ofTwoAlikeOneStays() {
    let units = [0, 0, 1].map { planted.templates.units[$0] }
    let templates = UnitTemplates(
      units: units, frames: Planted.frames, channels: Planted.channels, trough: Planted.trough,
      noiseVariance: planted.templates.noiseVariance)
    let lag = LeaveOneOut.reach
    let events = [0, 0, 1].enumerated().map { place, unit in
      (0..<20).map { i in
        LeaveOneOut.Event(
          step: 0,
          samples: planted.trace(
            lags: 2 * LeaveOneOut.reach + 1, spikes: [(lag, unit)], seed: UInt64(100 * place + i)))
      }
    }
    let search = LeaveOneOut(templates, stepCount: 1, events: events, threads: 1)
    #expect(search.dead(besides: []) { _, loss in loss.nats < 1 } == [0])
  }

  @Test func aComponentWithoutEventsIsWorthNothing() {
    let loss = search(heapEvents: 0).loss(of: 2, without: [])
    #expect(loss.nats == 0 && loss.shareOfOthers == 0)
  }
}
