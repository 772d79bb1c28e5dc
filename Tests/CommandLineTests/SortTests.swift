import Foundation
import TestSupport
import Testing

/// `spikesort sort` on a simulated tetrode.
struct SortTests {
  @Test func sameBytesOverRunsAndThreads() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 40, units: 4, more: ["--drift"])
      func sorted(_ name: String, _ more: [String]) throws -> URL {
        let out = folder.appendingPathComponent(name)
        let outcome = try spikesort(["sort", recording.path, "--quiet", "-o", out.path] + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return out
      }
      let first = try sorted("first", [])
      #expect(try numbers("spike_times.npy", of: first).count > 500)
      #expect(try differences(first, sorted("again", [])) == [])
      for threads in [1, 2, 3, 7] {
        #expect(try differences(first, sorted("threads\(threads)", ["--threads", "\(threads)"])) == [])
      }
      // The comparison can fail.
      #expect(try differences(first, sorted("other", ["--threshold", "6"])).contains("spike_times.npy"))
    }
  }

  @Test(arguments: [4, 10]) func reportDrawsTheSameBytes(channels: Int) throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, more: ["--channels", "\(channels)"])
      let out = folder.appendingPathComponent("out")
      #expect(try spikesort("sort", recording.path, "--quiet", "-o", out.path).status == 0)
      let before = try files(below: out)
      for name in before.keys where name.hasSuffix(".svg") || name == "report.html" {
        try FileManager.default.removeItem(at: out.appendingPathComponent(name))
      }
      let outcome = try spikesort("report", out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
      let after = try files(below: out)
      #expect(before.keys.sorted() == after.keys.sorted())
      #expect(before.keys.filter { before[$0] != after[$0] } == [])
      #expect(before.keys.count { $0.hasSuffix(".svg") } >= (channels == 4 ? 8 : 6))
    }
  }

  @Test func saysHowSureTheNumberOfUnitsIs() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 40)
      let plain = folder.appendingPathComponent("plain")
      let outcome = try spikesort("sort", recording.path, "--quiet", "-o", plain.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.text.contains("How many: ") && outcome.text.contains(" by 4 fits"))
      let thorough = folder.appendingPathComponent("thorough")
      let long = try spikesort(
        "sort", recording.path, "--quiet", "-o", thorough.path, "--thorough", "--restarts", "1")
      #expect(long.status == 0, "\(long.errors)")
      let kept = try record(of: thorough)
      let refits = kept["refits"] as? [String: Any]
      #expect((refits?["counts"] as? [Int])?.count == 19)
      let range = try #require(refits?["range"] as? [Int])
      #expect(range.count == 2 && long.text.contains(" by 20 fits"))
      let mixture = kept["mixture"] as? [String: Any]
      let selection = mixture?["selection"] as? [String: Any]
      let components = try #require(selection?["components"] as? [Int])
      #expect((selection?["heldOut"] as? [Double])?.count == components.count)
      #expect((selection?["bestICL"] as? [Double])?.count == components.count)
      #expect((mixture?["calibration"] as? [String: Any])?["drifts"] != nil)
      let page = try String(contentsOf: thorough.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(page.contains("This was a thorough sorting.") && page.contains("id=\"drift\""))
    }
  }

  @Test func nonASCIIAndSpacedPaths() throws {
    try withTemporaryFolder { (base) throws in
      let folder = base.appendingPathComponent("Ergebnisse für Ähm’s \"Ratte\" 🐀")
      let recording = try simulated(in: folder, name: "Tétrode nº 4 %20 'eins'", seconds: 5)
      let out = folder.appendingPathComponent("сортировка 結果")
      let outcome = try spikesort("sort", recording.path, "-o", out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(names(in: folder) == [recording.lastPathComponent, out.lastPathComponent].sorted())
      let source = try record(of: out)["source"] as? [String: Any]
      #expect(source?["files"] as? [String] == [recording.lastPathComponent + ".dat"])
      let page = try String(contentsOf: out.appendingPathComponent("report.html"), encoding: .utf8)
      #expect(page.contains("Tétrode nº 4 %20"))
      #expect(try spikesort("compare", out.path, recording.path, "--json").status == 0)
    }
  }

  @Test func filesSortedAsOneAreKeptTrackOf() throws {
    try withTemporaryFolder { (folder) throws in
      let files = try (0..<2).map { i in
        let file = folder.appendingPathComponent("day \(i).dat")
        try write(noise(frames: 30_000 + 10 * i, seed: UInt64(i + 1)), to: file)
        return file.path
      }
      let out = folder.appendingPathComponent("out")
      let arguments = ["--rate", "30000", "--channels", "4", "--quiet", "-o", out.path]
      #expect(try spikesort(["sort"] + files + arguments).status == 0)
      let source = try record(of: out)["source"] as? [String: Any]
      let inputs = source?["inputs"] as? [[String: Any]]
      #expect(inputs?.compactMap { $0["file"] as? String } == ["day 0.dat", "day 1.dat"])
      #expect(inputs?.compactMap { $0["frames"] as? [Int] } == [[0, 30_000], [30_000, 60_010]])
    }
  }

  @Test func startAndEnd() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder, seconds: 20)
      func times(_ name: String, _ more: [String]) throws -> [Double] {
        let out = folder.appendingPathComponent(name)
        #expect(try spikesort(["sort", recording.path, "--quiet", "-o", out.path] + more).status == 0)
        return try numbers("spike_times.npy", of: out)
      }
      let whole = try times("whole", [])
      let part = try times("part", ["--start", "5", "--end", "12"])
      // Times go on counting from the recording's start.
      #expect(part.allSatisfy { $0 >= 5 * 30_000 && $0 < 12 * 30_000 })
      let inside = whole.filter { $0 >= 5.01 * 30_000 && $0 < 11.99 * 30_000 }
      // Noise and templates are estimated on the part alone, so a spike may stand a frame beside.
      let found = Set(part.flatMap { [$0 - 2, $0 - 1, $0, $0 + 1, $0 + 2] })
      #expect(inside.count > 100)
      #expect(Double(inside.count { found.contains($0) }) > 0.9 * Double(inside.count))
      let source = try record(of: folder.appendingPathComponent("part"))["source"] as? [String: Any]
      #expect(source?["frameCount"] as? Int == 7 * 30_000)
      #expect(source?["startFrame"] as? Int == 5 * 30_000)
    }
  }

  @Test func excludedChannels() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try simulated(in: folder)
      let out = folder.appendingPathComponent("out")
      #expect(
        try spikesort("sort", recording.path, "--quiet", "-o", out.path, "--exclude-channels", "0,2").status
          == 0)
      #expect(try numbers("channel_map.npy", of: out) == [1, 3])
      #expect(try numbers("channel_positions.npy", of: out).count == 4)
      let parameters = try String(contentsOf: out.appendingPathComponent("params.py"), encoding: .utf8)
      #expect(parameters.contains("n_channels_dat = 4"))
    }
  }

  /// Spikes down, and fewer but larger ones up; a mixture at rest leaves them where they were detected.
  private func withBothSigns(_ body: (_ sort: ([String]) throws -> [Double]) throws -> Void) throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      var samples = noise(frames: 60_000)
      for n in 0..<50 { addSpike(to: &samples, at: 1000 + 1000 * n) }
      for n in 0..<20 { addSpike(to: &samples, at: 1500 + 1000 * n, size: 2000) }
      try write(samples, to: file)
      try body { more in
        let out = folder.appendingPathComponent("out")
        let outcome = try spikesort(
          [
            "sort", file.path, "--rate", "10000", "--channels", "4", "--threshold", "9", "--model", "t",
            "--band", "100,4500", "--artifacts", "none", "--quiet",
            "--overwrite", "-o", out.path,
          ] + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try numbers("spike_times.npy", of: out)
      }
    }
  }

  @Test func peak() throws {
    func near(_ times: [Double], _ remainder: Int) -> Int {
      times.count { abs(Int($0) % 1000 - remainder) <= 2 }
    }
    try withBothSigns { (sort) throws in
      let down = try sort(["--peak", "negative"])
      #expect(near(down, 0) == 50)
      let up = try sort(["--peak", "positive"])
      #expect(near(up, 500) == 20)
      let both = try sort(["--peak", "both"])
      #expect(near(both, 0) == 50)
      #expect(near(both, 500) == 20)
      #expect(near(try sort([]), 0) == 50, "auto takes the sign of more events")
    }
  }

  @Test func medianReference() throws {
    try withTemporaryFolder { (folder) throws in
      // An artefact on all channels alike, and spikes on one.
      var samples = noise(frames: 60_000)
      for n in 0..<40 {
        for k in 0..<6 {
          for channel in 0..<4 { samples[(1000 + 1000 * n + k) * 4 + channel] -= 2000 }
        }
        for k in 0..<3 { samples[(1500 + 1000 * n + k) * 4 + 1] -= 2000 }
      }
      let file = folder.appendingPathComponent("r.dat")
      try write(samples, to: file)
      func times(_ reference: String) throws -> [Double] {
        let out = folder.appendingPathComponent(reference)
        let outcome = try spikesort(
          "sort", file.path, "--rate", "10000", "--channels", "4", "--quiet", "--threshold", "9", "--peak",
          "negative", "--artifacts", "none",
          "--reference", reference, "-o", out.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try numbers("spike_times.npy", of: out)
      }
      func artefacts(_ times: [Double]) -> Int { times.count { Int($0) % 1000 < 20 } }
      func spikes(_ times: [Double]) -> Int { times.count { (1480...1520).contains(Int($0) % 1000 + 1000) } }
      let (plain, referenced) = (try times("none"), try times("median"))
      #expect(artefacts(plain) >= 38 && spikes(plain) >= 38)
      #expect(artefacts(referenced) == 0 && spikes(referenced) >= 38)
    }
  }

  @Test func band() throws {
    try withTemporaryFolder { (folder) throws in
      // A wave of 50 Hz, 20 times the noise: out of the default band, inside another.
      var samples = noise(frames: 60_000, deviation: 20)
      for frame in 0..<60_000 {
        let wave = Int16(400 * sin(2 * .pi * 50 * Double(frame) / 10_000))
        for channel in 0..<4 { samples[frame * 4 + channel] += wave }
      }
      let file = folder.appendingPathComponent("r.dat")
      try write(samples, to: file)
      func deviation(_ name: String, _ more: [String]) throws -> Double {
        let out = folder.appendingPathComponent(name)
        let outcome = try spikesort(
          ["sort", file.path, "--rate", "10000", "--channels", "4", "--quiet", "-o", out.path] + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let both = try numbers("trace_example.npy", of: out)
        let filtered = both.suffix(both.count / 2)
        return (filtered.reduce(0) { $0 + $1 * $1 } / Double(filtered.count)).squareRoot()
      }
      #expect(try deviation("default", []) < 25)
      #expect(try deviation("wide", ["--band", "10,4000"]) > 250)
    }
  }

  @Test func severalFilesAreOne() throws {
    try withTemporaryFolder { (folder) throws in
      let whole = try simulated(in: folder, seconds: 10).appendingPathComponent("recording.dat")
      let data = try Data(contentsOf: whole)
      let half = data.count / 2
      try data.prefix(half).write(to: folder.appendingPathComponent("a.dat"))
      try data.suffix(from: half).write(to: folder.appendingPathComponent("b.dat"))
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        "sort", folder.appendingPathComponent("a.dat").path, folder.appendingPathComponent("b.dat").path,
        "--rate", "30000",
        "--channels", "4", "--quiet", "--json", "-o", out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try outcome.json()["recordingSeconds"] as? Double == 10)
      let times = try numbers("spike_times.npy", of: out)
      #expect(times.contains { $0 < 5 * 30_000 } && times.contains { $0 > 5 * 30_000 })
      #expect(try (record(of: out)["source"] as? [String: Any])?["files"] as? [String] == ["a.dat", "b.dat"])
    }
  }

  @Test func microvoltsOnlyWithAGain() throws {
    try withTemporaryFolder { (folder) throws in
      let file = try simulated(in: folder, seconds: 5).appendingPathComponent("recording.dat")
      let bare = folder.appendingPathComponent("bare.dat")
      try FileManager.default.copyItem(at: file, to: bare)
      func page(_ name: String, _ more: [String]) throws -> String {
        let out = folder.appendingPathComponent(name)
        let outcome = try spikesort(
          ["sort", bare.path, "--rate", "30000", "--channels", "4", "--quiet", "-o", out.path] + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try files(below: out).filter { $0.key.hasSuffix(".svg") || $0.key == "report.html" }
          .map { String(decoding: $0.value, as: UTF8.self) }.joined()
      }
      let without = try page("without", [])
      #expect(without.contains("ADC units") && !without.contains("µV"))
      let with = try page("with", ["--gain", "0.195", "--offset", "-12.5"])
      #expect(with.contains("µV") && !with.contains("ADC units"))
    }
  }
}
