import Foundation
import NumPyInterop
import Recordings
import TestSupport
import Testing

@testable import SpikeFiles

/// The only group a path holds.
func onlyGroup(
  _ url: URL, _ description: RecordingDescription = RecordingDescription(), times: URL? = nil
) throws -> SpikeEvents {
  let groups = try #require(try openSpikes(at: url, description: description, times: times))
  try #require(groups.count == 1)
  return groups[0]
}

struct SpikeFilesTests {
  @Test func neuralynxTetrode() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("TT1 ä.ntt")
      let data = MadeSpikeFiles.ntt(
        times: [5_000_900, 7_000_000, 5_000_500], cells: [0, 2, 1],
        sample: { n, f, c in Int16(1000 * n + 10 * f + c) }, header: MadeSpikeFiles.neuralynxHeader)
      try data.write(to: file)
      let events = try onlyGroup(file)
      // In order of time, from the second of the first spike on, at 32 kHz.
      #expect(events.frames == [16, 29, 64_000])
      #expect(events.labels == [1, 0, 2])
      #expect(events.samplingRate == 32_000)
      let snippets = try #require(events.snippets)
      #expect(snippets.frames == 32 && snippets.channels == 4 && snippets.unit == "µV")
      // Spike 2 of the file comes first; channel 3 has 0.04 µV a bit, turned.
      #expect(abs(snippets.samples[5 * 4 + 3] - -(2053 * 0.04)) < 1e-4)
      #expect(try openSpikes(at: folder)?.count == 1)
      // A header that does not say the gain leaves counts.
      let plain = folder.appendingPathComponent("plain.ntt")
      try MadeSpikeFiles.ntt(
        times: [1], cells: [0], sample: { _, f, c in Int16(f * 4 + c) },
        header: "######## Neuralynx\r\n-SamplingFrequency 32000\r\n"
      ).write(to: plain)
      let counts = try #require(try onlyGroup(plain).snippets)
      #expect(counts.unit == "ADC units" && counts.samples == (0..<128).map(Float.init))
    }
  }

  @Test func axonaTetrode() throws {
    try withTemporaryFolder { (folder) throws in
      try Data(MadeSpikeFiles.axonaSettings.utf8).write(to: folder.appendingPathComponent("day.set"))
      let data = MadeSpikeFiles.axona(ticks: [96, 960]) { n, c, f in Int8(f - 20 * n + c) }
      try data.write(to: folder.appendingPathComponent("day.1"))
      for path in ["day.set", "day.1", ""] {
        let events = try onlyGroup(folder.appendingPathComponent(path))
        #expect(events.frames == [48, 480] && events.frameCount == 480_000)
        let snippets = try #require(events.snippets)
        // Spike 1, frame 7, channel 2: byte −11, full scale 1500 mV over 128 at gain 3000, turned.
        let expected = Float(11 * 1500e3 / 128 / 3000)
        #expect(abs(snippets.samples[(50 + 7) * 4 + 2] - expected) < 1e-4)
      }
      // A file that ends too soon, and a wire that was switched off.
      let cut = folder.appendingPathComponent("day.1")
      try data.prefix(500).write(to: cut)
      let settings = MadeSpikeFiles.axonaSettings.replacing("gain_ch_1 2000", with: "gain_ch_1 0")
      try Data(settings.utf8).write(to: folder.appendingPathComponent("day.set"))
      let events = try onlyGroup(cut)
      #expect(events.frames == [48] && events.snippets?.samples.count == 200)
      #expect((0..<50).allSatisfy { events.snippets?.samples[4 * $0 + 1] == 0 })
      #expect(events.notices.count == 2 && events.notices[0].contains("num_spikes says 2"))
      #expect(events.notices[1].contains("gain of channel 1 is 0"))
      #expect(throws: RecordingError.self) {
        try openSpikes(at: cut, description: RecordingDescription(isStrict: true))
      }
    }
  }

  @Test func neurosuiteGroup() throws {
    try withTemporaryFolder { (folder) throws in
      try MadeSpikeFiles.neurosuite(in: folder, times: [100, 50, 700], clusters: [3, 2, 3])
      for path in ["", "rat.xml", "rat.res.1", "rat.spk.1"] {
        let events = try onlyGroup(folder.appendingPathComponent(path))
        #expect(events.frames == [50, 100, 700] && events.labels == [2, 3, 3])
        #expect(events.samplingRate == 20_000 && events.channels == [1, 0])
        let snippets = try #require(events.snippets)
        let scale = Float(20e6 / 1000 / 65536)
        #expect(snippets.frames == 5 && snippets.channels == 2)
        #expect(
          zip(snippets.samples, (10..<20).map { Float($0 - 7) * scale }).allSatisfy { abs($0 - $1) < 1e-5 })
      }
      let truth = try #require(try klustersLabels(at: folder.appendingPathComponent("rat.clu.1")))
      #expect(truth.times == [100, 50, 700] && truth.clusters == [3, 2, 3])
    }
  }

  @Test func featuresOfKlusters() throws {
    try withTemporaryFolder { (folder) throws in
      func write(_ text: String, _ name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url
      }
      // The last column is the time where it is the .res beside it, or ascends.
      let timed = try write("3\n1 2 10\n3 4 20\n5 6 30\n", "a.fet.1")
      let alone = try onlyGroup(timed)
      #expect(alone.features?.columns == 2 && alone.features?.values == [1, 2, 3, 4, 5, 6])
      #expect(alone.frames == nil, "no rate is known")
      let plain = try write("2\n1 9\n3 4\n5 6\n", "b.fet.1")
      #expect(try onlyGroup(plain).features?.columns == 2)
      #expect(throws: RecordingError.self) { try openSpikes(at: write("2\n1 9\n3\n", "c.fet.1")) }
      #expect(throws: RecordingError.self) { try openSpikes(at: write("2\n1 x\n", "d.fet.1")) }
    }
  }

  @Test func arrays() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("s.npy")
      try NPY.write((0..<24).map(Float.init), shape: [2, 3, 4], to: file)
      // The shorter axis is the channels.
      let snippets = try #require(try onlyGroup(file).snippets)
      #expect(snippets.frames == 4 && snippets.channels == 3)
      #expect(snippets.samples.prefix(6) == [0, 4, 8, 1, 5, 9])
      let times = folder.appendingPathComponent("t.npy")
      try NPY.write([Int64(9), 5], to: times)
      #expect(throws: RecordingError.self) { try openSpikes(at: file, times: times) }
      let events = try onlyGroup(file, RecordingDescription(samplingRate: 1000), times: times)
      #expect(events.frames == [5, 9] && events.snippets?.samples.first == 12)
      // Two axes are a trace, unless there are times.
      let table = folder.appendingPathComponent("f.npy")
      try NPY.write([1.0, 2, 3, 4], shape: [2, 2], to: table)
      #expect(try openSpikes(at: table) == nil)
      let features = try onlyGroup(table, RecordingDescription(samplingRate: 1000), times: times)
      #expect(features.features?.values == [3, 4, 1, 2])
    }
  }

  @Test func whatIsWholeIsRead() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("TT1.ntt")
      let bytes = MadeSpikeFiles.ntt(
        times: [5_000_900, 7_000_000], cells: [0, 0], sample: { n, f, c in Int16(n + f + c) },
        header: MadeSpikeFiles.neuralynxHeader)
      for missing in [1, 200, 303] {
        try bytes.dropLast(missing).write(to: file)
        let events = try onlyGroup(file)
        #expect(events.count == 1 && events.notices.count == 1 && events.notices[0].contains("TT1.ntt"))
      }
      try MadeSpikeFiles.neurosuite(in: folder, times: [100, 50, 700], clusters: [3, 2, 3])
      let snippets = folder.appendingPathComponent("rat.spk.1")
      try Data(contentsOf: snippets).dropLast(3).write(to: snippets)
      let events = try onlyGroup(snippets)
      #expect(events.frames == [50, 100] && events.labels == [2, 3] && events.snippets?.samples.count == 20)
      #expect(events.notices.count == 1 && events.notices[0].contains("rat.spk.1"))
      #expect(throws: RecordingError.self) {
        try openSpikes(at: snippets, description: RecordingDescription(isStrict: true))
      }
    }
  }

  @Test func tetrodesWithoutASpike() throws {
    try withTemporaryFolder { (folder) throws in
      let header = MadeSpikeFiles.neuralynxHeader
      for (name, times) in [("TT1", [1_000_000]), ("TT2", [])] as [(String, [UInt64])] {
        try MadeSpikeFiles.ntt(times: times, cells: [0], sample: { _, f, _ in Int16(f) }, header: header)
          .write(to: folder.appendingPathComponent("\(name).ntt"))
      }
      #expect(try openSpikes(at: folder)?.map(\.count) == [1, 0])
      #expect {
        try openSpikes(at: folder, description: RecordingDescription(isStrict: true))
      } throws: {
        "\($0)".contains("TT2.ntt: TT2 has no spike")
      }
    }
    try withTemporaryFolder { (folder) throws in
      try MadeSpikeFiles.neurosuite(in: folder, times: [100, 50, 700], clusters: [3, 2, 3])
      for name in ["rat.res.2", "rat.spk.2", "rat.res.3", "rat.fet.3"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      #expect(
        try openSpikes(at: folder, description: RecordingDescription(channelCount: 2))?.map(\.count) == [
          3, 0, 0,
        ])
    }
  }

  @Test func oneGroupTwiceIsRefused() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("TT1.ntt")
      try MadeSpikeFiles.ntt(
        times: [1_000_000], cells: [0], sample: { _, f, _ in Int16(f) },
        header: MadeSpikeFiles.neuralynxHeader
      ).write(to: file)
      let inputs = try [file, folder].map { try #require(try openSpikes(at: $0)) }
      #expect(throws: RecordingError.self) { try refuseRepeated(inputs) }
      #expect(throws: Never.self) { try refuseRepeated([inputs[0]]) }
    }
  }

  @Test func brokenFilesAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      try Data(MadeSpikeFiles.axonaSettings.utf8).write(to: folder.appendingPathComponent("day.set"))
      let made: [(String, Data)] = [
        ("day.1", MadeSpikeFiles.axona(ticks: [96, 960]) { _, _, f in Int8(f) }),
        (
          "a.ntt",
          MadeSpikeFiles.ntt(
            times: [1, 2], cells: [0, 0], sample: { _, _, _ in 1 }, header: MadeSpikeFiles.neuralynxHeader)
        ),
      ]
      var generator = SeededGenerator(seed: 5)
      for (name, data) in made {
        let url = folder.appendingPathComponent(name)
        for _ in 0..<60 {
          // Cut anywhere, or with some bytes of the head changed: an error that is a sentence, or spikes; never a crash.
          var broken = data.prefix(Int.random(in: 0...data.count, using: &generator))
          for _ in 0..<4 where !broken.isEmpty {
            let place = Int.random(in: 0..<min(broken.count, 300), using: &generator)
            broken[broken.startIndex + place] = UInt8.random(in: 0...255, using: &generator)
          }
          try broken.write(to: url)
          do {
            _ = try openSpikes(at: url)
          } catch {
            let sentence = "\(error)"
            #expect(error is RecordingError, "\(sentence)")
            #expect(sentence.contains(name) || sentence.contains("day.set"), "\(sentence)")
          }
        }
      }
    }
  }

  /// Times and rates that tables by time could not hold, of a folder that Phy opens.
  @Test(arguments: [
    ([5, 1_000_000_000_000], "20000.", "days apart"), ([5, Int64.max], "20000.", "no frame"),
    ([5, -9], "20000.", "no frame"), ([5, 9], "1.8e19", "a sampling rate of"),
    ([5, 9], "1e-300", "a sampling rate of"),
  ])
  func refusesTimesBeyondAllRecordings(times: [Int64], rate: String, word: String) throws {
    try withTemporaryFolder { (folder) throws in
      func write(_ name: String, _ data: Data) throws {
        try data.write(to: folder.appendingPathComponent(name))
      }
      try write("params.py", Data("sample_rate = \(rate)\n".utf8))
      try write("spike_times.npy", NPY.data(times))
      try write("spike_templates.npy", NPY.data([0, 0] as [Int32]))
      try write("pc_features.npy", NPY.data([1, 2, 3, 4] as [Float], shape: [2, 1, 2]))
      try write("pc_feature_ind.npy", NPY.data([0, 1] as [Int32], shape: [1, 2]))
      #expect { try openSpikes(at: folder) } throws: { "\($0)".contains(word) }
    }
  }

  /// A pipe under the name of any format is a sentence, never waited for.
  @Test(arguments: [
    "r.dat", "r.bin", "r.npy", "r.nwb", "r.mat", "r.csv", "r.ncs", "r.rhd", "r.ntt", "r.spikes", "r.kwik",
    "r.res.1",
    "structure.oebin", "r.continuous", "r.ns5", "r.mda", "r.meta", "r.set",
  ])
  func refusesPipes(name: String) throws {
    try withTemporaryFolder { (folder) throws in
      let url = folder.appendingPathComponent(name)
      try #require(mkfifo(url.path, 0o600) == 0)
      #expect(throws: RecordingError.self) {
        if try openSpikes(at: url) == nil {
          _ = try openRecording(
            at: url, description: RecordingDescription(samplingRate: 20_000, channelCount: 4))
        }
      }
    }
  }
}
