import Foundation
import NumPyInterop
import Recordings
import TestSupport
import Testing

@testable import SpikeFiles

/// Real files of other programs.
@Suite(.enabled(if: samplesFolder() != nil, "no folder of sample recordings"))
struct SampleFileTests {
  private let samples: URL

  init() throws { samples = try #require(samplesFolder()) }

  private func numbers(_ path: String) throws -> [Double] {
    try NPYArray(contentsOf: samples.appendingPathComponent(path)).doubles()
  }

  @Test func axonaAgreesWithPyxona() throws {
    let folder = samples.appendingPathComponent("axona_tetrodes")
    let groups = try #require(try openSpikes(at: folder.appendingPathComponent("DVH_2013103103.set")))
    #expect(groups.count == 8)
    for (i, group) in groups.enumerated() {
      let times = try numbers("axona_tetrodes/pyxona_expected/spike_train_times\(i).npy")
      let rate = try #require(group.samplingRate)
      #expect(group.frames == times.map { Int(($0 * rate).rounded()) })
      #expect(zip(group.frames ?? [], times).allSatisfy { abs(Double($0) / rate - $1) < 1e-12 })
    }
    for i in [0, 1, 3] {
      let theirs = try numbers("axona_tetrodes/pyxona_expected/spike_train_waveforms\(i).npy")
      let ours = try #require(groups[i].snippets)
      var worst = 0.0
      for n in 0..<groups[i].count {
        for c in 0..<4 {
          for f in 0..<50 {
            let difference = Double(ours.samples[(n * 50 + f) * 4 + c]) - theirs[(n * 4 + c) * 50 + f]
            worst = max(worst, abs(difference))
          }
        }
      }
      #expect(worst < 1e-4, "µV; ours are single precision")
    }
    for (i, tetrode) in [1, 2, 3, 4, 8].enumerated() {
      let labels = try axonaCut(at: folder.appendingPathComponent("DVH_2013103103_\(tetrode).cut"))
      #expect(labels.map(Double.init) == (try numbers("axona_tetrodes/pyxona_expected/cut_indices\(i).npy")))
    }
  }

  @Test func openEphysGroups() throws {
    let record = "open_ephys/DelayedRecording/Record Node 118/experiment1/recording1"
    let groups = try #require(try openSpikes(at: samples.appendingPathComponent("\(record)/spikes")))
    #expect(groups.map(\.count) == [69, 131, 186])
    #expect(groups.map(\.channels) == [[0], [1, 2], [3, 4, 5, 6]])
    for (i, group) in groups.enumerated() {
      let place = "\(record)/spikes/Spike_Detector-110.0/spike_group_\(i + 1)"
      #expect(group.frames?.map(Double.init) == (try numbers("\(place)/spike_times.npy")))
      let raw = try numbers("\(place)/spike_waveforms.npy")
      let snippets = try #require(group.snippets)
      let channels = snippets.channels
      for n in 0..<group.count {
        for c in 0..<channels {
          for f in 0..<40 {
            #expect(
              Double(snippets.samples[(n * 40 + f) * channels + c]) == raw[(n * channels + c) * 40 + f])
          }
        }
      }
    }
    // A recording whose samples are at hand is a recording.
    #expect(try openSpikes(at: samples.appendingPathComponent(record)) == nil)
  }

  /// The two recorders of a session wrote the same spikes.
  @Test func openEphysLegacyAgreesWithBinary() throws {
    let session = samples.appendingPathComponent("open_ephys/DelayedRecording")
    let spikes = "Record Node 118/experiment1/recording1/spikes"
    let groups = try #require(try openSpikes(at: session.appendingPathComponent(spikes)))
    for (name, group) in zip(["SE", "ST", "TT"], groups) {
      let legacy = try onlyGroup(
        session.appendingPathComponent("Record Node 119/\(name)p110.0n0.spikes"))
      #expect(legacy.samplingRate == 40_000)
      let (ours, theirs) = (try #require(legacy.snippets), try #require(group.snippets))
      #expect(ours.frames == theirs.frames && ours.channels == theirs.channels)
      let size = ours.frames * ours.channels
      let place = Dictionary(
        (group.frames ?? []).enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      var shared = 0
      var scales: [Double] = []
      for (n, frame) in (legacy.frames ?? []).enumerated() {
        guard let m = place[frame] else { continue }
        shared += 1
        for i in 0..<size where abs(theirs.samples[m * size + i]) > 500 {
          scales.append(Double(ours.samples[n * size + i] / theirs.samples[m * size + i]))
        }
      }
      // The recorders were started one after the other.
      #expect(shared > legacy.count / 2, "\(shared) of \(legacy.count)")
      // One scale for all: µV a count of the binary format.
      #expect(
        (scales.max() ?? 1) - (scales.min() ?? 0) < 0.01, "\(scales.min() ?? 0) to \(scales.max() ?? 0)")
    }
  }

  @Test func phyFolder() throws {
    let folder = samples.appendingPathComponent("phy_template")
    let events = try onlyGroup(folder)
    #expect(events.count == 314 && events.samplingRate == 25_000)
    #expect(events.frames?.prefix(4) == [1006, 1270, 1687, 2160])
    #expect(events.labels?.prefix(4) == [40, 17, 46, 22])
    // Local channels are spread over those the templates have; the others are 0.
    let features = try NPYArray(contentsOf: folder.appendingPathComponent("pc_features.npy"))
    let map = try NPYArray(contentsOf: folder.appendingPathComponent("pc_feature_ind.npy")).integers()
    let templates = try NPYArray(contentsOf: folder.appendingPathComponent("spike_templates.npy")).integers()
    let values = features.doubles()
    let table = try #require(events.features)
    #expect(table.columns == 3 * events.channels.count)
    for n in [0, 100, 313] {
      var expected = [Double](repeating: 0, count: table.columns)
      for c in 0..<12 {
        let channel = map[templates[n] * 12 + c]
        let place = try #require(events.channels.firstIndex(of: channel))
        for p in 0..<3 { expected[place * 3 + p] = values[(n * 3 + p) * 12 + c] }
      }
      #expect(Array(table.values[n * table.columns..<(n + 1) * table.columns]) == expected)
    }
  }

  @Test func klustaFiles() throws {
    let events = try onlyGroup(samples.appendingPathComponent("kwik_hybrid/hybrid_10sec.kwik"))
    #expect(events.count == 1653 && events.samplingRate == 20_000 && events.features?.columns == 96)
    #expect(events.channels.count == 32 && events.labels?.count == 1653)
  }

  @Test func klustaKwikFeatures() throws {
    let events = try onlyGroup(samples.appendingPathComponent("klustakwik_deb/test.fet.1"))
    #expect(events.count == 201 && events.features?.columns == 2 && events.frames == nil)
  }
}
