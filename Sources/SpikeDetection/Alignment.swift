internal import Foundation

/// Values between frames, by Lanczos's windowed sinc over six frames on either side.
struct Interpolation: Sendable {
  /// The frames looked at on either side.
  static let reach = 6
  /// The offsets at which a trough is looked for, from −0.5 to 0.5.
  private static let steps = 16

  /// For every offset looked at, the weights of the frames from −reach to +reach.
  private let table: [[Float]]

  init() { table = (0...Self.steps).map { Self.weights(offset: Double($0) / Double(Self.steps) - 0.5) } }

  /// The weights of the frames from −reach to +reach for the value `offset` frames after the middle; their sum is 1.
  static func weights(offset: Double) -> [Float] {
    let raw = (-reach...reach).map { frame -> Double in
      let x = offset - Double(frame)
      if abs(x) < 1e-9 { return 1 }
      guard abs(x) < Double(reach) else { return 0 }
      let angle = Double.pi * x
      return Double(reach) * sin(angle) * sin(angle / Double(reach)) / (angle * angle)
    }
    let sum = raw.reduce(0, +)
    return raw.map { Float($0 / sum) }
  }

  /// Where between −0.5 and 0.5 frames from the middle a trace has its maximum.
  ///
  /// - Parameter values: the trace from −reach to +reach around its largest frame.
  func maximum(_ values: [Float]) -> Double {
    let fine = table.map { weights in zip(weights, values).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
    var best = 0
    for i in fine.indices where fine[i] > fine[best] { best = i }
    let place = Double(best) / Double(Self.steps) - 0.5
    guard best > 0, best < Self.steps else { return place }
    // A parabola through the best and its neighbours.
    let (left, middle, right) = (Double(fine[best - 1]), Double(fine[best]), Double(fine[best + 1]))
    let curvature = left - 2 * middle + right
    let shift = curvature < 0 ? (left - right) / (2 * curvature) : 0
    return place + max(-0.5, min(0.5, shift)) / Double(Self.steps)
  }
}
