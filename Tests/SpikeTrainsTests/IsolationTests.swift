import Foundation
import LinearAlgebra
import Testing

@testable import SpikeTrains

struct IsolationTests {
  @Test func metricsAgreeWithTheReference() throws {
    let reference = try jsonFixture("metrics/pc_metrics.json")
    let labels = try integers("metrics/pc_labels.npy")
    let features = Matrix(rows: labels.count, columns: 6, storage: try numbers("metrics/pc_features.npy"))
    let ids = [3, 5, 7, 11]
    let units = labels.map { ids.firstIndex(of: $0) ?? 0 }
    let silhouettes = simplifiedSilhouettes(features: features, units: units, unitCount: 4)
    let neighbours = nearestNeighbourRates(features: features, units: units, unitCount: 4)
    for (unit, id) in ids.enumerated() {
      let expected = try reference["units"]["\(id)"]
      let found = try #require(IsolationMetrics(features: features, isMember: labels.map { $0 == id }))
      #expect(abs(found.isolationDistance - (try expected["isolation_distance"].double)) < 1e-9)
      #expect(abs(found.lRatio - (try expected["l_ratio"].double)) < 1e-10)
      #expect(abs(found.dPrime - abs(try expected["d_prime"].double)) < 1e-10)
      #expect(abs((silhouettes[unit] ?? .nan) - (try expected["silhouette_simplified"].double)) < 1e-10)
      #expect(abs((neighbours[unit]?.hit ?? .nan) - (try expected["nn_hit_rate_k5"].double)) < 1e-10)
      #expect(abs((neighbours[unit]?.miss ?? .nan) - (try expected["nn_miss_rate_k5"].double)) < 1e-10)
    }
  }

  @Test func unitsWithoutACovarianceHaveNoMetrics() {
    let points = Matrix(rows: [[0, 0], [1, 1], [2, 2], [5, 1], [6, 3], [4, 4]])
    #expect(IsolationMetrics(features: points, isMember: [true, true, true, false, false, false]) == nil)
    #expect(IsolationMetrics(features: points, isMember: [false, false, false, true, true, false]) == nil)
    #expect(IsolationMetrics(features: points, isMember: [true, true, true, true, true, false]) == nil)
    #expect(nearestNeighbourRates(features: points, units: [0, 0, 0, 0, 0, 0], unitCount: 2) == [nil, nil])
    #expect(simplifiedSilhouettes(features: points, units: [0, 0, 0, 0, 0, 0], unitCount: 2) == [nil, nil])
  }
}

struct AmplitudeCutoffTests {
  @Test(arguments: ["gauss", "cut10pct", "cut30pct", "skewed"])
  func agreesWithTheReference(name: String) throws {
    let amplitudes = try numbers("spiketrain/amplitudes_\(name).npy")
    let expected = try jsonFixture("spiketrain/expected.json")["amplitude_functions"][name]
    for bins in [100, 500] {
      let reference = try expected["amplitude_cutoff_bins\(bins)_smooth3"].double
      #expect(abs((amplitudeCutoff(amplitudes, bins: bins) ?? .nan) - reference) < 1e-10)
    }
    #expect(amplitudeCutoff(Array(amplitudes.prefix(400))) == nil)
    #expect(amplitudeCutoff([Double](repeating: 7, count: 1000)) == nil)
  }
}

struct WaveformTests {
  @Test func signalToNoiseAgreesWithTheReference() throws {
    let reference = try jsonFixture("metrics/snr.json")
    let noise = try reference["noise_levels_uV_mad_whole_recording"].doubles
    let samples = try numbers("metrics/snr_templates_average.npy")
    for unit in 0..<4 {
      let template = Matrix(rows: 60, columns: 4, storage: Array(samples[unit * 240..<(unit + 1) * 240]))
      let found = try #require(SignalToNoise(template: template, noise: noise))
      #expect(found.mainChannel == (try reference["main_channel_index"].integers[unit]))
      let extremum = try reference["snr"]["extremum"].doubles[unit]
      let range = try reference["snr"]["peak_to_peak"].doubles[unit]
      #expect(abs(found.extremum / extremum - 1) < 1e-5)
      #expect(abs(found.peakToPeak / range - 1) < 1e-5)
    }
  }

  @Test func positiveSpikesAndSilentChannels() throws {
    let template = Matrix(rows: [[0, 0], [3, -8], [0, 0]])
    #expect(try #require(SignalToNoise(template: template, noise: [1, 2], negative: false)).mainChannel == 0)
    #expect(try #require(SignalToNoise(template: template, noise: [1, 2])).extremum == 4)
    #expect(SignalToNoise(template: template, noise: [1, 0]) == nil)
  }

  @Test func likenessIgnoresScale() {
    let (cosine, scale) = waveformLikeness([1, -2, 3], [0.5, -1, 1.5])
    #expect(abs(cosine - 1) < 1e-15)
    #expect(scale == 0.5)
    #expect(waveformLikeness([1, 0], [0, 1]).cosine == 0)
    #expect(waveformLikeness([0, 0], [0, 1]) == (0, 0))
  }
}
