internal import Foundation

/// The names of the quality metrics, SpikeInterface's (0.105), in the order of tables.
///
/// `docs/metrics.md` says what each is and where a definition differs on purpose.
public enum QualityMetric: String, CaseIterable, Sendable {
  case numSpikes = "num_spikes"
  case firingRate = "firing_rate"
  case presenceRatio = "presence_ratio"
  case firingRange = "firing_range"
  case snr = "snr"
  case isiViolationsRatio = "isi_violations_ratio"
  case isiViolationsCount = "isi_violations_count"
  case rpContamination = "rp_contamination"
  case rpViolations = "rp_violations"
  case slidingRPViolation = "sliding_rp_violation"
  case syncSpike2 = "sync_spike_2"
  case syncSpike4 = "sync_spike_4"
  case syncSpike8 = "sync_spike_8"
  case amplitudeMedian = "amplitude_median"
  case amplitudeCutoff = "amplitude_cutoff"
  case noiseCutoff = "noise_cutoff"
  case noiseRatio = "noise_ratio"
  case amplitudeCVMedian = "amplitude_cv_median"
  case amplitudeCVRange = "amplitude_cv_range"
  case sdRatio = "sd_ratio"
  case isolationDistance = "isolation_distance"
  case lRatio = "l_ratio"
  case dPrime = "d_prime"
  case nnHitRate = "nn_hit_rate"
  case nnMissRate = "nn_miss_rate"
  case silhouette = "silhouette"

  /// What it is, in a few words.
  public var meaning: String {
    switch self {
    case .numSpikes: "spikes"
    case .firingRate: "spikes a second over the whole recording"
    case .presenceRatio: "share of one-minute bins with spikes"
    case .firingRange: "5th to 95th percentile of the rate in bins of 5 s, in Hz"
    case .snr: "size of the mean waveform over the noise of its channel"
    case .isiViolationsRatio: "intervals below 1.5 ms over those of independent spikes (Hill 2011)"
    case .isiViolationsCount: "intervals below 1.5 ms"
    case .rpContamination: "contamination by pairs within 1 ms (Llobet 2022)"
    case .rpViolations: "pairs within 1 ms"
    case .slidingRPViolation: "smallest contamination that can be excluded with 90 % confidence"
    case .syncSpike2: "share of spikes in a frame with another unit's or its own"
    case .syncSpike4: "share of spikes in a frame of four or more"
    case .syncSpike8: "share of spikes in a frame of eight or more"
    case .amplitudeMedian: "median amplitude, in the amplitudes' unit"
    case .amplitudeCutoff: "share of spikes missed under the threshold, by the shape of the amplitudes"
    case .noiseCutoff: "deviations the lowest amplitudes' counts lie above the highest ones'"
    case .noiseRatio: "the lowest amplitudes' counts over the tallest"
    case .amplitudeCVMedian: "median over time of the amplitudes' coefficient of variation"
    case .amplitudeCVRange: "5th to 95th percentile of the amplitudes' coefficient of variation"
    case .sdRatio: "scatter of successive amplitudes over the noise's"
    case .isolationDistance: "isolation distance (Harris 2001)"
    case .lRatio: "L-ratio (Schmitzer-Torbert 2005)"
    case .dPrime: "distance from all other spikes along the discriminant, in standard deviations"
    case .nnHitRate: "share of its spikes' nearest neighbours that are its own"
    case .nnMissRate: "share of other spikes' nearest neighbours that are this unit's"
    case .silhouette: "simplified silhouette"
    }
  }
}

extension SpikeTrain {
  /// The metrics of spike times and amplitudes, by name; those that cannot be told are left out.
  ///
  /// - Parameter amplitudes: the size of every spike, positive; nil where not known.
  public func qualityMetrics(amplitudes: [Double]? = nil) -> [QualityMetric: Double] {
    var found: [QualityMetric: Double] = [.numSpikes: Double(count)]
    guard count > 0 else { return found }
    found[.firingRate] = rateHertz
    found[.presenceRatio] = presenceRatio()
    found[.firingRange] = firingRangeHertz()
    if let hill = hillTest() {
      found[.isiViolationsRatio] = hill.contamination
      found[.isiViolationsCount] = Double(hill.violations)
    }
    if let llobet = llobetTest() {
      found[.rpContamination] = llobet.contamination
      found[.rpViolations] = Double(llobet.violations)
    }
    found[.slidingRPViolation] = slidingRefractoryTest()?.contamination
    guard let amplitudes, !amplitudes.isEmpty else { return found }
    found[.amplitudeMedian] = percentile(50, ofSorted: amplitudes.sorted())
    found[.amplitudeCutoff] = amplitudeCutoff(amplitudes)
    let noise = noiseCutoff(amplitudes)
    found[.noiseCutoff] = noise.cutoff
    found[.noiseRatio] = noise.ratio
    if let variation = amplitudeVariation(amplitudes) {
      found[.amplitudeCVMedian] = variation.median
      found[.amplitudeCVRange] = variation.range
    }
    return found
  }
}
