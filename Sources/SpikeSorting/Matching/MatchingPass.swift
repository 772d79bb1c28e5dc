import LinearAlgebra
import Recordings
import SpikeDetection

/// Spikes found by template matching, in order of time.
struct MatchedSpikes: Sendable {
  var frames: [Int] = []
  /// The log-likelihood each adds, in nats.
  var gains: [Float] = []
  /// Raw snippets without the other spikes.
  var snippets: Snippets

  /// Makes room for so many spikes; memory is taken as they come.
  fileprivate mutating func reserveCapacity(_ count: Int) {
    frames.reserveCapacity(count)
    gains.reserveCapacity(count)
    snippets.samples.reserveCapacity(count * snippets.size)
  }

  fileprivate mutating func append(_ other: MatchedSpikes) {
    frames += other.frames
    gains += other.gains
    snippets.samples += other.snippets.samples
  }
}

/// Template matching over a recording: block by block, only around what stands out of the noise.
struct MatchingPass: Sendable {
  let traces: WhitenedTraces
  let templates: UnitTemplates
  /// What snippets are like, without any.
  private let shape: Snippets
  /// Takes a whitened frame back to the recording's unit: channels × channels.
  let unwhitening: Matrix
  /// −1 for troughs, +1 for peaks, 0 for either.
  private let sign: Float
  /// Frames of the recording in a step of the templates.
  private let framesPerStep: Double
  private let stepCount: Int
  private let samplingRate: Double

  /// - Parameter blank: what is known of the recording, without its spikes.
  init(
    _ blank: SpikeTable, traces: WhitenedTraces, templates: [UnitTemplate], noiseVariance: Double,
    framesPerStep: Double, stepCount: Int
  ) throws {
    shape = blank.detected.snippets
    self.traces = traces
    self.templates = UnitTemplates(
      units: templates, frames: shape.frames, channels: shape.channels, trough: shape.trough,
      noiseVariance: noiseVariance)
    unwhitening = try blank.detected.noise.unwhitening()
    sign = Float(blank.detected.peakSign.direction)
    self.framesPerStep = framesPerStep
    self.stepCount = stepCount
    samplingRate = blank.detected.samplingRate
  }

  /// A deflection of so many noise deviations on any channel makes an event. Below the detection threshold, so that
  /// spikes it missed are found; templates decide what they are.
  static let eventThreshold: Float = 4
  /// Frames tried before and after a deflection.
  static let reach = 12
  /// Frames of the neighbouring blocks looked at, so that an event across a border is seen whole from both sides.
  private static let overlap = 64
  /// Blocks whose spikes wait to be joined.
  private static let blocksAtOnce = 64

  /// The spikes of the whole recording, and the sizes of what some units answer to.
  ///
  /// - Parameters:
  ///   - count: how many there may be; memory is taken for them as they come.
  ///   - near: the units whose sizes are wanted.
  ///   - begun: called once the first are found.
  /// - Throws: what reading throws.
  func run(
    expecting count: Int, weighing near: [Int] = [], threads: Int, progress: (Double) -> Void,
    begun: () -> Void = {}
  ) throws -> (spikes: MatchedSpikes, sizes: [UnitSize]) {
    var all = MatchedSpikes(snippets: shape)
    all.reserveCapacity(count + count / 8 + 1000)
    let search = SizeSearch(
      templates: templates, units: near, samplingRate: samplingRate, excluded: traces.excludedFrames)
    var answers = near.map { _ in SizeSearch.Answers() }
    let blocks = traces.blocks
    for first in stride(from: 0, to: blocks.count, by: Self.blocksAtOnce) {
      let batch = blocks[first..<min(first + Self.blocksAtOnce, blocks.count)]
      let found = try Parallel.map(count: batch.count, threads: threads) {
        (i: Int) throws -> (MatchedSpikes, [SizeSearch.Answers]) in
        try match(batch[batch.startIndex + i], search)
      }
      let wasEmpty = all.frames.isEmpty
      for (spikes, part) in found {
        all.append(spikes)
        for (k, one) in part.enumerated() {
          answers[k].peaks += one.peaks
          answers[k].sample += one.sample
        }
      }
      if wasEmpty, !all.frames.isEmpty { begun() }
      progress(Double(batch.endIndex) / Double(blocks.count))
    }
    return (all, answers.map(search.size))
  }

  /// The spikes whose troughs lie in a block, and what the units of a search answer to in it.
  private func match(
    _ block: FilterBlock, _ search: SizeSearch
  ) throws -> (MatchedSpikes, [SizeSearch.Answers]) {
    var found = MatchedSpikes(snippets: shape)
    var left: [(start: Int, samples: [Float])] = []
    var taken: [TakenSpike] = []
    let piece = try explain(block) { event, spikes, start, rest in
      for spike in spikes.sorted(by: { ($0.lag, $0.unit) < ($1.lag, $1.unit) }) {
        let frame = event.lowerBound + spike.lag
        let waveform = frame - templates.trough..<frame - templates.trough + templates.frames
        guard block.frames.contains(frame), !traces.excludedFrames.overlaps(waveform) else { continue }
        found.frames.append(frame)
        found.gains.append(spike.gain)
        unwhiten(spike.cleaned, into: &found.snippets.samples)
      }
      guard !search.units.isEmpty else { return }
      left.append((start, rest))
      for spike in spikes where search.units.contains(spike.unit) {
        let lag = spike.lag * templates.channels
        let own = spike.cleaned.enumerated().map { $1 - rest[lag + $0] }
        taken.append(TakenSpike(unit: spike.unit, start: start + lag, waveform: own))
      }
    }
    guard let piece, !search.units.isEmpty else { return (found, []) }
    // Events see the same samples where their waveforms overlap: what each took is taken.
    var rest = piece
    for (start, samples) in left {
      for (i, x) in samples.enumerated() { rest.samples[start + i] += x - piece.samples[start + i] }
    }
    let step = step(of: (block.frames.lowerBound + block.frames.upperBound) / 2)
    return (found, search.answers(to: rest, taken: taken, in: block, step: step))
  }

  /// A whitened trace, and the frames whose whole waveforms lie in it: from `trough` frames after its first on.
  struct Piece: Sendable {
    var frames: Range<Int>
    var samples: [Float]
  }

  /// A spike's own waveform, taken from a piece.
  struct TakenSpike: Sendable {
    var unit: Int
    /// The place in the piece's samples where it starts.
    var start: Int
    var waveform: [Float]
  }

  /// Explains the events of a block and its surroundings, one after the other.
  ///
  /// - Parameter body: given an event, its spikes, where its samples start in the piece and what the spikes leave of them.
  /// - Returns: the piece the events lie in; nil where no waveform lies in it.
  private func explain(
    _ block: FilterBlock,
    _ body: (_ event: Range<Int>, _ spikes: [MatchedSpike], _ start: Int, _ rest: [Float]) -> Void
  ) throws -> Piece? {
    let segment = block.segment
    // Troughs whose whole waveform lies inside the segment.
    let after = templates.frames - templates.trough
    let low = segment.lowerBound + templates.trough
    let possible = low..<max(low, segment.upperBound - after + 1)
    let searched = (block.frames.lowerBound - Self.overlap..<block.frames.upperBound + Self.overlap).clamped(
      to: possible)
    guard searched.count > traces.excludedFrames.count(in: searched) else { return nil }
    let first = searched.lowerBound - templates.trough
    let samples = try traces.read(first..<searched.upperBound + after, of: segment)
    let piece = Piece(frames: searched, samples: samples)
    var matcher: (step: Int, EventMatcher)?
    samples.withUnsafeBufferPointer { samples in
      for event in events(in: searched, samples: samples, first: first) {
        let step = step(of: (event.lowerBound + event.upperBound) / 2)
        var current =
          matcher.flatMap { $0.step == step ? $0.1 : nil }
          ?? EventMatcher(templates.bank(step: step))
        matcher = nil
        let start = (event.lowerBound - templates.trough - first) * templates.channels
        let length = (event.count + templates.frames - 1) * templates.channels
        let spikes = current.resolve(
          UnsafeBufferPointer(rebasing: samples[start..<start + length]), lags: event.count)
        body(event, spikes, start, current.residual)
        matcher = (step, current)
      }
    }
    return piece
  }

  /// The step of the templates at a frame of the recording: drift's clock stands still in what is left out.
  func step(of frame: Int) -> Int {
    min(stepCount - 1, max(0, Int(Double(traces.excludedFrames.framesLeft(before: frame)) / framesPerStep)))
  }

  /// Stretches around deflections, joined where they touch.
  private func events(
    in searched: Range<Int>, samples: UnsafeBufferPointer<Float>, first: Int
  ) -> [Range<Int>] {
    let channels = templates.channels
    var events: [Range<Int>] = []
    for frame in searched {
      let start = (frame - first) * channels
      var stands = false
      for c in 0..<channels {
        let x = samples[start + c]
        stands = stands || (sign == 0 ? abs(x) : sign * x) > Self.eventThreshold
      }
      guard stands, !traces.excludedFrames.contains(frame) else { continue }
      let around = (frame - Self.reach..<frame + Self.reach + 1).clamped(to: searched)
      if let last = events.last, around.lowerBound < last.upperBound {
        events[events.count - 1] = last.lowerBound..<around.upperBound
      } else {
        events.append(around)
      }
    }
    return events
  }

  private func unwhiten(_ snippet: [Float], into target: inout [Float]) {
    let channels = templates.channels
    for start in stride(from: 0, to: snippet.count, by: channels) {
      for c in 0..<channels {
        var sum = 0.0
        for source in 0..<channels { sum += Double(snippet[start + source]) * unwhitening[source, c] }
        target.append(Float(sum))
      }
    }
  }
}

extension MatchedSpikes {
  /// Keeps the spikes at some places, ascending; in place, as snippets are most of a sorting's memory.
  mutating func keep(_ places: [Int]) {
    for (n, place) in places.enumerated() where n != place {
      frames[n] = frames[place]
      gains[n] = gains[place]
    }
    frames.removeLast(frames.count - places.count)
    gains.removeLast(gains.count - places.count)
    snippets.keep(places)
  }

  /// The places of spikes without those that a better one of the same label follows or precedes closely.
  ///
  /// - Parameter lockout: frames within which one unit has one spike.
  func withoutRepeats(labels: [Int], labelCount: Int, lockout: Int) -> [Int] {
    var last = [Int?](repeating: nil, count: labelCount)
    var isKept = [Bool](repeating: true, count: frames.count)
    for n in frames.indices {
      if let previous = last[labels[n]], frames[n] - frames[previous] < lockout {
        guard gains[n] > gains[previous] else {
          isKept[n] = false
          continue
        }
        isKept[previous] = false
      }
      last[labels[n]] = n
    }
    return frames.indices.filter { isKept[$0] }
  }
}
