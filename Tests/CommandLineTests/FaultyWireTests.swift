import Foundation
import NumPyInterop
import TestSupport
import Testing

/// Wires that carry nothing, whatever the spikes come from: a sorting and a report, or one sentence.
struct FaultyWireTests {
  enum Fault: String, CaseIterable, Sendable { case dead, copied, sometimesDead, oneSpike, equalSpikes }

  private static let (frames, trough) = (32, 10)

  /// Spikes of two sizes on some wires, the last of which has the fault: spikes × frames × channels.
  private static func snippets(_ channels: Int, _ fault: Fault) -> [Double] {
    var generator = SeededGenerator(seed: 3)
    let count = fault == .oneSpike ? 1 : 80
    let shape = [0.1, 0.3, 0.6, 1, 0.7, 0.3, 0, -0.2, -0.2, -0.1]
    var values = (0..<count).flatMap { n in
      (0..<frames).flatMap { f in
        (0..<channels).map { c -> Double in
          let place = f - trough + 3
          let size = n % 2 == 0 ? 90.0 : 60 / Double(1 + c)
          return (generator.normal() * 5 - (shape.indices.contains(place) ? size * shape[place] : 0))
            .rounded()
        }
      }
    }
    for row in 0..<count * frames {
      let last = row * channels + channels - 1
      switch fault {
      case .dead: values[last] = 0
      case .copied: values[last] = values[row * channels]
      case .sometimesDead where row / frames % 3 == 0: values[last] = 7
      default: break
      }
    }
    guard fault == .equalSpikes else { return values }
    let size = frames * channels
    return (0..<count).flatMap { _ in values[..<size] }
  }

  /// The ends a command may have: done with a report, or one sentence.
  private func expectAnAnswer(_ arguments: [String], in folder: URL) throws {
    let out = folder.appendingPathComponent("out")
    let outcome = try spikesort(
      arguments + [
        "--model", "gaussian", "--components", "1...2", "--restarts", "1", "--threads", "1", "--quiet",
        "--overwrite", "-o", out.path,
      ])
    if outcome.status == 0 {
      #expect(names(in: out).contains("report.html"))
    } else {
      #expect(
        [64, 65].contains(outcome.status), "\(arguments): \(outcome.status) \(outcome.errors.prefix(400))")
      #expect(outcome.errorLines.count == 1, "\(outcome.errors.prefix(400))")
    }
  }

  @Test(arguments: [1, 2, 4], Fault.allCases) func everyInput(_ channels: Int, _ fault: Fault) throws {
    try withTemporaryFolder { folder in
      func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
      let snippets = Self.snippets(channels, fault)
      let count = snippets.count / Self.frames / channels
      let times = (0..<count).map { Double(3000 + 700 * $0) }
      let features = (0..<count).flatMap { n in
        (0..<channels * 3).map { snippets[(n * Self.frames + Self.trough + $0 % 3) * channels + $0 / 3] }
      }
      let lab = folder.appendingPathComponent("lab")
      try FileManager.default.createDirectory(at: lab, withIntermediateDirectories: true)
      try NPY.write(
        snippets, shape: [count, Self.frames, channels], to: folder.appendingPathComponent("s.npy"))
      try NPY.write(times, to: folder.appendingPathComponent("t.npy"))
      try NPY.write(features, shape: [count, channels * 3], to: folder.appendingPathComponent("f.npy"))
      try NPY.write(
        features.prefix(count).map { $0 }, shape: [count, 1], to: folder.appendingPathComponent("g.npy"))
      try NPY.write(features, shape: [count, channels * 3], to: lab.appendingPathComponent("features.npy"))
      try NPY.write(times, to: lab.appendingPathComponent("spiketimes_s.npy"))
      try NPY.write(times.map { $0 / 30 }, to: lab.appendingPathComponent("spiketimes_t.npy"))
      try NPY.write(
        snippets, shape: [count, Self.frames, channels], to: lab.appendingPathComponent("waveforms.npy"))
      let timed = ["--times", path("t.npy"), "--rate", "30000"]
      try expectAnAnswer(["sort", path("s.npy")] + timed, in: folder)
      try expectAnAnswer(["cluster", path("f.npy")] + timed, in: folder)
      try expectAnAnswer(["cluster", path("g.npy"), "--waveforms", path("s.npy")] + timed, in: folder)
      try expectAnAnswer(["cluster", lab.path], in: folder)
    }
  }

  @Test(arguments: [Fault.dead, .copied, .sometimesDead]) func anAxonaTetrode(_ fault: Fault) throws {
    try withTemporaryFolder { folder in
      let snippets = Self.snippets(4, fault)
      let count = snippets.count / Self.frames / 4
      var data = Data(
        ("duration 10\r\nnum_chans 4\r\ntimebase 96000 hz\r\nbytes_per_timestamp 4\r\nsamples_per_spike \(Self.frames)\r\n"
          + "sample_rate 48000 hz\r\nbytes_per_sample 1\r\nnum_spikes \(count)      \r\ndata_start").utf8)
      for n in 0..<count {
        for c in 0..<4 {
          withUnsafeBytes(of: UInt32(5000 + 2000 * n).bigEndian) { data.append(contentsOf: $0) }
          data.append(
            contentsOf: (0..<Self.frames).map { f in
              UInt8(bitPattern: Int8(max(-128, min(127, snippets[(n * Self.frames + f) * 4 + c]))))
            })
        }
      }
      try (data + Data("\r\ndata_end\r\n".utf8)).write(to: folder.appendingPathComponent("rat.1"))
      let gains = (0..<4).map { "gain_ch_\($0) 1000\r\n" }.joined()
      try Data("ADC_fullscale_mv 1500\r\n\(gains)".utf8).write(to: folder.appendingPathComponent("rat.set"))
      try expectAnAnswer(["sort", folder.appendingPathComponent("rat.1").path], in: folder)
      guard fault != .sometimesDead else { return }
      let record = try record(of: folder.appendingPathComponent("out"))
      let warnings = record["warnings"] as? [String] ?? []
      #expect(warnings.first?.contains("left out") == true, "\(warnings)")
      let noise = record["noise"] as? [String: Any]
      #expect(noise?["origin"] as? String == "snippets")
      #expect((noise?["deviations"] as? [Double])?.count == 3)
    }
  }
}
