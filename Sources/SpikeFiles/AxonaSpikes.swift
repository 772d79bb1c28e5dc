public import Foundation
public import Recordings

/// Spikes of an Axona tetrode: a file that ends in the tetrode's number, beside a `.set`.
///
/// A text header ends in `data_start`; then, for every spike, four times a big-endian time in ticks of `timebase` and
/// `samples_per_spike` signed bytes. A unit is the full scale over 128 and the channel's gain; the sign is turned,
/// as pyxona turns it, because Axona shows troughs upwards.
struct AxonaSpikes {
  private let file: SpikeBytes
  private let header: [String: String]
  private let dataStart: Int
  private let settings: [String: String]
  private let tetrode: Int

  private static let marker = Array("data_start".utf8)

  /// The tetrode files a path names: itself, those beside a `.set`, or those of a folder's only `.set`; none where
  /// the path is nothing of that.
  static func files(of url: URL, isFolder: Bool) -> [URL] {
    if isFolder {
      let sets = fileNames(in: url).filter { $0.lowercased().hasSuffix(".set") }
      return sets.count == 1 ? files(of: url.appendingPathComponent(sets[0]), isFolder: false) : []
    }
    let stem = url.deletingPathExtension()
    if url.pathExtension.lowercased() == "set" {
      guard !exists(stem.appendingPathExtension("bin")) else { return [] }
      return (1...32).map { stem.appendingPathExtension("\($0)") }.filter(exists)
    }
    guard let number = Int(url.pathExtension), number > 0, exists(stem.appendingPathExtension("set")) else {
      return []
    }
    return [url]
  }

  init(_ url: URL) throws(RecordingError) {
    file = try SpikeBytes(url)
    tetrode = Int(url.pathExtension) ?? 1
    let head = file.bytes.prefix(1 << 16)
    guard let end = head.indices.first(where: { head[$0...].starts(with: Self.marker) }) else {
      throw file.malformed("no data_start in its first 64 KiB", "spikes of an Axona tetrode")
    }
    header = Self.pairs(String(decoding: head[..<end], as: UTF8.self))
    dataStart = end + Self.marker.count
    let set = try SpikeBytes(url.deletingPathExtension().appendingPathExtension("set"))
    settings = Self.pairs(set.text(set.count))
  }

  private static func pairs(_ text: String) -> [String: String] {
    var pairs: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 1)
      if words.count == 2 { pairs[String(words[0])] = words[1].trimmingCharacters(in: .whitespaces) }
    }
    return pairs
  }

  func events() throws(RecordingError) -> SpikeEvents {
    let (rate, timebase) = (try positive("sample_rate"), try positive("timebase"))
    let channels = try whole("num_chans", 1...16)
    let samples = try whole("samples_per_spike", 1...1000)
    guard try whole("bytes_per_sample", 1...8) == 1, try whole("bytes_per_timestamp", 1...8) == 4 else {
      throw file.malformed("samples of another width", "one byte a sample, four a time")
    }
    let stated = try whole("num_spikes", 0...100_000_000)
    let size = channels * (4 + samples)
    let count = min(stated, (file.count - dataStart) / size)
    let scales = try (0..<channels).map { channel throws(RecordingError) in
      try microvolts(channel: 4 * (tetrode - 1) + channel)
    }
    var frames: [Int] = []
    for n in 0..<count {
      let ticks = UInt32(bigEndian: file.value(UInt32.self, at: dataStart + n * size))
      frames.append(SpikeEvents.frame(Double(ticks) * rate / timebase))
    }
    let values = interleaved(spikes: count, frames: samples, channels: channels) { n, c, f in
      let byte = Int8(bitPattern: file.bytes[dataStart + n * size + c * (4 + samples) + 4 + f])
      return Float(-Double(byte) * scales[c])
    }
    let seconds = header["duration"].flatMap { Double($0) }
    var events = SpikeEvents(
      name: "tetrode \(tetrode)",
      files: [file.url, file.url.deletingPathExtension().appendingPathExtension("set")], samplingRate: rate,
      frames: frames,
      frameCount: seconds.map { SpikeEvents.frame($0 * rate) }.flatMap { $0 > frames.last ?? 0 ? $0 : nil },
      snippets: .init(frames: samples, channels: channels, samples: values, unit: "µV"),
      labels: nil, channels: (0..<channels).map { 4 * (tetrode - 1) + $0 })
    if count < stated {
      events.notices.append(
        "\(file.url.path): \(count) whole spikes are there and were read, where num_spikes says \(stated)")
    }
    for channel in scales.indices where scales[channel] == 0 {
      events.notices.append(silentWire(channel, in: file.url))
    }
    return events
  }

  /// Microvolts a unit of a channel; 0 for one that was switched off, whose gain is 0.
  private func microvolts(channel: Int) throws(RecordingError) -> Double {
    let key = "gain_ch_\(channel)"
    guard let gain = settings[key].flatMap({ Double($0) }), gain >= 0,
      let scale = settings["ADC_fullscale_mv"].flatMap({ Double($0) }), scale > 0
    else {
      throw .malformed(
        file: file.url.deletingPathExtension().path + ".set", found: "no \(key) or ADC_fullscale_mv",
        expected: "positive numbers for both")
    }
    return gain == 0 ? 0 : scale * 1000 / 128 / gain
  }

  private func positive(_ key: String) throws(RecordingError) -> Double {
    let word = header[key]?.split(separator: " ").first.map(String.init)
    guard let value = word.flatMap({ Double($0) }), value > 0, value <= 1e9 else {
      throw file.malformed(header[key].map { "\(key) \($0)" } ?? "no \(key)", "a positive number")
    }
    return value
  }

  private func whole(_ key: String, _ range: ClosedRange<Int>) throws(RecordingError) -> Int {
    guard let value = header[key].flatMap({ Int($0) }), range.contains(value) else {
      throw file.malformed(
        header[key].map { "\(key) \($0)" } ?? "no \(key)",
        "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}

/// The labels of an Axona `.cut` file: one for every spike of the tetrode; 0 is not cut.
///
/// - Throws: `RecordingError`.
public func axonaCut(at url: URL) throws(RecordingError) -> [Int] {
  let file = try SpikeBytes(url)
  let lines = file.text(file.count).split(whereSeparator: \.isNewline)
  guard let start = lines.firstIndex(where: { $0.hasPrefix("Exact_cut_for:") }) else {
    throw file.malformed("no Exact_cut_for line", "an Axona cut")
  }
  let words = lines[start].split(separator: " ")
  let announced = words.firstIndex { $0.hasPrefix("spikes:") }.flatMap { place in
    place + 1 < words.count ? Int(words[place + 1]) : nil
  }
  var labels: [Int] = []
  for word in lines[(start + 1)...].joined(separator: " ").split(separator: " ") {
    guard let label = Int(word) else { throw file.malformed("the label \"\(word.prefix(20))\"", "numbers") }
    labels.append(label)
  }
  guard announced == nil || announced == labels.count else {
    throw file.malformed("\(labels.count) labels", "\(announced ?? 0) as its Exact_cut_for line says")
  }
  return labels
}
