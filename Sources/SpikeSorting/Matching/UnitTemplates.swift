import Foundation
import LinearAlgebra

/// What a unit's spikes look like, over time and from spike to spike, and how often they come.
struct UnitTemplate: Sendable {
  /// The whitened mean waveform in every step of time: steps × samples.
  let waveforms: Matrix
  /// Orthonormal directions its spikes vary along beyond the noise: directions × samples.
  let directions: Matrix
  /// The variance along each beyond the noise.
  let variances: [Double]
  /// The probability of a spike in a frame of the recording.
  let probability: Double

  /// The largest size the waveform has over time, in deviations of a noise of this variance along smooth waveforms.
  func largestSize(_ noiseVariance: Double) -> Double {
    let squares = (0..<waveforms.rows).map { waveforms.row($0).reduce(0) { $0 + $1 * $1 } }
    return ((squares.max() ?? 0) / noiseVariance).squareRoot()
  }

  /// The largest deflection in the middle of the recording, in noise deviations.
  var peak: Double { waveforms.row(waveforms.rows / 2).reduce(0) { max($0, abs($1)) } }
}

/// The templates of some units, ready to be laid on traces.
struct UnitTemplates: Sendable {
  let units: [UnitTemplate]
  /// Frames and channels of a waveform, and its trough's frame.
  let frames: Int
  let channels: Int
  let trough: Int
  /// The variance of filtered noise along a smooth waveform.
  ///
  /// Whitening is across channels alone; a filter of band B leaves noise of variance 1 a sample, but its power lies
  /// inside the band only, so along waveforms that do as well it is half the sampling rate over B: 2.6 for 300 to
  /// 6000 Hz at 30 kHz.
  let noiseVariance: Double
  /// frames × frames for every place between frames.
  let shiftKernels: [Matrix]

  init(units: [UnitTemplate], frames: Int, channels: Int, trough: Int, noiseVariance: Double) {
    self.units = units
    self.frames = frames
    self.channels = channels
    self.trough = trough
    self.noiseVariance = noiseVariance
    shiftKernels = Self.shifts.map { shiftKernel(by: $0, frames: frames) }
  }

  /// Places between frames a spike is tried at, in frames.
  static let shifts: [Double] = [0, -0.5, -0.25, 0.25]
  /// Directions of variation a unit has: its amplitude's. A second one changed the accuracy on five recordings by
  /// 0.002 at most, and is one row more of every correlation.
  static let directionCount = 1

  /// Samples of a waveform.
  var size: Int { frames * channels }

  /// The templates of one step of time.
  func bank(step: Int) -> TemplateBank { TemplateBank(self, step: step) }
}

/// Templates of one step of time as floats, with all that scores need.
struct TemplateBank: Sendable {
  let unitCount: Int
  let size: Int
  let frames: Int
  let channels: Int
  let directionCount: Int
  let noise: Float
  /// Rows for the correlation: every unit's waveform, then every unit's directions: rows × size.
  private(set) var rows: [Float]
  /// units × shifts × size.
  private(set) var shifted: [Float]
  /// Half the energy: units × shifts.
  private(set) var halfEnergies: [Float]
  /// The waveform along the directions: units × shifts × directions.
  private(set) var alongDirections: [Float]
  /// What a squared distance along a direction is worth: units × directions.
  private(set) var directionGains: [Float]
  /// The share of a distance along a direction that is the spike's own: units × directions.
  private(set) var ownShares: [Float]
  /// The variance along a direction beyond the noise: units × directions.
  private(set) var variances: [Float]
  /// log prior and penalty: units.
  private(set) var biases: [Float]

  static let shiftCount = UnitTemplates.shifts.count

  init(_ templates: UnitTemplates, step: Int) {
    let units = templates.units
    let size = templates.size
    unitCount = units.count
    self.size = size
    frames = templates.frames
    channels = templates.channels
    directionCount = UnitTemplates.directionCount
    noise = Float(templates.noiseVariance)
    rows = []
    shifted = []
    halfEnergies = []
    alongDirections = []
    directionGains = []
    ownShares = []
    biases = []
    variances = []
    for unit in units { rows += unit.waveforms.row(step).map(Float.init) }
    for unit in units {
      rows += unit.directions.storage.map(Float.init)
      let waveform = Matrix(
        rows: frames, columns: channels, storage: Array(unit.waveforms.row(step)))
      for kernel in templates.shiftKernels {
        let moved = (kernel * waveform).storage
        shifted += moved.map(Float.init)
        halfEnergies.append(Float(0.5 * moved.reduce(0) { $0 + $1 * $1 }))
        alongDirections += (unit.directions * moved).map(Float.init)
      }
      let noise = templates.noiseVariance
      var bias = log(max(unit.probability, 1e-12))
      for variance in unit.variances {
        bias -= 0.5 * log(1 + variance / noise)
        directionGains.append(Float(variance / (2 * noise * (variance + noise))))
        variances.append(Float(variance))
        ownShares.append(Float(variance / (variance + noise)))
      }
      biases.append(Float(bias))
    }
  }
  /// The same without some units.
  func without(_ units: some Sequence<Int>) -> TemplateBank {
    var result = self
    for unit in units { result.biases[unit] = -.infinity }
    return result
  }
}

/// The matrix that moves a trace of some frames later by a part of a frame, its band kept (sinc interpolation over
/// twice its length, zeros beyond its ends).
func shiftKernel(by shift: Double, frames: Int) -> Matrix {
  guard shift != 0 else { return .identity(frames) }
  let period = Double(2 * frames)
  var kernel = Matrix(rows: frames, columns: frames)
  for i in 0..<frames {
    for j in 0..<frames {
      let x = Double(i - j) - shift
      kernel[i, j] = sin(.pi * x) / (period * tan(.pi * x / period))
    }
  }
  return kernel
}
