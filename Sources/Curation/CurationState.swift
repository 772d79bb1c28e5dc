internal import SortingFormats
public import SpikeSorting
public import SpikeTrains

/// Which spikes make which units, and what people said of them.
///
/// A value made from a sorting and changed by one action after the other: the same actions give the same state.
public struct CurationState: Sendable, Equatable {
  /// A unit as curated.
  public struct Unit: Sendable, Equatable {
    /// Where a unit comes from.
    public enum Origin: String, Codable, Sendable {
      /// As sorted.
      case sorter
      /// Of several units.
      case merge
      /// Of a part of some units.
      case split
      /// From Phy's files.
      case importPhy = "import"
    }

    /// The identifier; never used twice.
    public let id: Int
    /// The indices of its spikes, ascending.
    public let spikes: [Int32]
    /// What a person said it is.
    public var label: UnitLabel?
    /// What a person noted.
    public var note: String
    /// Where it comes from.
    public let origin: Origin
    /// The units it was made of.
    public let parents: [Int]

    /// Its group in Phy's words: what a person said, else what the verdict says.
    public func group(_ measured: Sorting.Unit) -> UnitLabel {
      label ?? measured.verdict.label
    }
  }

  /// Two units, the smaller identifier first.
  public struct Pair: Hashable, Sendable {
    /// The smaller identifier.
    public let first: Int
    /// The larger identifier.
    public let second: Int

    /// Two units in any order.
    public init(_ a: Int, _ b: Int) {
      first = min(a, b)
      second = max(a, b)
    }
  }

  /// The units by identifier.
  public private(set) var units: [Int: Unit] = [:]
  /// Pairs that are not to be suggested as one.
  public private(set) var rejected: Set<Pair> = []
  /// The identifier above all that were ever used.
  public private(set) var nextID = 0

  /// The longest note, in characters.
  public static let longestNote = 2000
  /// Identifiers stay below this, as the page and Phy hold them in 32 bits.
  static let idLimit = Int(Int32.max)

  /// The units of a sorting as they are.
  public init(_ sorting: Sorting) {
    var members: [Int: [Int32]] = Dictionary(uniqueKeysWithValues: sorting.units.map { ($0.id, []) })
    for (n, unit) in sorting.spikes.units.enumerated() { members[unit, default: []].append(Int32(n)) }
    for (id, spikes) in members {
      units[id] = Unit(id: id, spikes: spikes, label: nil, note: "", origin: .sorter, parents: [])
    }
    nextID = (members.keys.max() ?? -1) + 1
  }

  /// The identifiers in order.
  public var ids: [Int] { units.keys.sorted() }

  /// The unit of every spike; −1 for one of none.
  public func unitOfSpike(count: Int) -> [Int32] {
    var result = [Int32](repeating: -1, count: count)
    for (id, unit) in units { for spike in unit.spikes { result[Int(spike)] = Int32(id) } }
    return result
  }

  /// Carries out an action.
  ///
  /// - Throws: `CurationError.impossible` where it does not fit; the state is then as before. Undo and redo are
  ///   the journal's matter and no action on a state.
  public mutating func apply(_ action: CurationAction) throws(CurationError) {
    switch action {
    case .merge(let members, let into, _): try merge(members, into: into)
    case .split(let members, let parts, let into, _):
      try reassign(members, parts: parts, into: into, origin: .split)
    case .importPhy(let members, let parts, let into, let labels, _):
      var next = self
      try next.reassign(members, parts: parts, into: into, origin: .importPhy)
      for (id, label) in labels { try next.change([id]) { $0.label = label } }
      self = next
    case .label(let members, let label): try change(members) { $0.label = label }
    case .note(let members, let text):
      guard text.count <= Self.longestNote else {
        throw .impossible("a note holds at most \(Self.longestNote) characters")
      }
      try change(members) { $0.note = text }
    case .reject(let first, let second):
      _ = try known([first, second])
      rejected.insert(Pair(first, second))
    case .begin, .undo, .redo: throw .impossible("\(action.summary) is no change of a state")
    }
  }

  /// The units of some identifiers.
  ///
  /// - Throws: `CurationError.impossible` where one is unknown, stands twice, or there are none.
  func known(_ ids: [Int]) throws(CurationError) -> [Unit] {
    guard !ids.isEmpty else { throw .impossible("no unit is named") }
    guard Set(ids).count == ids.count else { throw .impossible("a unit is named twice") }
    var found: [Unit] = []
    for id in ids {
      guard let unit = units[id] else { throw .impossible("there is no unit \(id)") }
      found.append(unit)
    }
    return found
  }

  private mutating func change(_ ids: [Int], _ body: (inout Unit) -> Void) throws(CurationError) {
    for var unit in try known(ids) {
      body(&unit)
      units[unit.id] = unit
    }
  }

  private mutating func merge(_ ids: [Int], into: Int) throws(CurationError) {
    let members = try known(ids)
    guard members.count > 1 else { throw .impossible("a merge needs at least two units") }
    try checkNew([into])
    let labels = Set(members.map(\.label))
    let notes = members.map(\.note).filter { !$0.isEmpty }.joined(separator: "; ")
    let unit = Unit(
      id: into, spikes: members.map(\.spikes).reduce([], merged),
      label: labels.count == 1 ? members[0].label : nil, note: String(notes.prefix(Self.longestNote)),
      origin: .merge, parents: ids)
    remove(ids)
    units[into] = unit
    nextID = into + 1
  }

  /// Takes parts out of units: each becomes a unit, and so does what remains of every unit that lost spikes.
  private mutating func reassign(
    _ ids: [Int], parts: [[Int32]], into: [Int], origin: Unit.Origin
  ) throws(CurationError) {
    if origin == .importPhy, ids.isEmpty, parts.isEmpty, into.isEmpty { return }
    let members = try known(ids)
    let taken = parts.reduce([], merged)
    guard parts.allSatisfy({ !$0.isEmpty }), zip(taken, taken.dropFirst()).allSatisfy(<) else {
      throw .impossible("the parts of a split must neither be empty nor share spikes")
    }
    let rests = members.map { without($0.spikes, taken) }
    let lost = zip(members, rests).reduce(0) { $0 + $1.0.spikes.count - $1.1.count }
    guard lost == taken.count else { throw .impossible("a split takes spikes of the units it names only") }
    let touched = members.indices.filter { rests[$0].count < members[$0].spikes.count }
    let left = touched.filter { !rests[$0].isEmpty }
    guard parts.count + left.count > (origin == .split ? 1 : 0) else {
      throw .impossible("the selection holds all spikes: nothing is parted")
    }
    try checkNew(into)
    guard into.count == parts.count + left.count else {
      throw .impossible("a split makes \(parts.count + left.count) units, \(into.count) are named")
    }
    let parents = touched.map { members[$0].id }
    remove(parents)
    for (part, id) in zip(parts + left.map { rests[$0] }, into) {
      units[id] = Unit(id: id, spikes: part, label: nil, note: "", origin: origin, parents: parents)
    }
    nextID = (into.last ?? nextID - 1) + 1
  }

  private mutating func remove(_ ids: [Int]) {
    for id in ids { units[id] = nil }
    let gone = Set(ids)
    rejected = rejected.filter { !gone.contains($0.first) && !gone.contains($0.second) }
  }

  private func checkNew(_ ids: [Int]) throws(CurationError) {
    var least = nextID
    for id in ids {
      guard id >= least, id < Self.idLimit else {
        throw .impossible("\(id) cannot name a new unit: \(least) is the next free number")
      }
      least = id + 1
    }
  }
}
