internal import Foundation
internal import LinearAlgebra

/// The memory one thread works in: features and responsibilities of one block of points, one row a feature or
/// component, one column a point, so that every loop runs along memory.
struct BlockWorkspace: ~Copyable {
  let features: UnsafeMutablePointer<Double>
  let joint: UnsafeMutablePointer<Double>
  let ratios: UnsafeMutablePointer<Double>
  let exponents: UnsafeMutablePointer<Double>
  let peaks: UnsafeMutablePointer<Double>
  let sums: UnsafeMutablePointer<Double>
  let logs: UnsafeMutablePointer<Double>

  /// - Parameters:
  ///   - points: the most points of a block.
  ///   - components: the most components handled at once.
  init(points: Int, features: Int, components: Int) {
    self.features = .allocate(capacity: points * features)
    joint = .allocate(capacity: points * components)
    ratios = .allocate(capacity: points * components)
    exponents = .allocate(capacity: points * components)
    peaks = .allocate(capacity: points)
    sums = .allocate(capacity: points)
    logs = .allocate(capacity: points)
  }

  deinit {
    features.deallocate()
    joint.deallocate()
    ratios.deallocate()
    exponents.deallocate()
    peaks.deallocate()
    sums.deallocate()
    logs.deallocate()
  }

  /// Writes φ of `count` points from sorted row `start` on.
  func fillFeatures(_ map: FeatureMap, _ data: MixtureData, start: Int, count n: Int) {
    let stride = data.order.count
    data.columns.withUnsafeBufferPointer { columns in
      guard let base = columns.baseAddress else { return }
      features.update(repeating: 1, count: n)
      for j in 0..<map.dimensions {
        (features + (1 + j) * n).update(from: base + j * stride + start, count: n)
      }
    }
    var target = features + map.linearCount * n
    for (i, j) in map.pairs {
      let a = features + (1 + i) * n
      let b = features + (1 + j) * n
      for l in 0..<n { target[l] = a[l] * b[l] }
      target += n
    }
  }
}

/// What one mixture's block adds to its likelihood.
struct BlockLikelihood {
  var logLikelihood = 0.0
  var entropy = 0.0
}

/// The E-step of one mixture on one block.
///
/// `joint` holds the stack's linear functions (components × n) on entry, and on return ω·τ·u, the weight of every
/// point in the moments of every component; `ratios` and `exponents` are scratch of the same size.
/// - Parameters:
///   - pointWeights: ω of the block's points, nil for ones.
///   - counts: is given Σ ω·τ of every component on top of what it holds.
///   - wantsEntropy: whether to sum the entropy of the responsibilities too.
/// - Complexity: O(components × n).
func expectation(
  components: Int, n: Int, dimensions: Int, degreesOfFreedom nu: Double,
  logConstants: UnsafePointer<Double>, pointWeights: UnsafePointer<Double>?,
  joint: UnsafeMutablePointer<Double>, work: borrowing BlockWorkspace, offset: Int,
  counts: UnsafeMutablePointer<Double>, wantsEntropy: Bool
) -> BlockLikelihood {
  let heavyTailed = nu != .infinity
  let ratios = work.ratios + offset
  if heavyTailed {
    takeLogDensities(
      components: components, n: n, dimensions: dimensions, nu: nu, logConstants: logConstants,
      joint: joint, ratios: ratios)
  }
  let exponents = work.exponents + offset
  let (peaks, sums, logs) = (work.peaks, work.sums, work.logs)
  normalise(
    components: components, n: n, joint: joint, exponents: wantsEntropy ? exponents : nil,
    peaks: peaks, sums: sums, logs: logs)
  var result = BlockLikelihood()
  for i in 0..<n { peaks[i] += logs[i] }
  result.logLikelihood = pointWeights.map { dot($0, peaks, n) } ?? sum(peaks, n)
  if wantsEntropy {
    for k in 0..<components {
      let (e, a) = (exponents + k * n, joint + k * n)
      for i in 0..<n { e[i] = a[i] > 0 ? -a[i] * (e[i] - logs[i]) : 0 }
      result.entropy += pointWeights.map { dot($0, e, n) } ?? sum(e, n)
    }
  }
  for k in 0..<components {
    let c = joint + k * n
    if let pointWeights { for i in 0..<n { c[i] *= pointWeights[i] } }
    counts[k] += sum(c, n)
    guard heavyTailed else { continue }
    let q = ratios + k * n
    let factor = (nu + Double(dimensions)) / nu
    for i in 0..<n { c[i] *= factor / q[i] }
  }
  return result
}

/// Turns 1 + δ/ν into log weight + log density; keeps 1 + δ/ν in `ratios`.
func takeLogDensities(
  components: Int, n: Int, dimensions: Int, nu: Double, logConstants: UnsafePointer<Double>,
  joint: UnsafeMutablePointer<Double>, ratios: UnsafeMutablePointer<Double>
) {
  for l in 0..<components * n {
    // Rounding can leave a point at its location with δ a little below 0.
    let q = joint[l] > 1 ? joint[l] : 1
    ratios[l] = q
    joint[l] = q
  }
  Vectorised.takeLogarithm(UnsafeMutableBufferPointer(start: joint, count: components * n))
  let half = (nu + Double(dimensions)) / 2
  for k in 0..<components {
    let row = joint + k * n
    let constant = logConstants[k]
    for i in 0..<n { row[i] = constant - half * row[i] }
  }
}

/// Log joint densities to responsibilities, by log-sum-exp; the log of a point's density is its peak + log.
func normalise(
  components: Int, n: Int, joint: UnsafeMutablePointer<Double>, exponents: UnsafeMutablePointer<Double>?,
  peaks: UnsafeMutablePointer<Double>, sums: UnsafeMutablePointer<Double>, logs: UnsafeMutablePointer<Double>
) {
  peaks.update(from: joint, count: n)
  for k in 1..<max(components, 1) {
    let row = joint + k * n
    for i in 0..<n { peaks[i] = row[i] > peaks[i] ? row[i] : peaks[i] }
  }
  for k in 0..<components {
    let row = joint + k * n
    for i in 0..<n { row[i] -= peaks[i] }
  }
  exponents?.update(from: joint, count: components * n)
  Vectorised.exponentiate(UnsafeMutableBufferPointer(start: joint, count: components * n))
  sums.update(repeating: 0, count: n)
  for k in 0..<components {
    let row = joint + k * n
    for i in 0..<n { sums[i] += row[i] }
  }
  logs.update(from: sums, count: n)
  Vectorised.takeLogarithm(UnsafeMutableBufferPointer(start: logs, count: n))
  for i in 0..<n { sums[i] = 1 / sums[i] }
  for k in 0..<components {
    let row = joint + k * n
    for i in 0..<n { row[i] *= sums[i] }
  }
}

/// The sum of n numbers in eight strands, so that it runs at the width of the machine's vectors.
private func sum(_ x: UnsafePointer<Double>, _ n: Int) -> Double {
  var strands = SIMD8<Double>(repeating: 0)
  let whole = n & ~7
  for i in stride(from: 0, to: whole, by: 8) {
    strands += UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self)
  }
  var total = strands.sum()
  for i in whole..<n { total += x[i] }
  return total
}

/// The inner product of n numbers, in eight strands.
private func dot(_ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ n: Int) -> Double {
  var strands = SIMD8<Double>(repeating: 0)
  let whole = n & ~7
  for i in stride(from: 0, to: whole, by: 8) {
    strands +=
      UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self)
      * UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Double>.self)
  }
  var total = strands.sum()
  for i in whole..<n { total += x[i] * y[i] }
  return total
}
