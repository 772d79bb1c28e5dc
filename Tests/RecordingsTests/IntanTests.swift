import Foundation
import TestSupport
import Testing

@testable import Recordings

@Suite struct IntanTests {
  /// A file as the descriptions of RHD and RHS lay it out, of a channel's kind and whether it is enabled.
  private struct Writer {
    var isStimulator = false
    var version: [Int16] = [1, 3]
    var channels: [(kind: Int16, isEnabled: Int16)] = [(0, 1), (0, 0), (0, 1), (1, 1), (2, 1), (4, 1)]
    var sensors: Int16 = 1
    var savesDC: Int16 = 0

    var framesPerBlock: Int { isStimulator || version[0] > 1 ? 128 : 60 }

    private func count(_ kind: Int16) -> Int { channels.count { $0.kind == kind && $0.isEnabled == 1 } }

    func header() -> [UInt8] {
      var writer = ByteWriter()
      func text(_ text: String) {
        writer.append(UInt32(2 * text.utf16.count))
        for unit in text.utf16 { writer.append(unit) }
      }
      func numbers(_ numbers: [Int16]) { for number in numbers { writer.append(number) } }
      writer.append(isStimulator ? 0xd691_27ac : 0xc691_2702 as UInt32)
      numbers(version)
      writer.append(Float(20000))
      numbers([1])
      for _ in 0..<(isStimulator ? 8 : 6) { writer.append(Float(1)) }
      numbers([0])
      for _ in 0..<2 { writer.append(Float(1000)) }
      if isStimulator {
        numbers([0, 0])
        for _ in 0..<3 { writer.append(Float(1e-6)) }
      }
      text("nœud")
      writer.append(UInt32.max)
      text("")
      if isStimulator {
        numbers([savesDC, 0])
        text("n/a")
      } else {
        if version[0] > 1 || version[1] >= 1 { numbers([sensors]) }
        if version[0] > 1 || version[1] >= 3 { numbers([0]) }
        if version[0] > 1 { text("n/a") }
      }
      numbers([2])
      text("Port A")
      text("A")
      numbers([1, Int16(channels.count), Int16(channels.count { $0.kind == 0 })])
      for (place, channel) in channels.enumerated() {
        text("A-00\(place)")
        text("own")
        numbers([0, 0, channel.kind, channel.isEnabled, 0, 0, 0, 0, 0, 0] + (isStimulator ? [0] : []))
        for _ in 0..<2 { writer.append(Float(0)) }
      }
      text("Port B")
      text("B")
      numbers([0, 0, 0])
      return writer.bytes
    }

    /// Steps from zero of an amplifier's sample.
    static func steps(_ frame: Int, _ channel: Int) -> Int { 100 * channel - frame }

    /// The number of a frame, later by 600 from the gap on.
    func number(_ frame: Int, _ gap: Int?) -> Int32 {
      Int32(frame + (gap.map { frame >= $0 } ?? false ? 600 : 0))
    }

    /// A file that holds its samples.
    func file(blocks: Int, gapBeforeBlock: Int? = nil) -> [UInt8] {
      var writer = ByteWriter(bytes: header())
      let frames = framesPerBlock
      for block in 0..<blocks {
        for i in 0..<frames { writer.append(number(frames * block + i, gapBeforeBlock.map { $0 * frames })) }
        for channel in 0..<count(0) {
          for i in 0..<frames { writer.append(UInt16(32768 + Self.steps(frames * block + i, channel))) }
        }
        var words = 0
        if isStimulator {
          words = frames * (count(0) * (savesDC == 1 ? 2 : 1) + count(3) + count(4))
          words += (count(5) > 0 ? frames : 0) + (count(6) > 0 ? frames : 0)
        } else {
          words = frames / 4 * count(1) + count(2) + Int(sensors) + frames * count(3)
          words += (count(4) > 0 ? frames : 0) + (count(5) > 0 ? frames : 0)
        }
        for i in 0..<words { writer.append(UInt16(i)) }
      }
      return writer.bytes
    }

    /// A folder with the header alone and the samples in files of their own.
    func write(frames: Int, perChannel: Bool, gap: Int? = nil, in folder: URL) throws {
      func write(_ bytes: [UInt8], _ name: String) throws {
        try Data(bytes).write(to: folder.appendingPathComponent(name))
      }
      try write(header(), isStimulator ? "info.rhs" : "info.rhd")
      var time = ByteWriter()
      for i in 0..<frames { time.append(number(i, gap)) }
      try write(time.bytes, "time.dat")
      if perChannel {
        let names = channels.indices.filter { channels[$0].kind == 0 && channels[$0].isEnabled == 1 }
        for (channel, place) in names.enumerated() {
          var writer = ByteWriter()
          for i in 0..<frames { writer.append(Int16(Self.steps(i, channel))) }
          try write(writer.bytes, "amp-A-00\(place).dat")
          if isStimulator {
            try write([UInt8](repeating: 0, count: 2 * frames), "stim-A-00\(place).dat")
          }
        }
      } else {
        var writer = ByteWriter()
        for i in 0..<frames { for channel in 0..<count(0) { writer.append(Int16(Self.steps(i, channel))) } }
        try write(writer.bytes, "amplifier.dat")
        if isStimulator { try write([UInt8](repeating: 0, count: 2 * frames * count(0)), "stim.dat") }
      }
    }
  }

  private func open(_ bytes: [UInt8], ending: String = "rhd", in folder: URL) throws -> any Recording {
    let file = folder.appendingPathComponent("sonde à 2.\(ending)")
    try Data(bytes).write(to: file)
    return try openRecording(at: file)
  }

  private static let amplifiersAlone: [(kind: Int16, isEnabled: Int16)] = [(0, 1), (0, 0), (0, 1)]

  private func expectRamp(_ recording: any Recording, _ frames: Range<Int>) throws {
    let expected = frames.flatMap { frame in [0, 1].map { 0.195 * Double(Writer.steps(frame, $0)) } }
    for (sample, value) in zip(try recording.read(frames: frames), expected) {
      #expect(abs(Double(sample) - value) < 1e-5)
    }
  }

  @Test func amplifiersAlone() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try open(Writer().file(blocks: 4), in: folder)
      #expect(recording.channelCount == 2 && recording.frameCount == 240)
      #expect(recording.samplingRate == 20000 && recording.segments == [0..<240])
      try expectRamp(recording, 59..<61)
    }
  }

  @Test(arguments: [0, 1] as [Int16]) func stimulator(_ savesDC: Int16) throws {
    try withTemporaryFolder { (folder) throws in
      let channels: [(kind: Int16, isEnabled: Int16)] = [
        (0, 1), (0, 0), (3, 1), (0, 1), (4, 1), (5, 1), (6, 1),
      ]
      let writer = Writer(isStimulator: true, version: [3, 0], channels: channels, savesDC: savesDC)
      let recording = try open(writer.file(blocks: 3, gapBeforeBlock: 1), ending: "rhs", in: folder)
      #expect(recording.channelCount == 2 && recording.format == "Intan RHS")
      #expect(recording.segments == [0..<128, 128..<384])
      try expectRamp(recording, 120..<140)
      if neoPython != nil {
        let whole = try open(writer.file(blocks: 3), ending: "rhs", in: folder)
        try expectSameAsNeo(whole, reader: "IntanRawIO", "filename=\(whole.files[0].path)")
      }
    }
  }

  @Test(arguments: [false, true], [false, true]) func files(_ perChannel: Bool, _ isStimulator: Bool) throws {
    try withTemporaryFolder { (folder) throws in
      let writer = Writer(
        isStimulator: isStimulator, version: [3, 2], channels: Self.amplifiersAlone, sensors: 0)
      try writer.write(frames: 333, perChannel: perChannel, gap: 100, in: folder)
      let info = folder.appendingPathComponent(isStimulator ? "info.rhs" : "info.rhd")
      for url in [folder, info] {
        let recording = try openRecording(at: url)
        #expect(recording.channelCount == 2 && recording.segments == [0..<100, 100..<333])
        #expect(recording.samplingRate == 20000 && recording.gain?.microvoltsPerUnit.first == 0.195)
        #expect(recording.format.hasSuffix(perChannel ? "one file a channel" : "one file a signal type"))
        try expectRamp(recording, 90..<110)
      }
      if neoPython != nil {
        try writer.write(frames: 333, perChannel: perChannel, in: folder)
        try expectSameAsNeo(try openRecording(at: folder), reader: "IntanRawIO", "filename=\(info.path)")
      }
    }
  }

  @Test func channelsOfDifferentLengthAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      try Writer(channels: Self.amplifiersAlone).write(frames: 50, perChannel: true, in: folder)
      try Data(count: 90).write(to: folder.appendingPathComponent("amp-A-002.dat"))
      #expect {
        try openRecording(at: folder)
      } throws: {
        "\($0)".hasSuffix("amp-A-002.dat: found 45 samples, expected 50 as in amp-A-000.dat")
      }
    }
  }

  @Test func gapsPartSegments() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = try open(Writer().file(blocks: 4, gapBeforeBlock: 3), in: folder)
      #expect(recording.segments == [0..<180, 180..<240])
      let times = [0, 179, 180, 239].map { recording.clock.seconds(ofFrame: $0) * 20000 }
      #expect(zip(times, [0.0, 179, 780, 839]).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }

  @Test(.enabled(if: samplesFolder() != nil && neoPython != nil, neoReason)) func sameAsNeo() throws {
    let file = try #require(samplesFolder()).appendingPathComponent("intan_rhd/sampledata_v1.rhd")
    try expectSameAsNeo(try openRecording(at: file), reader: "IntanRawIO", "filename=\(file.path)")
  }

  /// Neo 0.14.6 fails on this one.
  @Test(.enabled(if: samplesFolder() != nil, "the sample recordings are not here (set SPIKESORT_SAMPLES)"))
  func olderSample() throws {
    let file = try #require(samplesFolder()).appendingPathComponent("intan_rhd/sampledata_v2.rhd")
    let recording = try openRecording(at: file)
    #expect(recording.samplingRate == 20000 && recording.frameCount % 60 == 0)
    #expect(try recording.read(frames: 0..<1000).allSatisfy { abs($0) <= 6400 })
  }

  @Test func survivesChangedFiles() throws {
    try withTemporaryFolder { (folder) throws in
      try expectSurvival(of: Writer().file(blocks: 2), changes: 2000) { try open($0, in: folder) }
      let stimulator = Writer(isStimulator: true, version: [3, 0], channels: [(0, 1), (3, 1)])
      try expectSurvival(of: stimulator.file(blocks: 2), changes: 1000) {
        try open($0, ending: "rhs", in: folder)
      }
    }
  }

  @Test(arguments: [false, true]) func foldersSurviveChangedHeaders(_ perChannel: Bool) throws {
    try withTemporaryFolder { (folder) throws in
      let writer = Writer(channels: Self.amplifiersAlone, sensors: 0)
      try writer.write(frames: 40, perChannel: perChannel, in: folder)
      try expectSurvival(of: writer.header(), changes: 1000) {
        try Data($0).write(to: folder.appendingPathComponent("info.rhd"))
        return try openRecording(at: folder)
      }
      try Data(writer.header()).write(to: folder.appendingPathComponent("info.rhd"))
      let name = perChannel ? "amp-A-000.dat" : "amplifier.dat"
      try expectSurvival(of: [UInt8](repeating: 3, count: perChannel ? 80 : 160), changes: 10) {
        try Data($0).write(to: folder.appendingPathComponent(name))
        return try openRecording(at: folder)
      }
    }
  }
}
