import Foundation

/// What a recording must reach.
struct Bound: Codable, Equatable {
  var name: String
  /// The least accuracy over the clear units, or over all where none is clear.
  var accuracy: Double
  /// The most units that are no true unit's.
  var falseUnits: Int
  /// The most units wrongly called single.
  var wrongSingleUnits: Int
  /// The most good units that are not called single.
  var missedSingleUnits: Int
  /// Whether the stated range must hold the number of true units.
  var rangeHolds: Bool
  /// What is still wrong with this recording, where the bound is no more than what is reached.
  var failsToday: String?

  /// How far below what was reached an accuracy may fall.
  static let slack = 0.005
  /// The accuracy from which a recording counts as sorted.
  static let enough = 0.9

  /// The bound that a run sets.
  init(_ row: ExamRow) {
    name = row.name
    accuracy = max(0, ((row.judgedAccuracy - Self.slack) * 1000).rounded() / 1000)
    falseUnits = row.falseUnits
    wrongSingleUnits = row.wrongSingleUnits
    missedSingleUnits = row.missedSingleUnits
    rangeHolds = row.rangeHolds ?? true
    failsToday = faults
  }

  /// The bound that both this and another run keep.
  func widened(by other: Bound) -> Bound {
    var wider = self
    wider.accuracy = min(accuracy, other.accuracy)
    wider.falseUnits = max(falseUnits, other.falseUnits)
    wider.wrongSingleUnits = max(wrongSingleUnits, other.wrongSingleUnits)
    wider.missedSingleUnits = max(missedSingleUnits, other.missedSingleUnits)
    wider.rangeHolds = rangeHolds && other.rangeHolds
    wider.failsToday = wider.faults
    return wider
  }

  /// What this bound allows that no good sorting has.
  private var faults: String? {
    var list: [String] = []
    if accuracy < Self.enough { list.append("accuracy below \(Self.enough)") }
    if falseUnits > 0 { list.append("false units") }
    if wrongSingleUnits > 0 { list.append("wrongly called single") }
    if missedSingleUnits > 0 { list.append("good units not called single") }
    if !rangeHolds { list.append("the range of the number of units misses the truth") }
    return list.isEmpty ? nil : list.joined(separator: ", ")
  }

  /// One sentence for everything in which a recording is beyond its bounds.
  func complaints(about row: ExamRow) -> [String] {
    // A recording of which nothing came when the bounds were written has an accuracy of 0 in them.
    if let refusal = row.refusal, accuracy > 0 {
      return ["\(name): expected a result, the program gave none (\(refusal))"]
    }
    var list: [String] = []
    if row.judgedAccuracy < accuracy {
      list.append("\(name): expected an accuracy of \(accuracy) or more, reached \(row.judgedAccuracy)")
    }
    func most(_ bound: Int, _ value: Int, _ what: String) {
      if value > bound { list.append("\(name): expected at most \(bound) \(what), found \(value)") }
    }
    most(falseUnits, row.falseUnits, "false units")
    most(wrongSingleUnits, row.wrongSingleUnits, "units wrongly called single")
    most(missedSingleUnits, row.missedSingleUnits, "good units not called single")
    if rangeHolds, row.rangeHolds == false {
      list.append(
        "\(name): expected a range of the number of units that holds \(row.units), found \(row.range ?? [])")
    }
    return list
  }
}

/// A checked-in list of bounds.
struct Bounds: Codable, Equatable {
  var recordings: [Bound]

  init(_ rows: [ExamRow]) { recordings = rows.map(Bound.init) }

  /// - Throws: `ExamError.badFile` where there is no such list.
  init(contentsOf url: URL) throws {
    do {
      self = try JSONDecoder().decode(Bounds.self, from: Data(contentsOf: url))
    } catch {
      throw ExamError.badFile("\(url.path): found no bounds, expected those that exam --write-bounds writes")
    }
  }

  /// The bounds that both keep; what one of them lacks is taken from the other.
  func widened(by other: Bounds) -> Bounds {
    var wider = self
    for bound in other.recordings {
      if let i = wider.recordings.firstIndex(where: { $0.name == bound.name }) {
        wider.recordings[i] = wider.recordings[i].widened(by: bound)
      } else {
        wider.recordings.append(bound)
      }
    }
    return wider
  }

  /// Everything in which rows are beyond their bounds; a row without a bound is a complaint, too.
  func complaints(about rows: [ExamRow]) -> [(name: String, sentences: [String])] {
    rows.compactMap { row in
      guard let bound = recordings.first(where: { $0.name == row.name }) else {
        return (row.name, ["\(row.name): has no bound; expected one that exam --write-bounds wrote"])
      }
      let sentences = bound.complaints(about: row)
      return sentences.isEmpty ? nil : (row.name, sentences)
    }
  }
}
