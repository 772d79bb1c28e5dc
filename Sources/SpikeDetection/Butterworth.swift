internal import Foundation

/// Which frequencies a filter lets through, in Hz; an edge is where the gain of one pass is 1/√2.
public enum Band: Sendable, Equatable {
  /// Those below the edge.
  case below(Double)
  /// Those above the edge.
  case above(Double)
  /// Those between the edges.
  case between(Double, Double)
}

/// What a filter or a detection is refused for. Each prints as one sentence.
public enum SpikeDetectionError: Error, Equatable, CustomStringConvertible {
  /// The edges are not ascending, or not between 0 and half the sampling rate.
  case invalidBand(band: String, samplingRate: Double)
  /// An option's value makes no sense.
  case invalidOption(name: String, found: String, expected: String)
  /// No channel carries a signal.
  case noSignal(file: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .invalidBand(let band, let rate):
      "the band \(band) Hz does not fit, expected ascending edges between 0 and \(rate / 2) Hz, half the sampling rate"
    case .invalidOption(let name, let found, let expected): "\(name): found \(found), expected \(expected)"
    case .noSignal(let file):
      "\(file): found every channel constant, expected at least one that carries a signal"
    }
  }
}

extension SecondOrderSections {
  /// A digital Butterworth filter as second-order sections.
  ///
  /// The analogue prototype's poles stand evenly on the left half of the unit circle (Butterworth 1930); band edges are
  /// prewarped and the bilinear transform makes the filter digital (Oppenheim & Schafer, Discrete-Time Signal
  /// Processing, chapter 7). Sections pair and stand as SciPy's `butter(…, output="sos")` has them.
  /// - Parameter order: the order of the prototype; a band-pass has twice as many poles.
  /// - Precondition: a positive order.
  /// - Throws: `invalidBand`.
  public static func butterworth(
    order: Int, _ band: Band, samplingRate: Double
  ) throws(SpikeDetectionError) -> SecondOrderSections {
    precondition(order > 0, "a filter needs a positive order")
    let edges =
      switch band {
      case .below(let edge), .above(let edge): [edge]
      case .between(let low, let high): [low, high]
      }
    guard let low = edges.first, let high = edges.last, low > 0, high < samplingRate / 2,
      edges.count == 1 || low < high
    else {
      throw .invalidBand(band: edges.map { "\($0)" }.joined(separator: "–"), samplingRate: samplingRate)
    }
    // In the units of the bilinear transform s = 4 (z − 1) / (z + 1).
    let warped = edges.map { 4 * tan(.pi * $0 / samplingRate) }
    let prototype = stride(from: 1 - order, to: order, by: 2).map { m in
      // The middle pole is real, and exactly so.
      m == 0 ? Complex(-1) : Complex(0) - Complex(angle: .pi * Double(m) / Double(2 * order))
    }
    var analogue = ZerosPolesGain(zeros: [], poles: prototype, gain: 1)
    switch band {
    case .below: analogue.scaleLowPass(to: warped[0])
    case .above: analogue.turnHighPass(at: warped[0])
    case .between: analogue.turnBandPass(from: warped[0], to: warped[1])
    }
    return SecondOrderSections(analogue.bilinear())
  }
}

/// A rational transfer function by its zeros, its poles and its gain.
struct ZerosPolesGain {
  var zeros: [Complex]
  var poles: [Complex]
  var gain: Double

  /// Moves a low-pass prototype's edge from 1 to `edge`.
  mutating func scaleLowPass(to edge: Double) {
    gain *= pow(edge, Double(poles.count - zeros.count))
    poles = poles.map { $0 * Complex(edge) }
  }

  /// Turns an all-pole low-pass prototype into a high-pass: s → edge / s.
  mutating func turnHighPass(at edge: Double) {
    let product = poles.reduce(Complex(1)) { $0 * (Complex(0) - $1) }
    gain *= (Complex(1) / product).real
    zeros = poles.map { _ in Complex(0) }
    poles = poles.map { Complex(edge) / $0 }
  }

  /// Turns an all-pole low-pass prototype into a band-pass: s → (s² + low·high) / (s·(high − low)).
  mutating func turnBandPass(from low: Double, to high: Double) {
    let width = high - low
    gain *= pow(width, Double(poles.count))
    let half = poles.map { $0 * Complex(width / 2) }
    let roots = half.map { ($0 * $0 - Complex(low * high)).squareRoot }
    zeros = poles.map { _ in Complex(0) }
    poles = zip(half, roots).map { $0 + $1 } + zip(half, roots).map { $0 - $1 }
  }

  /// The digital function after s = 4 (z − 1) / (z + 1): zeros at infinity go to −1.
  func bilinear() -> ZerosPolesGain {
    let four = Complex(4)
    let top = zeros.reduce(Complex(1)) { $0 * (four - $1) }
    let bottom = poles.reduce(Complex(1)) { $0 * (four - $1) }
    let missing = [Complex](repeating: Complex(-1), count: poles.count - zeros.count)
    return ZerosPolesGain(
      zeros: zeros.map { (four + $0) / (four - $0) } + missing,
      poles: poles.map { (four + $0) / (four - $0) },
      gain: gain * (top / bottom).real)
  }
}

extension SecondOrderSections {
  /// Pairs zeros with poles: the pole nearest the unit circle gets the zero nearest to it and stands last, then the
  /// next; the gain goes into the first section. (SciPy's pairing "nearest".)
  ///
  /// As many zeros as poles, complex ones in conjugate pairs.
  init(_ function: ZerosPolesGain) {
    // One of every conjugate pair, then the real ones, both ascending: ties go to the first.
    func halved(_ roots: [Complex]) -> [Complex] {
      let clean = roots.map { abs($0.imaginary) <= 2e-14 * $0.length ? Complex($0.real) : $0 }
      let upper = clean.filter { $0.imaginary > 0 }.sorted {
        ($0.real, $0.imaginary) < ($1.real, $1.imaginary)
      }
      return upper + clean.filter(\.isReal).sorted { $0.real < $1.real }
    }
    let pad = function.poles.count % 2 == 1 ? [Complex(0)] : []
    var zeros = halved(function.zeros + pad)
    var poles = halved(function.poles + pad)
    var sections: [Section] = []
    while !poles.isEmpty {
      let pole = poles.removeLeast { abs(1 - $0.length) }
      let isLastReal = pole.isReal && !poles.contains(where: \.isReal)
      if isLastReal {
        let zero = zeros.removeLeast(where: \.isReal) { ($0 - pole).length }
        sections.append(Section(zeros: [zero, Complex(0)], poles: [pole, Complex(0)]))
        continue
      }
      let partner = pole.isReal ? poles.removeLeast(where: \.isReal) { abs(1 - $0.length) } : pole.conjugate
      // A lone real pole and a lone real zero must be left to each other.
      let mustBeComplex =
        !pole.isReal && poles.count + 1 == zeros.count && poles.count(where: \.isReal) == 1
        && zeros.count(where: \.isReal) == 1
      let zero = zeros.removeLeast(where: { !mustBeComplex || !$0.isReal }) { ($0 - pole).length }
      let other = zero.isReal ? zeros.removeLeast(where: \.isReal) { ($0 - pole).length } : zero.conjugate
      sections.append(Section(zeros: [zero, other], poles: [pole, partner]))
    }
    sections.reverse()
    sections[0].b0 *= function.gain
    sections[0].b1 *= function.gain
    sections[0].b2 *= function.gain
    self.init(sections)
  }
}

extension [Complex] {
  /// Takes out the first of the elements with the least measure among those that qualify.
  fileprivate mutating func removeLeast(
    where qualifies: (Complex) -> Bool = { _ in true }, by measure: (Complex) -> Double
  ) -> Complex {
    guard let i = indices.filter({ qualifies(self[$0]) }).min(by: { measure(self[$0]) < measure(self[$1]) })
    else {
      preconditionFailure("zeros and poles do not pair")
    }
    return remove(at: i)
  }
}

extension SecondOrderSections.Section {
  fileprivate init(zeros: [Complex], poles: [Complex]) {
    self.init(
      b0: 1, b1: -(zeros[0] + zeros[1]).real, b2: (zeros[0] * zeros[1]).real,
      a1: -(poles[0] + poles[1]).real, a2: (poles[0] * poles[1]).real)
  }
}
