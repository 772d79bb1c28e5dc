import Foundation
import TestSupport
import Testing

@testable import SpikeDetection

/// One Butterworth design as SciPy makes it.
private struct Design: Decodable {
  let order: Int
  let edges: [Double]
  let kind: String
  let rate: Double
  let sections: [[Double]]
  let steadyState: [[Double]]
  let padding: Int
  let frequencies: [Double]
  let gains: [Double]

  enum CodingKeys: String, CodingKey {
    case order
    case edges = "Wn_hz"
    case kind = "btype"
    case rate = "fs"
    case sections = "sos"
    case steadyState = "sosfilt_zi"
    case padding = "sosfiltfilt_default_padlen"
    case frequencies = "freq_hz"
    case gains = "abs_H"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    order = try values.decode(Int.self, forKey: .order)
    let one = try? values.decode(Double.self, forKey: .edges)
    edges = try one.map { [$0] } ?? values.decode([Double].self, forKey: .edges)
    kind = try values.decode(String.self, forKey: .kind)
    rate = try values.decode(Double.self, forKey: .rate)
    sections = try values.decode([[Double]].self, forKey: .sections)
    steadyState = try values.decode([[Double]].self, forKey: .steadyState)
    padding = try values.decode(Int.self, forKey: .padding)
    frequencies = try values.decode([Double].self, forKey: .frequencies)
    gains = try values.decode([Double].self, forKey: .gains)
  }

  /// The band; nil for kinds we do not make.
  var band: Band? {
    switch kind {
    case "bandpass": .between(edges[0], edges[1])
    case "highpass": .above(edges[0])
    case "lowpass": .below(edges[0])
    default: nil
    }
  }
}

private struct Designs: Decodable {
  let butter: [String: Design]
}

/// The designs we make, by name.
private func designs() throws -> [(name: String, design: Design, filter: SecondOrderSections)] {
  try Fixture.json("filters.json", Designs.self).butter.sorted { $0.key < $1.key }.compactMap {
    name, design in
    try design.band.map {
      (name, design, try .butterworth(order: design.order, $0, samplingRate: design.rate))
    }
  }
}

@Suite struct FilterTests {
  @Test func designsAreThoseOfSciPy() throws {
    let all = try designs()
    #expect(all.count == 12)
    for (name, design, filter) in all {
      let ours = filter.sections.map { [$0.b0, $0.b1, $0.b2, 1, $0.a1, $0.a2] }
      #expect(ours.count == design.sections.count, "\(name)")
      for (a, b) in zip(ours.joined(), design.sections.joined()) {
        #expect(abs(a - b) <= 1e-10 * max(abs(b), 1e-9), "\(name): \(a) against \(b)")
      }
      // The steady state of narrow low bands magnifies the coefficients' last bits.
      let tolerance = name == "bp4_1_300_1250" ? 1e-6 : 1e-9
      for (a, b) in zip(filter.steadyState.flatMap { [$0.z0, $0.z1] }, design.steadyState.joined()) {
        #expect(abs(a - b) <= tolerance * max(abs(b), 1), "\(name): \(a) against \(b)")
      }
      #expect(filter.paddingFrames == design.padding, "\(name)")
      for (frequency, gain) in zip(design.frequencies, design.gains) {
        #expect(abs(filter.gain(atHertz: frequency, samplingRate: design.rate) - gain) <= 1e-9, "\(name)")
      }
    }
  }

  @Test func edgesThatDoNotFitAreRefused() {
    for band in [Band.between(300, 300), .between(6000, 300), .below(0), .above(15000), .between(300, .nan)] {
      #expect(throws: SpikeDetectionError.self) {
        try SecondOrderSections.butterworth(order: 3, band, samplingRate: 30000)
      }
    }
  }

  @Test func filteringIsThatOfSciPy() throws {
    let trace = try Fixture.array("trace_i16.npy")
    var compared = 0
    for (name, _, filter) in try designs() {
      let one = try Fixture.url("\(name).sosfilt.npy")
      if FileManager.default.fileExists(atPath: one.path) {
        let expected = try Fixture.array("\(name).sosfilt.npy")
        #expect(largestDifference(filter.filtered(trace, channelCount: 4), expected) <= 1e-7, "\(name)")
        compared += 1
      }
      let both = try Fixture.url("\(name).sosfiltfilt.npy")
      if FileManager.default.fileExists(atPath: both.path) {
        let expected = try Fixture.array("\(name).sosfiltfilt.npy")
        #expect(
          largestDifference(filter.filteredForwardBackward(trace, channelCount: 4), expected) <= 1e-7,
          "\(name)")
        compared += 1
      }
    }
    #expect(compared >= 7)
  }

  @Test func givenSectionsFilterToTheLastDigits() throws {
    let trace = try Fixture.array("trace_i16.npy")
    let design = try #require(try Fixture.json("filters.json", Designs.self).butter["bp3_300_6000_30k"])
    let filter = SecondOrderSections(
      design.sections.map { .init(b0: $0[0], b1: $0[1], b2: $0[2], a1: $0[4], a2: $0[5]) })
    let one = try Fixture.array("bp3_300_6000_30k.sosfilt.npy")
    #expect(largestDifference(filter.filtered(trace, channelCount: 4), one) <= 1e-10)
    let both = try Fixture.array("bp3_300_6000_30k.sosfiltfilt.npy")
    #expect(largestDifference(filter.filteredForwardBackward(trace, channelCount: 4), both) <= 1e-9)
  }

  @Test(arguments: [1, 2, 3, 5, 9]) func channelsDoNotTouch(channelCount: Int) throws {
    let filter = try SecondOrderSections.butterworth(order: 4, .between(300, 6000), samplingRate: 30000)
    var generator = SeededGenerator(seed: 1)
    let samples = (0..<(500 * channelCount)).map { _ in generator.normal() }
    let together = filter.filteredForwardBackward(samples, channelCount: channelCount)
    for channel in 0..<channelCount {
      let alone = stride(from: channel, to: samples.count, by: channelCount).map { samples[$0] }
      let expected = filter.filteredForwardBackward(alone, channelCount: 1)
      #expect(stride(from: channel, to: samples.count, by: channelCount).map { together[$0] } == expected)
    }
  }
}
