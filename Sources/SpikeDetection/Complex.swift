internal import Foundation

/// A complex number: no more than filter design needs.
struct Complex: Equatable {
  var real: Double
  var imaginary: Double

  init(_ real: Double, _ imaginary: Double = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  /// cos(angle) + i·sin(angle).
  init(angle: Double) { self.init(cos(angle), sin(angle)) }

  var isReal: Bool { imaginary == 0 }
  var squaredLength: Double { real * real + imaginary * imaginary }
  var length: Double { squaredLength.squareRoot() }
  var conjugate: Complex { Complex(real, -imaginary) }

  /// The root with a real part that is not negative.
  var squareRoot: Complex {
    let r = ((length + abs(real)) / 2).squareRoot()
    guard r > 0 else { return Complex(0) }
    let other = abs(imaginary) / (2 * r)
    let sign: Double = imaginary < 0 ? -1 : 1
    return real >= 0 ? Complex(r, sign * other) : Complex(other, sign * r)
  }

  static func + (a: Complex, b: Complex) -> Complex { Complex(a.real + b.real, a.imaginary + b.imaginary) }
  static func - (a: Complex, b: Complex) -> Complex { Complex(a.real - b.real, a.imaginary - b.imaginary) }
  static func * (a: Complex, b: Complex) -> Complex {
    Complex(a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  static func / (a: Complex, b: Complex) -> Complex {
    let n = a * b.conjugate
    return Complex(n.real / b.squaredLength, n.imaginary / b.squaredLength)
  }
}
