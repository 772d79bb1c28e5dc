import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

@Suite struct SpikeInterfaceFolderTests {
  private let description = """
    {"class": "spikeinterface.core.binaryrecordingextractor.BinaryRecordingExtractor", "kwargs": {
      "file_paths": ["traces_cached_seg0.raw", "traces_cached_seg1.raw"], "sampling_frequency": 20000.0,
      "num_channels": 2, "dtype": "int16", "t_starts": null, "channel_ids": ["a", "b"], "time_axis": 0,
      "file_offset": 0, "gain_to_uV": [0.5, 2.0], "offset_to_uV": [0.0, 1.0]}, "relative_paths": true}
    """

  private func write(_ text: String, name: String = "binary.json", in folder: URL) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    for segment in 0..<2 {
      var writer = ByteWriter()
      for i in 0..<20 { writer.append(Int16(100 * segment + i)) }
      try Data(writer.bytes).write(to: folder.appendingPathComponent("traces_cached_seg\(segment).raw"))
    }
  }

  @Test(arguments: ["binary.json", "si_folder.json", "cached.json"]) func segmentsAndGains(_ name: String)
    throws
  {
    try withTemporaryFolder { (root) throws in
      let folder = root.appendingPathComponent("kopie č. 1")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let text = name == "cached.json" ? description.replacing("num_channels", with: "num_chan") : description
      try write(text, name: name, in: folder)
      for url in [folder, folder.appendingPathComponent(name)] {
        let recording = try openRecording(at: url)
        #expect(recording.segments == [0..<10, 10..<20] && recording.samplingRate == 20000)
        #expect(try recording.read(frames: 9..<11) == [9, 39, 50, 203])
      }
    }
  }

  @Test func clocksOfSegments() throws {
    try withTemporaryFolder { (folder) throws in
      try write(description.replacing("\"t_starts\": null", with: "\"t_starts\": [2.5, 4]"), in: folder)
      let starts = try openRecording(at: folder)
      #expect(abs(starts.clock.seconds(ofFrame: 11) - (4 + 1.0 / 20000)) < 1e-9)
      let times = (0..<10).map { (frame: Int) -> Double in
        let start = frame < 4 ? 9 : 9.25
        return start + Double(frame) / 20000
      }
      try NPY.write(times, shape: [10], to: folder.appendingPathComponent("times_cached_seg1.npy"))
      let vector = try openRecording(at: folder)
      #expect(vector.segments == [0..<10, 10..<14, 14..<20])
      #expect(times.indices.allSatisfy { abs(vector.clock.seconds(ofFrame: 10 + $0) - times[$0]) < 1e-9 })
    }
  }

  @Test(.enabled(if: neoPython != nil, neoReason)) func sameAsSpikeInterface() throws {
    try withTemporaryFolder { (root) throws in
      let folder = root.appendingPathComponent("saved")
      let output = root.appendingPathComponent("theirs.npy")
      try runPython("spikeinterface_samples.py", ["folder", folder.path, output.path])
      let recording = try openRecording(at: folder)
      #expect(recording.segments == [0..<1000, 1000..<3000])
      try expectSame(recording) { try FileManager.default.copyItem(at: output, to: $0) }
      let locations = try NPYArray(contentsOf: root.appendingPathComponent("theirs.npy.locations.npy"))
        .doubles()
      #expect(recording.probe.contacts.flatMap { [$0.xMicrometers, $0.yMicrometers] } == locations)
    }
  }

  @Test func survivesChangedFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try expectSurvival(of: Array(description.utf8), changes: 1500) {
        try write(description, in: folder)
        try Data($0).write(to: folder.appendingPathComponent("binary.json"))
        return try openRecording(at: folder)
      }
    }
  }
}
