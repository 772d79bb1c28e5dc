#if NWB
  import Foundation
  import HDF5
  import NumPyInterop
  import TestSupport
  import Testing

  @testable import Recordings

  @Suite struct HDF5RecordingTests {
    @Test(.enabled(if: neoPython != nil, neoReason), arguments: ["nwb", "nwb-timestamps"])
    func nwbSameAsSpikeInterface(_ kind: String) throws {
      try withTemporaryFolder { (folder) throws in
        let file = folder.appendingPathComponent("sesión 3.nwb")
        let output = folder.appendingPathComponent("theirs.npy")
        try runPython("spikeinterface_samples.py", [kind, file.path, output.path])
        // The field potentials beside it are too slow to be meant.
        for url in [file, file.appendingPathComponent("acquisition/Raw")] {
          let recording = try openRecording(at: url)
          #expect(recording.format == "NWB" && abs(recording.samplingRate - 25000) < 1e-6)
          #expect(recording.segments == (kind == "nwb" ? [0..<2500] : [0..<1700, 1700..<2500]))
          // Electrodes 1, 2, 3 are of the first tetrode, 4 and 5 of the second.
          #expect(recording.probe.groups == [[0, 1, 2], [3, 4]])
          try expectSame(recording) { try FileManager.default.copyItem(at: output, to: $0) }
          let locations = try NPYArray(contentsOf: folder.appendingPathComponent("theirs.npy.locations.npy"))
            .doubles()
          #expect(recording.probe.contacts.flatMap { [$0.xMicrometers, $0.yMicrometers] } == locations)
        }
        let slow = try openRecording(at: file.appendingPathComponent("acquisition/LFP"))
        #expect(slow.frameCount == 100 && slow.samplingRate == 1000)
      }
    }

    @Test(.enabled(if: neoPython != nil, neoReason)) func kwdSameAsH5py() throws {
      try withTemporaryFolder { (folder) throws in
        let file = folder.appendingPathComponent("experiment1_100.raw.kwd")
        let output = folder.appendingPathComponent("theirs.npy")
        try runPython("kwd_samples.py", [file.path, output.path])
        let recording = try openRecording(at: file)
        #expect(recording.format == "kwd" && recording.segments == [0..<3000, 3000..<4500, 4500..<4700])
        try expectSame(recording) { try FileManager.default.copyItem(at: output, to: $0) }
      }
    }

    /// A small NWB file of two channels, written by our own library.
    private func nwb(in folder: URL, series: [(name: String, rate: Double)] = [("Raw", 20000)]) throws -> URL
    {
      let url = folder.appendingPathComponent("\(UUID().uuidString).nwb")
      let root = try HDF5File(creating: url).root
      try root.set("nwb_version", "2.7.0")
      let acquisition = try root.makeGroup("acquisition")
      let table = try root.makeGroup("electrodes")
      try table.write(["a", "b"], shape: [2], as: "group_name")
      for (name, rate) in series {
        let group = try acquisition.makeGroup(name)
        try group.set("neurodata_type", "ElectricalSeries")
        let data = try group.write(
          (0..<400).map { Int16($0) }, shape: [200, 2], as: "data", storage: .chunked([64, 2], level: 1))
        try data.set("conversion", 1e-6)
        try group.write([0.0], shape: [], as: "starting_time").set("rate", rate)
        try group.write([0, 1] as [Int64], shape: [2], as: "electrodes").set("table", table.reference)
      }
      return url
    }

    /// By `starting_time`, or by `timestamps` with a gap, a little slow and jittering.
    @Test func clocksOfSeries() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("clocks.nwb")
        let root = try HDF5File(creating: url).root
        try root.set("nwb_version", "2.7.0")
        let acquisition = try root.makeGroup("acquisition")
        let times = (0..<200).map { (frame: Int) -> Double in
          let late = frame < 120 ? 100.0 : 105.0
          let jitter = frame % 2 == 0 ? 1e-7 : 0
          return late + jitter + Double(frame) / 19_990
        }
        for (name, isStamped) in [("even", false), ("stamped", true)] {
          let group = try acquisition.makeGroup(name)
          try group.set("neurodata_type", "ElectricalSeries")
          try group.write((0..<400).map { Int16($0) }, shape: [200, 2], as: "data").set("conversion", 1e-6)
          if isStamped {
            try group.write(times, shape: [200], as: "timestamps")
          } else {
            try group.write([100.0], shape: [], as: "starting_time").set("rate", 20000.0)
          }
        }
        let path = url.path + "/acquisition/"
        let even = try openRecording(at: URL(fileURLWithPath: path + "even")).clock
        #expect(even.seconds(ofFrame: 7) == 100 + 7.0 / 20000)
        let stamped = try openRecording(at: URL(fileURLWithPath: path + "stamped"))
        #expect(stamped.segments == [0..<120, 120..<200] && stamped.clockStart == times[0])
        for (frame, time) in times.enumerated() {
          #expect(abs(stamped.clock.seconds(ofFrame: frame) - time) < 0.5 / 20000)
        }
      }
    }

    /// Klusta writes seconds, Open Ephys the number of the first sample.
    @Test func clocksOfKwd() throws {
      try withTemporaryFolder { (folder) throws in
        let url = folder.appendingPathComponent("day.kwd")
        let recordings = try HDF5File(creating: url).root.makeGroup("recordings")
        for (name, isWhole) in [("0", false), ("1", true)] {
          let group = try recordings.makeGroup(name)
          try group.set("sample_rate", 20000.0)
          if isWhole { try group.set("start_time", Int64(60_000)) } else { try group.set("start_time", 1.5) }
          try group.write((0..<400).map { Int16($0) }, shape: [200, 2], as: "data")
        }
        let recording = try openRecording(at: url)
        #expect(recording.inputs.map { $0.clock?.start } == [1.5, 3])
        #expect(abs(recording.clock.seconds(ofFrame: 201) - 3.00005) < 1e-9)
      }
    }

    @Test func seriesAreNamed() throws {
      try withTemporaryFolder { (folder) throws in
        let recording = try openRecording(at: nwb(in: folder))
        #expect(recording.probe.groups == [[0], [1]] && recording.gain?.microvoltsPerUnit == [1])
        #expect(try recording.read(frames: 5..<6) == [10, 11])
        let two = try nwb(in: folder, series: [("A", 20000), ("B", 30000)])
        #expect {
          try openRecording(at: two)
        } throws: {
          "\($0)".hasSuffix(
            "found the series acquisition/A, acquisition/B, expected one of them named: "
              + "the file's path, then /acquisition/A")
        }
        #expect(try openRecording(at: two.appendingPathComponent("acquisition/B")).samplingRate == 30000)
        #expect(throws: RecordingError.self) {
          try openRecording(at: two.appendingPathComponent("acquisition/C"))
        }
      }
    }

    @Test(.enabled(if: samplesFolder() != nil, "the sample recordings are not here (set SPIKESORT_SAMPLES)"))
    func samples() throws {
      let folder = try #require(samplesFolder()).appendingPathComponent("nwb_samples")
      // Ten values of a back-compatibility test; the others hold no electrical series.
      let recording = try openRecording(
        at: folder.appendingPathComponent("pynwb_3.0.0_electrodes_dynamic_table.nwb"))
      #expect(recording.channelCount == 2 && recording.frameCount == 3 && recording.samplingRate == 10)
      for name in [
        "A8604-211122", "pynwb_1.0.3_nwbfile", "pynwb_1.1.2_str_pub", "pynwb_2.1.0_nwbfile_with_extension",
      ] {
        #expect {
          try openRecording(at: folder.appendingPathComponent(name + ".nwb"))
        } throws: {
          "\($0)".hasSuffix("found no ElectricalSeries, expected one in /acquisition")
        }
      }
    }
  }
#endif
