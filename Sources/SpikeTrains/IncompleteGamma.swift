internal import Foundation

/// log Γ(x) for x > 0, to about 1e-15 relative: Stirling's series after the recurrence has lifted x above 10.
func logGamma(_ x: Double) -> Double {
  precondition(x > 0, "log Γ is for positive numbers here")
  var lifted = x
  var factor = 1.0
  while lifted < 10 {
    factor *= lifted
    lifted += 1
  }
  let inverse = 1 / lifted
  let square = inverse * inverse
  // Bernoulli numbers B(2k) over 2k(2k − 1), k = 1…7.
  var series = 0.0
  let divisors: [Double] = [156, -360_360 / 691, 1188, -1680, 1260, -360, 12]
  for divisor in divisors { series = series * square + 1 / divisor }
  return (lifted - 0.5) * log(lifted) - lifted + 0.5 * log(2 * .pi) + series * inverse - log(factor)
}

/// The regularised incomplete gamma functions P(a, x) and Q(a, x) = 1 − P, each without cancellation.
///
/// P is the chance that a gamma variable of shape a stays below x. The power series below a + 1, the
/// continued fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31, the fraction by Lentz's method).
/// - Precondition: a > 0, x ≥ 0.
/// - Complexity: O(√a) terms near x = a.
func incompleteGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
  precondition(a > 0 && x >= 0, "the incomplete gamma function needs a > 0 and x ≥ 0")
  guard x > 0 else { return (0, 1) }
  guard x.isFinite else { return (1, 0) }
  let front = exp(a * log(x) - x - logGamma(a))
  let terms = 500 + 40 * Int(a.squareRoot())
  guard x >= a + 1 else {
    var term = 1 / a
    var sum = term
    for k in 1..<terms where term >= sum * 1e-17 {
      term *= x / (a + Double(k))
      sum += term
    }
    let lower = min(front * sum, 1)
    return (lower, 1 - lower)
  }
  var b = x + 1 - a
  var c = Double.infinity
  var d = 1 / b
  var fraction = d
  for k in 1..<terms {
    let numerator = -Double(k) * (Double(k) - a)
    b += 2
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    let step = c * d
    fraction *= step
    if abs(step - 1) < 1e-16 { break }
  }
  let upper = min(front * fraction, 1)
  return (1 - upper, upper)
}

/// The x at which a gamma variable of shape a has probability `lower` below it and `upper` = 1 − `lower` above.
///
/// Both tails are given so that neither loses digits. Newton steps inside a bracket that only shrinks.
func gammaQuantile(_ a: Double, lower: Double, upper: Double) -> Double {
  guard lower > 0 else { return 0 }
  guard upper > 0 else { return .infinity }
  func excess(_ x: Double) -> Double {
    let value = incompleteGamma(a, x)
    return upper < lower ? upper - value.upper : value.lower - lower
  }
  var low = 0.0
  var high = max(a, 1)
  while excess(high) < 0 {
    low = high
    high *= 2
  }
  var x = 0.5 * (low + high)
  for _ in 0..<200 {
    let error = excess(x)
    if error == 0 { return x }
    if error < 0 { low = x } else { high = x }
    let density = exp((a - 1) * log(x) - x - logGamma(a))
    var next = x - error / density
    if !(next > low && next < high) { next = 0.5 * (low + high) }
    if abs(next - x) <= 1e-15 * x { return next }
    x = next
  }
  return x
}
