import Foundation
import TestSupport
import Testing

@testable import Recordings

struct RecordingSessionTests {
  @Test(arguments: [
    ("2019/06/28 17:36:27", false, "2019-06-28T17:36:27"),
    ("## Time Opened (m/d/y): 12/20/2012  (h:m:s.ms) 14:3:31.94", true, "2012-12-20T14:03:31"),
    ("'22-Mar-2021 20:18:52'", false, "2021-03-22T20:18:52"),
    ("'7-Oct-2014 091500'", false, "2014-10-07T09:15:00"),
    ("2024-05-06T07:08:09", false, "2024-05-06T07:08:09"),
  ])
  func datesOfHeaders(_ words: String, _ monthFirst: Bool, _ expected: String) {
    #expect(SessionStart.found(in: words, monthFirst: monthFirst) == expected)
  }

  @Test(arguments: [
    "", "2024-05-06", "2024-13-06T07:08:09", "99/99/99 10:00:00", "a b c", "2024-05-06 25:00:00",
  ])
  func noDates(_ words: String) { #expect(SessionStart.found(in: words) == nil) }

  /// The clock stood still, jumped on and was set back; a choice of frames and a join keep what lies between.
  @Test func gapsOfNumberedFrames() throws {
    try withTemporaryFolder { (folder) throws in
      let folder = folder.appendingPathComponent("rat_240506_070809")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let info = packageFolder.appendingPathComponent("Fuzzing/Corpus/intan-folder/seed")
      try FileManager.default.copyItem(at: info, to: folder.appendingPathComponent("info.rhd"))
      let plain = try IntanHeader(SampleFile(info))
      let numbers = [0, 1, 2, 30, 31, 10, 11, 12].map(Int32.init)
      try numbers.withUnsafeBytes { Data($0) }.write(to: folder.appendingPathComponent("time.dat"))
      try Data(count: 2 * 8 * plain.amplifiers.count).write(
        to: folder.appendingPathComponent("amplifier.dat"))
      let recording = try openRecording(at: folder)
      let rate = recording.samplingRate
      #expect(recording.segments == [0..<3, 3..<5, 5..<8])
      #expect(
        recording.gaps == [
          RecordingGap(frame: 3, seconds: 27 / rate), RecordingGap(frame: 5, seconds: -22 / rate),
        ])
      #expect(recording.session?.start == "2024-05-06T07:08:09")
      let part = RecordingSelection(recording, frames: 4..<8)
      #expect(part.gaps == [RecordingGap(frame: 1, seconds: -22 / rate)])
      #expect(part.session == recording.session)
      let joined = try ConcatenatedRecording([part, part])
      #expect(joined.gaps.map(\.frame) == [1, 4, 5] && abs((joined.gaps[1].seconds ?? 0) - 18 / rate) < 1e-9)
      #expect(joined.gaps.count == joined.segments.count - 1)
    }
  }
}
