public import Foundation
public import Recordings

/// A zero-phase filter over a recording of any length, block by block.
///
/// Blocks are fixed in frames from the start of each segment. Each is filtered by itself, forward and backward, with
/// a margin on both sides long enough for the passes to forget where they began; at a segment's ends the signal is
/// mirrored as SciPy's `sosfiltfilt` does. So a filtered sample is the same bits whoever asks for it, in what order and
/// on how many threads, and within 0.001 µV of filtering the whole at once for samples up to 10,000 µV.
public struct StreamingFilter: Sendable {
  /// The filter of one pass.
  public let filter: SecondOrderSections
  /// Frames filtered before and after a block and thrown away.
  public let marginFrames: Int
  /// The length of a block.
  public let blockFrames: Int

  /// A filter made ready for blocks.
  public init(_ filter: SecondOrderSections) { self.init(filter, leastBlockFrames: 1 << 15) }

  /// A filter whose blocks are a power of two times so many frames, at least four margins.
  init(_ filter: SecondOrderSections, leastBlockFrames: Int) {
    self.filter = filter
    marginFrames = filter.settlingFrames(amplitude: 1e4, error: 1e-3)
    var frames = leastBlockFrames
    while frames < 4 * marginFrames { frames *= 2 }
    blockFrames = frames
  }

  /// The blocks of some segments, in order.
  public func blocks(of segments: [Range<Int>]) -> [FilterBlock] {
    segments.flatMap { segment in
      stride(from: segment.lowerBound, to: segment.upperBound, by: blockFrames).map {
        FilterBlock(frames: $0..<min($0 + blockFrames, segment.upperBound), segment: segment)
      }
    }
  }

  /// Filters one block of a recording.
  ///
  /// - Parameter samples: where the block's samples go, interleaved, in the recording's unit.
  /// - Throws: what reading throws.
  public func filter(
    _ block: FilterBlock, of recording: any Recording, into samples: UnsafeMutableBufferPointer<Float>
  ) throws {
    let channelCount = recording.channelCount
    precondition(
      samples.count == block.frames.count * channelCount, "a block needs frames × channels samples")
    let low = max(block.segment.lowerBound, block.frames.lowerBound - marginFrames)
    let high = min(block.segment.upperBound, block.frames.upperBound + marginFrames)
    let padding = min(filter.paddingFrames, block.segment.count - 1)
    let before = low == block.segment.lowerBound ? padding : 0
    let after = high == block.segment.upperBound ? padding : 0
    let raw = try recording.read(frames: low..<high)
    let count = high - low
    let lanes = UnsafeMutablePointer<SIMD4<Double>>.allocate(capacity: before + count + after)
    defer { lanes.deallocate() }
    let data = lanes + before
    let skipped = block.frames.lowerBound - low
    for first in stride(from: 0, to: channelCount, by: 4) {
      let width = min(4, channelCount - first)
      raw.withUnsafeBufferPointer { raw in
        Self.spread(raw, over: data, count: count, channelCount: channelCount, first: first, width: width)
      }
      SecondOrderSections.mirror(data, count: count, before: before, after: after)
      filter.runForwardBackward(over: lanes, count: before + count + after)
      Self.gather(
        data + skipped, count: block.frames.count, into: samples, channelCount: channelCount, first: first,
        width: width)
    }
  }

  /// Puts up to four neighbouring channels into lanes.
  private static func spread(
    _ raw: UnsafeBufferPointer<Float>, over lanes: UnsafeMutablePointer<SIMD4<Double>>, count: Int,
    channelCount: Int, first: Int, width: Int
  ) {
    if width == 4 {
      for frame in 0..<count {
        let i = frame &* channelCount &+ first
        lanes[frame] = SIMD4<Double>(SIMD4<Float>(raw[i], raw[i &+ 1], raw[i &+ 2], raw[i &+ 3]))
      }
    } else {
      for frame in 0..<count {
        var x = SIMD4<Double>.zero
        for lane in 0..<width { x[lane] = Double(raw[frame * channelCount + first + lane]) }
        lanes[frame] = x
      }
    }
  }

  /// Takes up to four neighbouring channels out of lanes.
  private static func gather(
    _ lanes: UnsafeMutablePointer<SIMD4<Double>>, count: Int, into samples: UnsafeMutableBufferPointer<Float>,
    channelCount: Int, first: Int, width: Int
  ) {
    for frame in 0..<count {
      let x = SIMD4<Float>(lanes[frame])
      let i = frame &* channelCount &+ first
      if width == 4 {
        samples[i] = x[0]
        samples[i &+ 1] = x[1]
        samples[i &+ 2] = x[2]
        samples[i &+ 3] = x[3]
      } else {
        for lane in 0..<width { samples[i + lane] = x[lane] }
      }
    }
  }
}

/// A stretch of a recording that is filtered at once.
public struct FilterBlock: Sendable, Equatable {
  /// The frames of the recording whose filtered samples the block gives.
  public let frames: Range<Int>
  /// The segment they belong to: filters do not look beyond it.
  public let segment: Range<Int>

  /// Some frames of a segment.
  package init(frames: Range<Int>, segment: Range<Int>) {
    self.frames = frames
    self.segment = segment
  }
}

/// A recording seen through a filter; any range is the same bits as that range of the whole.
///
/// Reading a range filters every block it touches: read block by block where all is wanted.
public struct FilteredRecording: Recording {
  /// The recording before the filter.
  public let base: any Recording
  /// The filter.
  public let filter: StreamingFilter

  /// The number of channels.
  public var channelCount: Int { base.channelCount }
  /// The number of frames.
  public var frameCount: Int { base.frameCount }
  /// Frames a second.
  public var samplingRate: Double { base.samplingRate }
  /// What a unit of the file is in microvolts; nil for ADC units.
  public var gain: Gain? { base.gain }
  /// The contacts of the channels.
  public var probe: Probe { base.probe }
  /// The files read from.
  public var files: [URL] { base.files }
  /// The stretches without a gap.
  public var segments: [Range<Int>] { base.segments }
  /// Those of the recording before the filter.
  public var excludedFrames: FrameSet { base.excludedFrames }

  /// A recording behind a filter.
  public init(_ base: any Recording, filter: SecondOrderSections) {
    self.init(base, filter: StreamingFilter(filter))
  }

  /// A recording behind a filter made ready for blocks.
  public init(_ base: any Recording, filter: StreamingFilter) {
    self.base = base
    self.filter = filter
  }

  /// Reads a range of frames, interleaved.
  public func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
    precondition(samples.count == frames.count * channelCount, "a buffer needs frames × channels elements")
    for block in filter.blocks(of: segments) where block.frames.overlaps(frames) {
      let shared = block.frames.clamped(to: frames)
      let whole = UnsafeMutableBufferPointer<Float>.allocate(capacity: block.frames.count * channelCount)
      defer { whole.deallocate() }
      try filter.filter(block, of: base, into: whole)
      let from = (shared.lowerBound - block.frames.lowerBound) * channelCount
      let to = (shared.lowerBound - frames.lowerBound) * channelCount
      for i in 0..<(shared.count * channelCount) { samples[to + i] = whole[from + i] }
    }
  }
}

extension SecondOrderSections {
  /// The frames after which a pass begun in the wrong state is right to `error`, forward and backward together, for any
  /// input of at most `amplitude`.
  ///
  /// Bounded state by state: the state at the wrong start is at most its largest for such an input (the absolute sum of
  /// its impulse response) and the steady state of one sample; the response of the output to it is run until it has died.
  func settlingFrames(amplitude: Double, error: Double) -> Int {
    let length = responseFrames
    func impulse(state: Int?) -> (output: [Double], states: [Double]) {
      var values = [Double](repeating: 0, count: 2 * sections.count)
      if let state { values[state] = 1 }
      var sums = [Double](repeating: 0, count: values.count)
      let output = (0..<length).map { frame in
        var x = frame == 0 && state == nil ? 1.0 : 0
        for (k, s) in sections.enumerated() {
          let y = s.b0 * x + values[2 * k]
          values[2 * k] = s.b1 * x - s.a1 * y + values[2 * k + 1]
          values[2 * k + 1] = s.b2 * x - s.a2 * y
          x = y
        }
        for k in values.indices { sums[k] += abs(values[k]) }
        return x
      }
      return (output, sums)
    }
    let (response, largest) = impulse(state: nil)
    let outputGain = response.reduce(0) { $0 + abs($1) }
    let steady = steadyState.flatMap { [abs($0.z0), abs($0.z1)] }
    var wrong = [Double](repeating: 0, count: length)
    for state in largest.indices {
      let decay = impulse(state: state).output
      for i in 0..<length { wrong[i] += (largest[state] + steady[state]) * abs(decay[i]) }
    }
    // Forward errors pass the backward filter; backward, the input is the forward output.
    let allowed = error / (2 * amplitude * max(outputGain, 1))
    return (wrong.lastIndex { $0 > allowed } ?? 0) + 1
  }

  /// Frames after which the slowest pole has fallen to 1e-18.
  private var responseFrames: Int {
    let radius =
      sections.map { s in
        let discriminant = s.a1 * s.a1 / 4 - s.a2
        return discriminant < 0 ? s.a2.squareRoot() : abs(s.a1) / 2 + discriminant.squareRoot()
      }.max() ?? 0
    precondition(radius < 1, "a filter must be stable")
    return radius > 0
      ? Int((-41.5 / log(radius)).rounded(.up)) + 2 * sections.count + 2 : 2 * sections.count + 2
  }
}
