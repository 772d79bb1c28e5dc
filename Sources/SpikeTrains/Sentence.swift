internal import Foundation

/// Numbers as they stand in reasons, the same in every locale.
enum Sentence {
  /// A number with a fixed number of places after the point: "1,234.5".
  static func decimal(_ value: Double, places: Int = 1) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let scale = (0..<places).reduce(1.0) { power, _ in power * 10 }
    let units = Int((abs(value) * scale).rounded())
    let sign = value < 0 && units > 0 ? "−" : ""
    let digits = String(units)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let whole = grouped(padded.dropLast(places))
    return sign + whole + (places > 0 ? "." + padded.suffix(places) : "")
  }

  /// A number without places: "95".
  static func whole(_ value: Double) -> String { decimal(value, places: 0) }

  /// A share in percent: "0.4 %".
  static func percent(_ share: Double) -> String { decimal(100 * share) + " %" }

  /// A share in whole percent: "97 %"; nothing short of certain is 100, nothing possible 0.
  static func wholePercent(_ share: Double) -> String {
    let percent = (100 * share).rounded()
    if percent >= 100, share < 1 { return "over 99 %" }
    if percent <= 0, share > 0 { return "under 1 %" }
    return whole(percent) + " %"
  }

  /// A range of shares: "0.0–1.5 %".
  static func percentRange(_ range: ClosedRange<Double>) -> String {
    decimal(100 * range.lowerBound) + "–" + percent(range.upperBound)
  }

  /// A probability: "0.034", or "below 0.0001".
  static func chance(_ probability: Double) -> String {
    probability < 1e-4 ? "below 0.0001" : decimal(probability, places: probability < 0.01 ? 4 : 3)
  }

  /// A number of things: "1 spike", "3,481 spikes".
  static func count(_ number: Int, _ noun: String) -> String {
    grouped(Substring(String(number))) + " " + noun + (number == 1 ? "" : "s")
  }

  /// A range of lags: "within 2 ms", or "between 0.5 and 2 ms apart" where shorter ones are censored.
  static func window(_ milliseconds: Double, censoredMilliseconds: Double) -> String {
    func short(_ value: Double) -> String { value == value.rounded() ? whole(value) : decimal(value) }
    guard censoredMilliseconds > 0 else { return "within \(short(milliseconds)) ms" }
    return "between \(short(censoredMilliseconds)) and \(short(milliseconds)) ms apart"
  }

  private static func grouped(_ digits: Substring) -> String {
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }
}

/// A chance for people: "97 %".
public func chanceWords(_ chance: Double) -> String { Sentence.wholePercent(chance) }
