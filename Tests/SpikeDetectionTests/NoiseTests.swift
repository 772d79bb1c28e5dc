import Foundation
import LinearAlgebra
import TestSupport
import Testing

@testable import SpikeDetection

private struct NoiseReference: Decodable {
  let deviation: [Double]
  let median: [Double]
  let rawMedian: [Double]
  let odd: [Double]
  let preprocessing: Preprocessing

  struct Preprocessing: Decodable {
    let covariance: [[Double]]
    let whitening: [[Double]]

    enum CodingKeys: String, CodingKey {
      case covariance = "covariance_ddof0_of_bp3_300_6000"
      case whitening = "zca_whitening_W_eps1e-8"
    }
  }

  enum CodingKeys: String, CodingKey {
    case deviation = "scipy_median_abs_deviation_scale_normal"
    case median
    case rawMedian = "raw_i16_median"
    case odd = "odd_length_2999_mad_normal"
    case preprocessing
  }
}

@Suite struct NoiseTests {
  @Test func mediansAndDeviationsAreThoseOfSciPy() throws {
    let reference = try Fixture.json("noise_reference.json", NoiseReference.self)
    let filtered = try Fixture.array("bp3_300_6000_30k.sosfiltfilt.npy")
    let raw = try Fixture.array("trace_i16.npy")
    for channel in 0..<4 {
      let values = stride(from: channel, to: filtered.count, by: 4).map { filtered[$0] }
      #expect(abs(Noise.median(values) / reference.median[channel] - 1) < 1e-10)
      #expect(abs(Noise.deviation(values) / reference.deviation[channel] - 1) < 1e-10)
      #expect(abs(Noise.deviation(Array(values.dropLast())) / reference.odd[channel] - 1) < 1e-10)
      #expect(
        Noise.median(stride(from: channel, to: raw.count, by: 4).map { raw[$0] })
          == reference.rawMedian[channel])
    }
  }

  @Test func mediansOfFewAndOfEqualValues() {
    #expect(Noise.median([3]) == 3)
    #expect(Noise.median([4, 1]) == 2.5)
    #expect(Noise.median([Double](repeating: 2, count: 1001) + [9]) == 2)
    var generator = SeededGenerator(seed: 4)
    for count in 2...40 {
      let values = (0..<count).map { _ in Double(Int.random(in: 0..<12, using: &generator)) }
      let sorted = values.sorted()
      #expect(Noise.median(values) == (sorted[(count - 1) / 2] + sorted[count / 2]) / 2)
    }
  }

  @Test func whiteningIsThatOfSpikeInterface() throws {
    let reference = try Fixture.json("noise_reference.json", NoiseReference.self).preprocessing
    let filtered = try Matrix(
      rows: 3000, columns: 4, storage: Fixture.array("bp3_300_6000_30k.sosfiltfilt.npy"))
    let covariance = filtered.covariance(deltaDegreesOfFreedom: 0)
    #expect(largestDifference(covariance.storage, reference.covariance.flatMap { $0 }) < 1e-8)
    let whitening = try Matrix.whitening(covariance: covariance, epsilon: 1e-8)
    #expect(largestDifference(whitening.storage, reference.whitening.flatMap { $0 }) < 1e-10)
    let white = Matrix.product(filtered, whitening).covariance(deltaDegreesOfFreedom: 0)
    #expect(largestDifference(white.storage, Matrix.identity(4).storage) < 1e-8)
  }
}
