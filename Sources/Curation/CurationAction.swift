public import SpikeTrains

/// A decision as the journal holds it: everything needed to carry it out again, to the spike.
public enum CurationAction: Equatable, Sendable {
  /// How the spikes of a split were chosen.
  public enum SplitMethod: String, Codable, Sendable {
    /// By hand.
    case lasso
    /// By a mixture.
    case mixture
    /// By decisions on another sorting of the same recording.
    case replay
  }

  /// The journal's first line: the checksum of the sorting it belongs to.
  case begin(sorting: String)
  /// Units become one; `accepted` where the merge was suggested.
  case merge(units: [Int], into: Int, accepted: Bool)
  /// Parts become units, and so does what remains of each unit that loses spikes.
  case split(units: [Int], parts: [[Int32]], into: [Int], method: SplitMethod)
  /// What was changed in Phy's files, and a checksum of these.
  case importPhy(units: [Int], parts: [[Int32]], into: [Int], labels: [Int: UnitLabel], files: String)
  /// A person's word on units; nil takes it back.
  case label(units: [Int], label: UnitLabel?)
  /// A note on units; an empty one takes it back.
  case note(units: [Int], text: String)
  /// Two units are not to be suggested as one any more.
  case reject(Int, Int)
  /// Takes back the last action that is in force.
  case undo
  /// Brings back what was undone last.
  case redo

  /// What happens, in a few words.
  public var summary: String {
    func list(_ ids: [Int]) -> String {
      let shown = ids.prefix(8).map(String.init).joined(separator: ", ")
      return ids.count > 8 ? shown + ", …" : shown
    }
    return switch self {
    case .begin: "begin"
    case .merge(let units, let into, let accepted):
      "\(accepted ? "accept" : "merge") \(list(units)) → \(into)"
    case .split(let units, _, let into, let method):
      "split \(list(units)) (\(method.rawValue)) → \(list(into))"
    case .importPhy(let units, _, let into, let labels, _):
      "import Phy's edits of \(list(Set(units).union(labels.keys).subtracting(into).sorted()))"
    case .label(let units, let label): "label \(list(units)) \(label?.rawValue ?? "nothing")"
    case .note(let units, let text):
      text.isEmpty ? "take the note off \(list(units))" : "note on \(list(units))"
    case .reject(let first, let second): "reject \(first), \(second)"
    case .undo: "undo"
    case .redo: "redo"
    }
  }

  /// The identifiers it gives to new units.
  var newUnits: [Int] {
    switch self {
    case .merge(_, let into, _): [into]
    case .split(_, _, let into, _), .importPhy(_, _, let into, _, _): into
    default: []
    }
  }
}

extension CurationAction: Codable {
  /// All members of all actions, in the journal's words.
  private struct Record: Codable {
    var `do`: String
    var units: [Int]?
    var into: [Int]?
    var parts: [String]?
    var method: SplitMethod?
    var accepted: Bool?
    var label: UnitLabel?
    var labels: [String: UnitLabel]?
    var note: String?
    var files: String?
    var sorting: String?
  }

  /// Reads an action.
  ///
  /// - Throws: `DecodingError` where it is none of those known or lacks a member.
  public init(from decoder: any Decoder) throws {
    let record = try Record(from: decoder)
    func need<Value>(_ value: Value?, _ name: String) throws -> Value {
      guard let value else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "the action \(record.do) without \(name)"))
      }
      return value
    }
    func parts() throws -> [[Int32]] {
      try need(record.parts, "parts").map { try need(SpikeList.decode($0), "a readable list of spikes") }
    }
    switch record.do {
    case "begin": self = .begin(sorting: try need(record.sorting, "sorting"))
    case "merge":
      self = .merge(
        units: try need(record.units, "units"), into: try need(record.into?.first, "into"),
        accepted: record.accepted ?? false)
    case "split":
      self = .split(
        units: try need(record.units, "units"), parts: try parts(), into: try need(record.into, "into"),
        method: try need(record.method, "method"))
    case "import":
      let labels = try (record.labels ?? [:]).map { (try need(Int($0.key), "a unit's number"), $0.value) }
      self = .importPhy(
        units: try need(record.units, "units"), parts: try parts(), into: try need(record.into, "into"),
        labels: Dictionary(labels) { first, _ in first }, files: try need(record.files, "files"))
    case "label": self = .label(units: try need(record.units, "units"), label: record.label)
    case "note": self = .note(units: try need(record.units, "units"), text: try need(record.note, "note"))
    case "reject":
      let units = try need(record.units, "units")
      self = .reject(try need(units.first, "units"), try need(units.dropFirst().first, "two units"))
    case "undo": self = .undo
    case "redo": self = .redo
    default:
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "an action \(record.do)"))
    }
  }

  /// Writes the action.
  public func encode(to encoder: any Encoder) throws {
    var record: Record
    switch self {
    case .begin(let sorting):
      record = Record(do: "begin")
      record.sorting = sorting
    case .merge(let units, let into, let accepted):
      record = Record(do: "merge", units: units, into: [into])
      record.accepted = accepted ? true : nil
    case .split(let units, let parts, let into, let method):
      record = Record(do: "split", units: units, into: into, parts: parts.map(SpikeList.encode))
      record.method = method
    case .importPhy(let units, let parts, let into, let labels, let files):
      record = Record(do: "import", units: units, into: into, parts: parts.map(SpikeList.encode))
      record.labels = Dictionary(uniqueKeysWithValues: labels.map { ("\($0.key)", $0.value) })
      record.files = files
    case .label(let units, let label):
      record = Record(do: "label", units: units)
      record.label = label
    case .note(let units, let text):
      record = Record(do: "note", units: units)
      record.note = text
    case .reject(let first, let second): record = Record(do: "reject", units: [first, second])
    case .undo: record = Record(do: "undo")
    case .redo: record = Record(do: "redo")
    }
    try record.encode(to: encoder)
  }
}
