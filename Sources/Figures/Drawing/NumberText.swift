#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A length or position for an attribute: at most two decimals, no locale; what is not finite becomes 0.
func pixels(_ value: Double) -> String {
  guard value.isFinite else { return "0" }
  let hundredths = Int((min(max(value, -1e7), 1e7) * 100).rounded())
  var bytes: [UInt8] = []
  appendDecimal(hundredths, decimals: 2, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

/// Writes value / 10^decimals in its shortest form: no trailing zeros, no zero before the point.
func appendDecimal(_ value: Int, decimals: Int, to bytes: inout [UInt8]) {
  if value < 0 { bytes.append(UInt8(ascii: "-")) }
  var digits: [UInt8] = []
  var rest = value.magnitude
  var place = 0
  var significant = decimals == 0
  while rest > 0 || place < decimals {
    let digit = UInt8(rest % 10)
    rest /= 10
    if place < decimals {
      significant = significant || digit != 0
      if significant { digits.append(digit + UInt8(ascii: "0")) }
      if place == decimals - 1 && significant { digits.append(UInt8(ascii: ".")) }
    } else {
      digits.append(digit + UInt8(ascii: "0"))
    }
    place += 1
  }
  if digits.isEmpty { digits.append(UInt8(ascii: "0")) }
  bytes.append(contentsOf: digits.reversed())
}

/// A number for people: fixed decimals, a true minus sign, commas between thousands from 10,000 on,
/// a power of ten beyond 10^12; "–" for what is not finite.
func decimalText(_ value: Double, decimals: Int = 0) -> String {
  guard value.isFinite else { return "–" }
  let magnitude = abs(value)
  guard magnitude < 1e12 else { return powerText(value) }
  let decimals = min(max(decimals, 0), 6)
  let power = (0..<decimals).reduce(into: 1) { power, _ in power *= 10 }
  let scaled = Int((magnitude * Double(power)).rounded())
  let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: power)
  var text = value < 0 && scaled > 0 ? "−" : ""
  text += grouped(whole)
  if decimals > 0 {
    let digits = String(fraction)
    text += "." + String(repeating: "0", count: decimals - digits.count) + digits
  }
  return text
}

private func grouped(_ whole: Int) -> String {
  let digits = String(whole)
  guard digits.count > 4 else { return digits }
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return text
}

/// A number as mantissa and power of ten, such as 2.5×10⁻⁷.
func powerText(_ value: Double) -> String {
  guard value != 0, value.isFinite else { return value == 0 ? "0" : "–" }
  var exponent = Int(log10(abs(value)).rounded(.down))
  var mantissa = (value / pow(10, Double(exponent)) * 10).rounded() / 10
  if abs(mantissa) >= 10 {
    mantissa /= 10
    exponent += 1
  }
  let superscripts: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
  let raised = String(exponent.magnitude).compactMap(\.wholeNumberValue).map { superscripts[$0] }
  let whole = mantissa == mantissa.rounded()
  return decimalText(mantissa, decimals: whole ? 0 : 1) + "×10" + (exponent < 0 ? "⁻" : "") + String(raised)
}

/// A share as a percentage with one decimal below 10 %, unless that is zero.
func percentText(_ share: Double) -> String {
  let percent = share * 100
  let isWhole = abs(percent - percent.rounded()) < 0.05
  return decimalText(percent, decimals: abs(percent) < 10 && !isWhole ? 1 : 0) + " %"
}
