internal import Foundation
internal import NumPyInterop

/// The files of a simulated recording.
struct SimulationOutput {
  let folder: URL
  let name: String

  /// The voltage of a step of the samples.
  static let microvoltsPerStep = 0.195

  private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
  private var samples: URL { file("\(name).dat") }

  func makeFolder() throws(SimulationError) {
    try writing(folder) { try FileManager.default.createDirectory(at: $0, withIntermediateDirectories: true) }
  }

  /// Removes every file that was written, and the folder where nothing else is in it.
  func remove() {
    let others = ["meta.json", "probe.json", "gt_times.npy", "gt_labels.npy", "gt_templates_uV.npy"]
    for url in [samples] + others.map(file) { try? FileManager.default.removeItem(at: url) }
    // A folder with anything left in it stays.
    rmdir(folder.path)
  }

  private func writing(_ url: URL, _ body: (URL) throws -> Void) throws(SimulationError) {
    do {
      try body(url)
    } catch {
      throw .unwritable(file: url.path, reason: systemReason(of: error))
    }
  }

  /// Writes the samples as 16-bit integers.
  ///
  /// - Returns: the first samples in µV as they stand in the file, 20 s of a tetrode and fewer for more channels.
  func writeSamples(
    of trace: inout SimulatedTrace, _ options: SimulationOptions, progress: (Double) -> Void
  ) throws -> [Double] {
    try writing(samples) { try Data().write(to: $0) }
    let handle = try opened(samples)
    defer { try? handle.close() }
    let kept = min(options.frameCount, 2_400_000 / options.channels) * options.channels
    var beginning: [Double] = []
    var written = 0
    var steps: [Int16] = []
    while try trace.next({ block in
      steps.removeAll(keepingCapacity: true)
      for value in block { steps.append(Self.step(microvolts: value)) }
      try writing(samples) { _ in try handle.write(contentsOf: steps.withUnsafeBytes { Data($0) }) }
      for value in steps.prefix(kept - beginning.count) {
        beginning.append(Double(value) * Self.microvoltsPerStep)
      }
      written += steps.count / options.channels
    }) {
      progress(Double(written) / Double(options.frameCount))
    }
    return beginning
  }

  private func opened(_ url: URL) throws(SimulationError) -> FileHandle {
    do {
      return try FileHandle(forWritingTo: url)
    } catch {
      throw .unwritable(file: url.path, reason: systemReason(of: error))
    }
  }

  /// The nearest step, ties to even, within 16 bits.
  @inline(__always) private static func step(microvolts: Float) -> Int16 {
    let steps = min(32_767, max(-32_768, microvolts / Float(microvoltsPerStep)))
    // Adding 1.5 × 2²³ leaves no room for a fraction, so the sum is rounded.
    return Int16((steps + 0x1.8p23) - 0x1.8p23)
  }

  func write(_ truth: GroundTruth) throws(NPYError) {
    let shape = [truth.unitCount, truth.templateFrames, truth.channelPositions.count]
    try NPY.write(truth.times.map { Int64($0) }, to: file("gt_times.npy"))
    try NPY.write(truth.labels.map { Int32($0) }, to: file("gt_labels.npy"))
    try NPY.write(truth.templates, shape: shape, to: file("gt_templates_uV.npy"))
  }

  func writeJSON(_ value: some Encodable, to name: String) throws(SimulationError) {
    try writing(file(name)) { url in
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(value).write(to: url)
    }
  }
}
