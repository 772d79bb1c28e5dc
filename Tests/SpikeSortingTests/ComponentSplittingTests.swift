import LinearAlgebra
import MixtureModels
import Recordings
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeDetection
@testable import SpikeSorting

@Suite struct ComponentSplittingTests {
  /// One component of spikes whose waveforms differ by a place along one direction.
  ///
  /// - Parameter interval: frames between the spikes.
  private func component(places: [Double], interval: Int = 3000, seed: UInt64) throws -> DriftingComponents {
    let (frames, channels) = (40, 4)
    let size = frames * channels
    let template = (0..<size).map { i in i / channels == 12 ? -20.0 : 0 }
    let direction = (0..<size).map { i in i / channels == 20 ? (i % channels < 2 ? 0.5 : -0.5) : 0 }
    var generator = SeededGenerator(seed: seed)
    var snippets: [Float] = []
    for place in places {
      let size = 1 + 0.05 * generator.normal()
      for (a, b) in zip(template, direction) {
        snippets.append(Float(size * a + place * b + generator.normal()))
      }
    }
    let noise = NoiseModel(
      deviations: [1, 1, 1, 1], whitening: .identity(4), whitenedDeviations: [1, 1, 1, 1], faults: [])
    let detected = DetectedSpikes(
      samplingRate: 30_000, noise: noise, peakSign: .negative,
      frames: places.indices.map { 1000 + interval * $0 },
      snippets: Snippets(frames: frames, channels: channels, trough: 12, samples: snippets))
    var spikes = SpikeTable(detected, frameCount: interval * places.count + 2000, gaps: .none)
    try spikes.describe(dimensions: 3, threads: 1)
    let mixture = Mixture(
      weights: [1], means: Matrix(rows: 1, columns: 3), scales: [spikes.features.covariance()],
      degreesOfFreedom: 7)
    return try DriftingComponents(
      spikes, space: #require(spikes.space), steps: TimeSteps(spikes: places.count), mixture: mixture,
      threads: 1)
  }

  @Test func twoLookAlikesAreParted() throws {
    let places = (0..<600).map { $0 % 3 == 0 ? 7.0 : 0 }
    let component = try component(places: places, seed: 1)
    let splits = try component.splits(sign: -1, seed: 0, threads: 1)
    let split = try #require(splits[0])
    let right = zip(split.members, split.second).count { ($1 > 0.5) == (places[$0] > 3) }
    #expect(max(right, 600 - right) >= 594)
    let parted = try component.parted(by: splits, tracking: TrackingOptions(), threads: 1)
    #expect(parted.count == 2)
    let labels = parted.posterior.labels
    let agreeing = places.indices.count { (labels[$0] == 1) == (places[$0] > 3) }
    #expect(max(agreeing, 600 - agreeing) >= 594)
  }

  /// Two places too near for two modes.
  @Test func twoThatOverlapAreParted() throws {
    let places = (0..<2400).map { $0 % 3 == 0 ? 4.5 : 0 }
    let component = try component(places: places, seed: 6)
    let split = try #require(try component.splits(sign: -1, seed: 0, threads: 1)[0])
    let right = zip(split.members, split.second).count { ($1 > 0.5) == (places[$0] > 3) }
    #expect(max(right, 2400 - right) >= 2250)
  }

  /// Of 4000 spikes in 80 s the parts of two neurons would coincide more than a hundred times.
  @Test func partsThatKeepOneRefractoryPeriodAreOneNeuron() throws {
    let places = (0..<4000).map { $0 % 3 == 0 ? 7.0 : 0 }
    #expect(
      try component(places: places, interval: 600, seed: 7).splits(sign: -1, seed: 0, threads: 1)[0] == nil)
  }

  @Test func aSmearIsNotSplit() throws {
    var generator = SeededGenerator(seed: 2)
    let places = (0..<600).map { _ in Double.random(in: -5...5, using: &generator) }
    #expect(try component(places: places, seed: 3).splits(sign: -1, seed: 0, threads: 1)[0] == nil)
  }

  @Test func oneClusterIsNotSplit() throws {
    let places = [Double](repeating: 0, count: 600)
    #expect(try component(places: places, seed: 4).splits(sign: -1, seed: 0, threads: 1)[0] == nil)
  }

  @Test func templatesHoldWhatTheAxesDoNot() throws {
    let component = try component(places: [Double](repeating: 3, count: 400), seed: 5)
    let template = component.template(0)
    #expect(template.rows == 1)
    #expect(abs(template[0, 12 * 4] + 20) < 0.3)
    #expect(abs(template[0, 20 * 4] - 1.5) < 0.3)
    #expect(abs(template[0, 5]) < 0.3)
  }
}
