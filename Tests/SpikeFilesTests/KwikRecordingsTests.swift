#if NWB
  import Foundation
  import HDF5
  import Recordings
  import TestSupport
  import Testing

  @testable import SpikeFiles

  @Suite struct KwikRecordingsTests {
    /// A `.kwik` and `.kwx` of one group, each spike's time from its own recording's start.
    private func write(times: [Int64], recordings: [Int64], starts: [Double?], in folder: URL) throws -> URL {
      let kwik = folder.appendingPathComponent("day.kwik")
      let root = try HDF5File(creating: kwik).root
      let all = try root.makeGroup("recordings")
      for (i, start) in starts.enumerated() {
        let group = try all.makeGroup("\(i)")
        try group.set("sample_rate", 20000.0)
        if let start { try group.set("start_time", start) }
      }
      let spikes = try root.makeGroup("channel_groups").makeGroup("0").makeGroup("spikes")
      try spikes.write(times, shape: [times.count], as: "time_samples")
      try spikes.write(recordings, shape: [times.count], as: "recording")
      let features = try HDF5File(creating: folder.appendingPathComponent("day.kwx")).root
        .makeGroup("channel_groups").makeGroup("0")
      try features.write(
        (0..<times.count * 4).map { Float($0) }, shape: [times.count, 2, 2], as: "features_masks")
      return kwik
    }

    @Test func recordingsFollowOneAnother() throws {
      try withTemporaryFolder { (folder) throws in
        let url = try write(
          times: [5, 90, 3, 40], recordings: [0, 0, 1, 1], starts: [nil, nil], in: folder)
        let group = try onlyGroup(url)
        #expect(group.frames == [5, 90, 94, 131])
        #expect(group.features?.values == [0, 2, 4, 6, 8, 10, 12, 14])
        #expect(group.inputs?.map(\.frames) == [0..<91, 91..<132])
        let clock = try #require(group.clock)
        #expect(clock.recorded(0..<132) == [0..<91, 91..<132])
        #expect(clock.seconds(ofFrame: 94) == 94.0 / 20000)
      }
    }

    @Test func recordingsHaveTheirOwnStarts() throws {
      try withTemporaryFolder { (folder) throws in
        let url = try write(
          times: [5, 90, 3, 40], recordings: [0, 0, 1, 1], starts: [2.5, 60.5], in: folder)
        let group = try onlyGroup(url)
        let clock = try #require(group.clock)
        #expect(abs(clock.seconds(ofFrame: 90) - (2.5 + 90.0 / 20000)) < 1e-9)
        #expect(abs(clock.seconds(ofFrame: 94) - (60.5 + 3.0 / 20000)) < 1e-9)
        #expect(group.inputs?.map { $0.clock?.start } == [2.5, 60.5])
      }
    }

    @Test func recordingsThatAreNotThereAreRefused() throws {
      try withTemporaryFolder { (folder) throws in
        let url = try write(times: [5, 90], recordings: [0, 7], starts: [nil, nil], in: folder)
        #expect(throws: RecordingError.self) { try openSpikes(at: url) }
      }
    }
  }
#endif
