public import Foundation
public import Recordings

/// The files of Klusters and the Neurosuite: for every group N of a session `base`, `base.res.N` (the frame of every
/// spike), `base.spk.N` (16-bit snippets, frame after frame), `base.fet.N` (features, the time last), `base.clu.N`
/// (the number of clusters, then a cluster a spike), and `base.xml`, which describes them all.
struct KlustersFiles {
  private let folder: URL
  private let base: String
  private let groups: [Int]

  private static let kinds = ["res", "spk", "fet", "clu"]

  /// The session a path names: one of its files, its `.xml`, or a folder that holds one; nil where it is none.
  init?(_ url: URL, isFolder: Bool) {
    folder = isFolder ? url : url.deletingLastPathComponent()
    let names = fileNames(in: folder)
    func group(_ name: String, _ base: String) -> Int? {
      Self.kinds.dropLast().lazy.compactMap { kind in
        name.hasPrefix("\(base).\(kind).") ? Int(name.dropFirst(base.count + kind.count + 2)) : nil
      }.first
    }
    func groups(_ base: String) -> [Int] { Set(names.compactMap { group($0, base) }).sorted() }
    if isFolder {
      let bases = Set(
        names.filter { $0.hasSuffix(".xml") }.map { String($0.dropLast(4)) }.filter { !groups($0).isEmpty })
      guard bases.count == 1, let only = bases.first,
        !["dat", "bin"].contains(where: { names.contains("\(only).\($0)") })
      else { return nil }
      base = only
      self.groups = groups(only)
      return
    }
    let name = url.lastPathComponent
    if url.pathExtension.lowercased() == "xml" {
      base = url.deletingPathExtension().lastPathComponent
      self.groups = groups(base)
      guard !self.groups.isEmpty else { return nil }
      return
    }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, let number = Int(parts[parts.count - 1]),
      Self.kinds.contains(String(parts[parts.count - 2]))
    else { return nil }
    base = parts.dropLast(2).joined(separator: ".")
    self.groups = [number]
  }

  private func file(_ kind: String, _ group: Int) -> URL {
    folder.appendingPathComponent("\(base).\(kind).\(group)")
  }

  func events(_ description: RecordingDescription) throws(RecordingError) -> [SpikeEvents] {
    let url = folder.appendingPathComponent("\(base).xml")
    let settings = exists(url) ? try KlustersSettings(url) : nil
    var result: [SpikeEvents] = []
    for group in groups { result.append(try events(group, settings, description)) }
    return result
  }

  private func events(
    _ group: Int, _ settings: KlustersSettings?, _ description: RecordingDescription
  ) throws(RecordingError) -> SpikeEvents {
    let described = settings?.groups.indices.contains(group - 1) ?? false ? settings?.groups[group - 1] : nil
    let times = exists(file("res", group)) ? try wholeNumbers(in: file("res", group)) : nil
    var events = SpikeEvents(
      name: "\(base).\(group)", files: [], samplingRate: description.samplingRate ?? settings?.samplingRate,
      frames: times, frameCount: nil, labels: nil, channels: described?.channels ?? [])
    if times != nil { events.files.append(file("res", group)) }
    if exists(file("spk", group)) {
      events.snippets = try snippets(group, described, settings, description, spikes: times?.count)
      events.files.append(file("spk", group))
    } else if exists(file("fet", group)) {
      try readFeatures(group, into: &events)
    } else {
      throw .malformed(
        file: folder.path, found: "neither \(base).spk.\(group) nor \(base).fet.\(group)",
        expected: "snippets or features of the group")
    }
    if events.channels.count != events.snippets?.channels ?? events.channels.count {
      events.channels = Array(0..<(events.snippets?.channels ?? 0))
    }
    if exists(file("clu", group)) {
      events.labels = Array(try wholeNumbers(in: file("clu", group)).dropFirst())
    }
    try shorten(&events, group)
    if events.frames != nil, events.samplingRate == nil {
      throw .unstated(file: file("res", group).path, what: "its sampling rate", options: [.samplingRate])
    }
    return events
  }

  /// Keeps the spikes that all files hold, and says so; refuses files that hold not half of what another does.
  private func shorten(_ events: inout SpikeEvents, _ group: Int) throws(RecordingError) {
    let all = [
      ("res", events.frames?.count), (events.snippets == nil ? "fet" : "spk", events.count),
      ("clu", events.labels?.count),
    ]
    let counts = all.compactMap { kind, count in count.map { (kind, $0) } }
    let (fewest, most) = (counts.map(\.1).min() ?? 0, counts.map(\.1).max() ?? 0)
    guard fewest < most, let short = counts.first(where: { $0.1 == fewest }) else { return }
    guard 2 * fewest > most else {
      throw .malformed(
        file: file(short.0, group).path, found: "\(fewest) spikes",
        expected: "\(most) as in the files beside it")
    }
    events.keep(fewest)
    let words = counts.map { "\($1) in .\($0)" }.joined(separator: ", ")
    events.notices.append(
      "\(file(short.0, group).path): the files hold different numbers of spikes (\(words)); the first \(fewest) of each were read"
    )
  }

  private func snippets(
    _ group: Int, _ described: KlustersSettings.Group?, _ settings: KlustersSettings?,
    _ description: RecordingDescription, spikes: Int?
  ) throws(RecordingError) -> Snippets {
    let file = try SpikeBytes(file("spk", group))
    guard let channels = description.channelCount ?? described?.channels.count, channels > 0 else {
      throw .unstated(file: file.url.path, what: "its number of channels", options: [.channelCount])
    }
    let row = 2 * channels
    let scale = description.microvoltsPerUnit ?? settings?.microvoltsPerUnit
    let unit = scale == nil ? "ADC units" : "µV"
    // A tetrode without a spike.
    if file.count == 0 {
      return .init(frames: max(1, described?.samples ?? 1), channels: channels, samples: [], unit: unit)
    }
    let stated = described?.samples ?? spikes.flatMap { $0 > 0 ? file.count / row / $0 : nil }
    guard let samples = stated, samples > 0, samples <= file.count / row else {
      throw file.malformed(
        "\(file.count) bytes", "a multiple of \(described?.samples ?? 0) samples of \(channels) channels")
    }
    let count = file.count / (row * samples)
    // One spike's snippet may be cut short, as the last of a file is; more are of another shape.
    let isCut = file.count % (row * samples) != 0
    guard !isCut || spikes == count + 1 || spikes == count else {
      throw file.malformed(
        "\(file.count) bytes", "a multiple of \(samples) samples of \(channels) channels")
    }
    let values = (0..<count * samples * channels).map {
      Float(file.value(Int16.self, at: 2 * $0)) * Float(scale ?? 1)
    }
    return .init(
      frames: samples, channels: channels, samples: values, unit: unit)
  }

  /// Features; the last column is the time in Klusters' own files.
  private func readFeatures(_ group: Int, into events: inout SpikeEvents) throws(RecordingError) {
    let file = try SpikeBytes(file("fet", group))
    events.files.append(file.url)
    let words = file.text(file.count).split(whereSeparator: \.isWhitespace)
    // A tetrode without a spike.
    if words.isEmpty {
      events.features = .init(columns: 1, values: [])
      return
    }
    guard let columns = words.first.flatMap({ Int($0) }), columns > 0, (words.count - 1) % columns == 0 else {
      throw file.malformed(
        "\(words.count - 1) numbers after \(words.first ?? "nothing")",
        "the number of features, then that many a spike")
    }
    var values: [Double] = []
    values.reserveCapacity(words.count)
    for word in words.dropFirst() {
      guard let value = Double(word), value.isFinite else {
        throw file.malformed("\"\(word.prefix(20))\"", "finite numbers")
      }
      values.append(value)
    }
    let rows = values.count / columns
    let last = (0..<rows).map { values[$0 * columns + columns - 1] }
    let areTimes =
      columns > 1
      && (events.frames.map { zip($0, last).allSatisfy { Double($0) == $1 } && $0.count == rows }
        ?? (rows > 1 && zip(last, last.dropFirst()).allSatisfy(<=) && last.allSatisfy { $0 >= 0 }))
    guard areTimes else {
      events.features = .init(columns: columns, values: values)
      return
    }
    if events.frames == nil, events.samplingRate != nil { events.frames = last.map(SpikeEvents.frame) }
    events.features = .init(
      columns: columns - 1, values: (0..<rows).flatMap { values[$0 * columns..<($0 + 1) * columns - 1] })
  }
}

/// What a Neurosuite `.xml` says of spikes.
struct KlustersSettings {
  struct Group {
    var channels: [Int] = []
    var samples: Int?
    var peak: Int?
    var features: Int?
  }

  var samplingRate: Double?
  var microvoltsPerUnit: Double?
  var groups: [Group] = []

  init(_ url: URL) throws(RecordingError) {
    let file = try SpikeBytes(url)
    let text = file.text(file.count)
    func number(_ tag: String, in text: Substring) -> Double? {
      Self.elements(tag, in: text).first.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }
    }
    guard let acquisition = Self.elements("acquisitionSystem", in: text[...]).first,
      let rate = number("samplingRate", in: acquisition), rate > 0, rate.isFinite
    else {
      throw file.malformed(
        "no sampling rate of an acquisition system", "the settings of a Neurosuite session")
    }
    samplingRate = rate
    if let bits = number("nBits", in: acquisition), let range = number("voltageRange", in: acquisition),
      let gain = number("amplification", in: acquisition), range > 0, gain > 0, (1...64).contains(bits)
    {
      microvoltsPerUnit = range * 1e6 / gain / exp2(bits)
    }
    guard let detection = Self.elements("spikeDetection", in: text[...]).first else { return }
    groups = Self.elements("group", in: detection).map { group in
      Group(
        channels: Self.elements("channel", in: group).compactMap {
          Int($0.trimmingCharacters(in: .whitespaces))
        },
        samples: number("nSamples", in: group).flatMap { Int(exactly: $0) },
        peak: number("peakSampleIndex", in: group).flatMap { Int(exactly: $0) },
        features: number("nFeatures", in: group).flatMap { Int(exactly: $0) })
    }
  }

  /// What stands between the opening and closing tags of a name, in order; elements of a name do not nest here.
  private static func elements(_ tag: String, in text: Substring) -> [Substring] {
    var result: [Substring] = []
    var rest = text
    while let open = rest.range(of: "<\(tag)", options: .literal) {
      rest = rest[open.upperBound...]
      guard let next = rest.first, next == ">" || next == " ", let end = rest.firstIndex(of: ">") else {
        continue
      }
      guard let close = rest.range(of: "</\(tag)>", options: .literal) else { break }
      if rest.index(after: end) <= close.lowerBound {
        result.append(rest[rest.index(after: end)..<close.lowerBound])
      }
      rest = rest[close.upperBound...]
    }
    return result
  }
}

/// The times and clusters that a `.clu.N` of Klusters gives the spikes of the `.res.N` beside it; nil where the path is
/// no `.clu`.
///
/// - Throws: `RecordingError`.
public func klustersLabels(at url: URL) throws(RecordingError) -> (times: [Int], clusters: [Int])? {
  let parts = url.lastPathComponent.components(separatedBy: ".")
  guard parts.count >= 3, parts[parts.count - 2] == "clu" else { return nil }
  let name = (parts.dropLast(2) + ["res", parts[parts.count - 1]]).joined(separator: ".")
  let times = try wholeNumbers(in: url.deletingLastPathComponent().appendingPathComponent(name))
  return (times, Array(try wholeNumbers(in: url).dropFirst()))
}
