internal import Foundation

/// A raw recording of Axona's dacqUSB: a `.bin` of packets and the `.set` text beside it.
///
/// A packet is 432 bytes: 32 of head, three frames of 64 samples of 16 bits in an order of their own, 16 of tail. The
/// text names the tetrodes that were recorded (`collectMask_`), their gains and the full scale; one count is full
/// scale / 32768 / gain. Every tetrode is a group.
struct AxonaFile {
  private let samples: URL
  private let settings: URL
  private let values: [String: String]

  /// Opens what a path names one file of; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    guard let pair = pair(of: url) else {
      guard url.pathExtension.lowercased() == "set", !url.isFolder else { return nil }
      throw .malformed(
        file: url.path, found: "settings without samples", expected: "the raw recording, .bin, beside them")
    }
    return try AxonaFile(samples: pair.samples, settings: pair.settings).open(description)
  }

  /// The `.bin` and `.set` a path names one of; nil where they are not both there.
  static func pair(of url: URL) -> (samples: URL, settings: URL)? {
    guard ["bin", "set"].contains(url.pathExtension.lowercased()) else { return nil }
    let stem = url.deletingPathExtension()
    let samples = stem.appendingPathExtension("bin")
    let settings = stem.appendingPathExtension("set")
    let exist = [samples, settings].allSatisfy { FileManager.default.fileExists(atPath: $0.path) }
    return exist ? (samples, settings) : nil
  }

  /// Reads the settings.
  init(samples: URL, settings: URL) throws(RecordingError) {
    self.samples = samples
    self.settings = settings
    let file = try SampleFile(settings)
    guard file.byteCount <= 1 << 24 else {
      throw .malformed(file: settings.path, found: "\(file.byteCount) bytes", expected: "Axona settings")
    }
    var values: [String: String] = [:]
    for line in String(decoding: try file.head(file.byteCount), as: UTF8.self).split(
      whereSeparator: \.isNewline)
    {
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2 { values[String(words[0])] = words[1].trimmingCharacters(in: .whitespaces) }
    }
    self.values = values
  }

  /// Opens the channels of the tetrodes recorded.
  ///
  /// In the mode of 128 channels packets take turns: one has the channels of the first sixteen tetrodes, the next those
  /// of the other sixteen.
  func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    let isDouble = (values["mode128channels"].flatMap(Int.init) ?? 0) != 0
    let masked = (1...32).filter { (values["collectMask_\($0)"].flatMap(Int.init) ?? 0) != 0 }
    let tetrodes = masked.filter { isDouble || $0 <= 16 }
    guard !tetrodes.isEmpty else {
      throw .malformed(
        file: settings.path, found: "no tetrode that was recorded",
        expected: "collectMask_1 to _\(isDouble ? 32 : 16), one not 0")
    }
    let channels = tetrodes.flatMap { 4 * $0 - 4..<4 * $0 }
    if let said = description.channelCount, said != channels.count {
      throw .malformed(
        file: samples.path, found: "\(channels.count) channels", expected: "\(said), as was said")
    }
    let rate = try positive("rawRate")
    let fullScale = try positive("ADC_fullscale_mv")
    var factors: [Double] = []
    var silent: [String] = []
    for channel in channels {
      // A channel that was switched off has a gain of 0: it keeps its place and is silent.
      if values["gain_ch_\(channel)"].flatMap(Double.init) == 0, description.gain == nil {
        factors.append(0)
        silent.append("\(channel)")
      } else {
        factors.append(1000 * fullScale / 32768 / (try positive("gain_ch_\(channel)")))
      }
    }
    var grouped = description
    if !description.statesProbe { grouped.channelsPerGroup = 4 }
    let file = try SampleFile(samples)
    let packets = isDouble ? 2 : 1
    let recording = try BlockRecording(
      file: file,
      layout: BlockRecording.Layout(
        headerBytes: 0, blockBytes: packets * Self.packetBytes, framesPerBlock: Self.framesPerPacket,
        channelOffsets: channels.map {
          Self.packetBytes * ($0 / 64) + 32 + 2 * Self.place(ofChannel: $0 % 64)
        },
        frameStride: 128, isSigned: true
      ),
      samplingRate: description.samplingRate ?? rate,
      gain: description.gain ?? Gain(microvoltsPerUnit: factors, offsetMicrovolts: factors.map { _ in 0 }),
      probe: try grouped.probe(channelCount: channels.count))
    let absent = masked.filter { !tetrodes.contains($0) }.map(String.init)
    let notices =
      absent.isEmpty
      ? []
      : [
        "\(settings.lastPathComponent): tetrode \(absent.joined(separator: ", ")) is marked as recorded, but without "
          + "mode128channels the file holds the first 16; left out"
      ]
    let whole = recording.noticing(notices + silence(of: silent, in: settings)).from(
      RecordingOrigin(channelNames: channels.map { "\($0 / 4 + 1).\($0 % 4 + 1)" })
    ).began(start)
    guard
      let (first, gaps) = try Self.packets(
        in: file, frameCount: recording.frameCount, packetsPerBlock: packets)
    else { return whole }
    return whole.parted(
      by: gaps.map { gap in RecordingGap(frame: gap.frame, seconds: gap.lost.map { Double($0) / rate }) }
    ).clocked(from: Double(first) / recording.samplingRate)
  }

  /// When the trial began, by its `trial_date Monday, 3 Mar 2014` and `trial_time 12:00:00`.
  private var start: String? {
    guard let date = values["trial_date"], let time = values["trial_time"] else { return nil }
    return SessionStart.found(in: "\(date.split(separator: ",").last ?? "") \(time)")
  }

  /// The frames before the first packet by its number, and how many are lost before which others; nil where packets
  /// bear no numbers.
  ///
  /// A packet begins with `ADU` and a digit, then its number (32 bits).
  private static func packets(
    in file: SampleFile, frameCount: Int, packetsPerBlock: Int
  ) throws(RecordingError) -> (first: Int, gaps: [(frame: Int, lost: Int?)])? {
    let count = frameCount / framesPerPacket
    let blockBytes = packetsPerBlock * packetBytes
    let piece = (1 << 20) / blockBytes
    // The packets of a block bear one number, or count on.
    var step: UInt32 = 1
    if packetsPerBlock == 2, file.byteCount >= blockBytes {
      let head = try file.bytes(0..<blockBytes)
      let numbers = [4, packetBytes + 4].map { head.littleEndian(UInt32.self, at: $0) }
      step = numbers[0] == numbers[1] ? 1 : 2
    }
    var gaps: [(frame: Int, lost: Int?)] = []
    var (first, expected): (Int?, UInt32) = (nil, 0)
    for start in stride(from: 0, to: count, by: piece) {
      let end = min(start + piece, count)
      let bytes = try file.bytes(start * blockBytes..<end * blockBytes)
      for packet in 0..<end - start {
        let place = packet * blockBytes
        guard bytes[place..<place + 3].elementsEqual("ADU".utf8) else { return nil }
        let number = bytes.littleEndian(UInt32.self, at: place + 4)
        // A number that goes back is a counter that began anew; how much is lost it does not say.
        if first != nil, number != expected {
          let lost = number > expected ? framesPerPacket * Int((number - expected) / step) : nil
          gaps.append((framesPerPacket * (start + packet), lost))
        }
        if first == nil { first = framesPerPacket * Int(number / step) }
        expected = number &+ step
      }
    }
    // Converters leave the numbers out.
    guard let first, gaps.count < max(1, count - 1) else { return nil }
    return (first, gaps)
  }

  private static let packetBytes = 432
  private static let framesPerPacket = 3

  /// Where a channel's sample stands among the 64 of a frame: eights of channels take turns between the second
  /// half of the frame and the first.
  private static func place(ofChannel channel: Int) -> Int {
    let (eight, within) = channel.quotientAndRemainder(dividingBy: 8)
    return (eight % 2 == 0 ? 32 : 0) + 8 * (eight / 2) + within
  }

  private func positive(_ key: String) throws(RecordingError) -> Double {
    let word = values[key]?.split(separator: " ").first.map(String.init)
    guard let value = word.flatMap(Double.init), value > 0, value.isFinite else {
      throw .malformed(
        file: settings.path, found: values[key].map { "\(key) \($0)" } ?? "no \(key)",
        expected: "a positive number")
    }
    return value
  }
}
