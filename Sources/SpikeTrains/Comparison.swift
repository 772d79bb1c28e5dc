public import LinearAlgebra

/// A sorting compared with the truth, by SpikeInterface's definitions.
///
/// Spikes match when at most 0.4 ms apart; the agreement of two units is matches / (spikes of both − matches).
/// Units are paired by the Hungarian method over agreements of at least 0.5, and one true unit's accuracy is
/// TP / (TP + FN + FP), 0 where it has no partner.
public struct Comparison: Sendable {
  /// How true units are given a partner.
  public enum Pairing: Sendable {
    /// One to one, with the largest sum of agreements, each at least 0.5.
    case hungarian
    /// Every true unit with the tested unit it agrees with best, at least 0.1; a tested unit may serve several.
    case best
  }

  /// The agreement below which units are not paired by the Hungarian method.
  public static let pairingAgreement = 0.5
  /// The agreement below which a best partner is put down to chance.
  public static let chanceAgreement = 0.1
  /// The agreement from which a paired unit is well detected.
  public static let wellDetectedAgreement = 0.8
  /// The agreement from which an unpaired unit is redundant and not a false positive.
  public static let redundantAgreement = 0.2
  /// The agreement above which more than one true unit makes a tested unit overmerged.
  public static let overmergedAgreement = 0.2

  /// The window of a match in whole frames, truncated from the milliseconds given.
  public let deltaFrames: Int
  /// The labels of the true units, ascending.
  public let truthUnits: [Int]
  /// The labels of the tested units, ascending.
  public let testedUnits: [Int]
  /// The number of spikes of every true unit.
  public let truthCounts: [Int]
  /// The number of spikes of every tested unit.
  public let testedCounts: [Int]
  /// The matching spikes of every true unit (row) and tested unit (column).
  public let matches: [[Int]]
  /// The agreement of every true unit (row) and tested unit (column).
  public let agreement: Matrix
  /// Every true unit's partner by the Hungarian method, as an index into `testedUnits`.
  public let hungarianPartners: [Int?]
  /// The best tested unit of every true unit, as an index into `testedUnits`.
  public let bestTested: [Int?]
  /// The best true unit of every tested unit, as an index into `truthUnits`.
  public let bestTruth: [Int?]

  /// Compares a sorting with the truth.
  ///
  /// - Parameters:
  ///   - truthTimes: the frame of every true spike, in any order; `truthLabels` its unit.
  ///   - testedTimes: the frame of every spike of the sorting, in any order; `testedLabels` its unit.
  ///   - samplingRate: frames per second.
  ///   - deltaMilliseconds: the largest distance of matching spikes.
  /// - Complexity: O(spikes log spikes + pairs within the window).
  public init(
    truthTimes: [Int], truthLabels: [Int], testedTimes: [Int], testedLabels: [Int], samplingRate: Double,
    deltaMilliseconds: Double = 0.4
  ) {
    let delta = Self.deltaFrames(milliseconds: deltaMilliseconds, samplingRate: samplingRate)
    let truth = SpikeMatching.Events(times: truthTimes, labels: truthLabels)
    let tested = SpikeMatching.Events(times: testedTimes, labels: testedLabels)
    self.init(
      truth: truth, tested: tested, deltaFrames: delta,
      matches: SpikeMatching.counts(truth: truth, tested: tested, deltaFrames: delta))
  }

  init(truth: SpikeMatching.Events, tested: SpikeMatching.Events, deltaFrames: Int, matches: [[Int]]) {
    self.deltaFrames = deltaFrames
    self.matches = matches
    truthUnits = truth.labels
    testedUnits = tested.labels
    truthCounts = truth.counts
    testedCounts = tested.counts
    var agreement = Matrix(rows: truth.labels.count, columns: tested.labels.count)
    for i in 0..<agreement.rows {
      for j in 0..<agreement.columns {
        let either = truth.counts[i] + tested.counts[j] - matches[i][j]
        agreement[i, j] = either > 0 ? Double(matches[i][j]) / Double(either) : 0
      }
    }
    self.agreement = agreement
    hungarianPartners = Self.hungarianPartners(agreement)
    bestTested = (0..<agreement.rows).map { Self.best(Array(agreement.row($0))) }
    bestTruth = (0..<agreement.columns).map { Self.best(agreement.column($0)) }
  }

  /// The window in whole frames, truncated as SpikeInterface does.
  static func deltaFrames(milliseconds: Double, samplingRate: Double) -> Int {
    Int(milliseconds / 1000 * samplingRate)
  }

  private static func hungarianPartners(_ agreement: Matrix) -> [Int?] {
    let scores = agreement.storage.map { $0 < pairingAgreement ? 0 : -$0 }
    let cost = Matrix(rows: agreement.rows, columns: agreement.columns, storage: scores)
    return leastCostAssignment(cost).enumerated().map { row, column in
      column.flatMap { agreement[row, $0] >= pairingAgreement ? $0 : nil }
    }
  }

  /// The first largest score, unless it is chance.
  private static func best(_ scores: [Double]) -> Int? {
    guard let largest = scores.max(), largest >= chanceAgreement else { return nil }
    return scores.firstIndex(of: largest)
  }
}
