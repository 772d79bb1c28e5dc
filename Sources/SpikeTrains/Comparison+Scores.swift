internal import LinearAlgebra

/// How well one true unit was found.
public struct UnitScore: Sendable, Equatable {
  /// The true unit.
  public let truth: Int
  /// Its partner in the sorting, if any.
  public let unit: Int?
  /// The spikes of the partner that match one of the true unit's.
  public let truePositives: Int
  /// The true unit's spikes without a match.
  public let falseNegatives: Int
  /// The partner's spikes without a match.
  public let falsePositives: Int

  /// TP / (TP + FN + FP); 0 without a match.
  public var accuracy: Double { share(truePositives, of: truePositives + falseNegatives + falsePositives) }
  /// TP / (TP + FN); 0 without a match.
  public var recall: Double { share(truePositives, of: truePositives + falseNegatives) }
  /// TP / (TP + FP); 0 without a match.
  public var precision: Double { share(truePositives, of: truePositives + falsePositives) }
  /// FP / (TP + FP); 0 without a match, as in SpikeInterface.
  public var falseDiscoveryRate: Double { share(falsePositives, of: truePositives + falsePositives) }
  /// FN / true spikes; 0 without a match, as in SpikeInterface.
  public var missRate: Double { share(falseNegatives, of: truePositives + falseNegatives) }

  private func share(_ part: Int, of whole: Int) -> Double {
    truePositives > 0 ? Double(part) / Double(whole) : 0
  }
}

extension Comparison {
  /// The score of every true unit, in order of label.
  public func scores(pairing: Pairing = .hungarian) -> [UnitScore] {
    let partners = pairing == .hungarian ? hungarianPartners : bestTested
    return truthUnits.indices.map { row in
      guard let column = partners[row] else {
        return UnitScore(
          truth: truthUnits[row], unit: nil, truePositives: 0, falseNegatives: truthCounts[row],
          falsePositives: 0)
      }
      let matched = matches[row][column]
      return UnitScore(
        truth: truthUnits[row], unit: testedUnits[column], truePositives: matched,
        falseNegatives: truthCounts[row] - matched, falsePositives: testedCounts[column] - matched)
    }
  }

  /// The mean accuracy over true units, with Hungarian pairing; 0 without true units.
  public var meanAccuracy: Double {
    guard !truthUnits.isEmpty else { return 0 }
    return scores().map(\.accuracy).reduce(0, +) / Double(truthUnits.count)
  }

  /// Tested units paired with an agreement of at least 0.8.
  public var wellDetected: [Int] {
    testedUnits(where: { column in
      guard let row = hungarianPartners.firstIndex(of: column) else { return false }
      return agreement[row, column] >= Self.wellDetectedAgreement
    })
  }

  /// Tested units without a partner that agree with no true unit by 0.2.
  public var falsePositive: [Int] {
    testedUnits(where: { column in
      guard isUnpaired(column) else { return false }
      guard let row = bestTruth[column] else { return true }
      return agreement[row, column] < Self.redundantAgreement
    })
  }

  /// Tested units without a partner that agree by 0.2 or more with a true unit that has a better one.
  public var redundant: [Int] {
    testedUnits(where: { column in
      guard isUnpaired(column), let row = bestTruth[column], bestTested[row] != column else { return false }
      return agreement[row, column] >= Self.redundantAgreement
    })
  }

  /// Tested units that agree by more than 0.2 with more than one true unit.
  public var overmerged: [Int] {
    testedUnits(where: { column in
      agreement.column(column).count { $0 > Self.overmergedAgreement } > 1
    })
  }

  /// All tested units without a partner.
  public var unpaired: [Int] { testedUnits(where: isUnpaired) }

  private func isUnpaired(_ column: Int) -> Bool { !hungarianPartners.contains(column) }

  private func testedUnits(where condition: (Int) -> Bool) -> [Int] {
    testedUnits.indices.filter(condition).map { testedUnits[$0] }
  }
}
