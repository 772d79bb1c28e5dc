import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

@Suite struct OpenEphysTests {
  /// A stream of two electrodes and an analogue input, as version 0.6 lays it out.
  private func structure(streams: [String], frames: Int = 4) -> String {
    let stream = streams.map { name in
      """
      {"folder_name": "\(name)/", "sample_rate": 30000, "num_channels": 3, "channels": [
        {"channel_name": "CH1", "bit_volts": 0.195, "units": "uV"},
        {"channel_name": "CH2", "bit_volts": 0.05, "units": "uV"},
        {"channel_name": "ADC1", "bit_volts": 0.00015, "units": "V"}]}
      """
    }
    return "{\"GUI version\": \"0.6.7\", \"continuous\": [\(stream.joined(separator: ","))]}"
  }

  /// Writes a recording into `folder`: sample values 0, 1, 2, … and the frame numbers given.
  private func write(_ numbers: [Int64], streams: [String] = ["Acquisition_Board-100.A"], in folder: URL)
    throws
  {
    for stream in streams {
      let place = folder.appendingPathComponent("continuous/\(stream)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let bytes = (0..<3 * numbers.count).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
      try Data(bytes).write(to: place.appendingPathComponent("continuous.dat"))
      try NPY.write(numbers, shape: [numbers.count], to: place.appendingPathComponent("sample_numbers.npy"))
    }
    try Data(structure(streams: streams).utf8).write(to: folder.appendingPathComponent("structure.oebin"))
  }

  @Test func analogueInputsAreLeftOutAndGapsKept() throws {
    try withTemporaryFolder { (root) throws in
      let folder = root.appendingPathComponent("enregistré 1")
      try write([7, 8, 20, 21, 22], in: folder)
      for url in [
        folder, folder.appendingPathComponent("structure.oebin"),
        folder.appendingPathComponent("continuous/Acquisition_Board-100.A"),
        folder.appendingPathComponent("continuous/Acquisition_Board-100.A/continuous.dat"),
      ] {
        let recording = try openRecording(at: url)
        #expect(recording.channelCount == 2 && recording.samplingRate == 30000)
        #expect(recording.segments == [0..<2, 2..<5])
        let times = (0..<5).map { recording.clock.seconds(ofFrame: $0) * 30000 }
        #expect(zip(times, [7.0, 8, 20, 21, 22]).allSatisfy { abs($0 - $1) < 1e-6 })
        let expected: [Double] = [3 * 0.195, 4 * 0.05, 6 * 0.195, 7 * 0.05]
        #expect(try recording.read(frames: 1..<3) == expected.map { Float($0) })
      }
    }
  }

  @Test func recordingsOfASessionFollowOneAnother() throws {
    try withTemporaryFolder { (session) throws in
      var start: Int64 = 0
      for (i, count) in [3, 2, 4].enumerated() {
        let name = "Record Node 101/experiment1/recording\([1, 2, 10][i])"
        // The acquisition goes on between them.
        try write((0..<Int64(count)).map { $0 + start }, in: session.appendingPathComponent(name))
        start += 30_000
      }
      #expect(try openRecording(at: session).segments == [0..<3, 3..<5, 5..<9])
    }
  }

  @Test func oneOfSeveralStreamsIsNamed() throws {
    try withTemporaryFolder { (folder) throws in
      try write([1, 2, 3], streams: ["A-1", "B-2"], in: folder)
      #expect {
        try openRecording(at: folder)
      } throws: {
        "\($0)".hasSuffix(
          "found the streams A-1, B-2, expected one of them named: its folder below continuous")
      }
      #expect(try openRecording(at: folder.appendingPathComponent("continuous/B-2")).frameCount == 3)
    }
  }

  @Test(
    .enabled(if: samplesFolder() != nil && neoPython != nil, neoReason),
    arguments: ["File_Reader-114.0", "File_Reader-106.0"])
  func sameAsNeo(_ stream: String) throws {
    let node = try #require(samplesFolder())
      .appendingPathComponent("open_ephys/DelayedRecording/Record Node 118")
    let place = node.appendingPathComponent("experiment1/recording1/continuous/\(stream)")
    let recording = try openRecording(at: place)
    #expect(recording.channelCount == 16 && recording.frameCount == 122_496)
    try expectSameAsNeo(
      recording, reader: "OpenEphysBinaryRawIO", stream: stream.contains("114") ? 1 : 0,
      "dirname=\(node.path)")
  }

  @Test func survivesChangedFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try write([1, 2, 3, 4], in: folder)
      let place = folder.appendingPathComponent("continuous/Acquisition_Board-100.A")
      for file in [
        folder.appendingPathComponent("structure.oebin"), place.appendingPathComponent("continuous.dat"),
        place.appendingPathComponent("sample_numbers.npy"),
      ] {
        let whole = try Data(contentsOf: file)
        try expectSurvival(of: [UInt8](whole)) { bytes in
          try Data(bytes).write(to: file)
          return try openRecording(at: folder)
        }
        try whole.write(to: file)
      }
    }
  }
}
