import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct CSVRecordingTests {
  private func recording(_ text: String, in folder: URL) throws -> CSVRecording {
    let file = folder.appendingPathComponent("a.csv")
    try Data(text.utf8).write(to: file)
    return try CSVRecording(file: file, samplingRate: 30000)
  }

  @Test func anyRangeOfManyLines() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var generator = SeededGenerator(seed: 3)
    let values = (0..<(5000 * 3)).map { _ in 100 * generator.normal() }
    var text = "Ch1,Ch2,Ch3\n"
    for frame in 0..<5000 {
      text += values[(3 * frame)..<(3 * frame + 3)].map { "\($0)" }.joined(separator: ",") + "\n"
    }
    for variant in [text, String(text.dropLast()), text.replacing("\n", with: "\r\n") + "\r\n\n"] {
      let recording = try recording(variant, in: folder)
      #expect(recording.channelCount == 3)
      #expect(recording.frameCount == 5000)
      #expect(recording.unit == "µV")
      for range in [0..<5000, 0..<1, 4999..<5000, 1023..<1025, 1024..<2048, 2500..<2500] {
        let expected = values[(3 * range.lowerBound)..<(3 * range.upperBound)].map(Float.init)
        let read = try recording.read(frames: range)
        #expect(
          zip(read, expected).allSatisfy { abs($0 - $1) <= abs($1) * 1.2e-7 } && read.count == expected.count)
      }
    }
  }

  @Test func everyFormOfNumber() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try recording(
      "a;b\n1;-2\n +3.5 ;.25\n1e3;-2.5E-1\n-0.000123;12345678901234567890.5\n", in: folder)
    #expect(
      try recording.read(frames: 0..<4) == [
        1, -2, 3.5, 0.25, 1000, -0.25, -0.000123, 12_345_678_901_234_567_890.5,
      ])
  }

  @Test func oneColumnIsARecordingToo() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recording = try recording("uV\n5\n6\n7\n", in: folder)
    #expect(recording.channelCount == 1)
    #expect(try recording.read(frames: 0..<3) == [5, 6, 7])
  }

  @Test func linesThatAreNoNumbersAreNamed() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func sentence(_ text: String) -> String {
      refusal { _ = try recording(text, in: folder).read(frames: 0..<3) }?.description ?? "accepted"
    }
    #expect(sentence("").contains("an empty file"))
    #expect(sentence("a,b").contains("no line end"))
    #expect(sentence("a,b\n").contains("a header line alone"))
    #expect(sentence("a,b\n1,2\n3,x\n5,6\n").contains("line 3 that is not 2 numbers"))
    #expect(sentence("a,b\n1,2\n\n5,6\n").contains("line 3 that is not 2 numbers"))
    #expect(sentence("a,b\n1,2\n3\n5,6\n").contains("line 3 that is not 2 numbers"))
    #expect(sentence("a,b\n1,2\n3,4,5\n5,6\n").contains("line 3 that is not 2 numbers"))
    // A last line that ends is no line cut short.
    #expect(sentence("a,b\n1,2\n3,4\n5\n").contains("line 4 that is not 2 numbers"))
    #expect(sentence("a,b\n1,2\n3,nan\n5,6\n").contains("found NaN at frame 1 of channel 1"))
    #expect(sentence("a,b\n1,2\n3,\n5,6\n").contains("line 3 that is not 2 numbers"))
  }

  @Test func aDescriptionGivesRateAndGain() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("volts.csv")
    try Data("a\tb\n0.001\t0.002\n".utf8).write(to: file)
    let description = RecordingDescription(samplingRate: 20000, microvoltsPerUnit: 1e6)
    let recording = try openRecording(at: file, description: description)
    #expect(recording.samplingRate == 20000)
    #expect(try recording.read(frames: 0..<1) == [1000, 2000])
    let wrong = RecordingDescription(samplingRate: 20000, channelCount: 4)
    #expect(
      refusal { _ = try openRecording(at: file, description: wrong) }?.description.contains("2 columns")
        == true)
  }
}
