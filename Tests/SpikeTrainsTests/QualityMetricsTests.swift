import Foundation
import Testing

@testable import SpikeTrains

/// Metrics of amplitudes and of coincidences against SpikeInterface's numbers.
struct QualityMetricsTests {
  /// The four units of the reference recording, with signed amplitudes in µV.
  private func amplitudeUnits() throws -> [(train: SpikeTrain, amplitudes: [Double])] {
    let samples = try integers("metrics/snr_spike_samples.npy")
    let units = try integers("metrics/snr_spike_unit_index.npy")
    let amplitudes = try numbers("metrics/snr_spike_amplitudes.npy")
    return (0..<4).map { unit in
      let members = units.indices.filter { units[$0] == unit }.sorted { samples[$0] < samples[$1] }
      return (
        SpikeTrain(times: members.map { samples[$0] }, frames: 200_000, samplingRate: 20_000),
        members.map { amplitudes[$0] }
      )
    }
  }

  @Test func amplitudeVariation() throws {
    let expected = try jsonFixture("metrics/snr.json")["amplitude_cv_average10"]
    var compared = 0
    for (unit, (train, amplitudes)) in try amplitudeUnits().enumerated() {
      guard let found = train.amplitudeVariation(amplitudes, spikesPerBin: 10) else {
        // Fewer than ten stretches of ten spikes: SpikeInterface was asked for five.
        #expect(train.count < 110)
        continue
      }
      compared += 1
      #expect(abs(found.median - (try expected["median"].doubles[unit])) < 1e-6)
      #expect(abs(found.range - (try expected["range"].doubles[unit])) < 1e-6)
    }
    #expect(compared > 0)
  }

  @Test func scatterOverNoise() throws {
    let reference = try jsonFixture("metrics/snr.json")
    let noise = try reference["noise_std_uV_float64_exact"].doubles
    let channels = try reference["main_channel_index"].integers
    let templates = try numbers("metrics/snr_templates_average.npy")
    for (unit, (train, amplitudes)) in try amplitudeUnits().enumerated() {
      let template = (0..<60).map { templates[(unit * 60 + $0) * 4 + channels[unit]] }
      let own = templateVariance(template, spikes: train.count, frames: train.frames)
      let between = (noise[channels[unit]] * noise[channels[unit]] - own).squareRoot()
      let found = try #require(train.amplitudeNoiseRatio(amplitudes, noise: between))
      #expect(abs(found / (try reference["sd_ratio_float64_exact"].doubles[unit]) - 1) < 1e-5)
    }
  }

  @Test(arguments: ["gauss", "cut10pct", "cut30pct", "skewed"])
  func noiseCutoffs(name: String) throws {
    let amplitudes = try numbers("spiketrain/amplitudes_\(name).npy")
    let expected = try jsonFixture("spiketrain/expected.json")["amplitude_functions"][name][
      "noise_cutoff_ratio_default"
    ].doubles
    let found = noiseCutoff(amplitudes)
    #expect(abs((found.cutoff ?? .nan) - expected[0]) < 1e-10)
    #expect(abs((found.ratio ?? .nan) - expected[1]) < 1e-10)
  }

  @Test func noiseCutoffsThatCannotBeTold() {
    #expect(noiseCutoff([]) == (nil, nil))
    #expect(noiseCutoff([3, 3, 3]) == (nil, nil))
  }

  @Test func synchrony() throws {
    let times = try integers("spiketrain/all_times.npy")
    let labels = try integers("spiketrain/all_labels.npy")
    let expected = try jsonFixture("spiketrain/expected.json")["metrics_per_unit_0to3"]["synchrony"]
    for size in [2, 4, 8] {
      let found = synchronyShares(times: times, units: labels, unitCount: 4, size: size)
      for (share, reference) in zip(found, try expected["sync_spike_\(size)"].doubles) {
        #expect(abs((share ?? .nan) - reference) < 1e-12)
      }
    }
    #expect(synchronyShares(times: [1], units: [0], unitCount: 2, size: 2) == [0, nil])
  }

  /// The metrics by name are the functions that are tested one by one.
  @Test func theyAreFoundByName() throws {
    let expected = try jsonFixture("spiketrain/expected.json")["metrics_per_unit_0to3"]
    for (unit, train) in try referenceTrains().enumerated() {
      let found = train.qualityMetrics()
      func check(_ metric: QualityMetric, _ reference: Double) {
        #expect(abs((found[metric] ?? .nan) - reference) < 1e-10, "\(metric)")
      }
      check(.numSpikes, try expected["num_spikes"].doubles[unit])
      check(.firingRate, try expected["firing_rate_hz"].doubles[unit])
      check(.presenceRatio, try expected["presence_ratio_bin60_thr0"].doubles[unit])
      check(.firingRange, try expected["firing_range_5s_5_95"].doubles[unit])
      let hill = try expected["isi_violations_hill"]["threshold1.5_min0.0"]
      check(.isiViolationsRatio, try hill["ratio_from_exact_count"].doubles[unit])
      check(.isiViolationsCount, try hill["count_exact_integer_strict"].doubles[unit])
      let llobet = try expected["rp_violations_llobet"]["refractory1.0_censored0.0"]
      check(.rpContamination, try llobet["contamination"].doubles[unit])
      check(.rpViolations, try llobet["count"].doubles[unit])
      check(.slidingRPViolation, try expected["sliding_rp_default"].doubles[unit])
      #expect(found[.amplitudeMedian] == nil)
    }
    let silent = SpikeTrain(times: [], frames: 100, samplingRate: 10).qualityMetrics()
    #expect(silent == [.numSpikes: 0])
  }
}
