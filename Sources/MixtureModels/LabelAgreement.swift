public import LinearAlgebra

/// How two labellings of the same points agree.
public enum LabelAgreement {
  /// How often every label of `a` (row) meets every label of `b` (column).
  ///
  /// - Precondition: equally many labels, none negative.
  public static func contingency(_ a: [Int], _ b: [Int]) -> Matrix {
    precondition(a.count == b.count, "two labellings must label the same points")
    var table = Matrix(rows: (a.max() ?? -1) + 1, columns: (b.max() ?? -1) + 1)
    for (i, j) in zip(a, b) { table[i, j] += 1 }
    return table
  }

  /// The adjusted Rand index (Hubert and Arabie 1985): 1 for the same partition, 0 on average for chance.
  ///
  /// Two labellings that both put all points together, or all apart, agree: 1.
  /// - Complexity: O(points + labels²).
  public static func adjustedRandIndex(_ a: [Int], _ b: [Int]) -> Double {
    let table = contingency(a, b)
    func pairs(_ n: Double) -> Double { n * (n - 1) / 2 }
    let both = table.storage.reduce(0) { $0 + pairs($1) }
    let rows = (0..<table.rows).reduce(0) { $0 + pairs(table.row($1).reduce(0, +)) }
    let columns = (0..<table.columns).reduce(0) { $0 + pairs(table.column($1).reduce(0, +)) }
    let all = pairs(Double(a.count))
    let expected = all > 0 ? rows * columns / all : 0
    let most = (rows + columns) / 2
    return most == expected ? 1 : (both - expected) / (most - expected)
  }

  /// The relabelling that agrees best with a truth, by the Hungarian method.
  ///
  /// - Returns: the true label every label stands for, nil for labels beyond the number of true ones; the labels
  ///   so renamed, those that stand for none numbered on from the last true label; and the share of points whose
  ///   renamed label is the true one.
  public static func aligned(
    _ labels: [Int], to truth: [Int]
  ) -> (trueLabels: [Int?], relabelled: [Int], accuracy: Double) {
    let table = contingency(labels, truth)
    guard table.rows > 0 else { return ([], [], 1) }
    let match = leastCostAssignment(table * -1)
    var names: [Int] = []
    var next = table.columns
    for name in match {
      names.append(name ?? next)
      if name == nil { next += 1 }
    }
    let relabelled = labels.map { names[$0] }
    let hits = zip(relabelled, truth).count { $0 == $1 }
    return (match, relabelled, Double(hits) / Double(labels.count))
  }
}
