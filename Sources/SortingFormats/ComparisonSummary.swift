/// How well a sorting found the true units (SpikeInterface's definitions), as `compare --json` prints it.
public struct ComparisonSummary: Codable, Sendable, Equatable {
  /// One true unit and the unit matched to it.
  public struct Unit: Codable, Sendable, Equatable {
    /// The true unit's label.
    public var truth: Int
    /// The matched unit; nil where none was.
    public var unit: Int?
    /// TP / (TP + FN + FP).
    public var accuracy: Double
    /// TP / (TP + FP).
    public var precision: Double
    /// TP / (TP + FN).
    public var recall: Double

    /// Makes a row.
    public init(truth: Int, unit: Int?, accuracy: Double, precision: Double, recall: Double) {
      self.truth = truth
      self.unit = unit
      self.accuracy = accuracy
      self.precision = precision
      self.recall = recall
    }

    /// Writes the row; a unit that is missing is written as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(truth, forKey: .truth)
      try container.encode(unit, forKey: .unit)
      try container.encode(accuracy, forKey: .accuracy)
      try container.encode(precision, forKey: .precision)
      try container.encode(recall, forKey: .recall)
    }
  }

  /// The mean accuracy over true units, unmatched ones counted as 0.
  public var meanAccuracy: Double
  /// The true units.
  public var units: [Unit]
  /// True units found with an accuracy of 0.8 or more.
  public var wellDetected: Int
  /// Units that match no true unit.
  public var falsePositive: Int
  /// Units that repeat a true unit matched by another.
  public var redundant: Int
  /// Units that hold more than one true unit.
  public var overmerged: Int

  /// The file of a result folder that holds it, where a truth is known.
  public static let fileName = "comparison.json"

  /// Makes a summary.
  public init(
    meanAccuracy: Double, units: [Unit], wellDetected: Int, falsePositive: Int, redundant: Int,
    overmerged: Int
  ) {
    self.meanAccuracy = meanAccuracy
    self.units = units
    self.wellDetected = wellDetected
    self.falsePositive = falsePositive
    self.redundant = redundant
    self.overmerged = overmerged
  }
}
