import Foundation
import LinearAlgebra
import MixtureModels
import Recordings
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeDetection
@testable import SpikeSorting

/// A trough on the first of two channels, and the same on the second.
private func waveform(size: Double, onFirst: Bool = true) -> [Double] {
  (0..<40).flatMap { frame -> [Double] in
    let depth = -size * exp(-pow(Double(frame) - 12, 2) / 18)
    return onFirst ? [depth, depth / 4] : [depth / 4, depth]
  }
}

/// Snippets of waveforms in white noise.
private func snippets(of waveforms: [[Double]], seed: UInt64) -> Snippets {
  var generator = SeededGenerator(seed: seed)
  return Snippets(
    frames: 40, channels: 2, trough: 12,
    samples: waveforms.flatMap { $0.map { Float($0 + generator.normal()) } })
}

private let whiteNoise = NoiseModel(
  deviations: [1, 1], whitening: .identity(2), whitenedDeviations: [1, 1], faults: [])

@Suite struct SnippetSpaceTests {
  private func space(whitening: Matrix = .identity(2)) throws -> (SnippetSpace, DetectedSpikes) {
    let made = snippets(of: (0..<400).map { waveform(size: $0 % 2 == 0 ? 20 : 40) }, seed: 1)
    let noise = NoiseModel(
      deviations: [1, 1], whitening: whitening, whitenedDeviations: [1, 1], faults: [])
    let detected = DetectedSpikes(
      samplingRate: 30_000, noise: noise, peakSign: .negative, frames: Array(0..<400), snippets: made)
    return (try SnippetSpace(of: detected, dimensions: 3), detected)
  }

  @Test func featuresArePlacesOfWhitenedSnippetsAlongTheAxes() throws {
    let whitening = Matrix(rows: [[0.5, 0.1], [0.1, 0.8]])
    let (space, detected) = try space(whitening: whitening)
    let features = space.features(of: detected, threads: 2)
    for n in [0, 17, 399] {
      let raw = Matrix(rows: 40, columns: 2, storage: detected.snippets[n].map(Double.init))
      let white = (raw * whitening).storage
      for p in 0..<3 {
        let place = innerProduct(zip(white, space.mean).map { $0 - $1 }, space.axes.row(p))
        #expect(abs(features[n, p] - place) < 1e-9)
      }
    }
    // The two sizes differ by 20 along the waveform, whose length is 20 × its shape's.
    #expect(abs(abs(features[1, 0] - features[0, 0])) > 20)
  }

  @Test func aNewAxisIsWhatTheOthersLack() throws {
    var (space, _) = try space()
    let old = space.axes
    let isNew = space.addAxis(along: old.row(0).map { 3 * $0 }, least: 0.3)
    #expect(!isNew && space.axes == old)
    var direction = Array(old.row(1))
    direction[70] += 2
    let isAdded = space.addAxis(along: direction, least: 0.3)
    #expect(isAdded && space.axes.rows == 4)
    for p in 0..<4 {
      for q in 0..<4 {
        let expected = p == q ? 1.0 : 0
        #expect(abs(innerProduct(space.axes.row(p), space.axes.row(q)) - expected) < 1e-9)
      }
    }
  }
}

@Suite struct ComponentJoinTests {
  /// Spikes of one regular neuron, 20 a second, given to two components by turns of some spikes.
  private func halves(alike: Bool) -> SpikeTable {
    var generator = SeededGenerator(seed: 3)
    let frames = (0..<3000).map { 1500 * $0 + 1000 + Int.random(in: 0..<600, using: &generator) }
    let labels = frames.map { _ in Int.random(in: 0...1, using: &generator) }
    let made = snippets(of: labels.map { waveform(size: 30, onFirst: alike || $0 == 0) }, seed: 4)
    var table = madeTable(frames: frames, labels: labels, snippets: made, noise: [1, 1])
    // The halves touch: a tenth of every spike is the other's.
    for (n, label) in labels.enumerated() {
      table.clusters.responsibilities[n, label] = 0.9
      table.clusters.responsibilities[n, 1 - label] = 0.1
    }
    return table
  }

  @Test func halvesOfOneNeuronAreJoined() {
    let join = ComponentJoin(halves(alike: true), judge: VerdictLimits(), threads: 1)
    let (groups, merges) = join.joined(merging: true)
    #expect(groups.components == [[0, 1]])
    #expect(groups.members == [Array(0..<3000)])
    #expect(merges.map(\.first) == [[0]] && merges.map(\.second) == [[1]])
    #expect(merges.first?.reasons.isEmpty == false)
    #expect(join.joined(merging: false).groups.components == [[0], [1]])
  }

  @Test func unlikeWaveformsStayApart() {
    let join = ComponentJoin(halves(alike: false), judge: VerdictLimits(), threads: 1)
    #expect(join.joined(merging: true).groups.components == [[0], [1]])
  }

  @Test func backgroundIsJoinedToNothing() {
    var table = halves(alike: true)
    table.noiseFindings = [nil, NoiseFinding("background", yieldsToTrough: false)]
    let join = ComponentJoin(table, judge: VerdictLimits(), threads: 1)
    #expect(join.joined(merging: true).merges.isEmpty)
    let judged = JudgedUnits(table, judge: VerdictLimits(), joining: true, onlyCounts: false, threads: 1)
    #expect(judged.units.map { $0.reasons.first == "background" } == [false, true])
    #expect(judged.units.neuronCount == 1)
  }

  /// Where one ends before the other begins, a waveform that goes on is of one size.
  @Test(arguments: [30.0, 15]) func unitsThatTakeTurnsAreJoinedWhereTheirSizesMeet(size: Double) {
    let frames = (0..<1000).map { 1000 + 2000 * $0 }
    let labels = frames.indices.map { $0 < 500 ? 0 : 1 }
    let made = snippets(of: labels.map { waveform(size: $0 == 0 ? 30 : size) }, seed: 8)
    let table = madeTable(frames: frames, labels: labels, snippets: made, noise: [1, 1])
    let join = ComponentJoin(table, judge: VerdictLimits(), threads: 1)
    #expect(join.joined(merging: true).groups.components == (size == 30 ? [[0, 1]] : [[0], [1]]))
  }

  /// The verdicts are those of the judge that was brought.
  @Test func anotherJudgeIsAsked() {
    struct Strict: SpikeJudge {
      func judgement(on unit: UnitEvidence) -> UnitJudgement { unit.judged() }
      func judgement(on pair: PairEvidence) -> PairJudgement {
        PairEvidence(waveformCosine: 0).judged()
      }
    }
    let join = ComponentJoin(halves(alike: true), judge: Strict(), threads: 1)
    #expect(join.joined(merging: true).merges.isEmpty)
  }
}

/// Traces of nothing but spikes every 3000 frames, of some waveforms by turns.
private struct Spikes: Recording {
  let waveforms: [[Double]]
  let channelCount = 2
  let samplingRate = 30_000.0
  let frameCount = 3_000_000
  var gain: Gain? { nil }
  var files: [URL] { [] }
  var probe: Probe { .standard(channelCount: 2) }
  func read(frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    for (place, frame) in frames.enumerated() {
      let since = frame - 1000 + 12
      let (spike, sample) = (since / 3000, since % 3000)
      let isSpike = since >= 0 && sample < 40 && spike < 900
      for channel in 0..<2 {
        buffer[2 * place + channel] =
          isSpike ? Float(waveforms[spike % waveforms.count][2 * sample + channel]) : 0
      }
    }
  }
}

@Suite struct RelabellingTests {
  /// A unit on either channel and background that hardly rises above the threshold, by turns.
  private let kinds = [waveform(size: 25), waveform(size: 30, onFirst: false), waveform(size: 4.8)]

  private func components() throws -> DriftingComponents {
    let labels = (0..<900).map { $0 % 3 }
    let made = snippets(of: labels.map { kinds[$0] }, seed: 6)
    var table = SpikeTable(
      DetectedSpikes(
        samplingRate: 30_000, noise: whiteNoise, peakSign: .negative, lockoutMilliseconds: 0.25,
        frames: labels.indices.map { 1000 + 3000 * $0 }, snippets: made),
      frameCount: 3_000_000, gaps: .none)
    try table.describe(dimensions: 3, threads: 1)
    table.clusters = SpikeClusters(labels: labels, count: 3)
    let means = (0..<3).map { k in
      let rows = table.features.selecting(rows: labels.indices.filter { labels[$0] == k })
      return rows.columnMeans
    }
    let mixture = Mixture(
      weights: [1 / 3, 1 / 3, 1 / 3], means: Matrix(rows: means),
      scales: [Matrix](repeating: .identity(3), count: 3), degreesOfFreedom: 7)
    return try DriftingComponents(
      table, space: #require(table.space), steps: TimeSteps(spikes: 900), mixture: mixture, threads: 1)
  }

  /// What a waveform holds outside the axes is another after a jump.
  @Test func templatesAreMadeAnewAfterAJump() throws {
    let labels = (0..<600).map { $0 % 2 }
    let kinds = labels.indices.map { n in
      labels[n] == 1 ? waveform(size: 40, onFirst: false) : waveform(size: n < 300 ? 30 : 24)
    }
    var table = SpikeTable(
      DetectedSpikes(
        samplingRate: 30_000, noise: whiteNoise, peakSign: .negative, lockoutMilliseconds: 0.25,
        frames: labels.indices.map { 1000 + 3000 * $0 }, snippets: snippets(of: kinds, seed: 9)),
      frameCount: 3_000_000, gaps: .none)
    try table.describe(dimensions: 1, threads: 1)
    table.clusters = SpikeClusters(labels: labels, count: 2)
    let steps = TimeSteps(TrackingOptions(), seconds: table.seconds, jumps: [6])
    #expect(steps.epochs == [Int](repeating: 0, count: 6) + [Int](repeating: 1, count: 6))
    let means = (0..<2).map { k in
      table.features.selecting(rows: labels.indices.filter { labels[$0] == k }).columnMeans
    }
    let mixture = Mixture(
      weights: [0.5, 0.5], means: Matrix(rows: means),
      scales: [Matrix](repeating: .identity(1, scale: 9), count: 2), degreesOfFreedom: 7
    ).held(overFrames: steps.count)
    let space = try #require(table.space)
    let components = try DriftingComponents(table, space: space, steps: steps, mixture: mixture, threads: 1)
    let template = components.template(0)
    let change = zip(waveform(size: 24), waveform(size: 30)).map { $0 - $1 }
    let along = space.axes * change
    let seen = change.indices.map { change[$0] - along[0] * space.axes[0, $0] }
    let made = (0..<template.columns).map { template[11, $0] - template[0, $0] }
    let error = zip(seen, made).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(error < 0.05 * seen.reduce(0) { $0 + $1 * $1 })
    #expect(seen.reduce(0) { $0 + $1 * $1 } > 30)
  }

  private func roles(
    _ components: DriftingComponents, _ traces: WhitenedTraces
  ) throws -> FoundRoles {
    try RoleSearch(components: components, traces: traces, noiseVariance: 1, threads: 1).roles()
  }

  @Test func whatHardlyRisesIsBackground() throws {
    let traces = try WhitenedTraces(
      of: Spikes(waveforms: kinds), options: DetectionOptions(), noise: whiteNoise)
    let found = try roles(components(), traces).roles
    #expect(found[0] == .unit && found[1] == .unit)
    guard case .hash(let peak) = found[2] else {
      Issue.record("\(found[2])")
      return
    }
    #expect(abs(peak - 4.8) < 0.3)
  }

  /// Matched spikes go to the component they look like, one in a lockout; a lone one of little more than half its unit's size goes.
  @Test func matchedSpikesGoToTheirComponents() throws {
    let components = try components()
    let traces = try WhitenedTraces(
      of: Spikes(waveforms: kinds), options: DetectionOptions(), noise: whiteNoise)
    let relabelling = try Relabelling(components, roles: roles(components, traces), noiseVariance: 1)
    #expect(relabelling.templates.count == 3 && relabelling.nearNoise == [2])
    let pass = try MatchingPass(
      components.spikes.emptied, traces: traces, templates: relabelling.templates, noiseVariance: 1,
      framesPerStep: 3_000_000, stepCount: 1)
    let kinds = [
      waveform(size: 25), waveform(size: 30, onFirst: false), waveform(size: 25), waveform(size: 4.8),
      waveform(size: 17, onFirst: false),
    ]
    var matched = MatchedSpikes(snippets: snippets(of: kinds, seed: 8))
    // The third is the first once more, better placed.
    matched.frames = [1000, 1003, 1010, 50_000, 90_000]
    matched.gains = [10, 20, 30, 5, 9]
    let table = try relabelling.relabelled(matched, pass: pass, tracking: TrackingOptions(), threads: 1)
    #expect(table.detected.frames == [1003, 1010, 50_000])
    #expect(table.clusters.labels == [1, 0, 2])
    #expect(table.isMatched && table.censoredMilliseconds == 0.5)
    #expect(table.noiseFindings.map { $0 == nil } == [true, true, false])
    #expect(table.features.rows == 3 && table.clusters.responsibilities.rows == 3)
    #expect(table.detected.snippets.count == 3)
    let drift = try #require(table.drift)
    #expect(drift.amplitudes.count == 3 * 2)
    #expect(abs(drift.amplitudes[0] + 25) < 1 && abs(drift.amplitudes[3] + 30) < 1)
  }
}

@Suite struct SpikeTableTests {
  @Test func aStretchHoldsWholeSnippets() {
    let frames = [5, 12, 500, 960, 980, 2000]
    let made = snippets(of: frames.map { _ in waveform(size: 20) }, seed: 9)
    let table = madeTable(frames: frames, labels: [0, 1, 2, 3, 4, 5], snippets: made, noise: [1, 1])
    // Twelve frames before the trough, 28 from it on.
    let part = table.during(0..<1000)
    #expect(part.detected.frames == [12, 500, 960])
    #expect(part.features.storage == [1, 2, 3])
    #expect(part.detected.snippets == made.selecting(1...3) && part.frameCount == 1000)
    #expect(table.during(490..<3000).detected.frames == [470, 490, 1510])
    #expect(table.during(2100..<2200).count == 0)
  }

  @Test func stagesThatRanSideBySideShareTheTime() {
    let watch = StageWatch()
    watch.enter(.neighbourhoods)
    var (one, two) = (StageSeconds(), StageSeconds())
    (one.detect, one.cluster, two.cluster) = (1, 2, 1)
    watch.leave(for: [one, two])
    let seconds = watch.seconds
    #expect(seconds.detect > 0 && abs(seconds.cluster - 3 * seconds.detect) < 1e-9)
    #expect(seconds.match == 0)
  }
}
