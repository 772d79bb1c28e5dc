internal import Foundation
public import SpikeSorting
internal import SpikeTrains

/// A number for tables: at most four significant digits, empty where there is none.
func tableNumber(_ value: Double?, digits: Int = 4) -> String {
  guard let value, value.isFinite else { return "" }
  if value == 0 { return "0" }
  let exponent = Int(log10(abs(value)).rounded(.down))
  let scale = pow(10, Double(digits - 1 - exponent))
  let rounded = (value * scale).rounded() / scale
  return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : "\(rounded)"
}

/// Text as a table's cell, which no spreadsheet takes for a formula: an apostrophe goes before what begins like one.
func cellText(_ text: String) -> String {
  // By bytes, as a return and a newline are one character.
  guard let first = text.utf8.first, "=+-@\t\r".utf8.contains(first) else { return text }
  return "'" + text
}

/// Text as a field of a CSV row, quoted where it must be (RFC 4180). Numbers are fields as they are.
func csvField(_ text: String) -> String {
  let cell = cellText(text)
  guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
  return "\"" + cell.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}

/// Text as a field of a row parted by tabs, which has no quotes: breaks become spaces.
func tsvField(_ text: String) -> String {
  cellText(String(text.map { $0 == "\t" || $0.isNewline ? " " : $0 }))
}

/// `units.csv`: a row a unit, with the verdict and the reasons for it.
public func unitsTable(_ sorting: Sorting) -> String {
  let table = UnitColumns(sorting.units)
  return ([table.head] + sorting.units.map(table.row)).map { $0 + "\n" }.joined()
}

/// A table of units for a terminal: aligned columns of what is looked at first, the reasons below each unit's verdict.
public func readableTable(_ units: [Sorting.Unit]) -> String {
  guard !units.isEmpty else { return "no units" }
  let head = [
    "unit", "spikes", "rate Hz", "channel", "amplitude", "SNR", "contamination", "missed", "verdict",
  ]
  let rows = units.map { unit -> [String] in
    let numbers = [
      "\(unit.id)", "\(unit.spikeCount)", tableNumber(unit.rate, digits: 3), "\(unit.peakChannel)",
      tableNumber(unit.amplitude, digits: 3), tableNumber(unit.signalToNoise, digits: 3),
      tableNumber(unit.contamination?.estimate, digits: 2), tableNumber(unit.falseNegatives, digits: 2),
    ]
    return numbers.map { $0.isEmpty ? "–" : $0 } + [unit.verdictWords]
  }
  let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
  func line(_ fields: [String]) -> String {
    let padded = fields.enumerated().map { column, field in
      column == head.count - 1 ? field : String(repeating: " ", count: widths[column] - field.count) + field
    }
    return padded.joined(separator: "  ")
  }
  let lines = zip(units, rows).flatMap { unit, row in
    [line(row)] + unit.reasons.map { String(repeating: " ", count: widths[0] + 2) + $0 }
  }
  return ([line(head)] + lines).joined(separator: "\n")
}

/// The columns of a table with a row a unit.
struct UnitColumns {
  private static let names = [
    "unit", "components", "spikes", "rate_hz", "peak_channel", "amplitude", "snr", "refractory_violations",
    "contamination", "contamination_low", "contamination_high", "false_positives", "false_negatives",
    "isolation_distance", "l_ratio", "presence_ratio", "residual_variance", "chance",
  ]
  /// Metrics that no other column says.
  private let metrics: [String]

  /// The columns that say all that is known of some units.
  init(_ units: [Sorting.Unit]) { metrics = tableMetrics(units, besides: Self.names) }

  /// The names of the columns, as a CSV line.
  var head: String { (Self.names + metrics + ["verdict", "reason"]).joined(separator: ",") }

  /// A unit as a CSV line.
  func row(_ unit: Sorting.Unit) -> String {
    let fields = [
      "\(unit.id)", unit.components.map(String.init).joined(separator: " "), "\(unit.spikeCount)",
      tableNumber(unit.rate), "\(unit.peakChannel)", tableNumber(unit.amplitude),
      tableNumber(unit.signalToNoise), unit.refractoryViolations.map(String.init) ?? "",
      tableNumber(unit.contamination?.estimate), tableNumber(unit.contamination?.low),
      tableNumber(unit.contamination?.high), tableNumber(unit.falsePositives),
      tableNumber(unit.falseNegatives), tableNumber(unit.isolationDistance), tableNumber(unit.lRatio),
      tableNumber(unit.presenceRatio), tableNumber(unit.residualVariance), tableNumber(unit.chance),
    ]
    let more = metrics.map { tableNumber(unit.metrics?[$0]) }
    let words = [unit.verdict.rawValue, unit.reasons.joined(separator: "; ")]
    return (fields + more + words.map(csvField)).joined(separator: ",")
  }
}

/// The metrics that any unit has and no other column says, in the order of tables.
func tableMetrics(_ units: [Sorting.Unit], besides columns: [String]) -> [String] {
  // Counts and rates stand there under other names.
  let told = columns + ["num_spikes", "firing_rate"]
  return QualityMetric.allCases.map(\.rawValue).filter { name in
    !told.contains(name) && units.contains { $0.metrics?[name] != nil }
  }
}

/// `cluster_group.tsv`, which Phy and SpikeInterface read labels from.
func clusterGroups(_ units: [Sorting.Unit]) -> String {
  "cluster_id\tgroup\n" + units.map { "\($0.id)\t\($0.verdict.label.rawValue)\n" }.joined()
}

/// `cluster_info.tsv`: every unit, with Phy's own columns and ours.
func clusterInfo(_ sorting: Sorting) -> String {
  let head = [
    "cluster_id", "amp", "ch", "fr", "group", "n_spikes", "sh", "snr", "contamination", "chance", "verdict",
  ]
  let metrics = tableMetrics(sorting.units, besides: head)
  var text = (head + metrics).joined(separator: "\t") + "\n"
  for unit in sorting.units {
    let fields = [
      "\(unit.id)", tableNumber(unit.amplitude), "\(unit.peakChannel)", tableNumber(unit.rate),
      unit.verdict.label.rawValue, "\(unit.spikeCount)", "0", tableNumber(unit.signalToNoise),
      tableNumber(unit.contamination?.estimate), tableNumber(unit.chance), unit.verdict.rawValue,
    ]
    text += (fields + metrics.map { tableNumber(unit.metrics?[$0]) }).joined(separator: "\t") + "\n"
  }
  return text
}
