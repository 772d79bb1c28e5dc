/// The assignment of rows to columns with the least total cost.
///
/// Every row gets a column of its own, or with fewer columns than rows every column a row; the others get nil.
/// - Parameter cost: finite costs, any shape.
/// - Returns: the column of every row.
/// - Complexity: O(n³) for n = max(rows, columns). Shortest augmenting paths with potentials
///   (Kuhn 1955; Jonker and Volgenant 1987).
public func leastCostAssignment(_ cost: Matrix) -> [Int?] {
  guard cost.rows <= cost.columns else {
    var result = [Int?](repeating: nil, count: cost.rows)
    for (column, row) in leastCostAssignment(cost.transposed).enumerated() {
      if let row { result[row] = column }
    }
    return result
  }
  let n = cost.rows
  let m = cost.columns
  // One-based, as in the classical statement: index 0 is the row being inserted.
  var rowPotential = [Double](repeating: 0, count: n + 1)
  var columnPotential = [Double](repeating: 0, count: m + 1)
  var rowOfColumn = [Int](repeating: 0, count: m + 1)
  for row in 1...max(n, 1) where row <= n {
    var previous = [Int](repeating: 0, count: m + 1)
    var shortest = [Double](repeating: .infinity, count: m + 1)
    var visited = [Bool](repeating: false, count: m + 1)
    var column = 0
    rowOfColumn[0] = row
    repeat {
      visited[column] = true
      let i = rowOfColumn[column]
      var step = Double.infinity
      var next = 0
      for j in 1...m where !visited[j] {
        let reduced = cost[i - 1, j - 1] - rowPotential[i] - columnPotential[j]
        if reduced < shortest[j] {
          shortest[j] = reduced
          previous[j] = column
        }
        if shortest[j] < step {
          step = shortest[j]
          next = j
        }
      }
      for j in 0...m {
        if visited[j] {
          rowPotential[rowOfColumn[j]] += step
          columnPotential[j] -= step
        } else {
          shortest[j] -= step
        }
      }
      column = next
    } while rowOfColumn[column] != 0
    while column != 0 {
      rowOfColumn[column] = rowOfColumn[previous[column]]
      column = previous[column]
    }
  }
  var result = [Int?](repeating: nil, count: n)
  for j in 1...max(m, 1) where j <= m && rowOfColumn[j] > 0 { result[rowOfColumn[j] - 1] = j - 1 }
  return result
}
