import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

/// Samples of 4 channels that tell frame and channel apart.
private func counting(frames: Int, channels: Int = 4) -> [Int16] {
  (0..<(frames * channels)).map { Int16(truncatingIfNeeded: $0 &* 31 &- 7) }
}

/// Writes numbers as they lie in memory.
func write<Number>(_ numbers: [Number], to file: URL) throws {
  try numbers.withUnsafeBytes { try Data($0).write(to: file) }
}

/// The error of a body that must throw one.
func refusal(_ body: () throws -> Void) -> RecordingError? {
  do {
    try body()
    return nil
  } catch {
    return error as? RecordingError
  }
}

@Suite struct RawRecordingTests {
  @Test func everyTypeDecodes() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("rec ü.dat")
    func check<Number>(_ numbers: [Number], _ type: SampleType, _ expected: [Float]) throws {
      try write(numbers, to: file)
      let recording = try RawRecording(file: file, sampleType: type, channelCount: 2, samplingRate: 30000)
      #expect(recording.frameCount == 2)
      #expect(try recording.read(frames: 0..<2) == expected)
      #expect(try recording.read(frames: 1..<2) == Array(expected[2...]))
    }
    try check([Int16.min, -1, 0, Int16.max], .int16, [-32768, -1, 0, 32767])
    try check([UInt16(0), 1, 40000, UInt16.max], .uint16, [0, 1, 40000, 65535])
    try check([Int32(-70000), 3, 1 << 20, -5], .int32, [-70000, 3, 1_048_576, -5])
    try check([Float(-0.5), 1e-3, 2, 1e6], .float32, [-0.5, 1e-3, 2, 1e6])
    try check([-0.5, 1e-3, 2, 1e6], .float64, [-0.5, 1e-3, 2, 1e6])
  }

  @Test func gainsMakeMicrovolts() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.dat")
    try write([Int16(10), 20, 30, 40], to: file)
    let common = try RawRecording(
      file: file, channelCount: 2, samplingRate: 1, gain: Gain(microvoltsPerUnit: 0.5, offsetMicrovolts: 3))
    #expect(try common.read(frames: 0..<2) == [8, 13, 18, 23])
    #expect(common.unit == "µV")
    let own = try RawRecording(
      file: file, channelCount: 2, samplingRate: 1,
      gain: Gain(microvoltsPerUnit: [1, 2], offsetMicrovolts: [0, -1]))
    #expect(try own.read(frames: 0..<2) == [10, 39, 30, 79])
    let picked = RecordingSelection(own, channels: [1], frames: 1..<2)
    #expect(try picked.read(frames: 0..<1) == [79])
    #expect(picked.gain == Gain(microvoltsPerUnit: [2], offsetMicrovolts: [-1]))
  }

  @Test func anyRangeIsThatPartOfTheWhole() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.dat")
    let numbers = counting(frames: 100_000)
    try write(numbers, to: file)
    let recording = try RawRecording(file: file, channelCount: 4, samplingRate: 30000)
    let whole = try recording.read(frames: 0..<100_000)
    #expect(whole == numbers.map(Float.init))
    for range in [0..<0, 0..<1, 99_999..<100_000, 12_345..<88_888] {
      #expect(
        try recording.read(frames: range) == Array(whole[(range.lowerBound * 4)..<(range.upperBound * 4)]))
    }
  }

  @Test func arraysOfNumPy() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.npy")
    let numbers = counting(frames: 50, channels: 3)
    try NPY.write(numbers, shape: [50, 3], to: file)
    let description = RecordingDescription(samplingRate: 1000, microvoltsPerUnit: 2)
    let recording = try openRecording(at: file, description: description)
    #expect(recording.channelCount == 3)
    let expected = numbers[21...].map { 2 * Float($0) }
    #expect(try recording.read(frames: 7..<50) == expected)
    // The same array in Fortran order, and one channel alone.
    let columns = (0..<3).flatMap { channel in (0..<50).map { numbers[3 * $0 + channel] } }
    var bytes = try Data(contentsOf: file)
    let order = try #require(bytes.firstRange(of: Data("False".utf8)))
    bytes.replaceSubrange(order, with: Data("True ".utf8))
    bytes.removeLast(300)
    columns.withUnsafeBytes { bytes.append(contentsOf: $0) }
    try bytes.write(to: file)
    let turned = try openRecording(at: file, description: description)
    #expect(try turned.read(frames: 7..<50) == expected)
    try NPY.write([1.0, 2, 3], shape: [3], to: file)
    #expect(try openRecording(at: file, description: description).read(frames: 0..<3) == [2, 4, 6])
    try NPY.write([1.0, .nan, 3], shape: [3], to: file)
    let error = refusal {
      _ = try openRecording(at: file, description: description).read(frames: 0..<3)
    }
    #expect(error?.description.contains("NaN at frame 1 of channel 0") == true)
    for shape in [[2, 50, 3], [3, 100], [0, 3]] {
      try NPY.write([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape, to: file)
      #expect(refusal { _ = try openRecording(at: file, description: description) } != nil)
    }
    try Data("\u{93}NUMPY".utf8).write(to: file)
    #expect(refusal { _ = try openRecording(at: file, description: description) } != nil)
  }

  @Test func aRowOfRecordingsIsOne() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let numbers = counting(frames: 60)
    let files = [0..<10, 10..<45, 45..<60].map { ($0, folder.appendingPathComponent("\($0.lowerBound).dat")) }
    for (range, file) in files {
      try write(Array(numbers[(range.lowerBound * 4)..<(range.upperBound * 4)]), to: file)
    }
    let description = RecordingDescription(samplingRate: 20000, channelCount: 4)
    let recording = try openRecording(at: files.map(\.1), description: description)
    #expect(recording.segments == [0..<10, 10..<45, 45..<60])
    #expect(recording.files == files.map(\.1))
    #expect(recording.inputs.map(\.frames) == [0..<10, 10..<45, 45..<60])
    #expect(recording.inputs.map(\.file) == ["0.dat", "10.dat", "45.dat"])
    #expect(try recording.read(frames: 0..<60) == numbers.map(Float.init))
    #expect(try recording.read(frames: 8..<47) == numbers[(8 * 4)..<(47 * 4)].map(Float.init))
    let part = RecordingSelection(recording, frames: 8..<47)
    #expect(part.segments == [0..<2, 2..<37, 37..<39])
    #expect(part.inputs.map(\.frames) == [0..<2, 2..<37, 37..<39])
    #expect(try part.read(frames: 1..<3) == numbers[(9 * 4)..<(11 * 4)].map(Float.init))
  }

  @Test func partsThatDifferAreRefused() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.dat")
    try write(counting(frames: 12), to: file)
    func part(_ channels: Int = 4, _ rate: Double = 1000, _ gain: Gain? = nil) throws -> RawRecording {
      try RawRecording(file: file, channelCount: channels, samplingRate: rate, gain: gain)
    }
    let first = try part()
    for other in [try part(2), try part(4, 2000), try part(4, 1000, Gain(microvoltsPerUnit: 1))] {
      #expect(refusal { _ = try ConcatenatedRecording([first, other]) } != nil)
    }
  }
}

@Suite struct BadInputTests {
  private let description = RecordingDescription(samplingRate: 30000, channelCount: 4)

  @Test func filesThatAreNoRecording() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func sentence(_ name: String, _ bytes: [UInt8], _ description: RecordingDescription) throws -> String {
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      return refusal { _ = try openRecording(at: file, description: description) }?.description ?? "accepted"
    }
    #expect(try sentence("empty.dat", [], description).contains("an empty file"))
    let odd = try sentence("odd.dat", [UInt8](repeating: 200, count: 7), description)
    #expect(
      odd.hasSuffix(
        "odd.dat: found 7 bytes of samples, expected at least a frame of 8 (4 channels × 2 bytes)"))
    #expect(try sentence("a.dat", [0x1f, 0x8b, 8, 0], description).contains("a gzip archive"))
    #expect(
      try sentence("letter.dat", Array("Dear reader, here is no voltage.".utf8), description).contains("text")
    )
    let silent = RecordingDescription()
    let binary = [UInt8](repeating: 200, count: 32)
    #expect(
      try sentence("b.dat", binary, silent).hasSuffix(
        "give samplingRate, channelCount and sampleType where that is not int16"))
    #expect(
      try sentence("b.dat", binary, RecordingDescription(samplingRate: 1)).hasSuffix(
        "give channelCount and sampleType where that is not int16"))
    #expect(try sentence("c.csv", Array("a,b\n1,2\n".utf8), silent).hasSuffix("give samplingRate"))
    let missing = folder.appendingPathComponent("nothing.dat")
    #expect(refusal { _ = try openRecording(at: missing) } == .missing(file: missing.path))
    #expect(
      refusal { _ = try openRecording(at: folder) }?.description.contains("found a folder with") == true)
  }

  @Test func optionsNoRecordingHas() {
    let file = URL(fileURLWithPath: "/nothing")
    let bad: [(RecordingDescription, String)] = [
      (RecordingDescription(samplingRate: 0), "samplingRate"),
      (RecordingDescription(samplingRate: .nan), "samplingRate"),
      (RecordingDescription(channelCount: 0), "channelCount"),
      (RecordingDescription(microvoltsPerUnit: 0), "microvoltsPerUnit"),
      (RecordingDescription(offsetMicrovolts: 1), "offsetMicrovolts"),
      (RecordingDescription(channelsPerGroup: 0), "channelGroups"),
    ]
    for (description, flag) in bad {
      let error = refusal { _ = try openRecording(at: file, description: description) }
      #expect(error?.description.hasPrefix(flag) == true)
    }
  }

  @Test func theFirstSampleThatIsNoNumberIsNamed() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.f32")
    var numbers = [Float](repeating: 1, count: 4 * 1000)
    numbers[4 * 700 + 2] = .nan
    numbers[4 * 701] = .infinity
    try write(numbers, to: file)
    let recording = try RawRecording(file: file, sampleType: .float32, channelCount: 4, samplingRate: 1000)
    _ = try recording.read(frames: 0..<700)
    let error = refusal { _ = try recording.read(frames: 13..<1000) }
    #expect(
      error?.description.hasSuffix("found NaN at frame 700 of channel 2, expected finite voltages") == true)
    let later = refusal { _ = try recording.read(frames: 701..<703) }
    #expect(later == .notFinite(file: file.path, frame: 701, channel: 0, value: .infinity))
  }

  @Test func aFileCutShortWhileOpenIsReported() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a.dat")
    try write(counting(frames: 100), to: file)
    let recording = try RawRecording(file: file, channelCount: 4, samplingRate: 1000)
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 80)
    try handle.close()
    let error = refusal { _ = try recording.read(frames: 0..<100) }
    #expect(error?.description.contains("the end of the file at byte 80") == true)
  }

  @Test func deadAndRepeatedChannelsAreFound() {
    var check = ChannelCheck(channelCount: 5)
    #expect(check.faults.isEmpty)
    // Channel 1 is constant; 3 repeats 0; 4 repeats 2 in the first piece only.
    for frame in 0..<50 {
      let (x, square) = (Float(frame), Float(frame * frame))
      check.add([x, 7, square, x, square])
    }
    #expect(
      check.faults == [.dead(channel: 1), .duplicate(channel: 3, of: 0), .duplicate(channel: 4, of: 2)])
    check.add([3, 7, 4, 3, 5])
    #expect(check.faults == [.dead(channel: 1), .duplicate(channel: 3, of: 0)])
    check.add([3, 8, 4, 3, 5])
    #expect(check.faults.map(\.description) == ["channel 3 repeats channel 0 and is left out"])
  }

  @Test func theChecksumIsThatOfGzip() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("a")
    try Data("123456789".utf8).write(to: file)  // the check value of CRC-32
    #expect(try fileChecksum(of: file) == "cbf43926")
    try Data().write(to: file)
    #expect(try fileChecksum(of: file) == "00000000")
  }
}
