import Foundation
import LinearAlgebra
import MixtureModels
import Recordings
import TestSupport
import Testing

@testable import SpikeDetection
@testable import SpikeSorting

@Suite struct SmallSpikesTests {
  /// Spikes of one waveform of 40 noise deviations (length) on one channel, of these sizes at these frames, and which of
  /// them are small and alone. `labels` and `isUnit` are of two components; the second's waveform is the first's, halved.
  private func lone(
    sizes: [Double], frames: [Int], labels: [Int]? = nil, isUnit: [Bool] = [true, true],
    floors: [Double] = [0, 0]
  ) throws -> [Bool] {
    let waveform = (0..<40).map { Float(exp(-pow(Double($0) - 12, 2) / 18)) }
    let length = waveform.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let snippets = sizes.flatMap { size in waveform.map { Float(size) * 40 * $0 / length } }
    let noise = NoiseModel(
      deviations: [1], whitening: .identity(1), whitenedDeviations: [1], faults: [])
    let detected = DetectedSpikes(
      samplingRate: 30_000, noise: noise, peakSign: .negative, frames: frames,
      snippets: Snippets(frames: 40, channels: 1, trough: 12, samples: snippets))
    let space = try SnippetSpace(of: detected, dimensions: 1)
    let features = space.features(of: detected, threads: 1)
    let axis = space.axes.row(0)
    let centre = zip(axis, space.mean).reduce(0) { $0 + $1.0 * $1.1 }
    let whole = zip(axis, waveform).reduce(0) { $0 + $1.0 * Double($1.1) * 40 / Double(length) }
    let mixture = Mixture(
      weights: [0.5, 0.5], means: Matrix(rows: [[whole - centre], [whole / 2 - centre]]),
      scales: [.identity(1), .identity(1)], degreesOfFreedom: 7)
    return SmallSpikes(mixture: mixture, space: space, noiseVariance: 2.6, samplingRate: 30_000).lone(
      features: features, frames: frames, steps: [Int](repeating: 0, count: frames.count),
      labels: labels ?? [Int](repeating: 0, count: frames.count), isUnit: isUnit, floors: floors)
  }

  @Test func smallSpikesStayWithinBurstsAlone() throws {
    // A burst of three that shrink, then a small one by itself, then one of ordinary size.
    let found = try lone(sizes: [1, 0.7, 0.45, 0.45, 1], frames: [0, 150, 300, 9000, 18_000])
    #expect(found == [false, false, false, true, false])
  }

  @Test func whatIsBelowTheFloorIsTheBackgrounds() throws {
    // Sizes of 28 and 36 of 40 noise deviations, not small by the unit alone; within a burst they stay.
    let sizes = [1, 0.7, 0.9, 0.7, 1]
    let frames = [0, 9000, 18_000, 18_150, 27_000]
    #expect(try lone(sizes: sizes, frames: frames) == [false, false, false, false, false])
    #expect(try lone(sizes: sizes, frames: frames, floors: [32, 0]) == [false, true, false, false, false])
  }

  @Test func smallSpikesDoNotExcuseOneAnother() throws {
    let found = try lone(sizes: [0.4, 0.4, 1, 1], frames: [0, 150, 9000, 18_000])
    #expect(found == [true, true, false, false])
  }

  @Test func aBurstMayBeginInAnotherComponent() throws {
    // Small for the second component too, but right after a spike of the first, whose waveform is alike.
    let found = try lone(sizes: [1, 0.25, 0.25, 1], frames: [0, 150, 9000, 18_000], labels: [0, 1, 1, 0])
    #expect(found == [false, false, true, false])
  }

  @Test func backgroundIsNeverTooSmall() throws {
    let found = try lone(sizes: [0.3, 0.3, 1], frames: [0, 9000, 18_000], isUnit: [false, true])
    #expect(found == [false, false, false])
  }
}
