internal import Foundation

/// Probabilities and exact confidence intervals of counts.
public enum CountStatistics {
  /// The chance that a Poisson variable of the given mean is at most `count`.
  ///
  /// - Precondition: `mean` ≥ 0. A negative count has chance 0.
  public static func poissonAtMost(_ count: Int, mean: Double) -> Double {
    guard count >= 0 else { return 0 }
    return incompleteGamma(Double(count) + 1, mean).upper
  }

  /// The chance that a Poisson variable of the given mean is at least `count`.
  ///
  /// - Precondition: `mean` ≥ 0. A count of zero or less has chance 1.
  public static func poissonAtLeast(_ count: Int, mean: Double) -> Double {
    guard count > 0 else { return 1 }
    return incompleteGamma(Double(count), mean).lower
  }

  /// The exact two-sided confidence interval of a Poisson mean after `count` events (Garwood 1936).
  ///
  /// Half of 1 − `confidence` lies beyond each end; the lower end is 0 after no event. After 0 events at 95 % it is
  /// 0 … 3.69.
  /// - Precondition: `count` ≥ 0, 0 < `confidence` < 1.
  public static func poissonInterval(_ count: Int, confidence: Double = 0.95) -> ClosedRange<Double> {
    precondition(count >= 0, "a count is not negative")
    precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
    let tail = (1 - confidence) / 2
    let lower = count == 0 ? 0 : gammaQuantile(Double(count), lower: tail, upper: 1 - tail)
    let upper = gammaQuantile(Double(count) + 1, lower: 1 - tail, upper: tail)
    return lower...upper
  }

  /// The chance that at most `count` of `trials` succeed, each with the given probability.
  ///
  /// - Complexity: O(`count`).
  public static func binomialAtMost(_ count: Int, trials: Int, probability: Double) -> Double {
    precondition(probability >= 0 && probability <= 1, "a probability lies between 0 and 1")
    guard count >= 0 else { return 0 }
    guard count < trials, probability > 0 else { return 1 }
    guard probability < 1 else { return 0 }
    let logOdds = log(probability) - log1p(-probability)
    var logTerm = Double(trials) * log1p(-probability)
    var sum = exp(logTerm)
    for k in 0..<count {
      logTerm += log(Double(trials - k)) - log(Double(k + 1)) + logOdds
      sum += exp(logTerm)
    }
    return min(sum, 1)
  }

  /// The chance that a chi-square variable exceeds `value`.
  ///
  /// - Precondition: `value` ≥ 0, `degreesOfFreedom` > 0.
  public static func chiSquareAbove(_ value: Double, degreesOfFreedom: Int) -> Double {
    incompleteGamma(Double(degreesOfFreedom) / 2, value / 2).upper
  }
}
