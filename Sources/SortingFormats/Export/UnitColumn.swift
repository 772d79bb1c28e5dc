internal import SpikeSorting
internal import SpikeTrains

/// A number that every unit has, by the name tables and other programs know it by.
struct UnitColumn {
  var name: String
  /// What it is, in words.
  var meaning: String
  /// One a unit; nil where it is not known.
  var values: [Double?]

  /// The numbers of all units; those no unit has are left out.
  static func numbers(_ sorting: Sorting) -> [UnitColumn] {
    let units = sorting.units
    let own: [UnitColumn] = [
      UnitColumn(
        name: "firing_rate", meaning: "spikes a second over the whole recording", values: units.map(\.rate)),
      UnitColumn(
        name: "amplitude",
        meaning: "size of the mean waveform on its channel, in \(sorting.source.amplitudeUnit)",
        values: units.map(\.amplitude)),
      UnitColumn(
        name: "snr", meaning: "that size over the channel's noise", values: units.map(\.signalToNoise)),
      UnitColumn(
        name: "refractory_violations", meaning: "pairs of spikes within the refractory period",
        values: units.map { $0.refractoryViolations.map(Double.init) }),
      UnitColumn(
        name: "contamination", meaning: "share of foreign spikes the violations speak for",
        values: units.map { $0.contamination?.estimate }),
      UnitColumn(
        name: "contamination_low", meaning: "lower end of its 95 % interval",
        values: units.map { $0.contamination?.low }),
      UnitColumn(
        name: "contamination_high", meaning: "upper end of its 95 % interval",
        values: units.map { $0.contamination?.high }),
      UnitColumn(
        name: "false_positives", meaning: "expected share of foreign spikes, from the mixture's posteriors",
        values: units.map(\.falsePositives)),
      UnitColumn(
        name: "false_negatives", meaning: "expected share of missed spikes, from the mixture's posteriors",
        values: units.map(\.falseNegatives)),
      UnitColumn(
        name: "isolation_distance", meaning: "isolation distance (Schmitzer-Torbert 2005)",
        values: units.map(\.isolationDistance)),
      UnitColumn(name: "l_ratio", meaning: "L-ratio (Schmitzer-Torbert 2005)", values: units.map(\.lRatio)),
      UnitColumn(
        name: "presence_ratio", meaning: "share of one-minute bins with spikes",
        values: units.map(\.presenceRatio)),
      UnitColumn(
        name: "residual_variance", meaning: "scatter of the waveforms around their mean over the noise's",
        values: units.map(\.residualVariance)),
      UnitColumn(
        name: "chance", meaning: "chance that at least 95 % of its spikes are one neuron's",
        values: units.map(\.chance)),
    ]
    let more = QualityMetric.allCases.map { metric in
      UnitColumn(
        name: metric.rawValue, meaning: metric.meaning, values: units.map { $0.metrics?[metric.rawValue] })
    }.filter { column in !own.contains { $0.name == column.name } }
    return (own + more).filter { column in column.values.contains { $0 != nil } }
  }
}
