import Foundation
import LinearAlgebra
import NumPyInterop
import Recordings
import TestSupport
import Testing

@testable import SpikeSorting

struct FeatureInputTests {
  /// The lab's files for 40 spikes at 24 kHz; waveforms of 6 frames on 4 channels that tell frame and channel apart.
  private func write(to folder: URL, prefix: String = "nds_cl_1_", shape: [Int] = [40, 6, 4]) throws {
    func file(_ name: String) -> URL { folder.appendingPathComponent(prefix + name) }
    let samples = (0..<40).map { Double(1000 + 240 * $0) }
    try NPY.write((0..<480).map { sin(Double($0)) }, shape: [40, 12], to: file("features.npy"))
    try NPY.write(samples, to: file("spiketimes_s.npy"))
    try NPY.write(samples.map { $0 / 24 }, to: file("spiketimes_t.npy"))
    let values = (0..<40).flatMap { n in
      (0..<shape[1]).flatMap { a in
        (0..<shape[2]).map { b in
          let (frame, channel) = shape[1] == 6 ? (a, b) : (b, a)
          return Double(100 * n + 10 * frame + channel)
        }
      }
    }
    try NPY.write(values, shape: shape, to: file("waveforms.npy"))
  }

  @Test(arguments: ["nds_cl_1_", "", "Ratte 7 "]) func theLabsFolder(_ prefix: String) throws {
    try withTemporaryFolder { folder in
      try write(to: folder, prefix: prefix)
      let input = try FeatureInput(at: folder)
      #expect(input.isLab)
      #expect(input.samplingRate == 24_000)
      #expect(input.features.rows == 40 && input.features.columns == 12)
      #expect(input.frames == (0..<40).map { 1000 + 240 * $0 })
      #expect(input.waveforms?.frames == 6 && input.waveforms?.channels == 4)
      #expect(
        input.urls.map(\.lastPathComponent)
          == ["features", "spiketimes_s", "waveforms"].map { prefix + $0 + ".npy" })
    }
  }

  @Test func waveformsInEitherOrder() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let framesFirst = try #require(try FeatureInput(at: folder).waveforms)
      try write(to: folder, shape: [40, 4, 6])
      let channelsFirst = try #require(try FeatureInput(at: folder).waveforms)
      #expect(framesFirst.samples == channelsFirst.samples)
      #expect(framesFirst.samples[24 * 3 + 4 * 5 + 2] == 352, "spike 3, frame 5, channel 2")
      #expect(channelsFirst.frames == 6 && channelsFirst.channels == 4)
    }
  }

  @Test func aStatedRateGoesFirst() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      #expect(try FeatureInput(at: folder, samplingRate: 30_000).samplingRate == 30_000)
      for rate in [0, -1, .nan, .infinity] {
        #expect(throws: SortingError.self) { try FeatureInput(at: folder, samplingRate: rate) }
      }
    }
  }

  @Test func timesWithoutARate() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      try FileManager.default.removeItem(at: folder.appendingPathComponent("nds_cl_1_spiketimes_t.npy"))
      #expect(throws: SortingError.self) { try FeatureInput(at: folder) }
      try FileManager.default.removeItem(at: folder.appendingPathComponent("nds_cl_1_spiketimes_s.npy"))
      let input = try FeatureInput(at: folder)
      #expect(input.frames == nil && input.samplingRate == nil && input.isLab)
    }
  }

  @Test func twoSetsInOneFolder() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      try write(to: folder, prefix: "nds_cl_2_")
      #expect {
        try FeatureInput(at: folder)
      } throws: { error in
        "\(error)".contains("nds_cl_1_features.npy, nds_cl_2_features.npy")
      }
    }
  }

  @Test func spikesComeInOrderOfTime() throws {
    try withTemporaryFolder { folder in
      try write(to: folder)
      let file = folder.appendingPathComponent("nds_cl_1_spiketimes_s.npy")
      try NPY.write((0..<40).map { Double(1000 + 240 * (39 - $0)) }, to: file)
      let plain = try FeatureInput(at: folder, samplingRate: 24_000)
      let ordered = plain.inOrderOfTime()
      #expect(ordered.frames == (0..<40).map { 1000 + 240 * $0 })
      #expect(Array(ordered.features.row(0)) == Array(plain.features.row(39)))
      let size = 24
      #expect(ordered.waveforms?.samples.prefix(size) == plain.waveforms?.samples.suffix(size))
    }
  }

  @Test func aRangeThatWasAskedForDoesNotGrow() throws {
    try withTemporaryFolder { folder in
      var generator = SeededGenerator(seed: 5)
      let file = folder.appendingPathComponent("features.npy")
      try NPY.write((0..<800).map { _ in generator.normal() }, shape: [400, 2], to: file)
      let input = try FeatureInput(at: file)
      var options = SortingOptions()
      (options.model, options.restarts) = (.atRest(AtRest(.gaussian)), 1)
      // One cluster: the fewest components are the best.
      let grown = try cluster(input, options: options, threads: 2).sorting.mixture.selection
      #expect(grown?.components.first == 1)
      options.growsComponents = false
      let asked = try cluster(input, options: options, threads: 2).sorting.mixture.selection
      #expect(asked?.components == Array(2...15))
    }
  }
}
