import LinearAlgebra
import Recordings
import SpikeDetection

/// What the sizes of a template's answers say of it.
struct UnitSize: Sendable {
  var mode: AmplitudeMode
  /// The deviation of the noise along the waveform.
  var deviation: Double

  /// A mode of its own makes a component a unit where it is a thousand times likelier than none: ln 1000. On four simulated
  /// tetrodes background had 0 to 4.3 nats, units of signal to noise 6 and more 23 and more.
  static let leastNats = 7.0

  /// Whether the answers have a size of their own, as a neuron's spikes do.
  var isOwn: Bool { mode.nats >= Self.leastNats }
  /// Of spikes smaller than this along the waveform most are background's.
  var floor: Double { isOwn ? mode.valley * deviation : 0 }
}

/// The sizes of all that some units' templates answer to in what the other units leave of a recording.
struct SizeSearch: Sendable {
  /// The templates of all units.
  let templates: UnitTemplates
  /// The units whose templates are laid on the rest, each with its own spikes put back.
  let units: [Int]
  let samplingRate: Double
  let excluded: FrameSet

  /// Of peaks nearer to each other than this only the larger counts, in seconds.
  private static let peakDistance = 0.0005
  /// Every so many-th answer is looked at to tell its deviation.
  private static let scaleStride = 61

  /// Heights of peaks and a sample of all answers, of one unit.
  struct Answers: Sendable {
    var peaks: [Float] = []
    var sample: [Float] = []
  }

  /// What the sizes of a unit's answers say of it.
  func size(of answers: Answers) -> UnitSize {
    guard !answers.sample.isEmpty else { return UnitSize(mode: AmplitudeMode(), deviation: 0) }
    let measured = Noise.deviation(answers.sample.map(Double.init))
    let deviation = measured > 0 ? measured : templates.noiseVariance.squareRoot()
    let mode = AmplitudeMode(of: answers.peaks.map { $0 / Float(deviation) })
    return UnitSize(mode: mode, deviation: deviation)
  }

  /// Every unit's answers in a block.
  ///
  /// - Parameters:
  ///   - rest: what all units' spikes leave of the block and its surroundings.
  ///   - taken: these spikes.
  ///   - step: of the templates.
  /// - Complexity: frames × units × samples of a waveform.
  func answers(
    to rest: MatchingPass.Piece, taken: [MatchingPass.TakenSpike], in block: FilterBlock, step: Int
  ) -> [Answers] {
    let waveforms = unitWaveforms(at: step)
    var heights = heights(of: waveforms, on: rest.samples, places: rest.frames.count)
    putBack(taken, into: &heights, waveforms: waveforms)
    let own = rest.frames.clamped(to: block.frames)
    let inside = own.lowerBound - rest.frames.lowerBound..<own.upperBound - rest.frames.lowerBound
    let reach = max(1, Int(Self.peakDistance * samplingRate))
    let floor = AmplitudeMode.least * Float(templates.noiseVariance.squareRoot()) / 2
    func isLeft(_ place: Int) -> Bool {
      let start = rest.frames.lowerBound + place - templates.trough
      return !excluded.overlaps(start..<start + templates.frames)
    }
    return heights.map { heights in
      var answers = Answers()
      heights.withUnsafeBufferPointer { heights in
        answers.peaks = heights.peaks(above: floor, lockout: reach, in: inside).filter(isLeft).map {
          heights[$0]
        }
      }
      answers.sample = stride(from: inside.lowerBound, to: inside.upperBound, by: Self.scaleStride).filter(
        isLeft
      ).map { heights[$0] }
      return answers
    }
  }

  /// The units' waveforms in a step of time, each of length 1: units × samples.
  private func unitWaveforms(at step: Int) -> [[Float]] {
    units.map { unit in
      let waveform = templates.units[unit].waveforms.row(step)
      let norm = waveform.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return waveform.map { norm > 0 ? Float($0 / norm) : 0 }
    }
  }

  /// Waveforms laid on a trace at every place: waveforms × places.
  private func heights(of waveforms: [[Float]], on trace: [Float], places: Int) -> [[Float]] {
    let (size, channels, piece) = (templates.size, templates.channels, 256)
    let rows = waveforms.flatMap { $0 }
    var windows = [Float](repeating: 0, count: piece * size)
    var products = [Float](repeating: 0, count: piece * waveforms.count)
    var result = waveforms.map { _ in [Float](repeating: 0, count: places) }
    for start in stride(from: 0, to: places, by: piece) {
      let length = min(piece, places - start)
      trace.withUnsafeBufferPointer { trace in
        windows.withUnsafeMutableBufferPointer { windows in
          products.withUnsafeMutableBufferPointer { products in
            rows.withUnsafeBufferPointer { rows in
              guard let t = trace.baseAddress, let w = windows.baseAddress, let p = products.baseAddress,
                let r = rows.baseAddress
              else { return }
              for i in 0..<length { (w + i * size).update(from: t + (start + i) * channels, count: size) }
              gemm(
                m: length, n: waveforms.count, k: size, a: w, lda: size, transposeA: false, b: r, ldb: size,
                transposeB: true, beta: 0, c: p, ldc: waveforms.count)
            }
          }
        }
      }
      for k in waveforms.indices {
        for i in 0..<length { result[k][start + i] = products[i * waveforms.count + k] }
      }
    }
    return result
  }

  /// Adds what each unit's own spikes answer to its waveform.
  private func putBack(
    _ taken: [MatchingPass.TakenSpike], into heights: inout [[Float]], waveforms: [[Float]]
  ) {
    let (frames, channels) = (templates.frames, templates.channels)
    for (i, unit) in units.enumerated() {
      for spike in taken where spike.unit == unit {
        let place = spike.start / channels
        for lag in max(1 - frames, -place)..<min(frames, heights[i].count - place) {
          // The waveform laid `lag` frames later covers the rest of the spike, one laid earlier its beginning.
          let (w, s) = (max(0, -lag) * channels, max(0, lag) * channels)
          var sum: Float = 0
          for j in 0..<(frames - abs(lag)) * channels { sum += waveforms[i][w + j] * spike.waveform[s + j] }
          heights[i][place + lag] += sum
        }
      }
    }
  }
}
