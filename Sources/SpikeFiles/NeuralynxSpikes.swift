internal import Foundation
internal import Recordings

/// Spikes of Neuralynx: `.nse` (one channel), `.nst` (two) or `.ntt` (four).
///
/// A file is 16 KiB of text, then records: the time in microseconds (64 bits), two 32-bit numbers (acquisition entity,
/// cell), eight 32-bit features, and 32 samples of every channel, frame after frame, 16 bits each (Neuralynx,
/// "Data File Formats"). Times are turned into frames at the file's rate, from the first spike's second on, which the clock says.
struct NeuralynxSpikes {
  private static let headerBytes = 1 << 14
  private static let recordHead = 48
  private static let snippetFrames = 32
  private static let channelCounts = ["nse": 1, "nst": 2, "ntt": 4]

  private let file: SpikeBytes
  private let channels: Int

  /// The spike files a path names; those of a folder only where it holds no `.ncs` traces.
  static func files(of url: URL, isFolder: Bool) -> [URL] {
    guard isFolder else { return channelCounts[url.pathExtension.lowercased()] == nil ? [] : [url] }
    let all = fileNames(in: url).map { url.appendingPathComponent($0) }
    guard !all.contains(where: { $0.pathExtension.lowercased() == "ncs" }) else { return [] }
    return all.filter { channelCounts[$0.pathExtension.lowercased()] != nil }
  }

  init(_ url: URL) throws(RecordingError) {
    file = try SpikeBytes(url)
    channels = Self.channelCounts[url.pathExtension.lowercased()] ?? 1
    guard file.count >= Self.headerBytes, file.bytes.first == UInt8(ascii: "#") else {
      throw file.malformed("no header of 16,384 bytes that begins with #", "a Neuralynx spike file")
    }
  }

  func events(_ description: RecordingDescription) throws(RecordingError) -> SpikeEvents {
    let header = headerValues()
    let size = Self.recordHead + 2 * Self.snippetFrames * channels
    let count = (file.count - Self.headerBytes) / size
    let stated = header["SamplingFrequency"]?.first.flatMap { Double($0) }
    guard let rate = description.samplingRate ?? stated, rate > 0, rate.isFinite else {
      throw .unstated(file: file.url.path, what: "its sampling rate", options: [.samplingRate])
    }
    let times = (0..<count).map { file.value(UInt64.self, at: Self.headerBytes + $0 * size) }
    // Clocks count from the machine's start: the second the first spike lies in is time zero.
    let origin = (times.min() ?? 0) / 1_000_000 * 1_000_000
    guard times.allSatisfy({ Double($0 - origin) * rate / 1e6 < 1e15 }) else {
      throw file.malformed("times years apart", "microseconds")
    }
    let scale = try scales(header, description)
    let values = interleaved(spikes: count, frames: Self.snippetFrames, channels: channels) { n, c, f in
      let place = Self.headerBytes + n * size + Self.recordHead + 2 * (f * channels + c)
      return Float(Double(file.value(Int16.self, at: place)) * (scale?[c] ?? 1))
    }
    let cells = (0..<count).map { Int(file.value(UInt32.self, at: Self.headerBytes + $0 * size + 12)) }
    var events = SpikeEvents(
      name: file.url.deletingPathExtension().lastPathComponent, files: [file.url], samplingRate: rate,
      frames: times.map { Int((Double($0 - origin) * rate / 1e6).rounded()) }, frameCount: nil,
      clock: origin == 0 ? nil : RecordingClock(start: Double(origin) / 1e6, samplingRate: rate),
      snippets: .init(
        frames: Self.snippetFrames, channels: channels, samples: values,
        unit: scale == nil ? "ADC units" : "µV"),
      labels: cells.contains { $0 != 0 } ? cells : nil, channels: Array(0..<channels))
    events.notices = cutShort(
      file: file.url.path, bytes: file.count - Self.headerBytes - count * size,
      unit: "record of \(size) bytes")
    for channel in scale?.indices.filter({ scale?[$0] == 0 }) ?? [] {
      events.notices.append(silentWire(channel, in: file.url))
    }
    return events
  }

  /// Words after a key, as `-ADBitVolts 1e-8 1e-8 1e-8 1e-8`.
  private func headerValues() -> [String: [String]] {
    var values: [String: [String]] = [:]
    let text = String(decoding: file.bytes.prefix(Self.headerBytes).prefix { $0 != 0 }, as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("-") {
      let words = line.dropFirst().split(whereSeparator: \.isWhitespace).map(String.init)
      if let key = words.first { values[key] = Array(words.dropFirst()) }
    }
    return values
  }

  /// Microvolts a unit for every channel, negative where the input was inverted; nil where nobody says.
  private func scales(
    _ header: [String: [String]], _ description: RecordingDescription
  ) throws(RecordingError) -> [Double]? {
    if let gain = description.microvoltsPerUnit { return [Double](repeating: gain, count: channels) }
    guard let words = header["ADBitVolts"] else { return nil }
    let volts = words.compactMap { Double($0) }
    guard volts.count == words.count, volts.count >= channels || volts.count == 1,
      volts.allSatisfy({ $0 >= 0 && $0 < 1 }), volts.contains(where: { $0 > 0 })
    else {
      throw file.malformed("-ADBitVolts \(words.joined(separator: " "))", "\(channels) positive numbers")
    }
    let isInverted = header["InputInverted"]?.first?.lowercased() == "true"
    return (0..<channels).map { volts[volts.count == 1 ? 0 : $0] * 1e6 * (isInverted ? -1 : 1) }
  }
}
