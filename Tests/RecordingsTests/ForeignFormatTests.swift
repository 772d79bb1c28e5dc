import Foundation
import TestSupport
import Testing

@testable import Recordings

private let described = RecordingDescription(samplingRate: 30000, channelCount: 4)

/// Samples that no format begins with.
private let plain = (0..<4000).flatMap { i -> [UInt8] in
  let value = Int16(truncatingIfNeeded: (i &* 7919) % 400 - 200)
  return [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
}

@Suite struct ForeignFormatTests {
  private func refusalOf(_ bytes: [UInt8], _ name: String) throws -> RecordingError? {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      return refusal { _ = try openRecording(at: file, description: described) }
    }
  }

  @Test(arguments: ForeignFormat.all) func firstBytesAreKnownUnderAnyName(_ format: ForeignFormat) throws {
    guard !format.bytes.isEmpty else { return }
    let start = [UInt8](repeating: 0, count: format.offset) + format.bytes
    let head = start + [UInt8](repeating: 0, count: 512 - start.count)
    for name in ["r.dat", "r"] {
      let sentence = try #require(try refusalOf(head + plain, name)?.description)
      #expect(sentence.contains(format.name) || sentence.contains("MAT-file"), "\(sentence)")
    }
  }

  @Test(arguments: ForeignFormat.all) func namesAreKnownWhateverTheBytes(_ format: ForeignFormat) throws {
    for ending in format.endings {
      for name in ["r.\(ending)", "r.\(ending.uppercased())"] {
        #expect(try refusalOf(plain, name) != nil, "\(name)")
      }
    }
  }

  @Test(arguments: ["r.dat", "r.bin", "r.raw", "r.i16", "r", "2024-01-01.day"])
  func flatSamplesOfOtherNamesAreRead(_ name: String) throws {
    #expect(try refusalOf(plain, name) == nil)
  }

  @Test func textIsNoVoltage() throws {
    let words = "# Notes\n\n* rat 7 – électrode abîmée, 20 µV\n* tetrode 3 grounded, see page 12\n\n"
    let long = String(repeating: words, count: 40)
    let texts: [(String, [UInt8])] = [
      ("UTF-8", Array(long.utf8)), ("cut within a character", Array(long.utf8.prefix(4095))),
      ("a mark first", [0xef, 0xbb, 0xbf] + Array(long.utf8)),
      (
        "Latin 1",
        Array(long.replacing("–", with: "-").unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
      ),
      ("JSON", Array((#"{"rate": 30000, "names": [""# + long + #""]}"#).utf8)),
      ("UTF-16", [0xff, 0xfe] + long.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }),
      ("UTF-16, big", [0xfe, 0xff] + long.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }),
      (
        "XML, then samples",
        Array("<?xml version=\"1.0\"?>\n<Configuration>\n</Configuration>\n".utf8) + plain
      ),
    ]
    for (name, bytes) in texts {
      // An even number of whole frames.
      let whole = Array(bytes.prefix(bytes.count / 8 * 8))
      let sentence = try refusalOf(whole, "notes.md")?.description ?? "read"
      #expect(sentence.contains("text") || sentence.contains("XML"), "\(name): \(sentence)")
    }
  }

  @Test func allThatIsMissingIsOneSentence() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try Data(plain).write(to: file)
      let both = try #require(refusal { _ = try openRecording(at: file) }?.description)
      #expect(both.contains("samplingRate") && both.contains("channelCount") && both.contains("sampleType"))
      let one = RecordingDescription(samplingRate: 1, sampleType: .int16)
      let rest = try #require(refusal { _ = try openRecording(at: file, description: one) }?.description)
      #expect(rest.hasSuffix("the file does not state its number of channels, give channelCount"))
    }
  }

  @Test func foldersAreSaidWithWhatIsInThem() throws {
    try withTemporaryFolder { (folder) throws in
      func sentence() -> String { refusal { _ = try openRecording(at: folder) }?.description ?? "read" }
      #expect(sentence().contains("found an empty folder"))
      for name in ["a.plx", "b.plx", "c.plx", "notes.md", "LICENSE"] {
        try Data(plain).write(to: folder.appendingPathComponent(name))
      }
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("more"), withIntermediateDirectories: true)
      #expect(
        sentence().contains(
          "a folder with 3 .plx files, 1 .md file, 1 folder and 1 other file (a Plexon file)"))
    }
  }
}

@Suite struct DeclaredChannelsTests {
  /// Noise of a band below 6 kHz, of channels that are not all as loud and share some of it, with spikes.
  private func samples(_ channels: Int, frames: Int, shared: Double = 0.5, seed: UInt64 = 1) -> [Int16] {
    var state = seed
    func uniform() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / Double(1 << 53) - 0.5
    }
    var before = [Double](repeating: 0, count: channels + 1)
    var result: [Int16] = []
    for frame in 0..<frames {
      for c in 0...channels { before[c] = 0.8 * before[c] + uniform() }
      for c in 0..<channels {
        let spike = frame % 700 < 12 ? -80.0 / Double(1 + c) : 0
        result.append(Int16(100 * (before[c] * (1 + 0.2 * Double(c)) + shared * before[channels]) + spike))
      }
    }
    return result
  }

  private func notices(_ samples: [Int16], said: Int) throws -> [String] {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try write(Array(samples.prefix(samples.count / said * said)), to: file)
      return try openRecording(
        at: file, description: RecordingDescription(samplingRate: 30000, channelCount: said)
      ).notices
    }
  }

  @Test(arguments: [(4, 5), (4, 3), (5, 4), (8, 7), (8, 4), (2, 3)])
  func aWrongNumberIsDoubted(_ number: Int, _ said: Int) throws {
    let notices = try notices(samples(number, frames: 60_000), said: said)
    #expect(notices.count == 1)
    #expect(notices.first?.contains("those of \(number) channels") ?? false)
  }

  @Test(arguments: [1, 2, 4, 5, 8, 16], [0, 0.5, 20]) func theRightOneIsNot(_ number: Int, _ shared: Double)
    throws
  {
    #expect(try notices(samples(number, frames: 40_000, shared: shared), said: number) == [])
  }

  @Test func nothingIsMadeOfNoiseOrShortOrConstantFiles() throws {
    var generator = SystemRandomNumberGenerator()
    let white = (0..<80_000).map { _ in Int16.random(in: -100...100, using: &generator) }
    #expect(try notices(white, said: 4) == [])
    #expect(try notices([Int16](repeating: 3, count: 80_000), said: 4) == [])
    #expect(try notices([1, 2, 3, 4, 5, 6, 7, 8], said: 4) == [])
  }
}

@Suite struct ChannelGroupsTests {
  private func probe(
    _ size: Int? = nil, _ groups: [[Int]]? = nil, channels: Int
  ) throws -> Probe {
    let description = RecordingDescription(channelsPerGroup: size, channelGroups: groups)
    try description.check()
    return try description.probe(channelCount: channels)
  }

  @Test func groupsAreListed() throws {
    let probe = try probe(nil, [[0, 5, 2, 7], [1, 3, 4, 6]], channels: 8)
    #expect(probe.groups == [[0, 2, 5, 7], [1, 3, 4, 6]])
    // Wires of a tetrode are a square in the order listed, tetrodes 200 µm apart.
    let place = try #require(probe.contact(ofChannel: 2))
    #expect(place.xMicrometers == 25 && place.yMicrometers == 25)
    #expect(try #require(probe.contact(ofChannel: 1)).xMicrometers == 200)
    #expect(try self.probe(nil, [[3, 1]], channels: 4).contacts.count == 2)
  }

  @Test func groupsThatDoNotFitAreRefused() throws {
    let cases: [(Int?, [[Int]]?, String)] = [
      (5, nil, "6 groups of 5 and one of 2"), (33, nil, "32 channels"),
      (nil, [[0, 1], [1, 2]], "channel 1 twice"),
      (nil, [[0, 32]], "channel 32"), (nil, [[0], []], "without a channel"), (nil, [[-1]], "below 0"),
      (nil, [], "without a channel"),
    ]
    for (size, groups, words) in cases {
      let error = refusal { _ = try probe(size, groups, channels: 32) }
      guard case .invalidOption? = error else {
        Issue.record("\(words): \(String(describing: error))")
        continue
      }
      #expect(error?.description.contains(words) ?? false, "\(String(describing: error))")
    }
  }

  @Test func klustaProbesAreRead() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("tets.prb")
      func read(_ text: String, channels: Int = 8) throws -> Probe {
        try Data(text.utf8).write(to: file)
        return try RecordingDescription(probeFile: file).probe(channelCount: channels)
      }
      let probe = try read(
        """
        # two tetrodes
        import numpy as np
        total_nb_channels = 8
        channel_groups = {
            0: {  # the first
                'channels': [np.int64(0), 6, 1, 4], 'graph': [(0, 6), (6, 1)],
                'geometry': {0: [np.float64(10.5), 0.0], 6: (0, 10), 1: [-10, 0], 4: [-1e-16, -10]},
            },
            1: {'channels': [2, 7, 5, 3], 'label': None},
        }
        """)
      #expect(probe.groups == [[0, 1, 4, 6], [2, 3, 5, 7]])
      #expect(try #require(probe.contact(ofChannel: 0)).xMicrometers == 10.5)
      #expect(try #require(probe.contact(ofChannel: 1)).xMicrometers == -10)
      #expect(try #require(probe.contact(ofChannel: 5)).yMicrometers == 25)
      #expect(try read("channel_groups = {0: {'channels': list(range(4))}}").groups == [[0, 1, 2, 3]])
      for (text, words) in [
        ("x = 3", "no channel_groups"), ("channel_groups = make()", "no channel_groups"),
        ("channel_groups = {0: {'channels': list(range(999999999))}}", "no channel_groups"),
        ("channel_groups = {0: {'channels': [0, 8]}}", "channel 8"),
        ("channel_groups = {0: {}}", "no channels"),
        ("channel_groups = {0: {'channels': [1, 1]}}", "two contacts"),
        ("channel_groups = " + String(repeating: "{0:", count: 5000), "no channel_groups"),
      ] {
        let sentence = refusal { _ = try read(text) }?.description ?? "read"
        #expect(sentence.contains(words), "\(sentence)")
      }
    }
  }
}

@Suite struct VoltageUnitsTests {
  @Test func unitsAreVolts() {
    for (name, value) in [
      ("V", 1e6), ("mV", 1e3), ("uV", 1), ("µV", 1), ("\u{3bc}V", 1), ("volts", 1e6), ("nV ", 1e-3),
    ] {
      #expect(microvoltsPer(name) == value, "\(name)")
    }
    for name in ["", "a.u.", "m/s", "degC", "n/a"] { #expect(microvoltsPer(name) == nil) }
  }

  /// A stream of two channels, or of electrodes, accelerometer and inputs, written as Open Ephys does.
  private func stream(_ channels: String, count: Int) throws -> (
    channels: Int, gain: Gain?, notices: [String]
  ) {
    try withTemporaryFolder { (folder) throws in
      let place = folder.appendingPathComponent("continuous/S")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try Data(count: 2 * 10 * count).write(to: place.appendingPathComponent("continuous.dat"))
      let text =
        #"{"continuous": [{"folder_name": "S/", "sample_rate": 30000, "num_channels": \#(count), "channels": [\#(channels)]}]}"#
      try Data(text.utf8).write(to: folder.appendingPathComponent("structure.oebin"))
      let recording = try openRecording(at: folder)
      return (recording.channelCount, recording.gain, recording.notices)
    }
  }

  @Test func auxiliaryInputsAreNoElectrodes() throws {
    func channel(_ name: String, _ unit: String, _ more: String = "") -> String {
      #"{"channel_name": "\#(name)", "bit_volts": 0.5, "units": "\#(unit)"\#(more)}"#
    }
    let old = try stream(
      [channel("CH1", "uV"), channel("CH2", "uV"), channel("AUX1", "mV"), channel("ADC1", "V")].joined(
        separator: ","),
      count: 4)
    #expect(old.channels == 2 && old.notices.count == 1)
    #expect(old.notices.first?.contains("AUX1, ADC1 are no electrodes") ?? false)
    let new = try stream(
      [
        channel("CH1", "uV", #", "identifier": "acq-board.rhythm.continuous.headstage""#),
        channel("X", "mV", #", "identifier": "acq-board.rhythm.continuous.aux""#),
        channel("Y", "uV", #", "description": "Auxiliar data channel""#),
      ].joined(separator: ","), count: 3)
    #expect(new.channels == 1 && new.notices.count == 1)
    let milli = try stream([channel("CH1", "mV"), channel("CH2", "uV")].joined(separator: ","), count: 2)
    #expect(milli.gain?.microvoltsPerUnit == [500, 0.5] && milli.notices == [])
    let odd = try stream([channel("CH1", "furlong"), channel("CH2", "uV")].joined(separator: ","), count: 2)
    #expect(odd.gain == nil && odd.notices.first?.contains("furlong") ?? false)
  }
}
