internal import Curation
internal import Recordings
internal import SpikeSorting

/// Mean waveforms and examples of units; of parts of the sorter's units read anew from the recording where it is there.
struct WaveformSource: Sendable {
  let traces: TraceSource
  let measures: UnitMeasures

  /// Examples read from the recording, evenly spaced in time.
  static let examplesRead = 60

  /// The waveforms of some units, as `api/waveforms` gives them.
  func bundle(of units: [CurationState.Unit], revision: Int, troughFrame: Int?) throws -> ArrayBundle {
    let waveforms = try units.map { try waveform(of: $0) }
    let shape = measures.waveformShape
    let (frames, channels) = (shape?.frames ?? 0, shape?.channels ?? 0)
    func turned(_ snippet: some Collection<Float>) -> [Float] {
      let snippet = Array(snippet)
      return (0..<channels).flatMap { c in (0..<frames).map { snippet[$0 * channels + c] } }
    }
    var bundle = ArrayBundle([
      "revision": revision, "units": units.map(\.id), "troughFrame": troughFrame,
      "basis": waveforms.map(\.basis.rawValue),
    ])
    let outline = [units.count, channels, frames]
    bundle.add("means", waveforms.flatMap { turned($0.mean.map(Float.init)) }, outline)
    bundle.add("deviations", waveforms.flatMap { turned($0.deviation.map(Float.init)) }, outline)
    let size = frames * channels
    let examples = waveforms.flatMap { one in
      one.spikes.indices.flatMap { turned(one.examples[$0 * size..<($0 + 1) * size]) }
    }
    let count = waveforms.reduce(0) { $0 + $1.spikes.count }
    bundle.add("examples", examples, [count, channels, frames])
    bundle.add(
      "exampleUnits", zip(units, waveforms).flatMap { unit, one in one.spikes.map { _ in Int32(unit.id) } },
      [count])
    bundle.add("exampleSpikes", waveforms.flatMap(\.spikes), [count])
    return bundle
  }

  private func waveform(of unit: CurationState.Unit) throws -> UnitMeasures.Waveform {
    let stored = measures.waveform(unit)
    guard stored.basis == .examples || stored.basis == .none, let opened = traces.opened,
      let shape = measures.waveformShape, let frames = measures.frames
    else { return stored }
    let count = min(Self.examplesRead, unit.spikes.count)
    var (spikes, examples): ([Int32], [Float]) = ([], [])
    for n in 0..<count {
      let spike = unit.spikes[n * unit.spikes.count / count]
      let start = frames[Int(spike)] - shape.troughFrame
      guard start >= 0, start + shape.frames <= opened.raw.frameCount else { continue }
      spikes.append(spike)
      examples += try opened.snippet(start..<start + shape.frames)
    }
    guard !spikes.isEmpty else { return stored }
    let (mean, deviation) = UnitMeasures.statistics(of: examples, size: shape.frames * shape.channels)
    return UnitMeasures.Waveform(
      mean: mean, deviation: deviation, basis: .recording, spikes: spikes, examples: examples)
  }
}
