import Foundation
import NumPyInterop
import TestSupport
import Testing

/// `spikesort cluster` on the lab's files, and on features from elsewhere.
struct LabFolderTests {
  /// The lab's four arrays, made from a simulated recording.
  private struct Lab {
    var count: Int
    /// Spikes × 12, the three components of a channel side by side.
    var features: [Double]
    /// In samples.
    var times: [Double]
    /// Spikes × 30 × 4 in µV.
    var waveforms: [Double]
    var rate = 30_000.0

    init(in folder: URL) throws {
      let recording = try simulated(in: folder, seconds: 30, units: 3)
      let out = folder.appendingPathComponent("sorted")
      let outcome = try spikesort("sort", recording.path, "--quiet", "-o", out.path)
      guard outcome.status == 0 else { throw Failure(description: outcome.errors) }
      times = try numbers("spike_times.npy", of: out)
      let count = times.count
      let stored = try numbers("pc_features.npy", of: out)
      features = (0..<count * 12).map { i in
        let (n, channel, component) = (i / 12, i % 12 / 3, i % 3)
        return stored[(n * 3 + component) * 4 + channel]
      }
      let data = try Data(contentsOf: recording.appendingPathComponent("recording.dat"))
      let samples = data.withUnsafeBytes { $0.bindMemory(to: Int16.self).map { Double($0) * 0.195 } }
      waveforms = times.flatMap { samples[(Int($0) - 10) * 4..<(Int($0) + 20) * 4] }
      self.count = count
    }

    /// Writes the files under a prefix of their names.
    func write(to folder: URL, prefix: String = "nds_cl_1_", channelsFirst: Bool = false) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      func file(_ name: String) -> URL { folder.appendingPathComponent(prefix + name) }
      try NPY.write(features, shape: [count, 12], to: file("features.npy"))
      try NPY.write(times, to: file("spiketimes_s.npy"))
      try NPY.write(times.map { $0 / rate * 1000 }, to: file("spiketimes_t.npy"))
      guard channelsFirst else {
        return try NPY.write(waveforms, shape: [count, 30, 4], to: file("waveforms.npy"))
      }
      var turned: [Double] = []
      for n in 0..<count {
        for channel in 0..<4 {
          for frame in 0..<30 { turned.append(waveforms[(n * 30 + frame) * 4 + channel]) }
        }
      }
      try NPY.write(turned, shape: [count, 4, 30], to: file("waveforms.npy"))
    }
  }

  private func clustered(_ input: URL, to out: URL, _ more: [String] = []) throws -> CommandOutcome {
    let outcome = try spikesort(["cluster", input.path, "--quiet", "-o", out.path] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test func theFolderAsItIs() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = try Lab(in: folder)
      let input = folder.appendingPathComponent("lab")
      try lab.write(to: input)
      let out = folder.appendingPathComponent("out")
      let outcome = try clustered(input, to: out, ["--json"])
      let answer = try outcome.json()
      #expect(
        answer.keys.sorted() == [
          "components", "peakMemoryMiB", "seconds", "selection", "spikes", "units", "weights",
        ])
      #expect(answer["spikes"] as? Int == lab.count)

      let record = try record(of: out)
      let options = try #require(record["options"] as? [String: Any])
      #expect(options["labPreset"] as? Bool == true)
      #expect(options["model"] as? String == "gaussian")
      #expect(options["restarts"] as? Int == 10)
      let mixture = try #require(record["mixture"] as? [String: Any])
      let selection = try #require(mixture["selection"] as? [String: Any])
      #expect(selection["components"] as? [Int] == Array(2...15))
      #expect((selection["bic"] as? [[Any]])?.map(\.count) == [Int](repeating: 10, count: 14))
      let source = try #require(record["source"] as? [String: Any])
      #expect(source["samplingRate"] as? Double == 30_000, "1000 · s/t")
      #expect(source["amplitudeUnit"] as? String == "µV")
      #expect(try numbers("spike_times.npy", of: out) == lab.times)
      #expect(
        try NPYArray(contentsOf: out.appendingPathComponent("templates.npy")).shape.dropFirst() == [30, 4])
    }
  }

  @Test func anyPrefixAndEitherAxisOrder() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = try Lab(in: folder)
      let (first, second) = (folder.appendingPathComponent("first"), folder.appendingPathComponent("second"))
      try lab.write(to: first)
      try lab.write(to: second, channelsFirst: true)
      let few = ["--components", "2...4", "--restarts", "2"]
      _ = try clustered(first, to: folder.appendingPathComponent("out1"), few)
      _ = try clustered(second, to: folder.appendingPathComponent("out2"), few)
      let differing = try differences(
        folder.appendingPathComponent("out1"), folder.appendingPathComponent("out2"))
      // The checksum of the input stands in the record and on the page; all else is the same.
      #expect(differing == ["report.html", "sorting.json"])

      let third = folder.appendingPathComponent("third")
      try lab.write(to: third, prefix: "Ratte 7, ")
      _ = try clustered(third, to: folder.appendingPathComponent("out3"), few)
      let templates = try numbers("templates.npy", of: folder.appendingPathComponent("out3"))
      #expect(try templates == numbers("templates.npy", of: folder.appendingPathComponent("out1")))
    }
  }

  @Test func warnsAtTheEdgeOfTheRange() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = try Lab(in: folder)
      let input = folder.appendingPathComponent("lab")
      try lab.write(to: input)
      let edge = try clustered(input, to: folder.appendingPathComponent("edge"), ["--components", "2...2"])
      #expect(!edge.errors.contains("at the edge"), "one number is no range")
      let narrow = try clustered(
        input, to: folder.appendingPathComponent("narrow"), ["--components", "2...3"])
      #expect(
        narrow.errors.contains(
          "warning: the best number of components, 3, is at the edge of the range tried (2…3)"))
      #expect(
        try warnings(of: folder.appendingPathComponent("narrow")).contains { $0.contains("at the edge") })
    }
  }

  @Test func sameBytesForAnyThreads() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = try Lab(in: folder)
      let input = folder.appendingPathComponent("lab")
      try lab.write(to: input)
      let few = ["--components", "2...6", "--restarts", "3"]
      let first = folder.appendingPathComponent("first")
      _ = try clustered(input, to: first, few)
      for threads in ["1", "2", "3", "7"] {
        let out = folder.appendingPathComponent("threads" + threads)
        _ = try clustered(input, to: out, few + ["--threads", threads])
        #expect(try differences(first, out) == [])
      }
    }
  }

  @Test func featuresAlone() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = try Lab(in: folder)
      let file = folder.appendingPathComponent("f.npy")
      try NPY.write(lab.features, shape: [lab.count, 12], to: file)
      let out = folder.appendingPathComponent("out")
      let outcome = try clustered(file, to: out)
      #expect(outcome.errors.contains("no spike times"))
      #expect(try verdicts(of: out).isEmpty)
      #expect(!names(in: out).contains("params.py"))
      #expect(names(in: out.appendingPathComponent("figures")).contains("bic.svg"))
      // With times and a rate there are units and verdicts.
      let times = folder.appendingPathComponent("t.npy")
      try NPY.write(lab.times.map { Int64($0) }, to: times)
      let judged = folder.appendingPathComponent("judged")
      _ = try clustered(file, to: judged, ["--times", times.path, "--rate", "30000"])
      #expect(try !verdicts(of: judged).isEmpty)
    }
  }

  /// Features in a file, with times beside them.
  private static func arrays(
    _ rows: Int, columns: Int = 3, times: Int? = nil, _ value: @escaping @Sendable (Int) -> Double
  ) -> @Sendable (URL) throws -> Void {
    { folder in
      try NPY.write(
        (0..<rows * columns).map(value), shape: [rows, columns], to: folder.appendingPathComponent("f.npy"))
      try NPY.write(
        (0..<(times ?? rows)).map { Double(100 * $0) }, to: folder.appendingPathComponent("t.npy"))
    }
  }

  private static func wave(_ i: Int) -> Double { sin(Double(i) * 1.7) * 3 }

  static let refusals: [Refusal] = [
    Refusal("a missing file", ["cluster", "@/f.npy", "-o", "@/out"], 65, says: ["f.npy", "expected"]),
    Refusal(
      "a folder of something else", ["cluster", "@", "-o", "@/out"], 65, says: ["features.npy", "expected"]),
    Refusal(
      "no spikes", ["cluster", "@/f.npy", "-o", "@/out"], 65, says: ["f.npy", "0 × 3", "expected"],
      prepare: arrays(0, wave)),
    Refusal(
      "NaN", ["cluster", "@/f.npy", "-o", "@/out"], 65,
      says: ["f.npy", "nan", "spike 2, feature 1", "expected"],
      prepare: arrays(50) { $0 == 7 ? .nan : wave($0) }),
    Refusal(
      "a list", ["cluster", "@/t.npy", "-o", "@/out"], 65, says: ["t.npy", "[50]", "expected"],
      prepare: arrays(50, wave)),
    Refusal(
      "text", ["cluster", "@/f.npy", "-o", "@/out"], 65, says: ["f.npy", "NUMPY"],
      prepare: { try Data("1,2,3".utf8).write(to: $0.appendingPathComponent("f.npy")) }),
    Refusal(
      "an empty file", ["cluster", "@/f.npy", "-o", "@/out"], 65, says: ["f.npy", "expected"],
      prepare: { try Data().write(to: $0.appendingPathComponent("f.npy")) }),
    Refusal(
      "times without a rate", ["cluster", "@/f.npy", "--times", "@/t.npy", "-o", "@/out"], 65,
      says: ["t.npy", "--rate"],
      prepare: arrays(50, wave)),
    Refusal(
      "rate 0", ["cluster", "@/f.npy", "--times", "@/t.npy", "--rate", "0", "-o", "@/out"], 64,
      says: ["--rate", "expected"],
      prepare: arrays(50, wave)),
    Refusal(
      "too few times", ["cluster", "@/f.npy", "--times", "@/t.npy", "--rate", "9", "-o", "@/out"], 65,
      says: ["t.npy", "49", "expected 50"], prepare: arrays(50, times: 49, wave)),
    Refusal(
      "times that are not there",
      ["cluster", "@/f.npy", "--times", "@/none.npy", "--rate", "9", "-o", "@/out"], 65,
      says: ["none.npy", "expected"], prepare: arrays(50, wave)),
    Refusal(
      "K larger than N", ["cluster", "@/f.npy", "--components", "2...51", "-o", "@/out"], 64,
      says: ["2...51", "50", "expected"], prepare: arrays(50, wave)),
    Refusal(
      "K reversed", ["cluster", "@/f.npy", "--components", "5...2", "-o", "@/out"], 64,
      says: ["5...2", "expected"],
      prepare: arrays(50, wave)),
  ]

  @Test(arguments: refusals) func refused(_ refusal: Refusal) throws { try refusal.check() }

  @Test(arguments: ["gaussian", "t", "drifting-t"]) func duplicatePoints(_ model: String) throws {
    try withTemporaryFolder { (folder) throws in
      for (name, value) in [
        ("same", { @Sendable (_: Int) in 1.5 }), ("two", { @Sendable i in i / 3 % 2 == 0 ? 4 : -1 }),
        ("flat", { @Sendable i in i % 3 == 1 ? 0 : Self.wave(i) }),
      ] {
        try Self.arrays(300, value)(folder)
        let out = folder.appendingPathComponent(name)
        let outcome = try spikesort(
          "cluster", folder.appendingPathComponent("f.npy").path, "--times",
          folder.appendingPathComponent("t.npy").path,
          "--rate", "1000", "--model", model, "--quiet", "-o", out.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let labels = try numbers("spike_clusters.npy", of: out)
        #expect(labels.count == 300)
        if name == "two" {
          // Equal points are never put apart.
          #expect(Set(labels.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)).count == 1)
          #expect(Set(labels.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)).count == 1)
        }
      }
    }
  }

  @Test func fewerSpikesThanTheDefaultRange() throws {
    try withTemporaryFolder { (folder) throws in
      try Self.arrays(5, Self.wave)(folder)
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        "cluster", folder.appendingPathComponent("f.npy").path, "--times",
        folder.appendingPathComponent("t.npy").path,
        "--rate", "1000", "--quiet", "-o", out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try Set(verdicts(of: out)) == ["tooFew"])
    }
  }
}
