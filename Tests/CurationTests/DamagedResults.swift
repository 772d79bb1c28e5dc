import Curation
import Foundation
import NumPyInterop
import Recordings
import Report
import SortingFormats
import SpikeSorting
import SpikeTrains
import Viewer

/// Whole result folders that bytes do damage to, and everything the commands ask of them: any of it ends in an answer or
/// in a sentence. `make fuzz` makes up the bytes, and the tests replay those that were found.
struct DamagedResults: Sendable {
  /// The name of the folder in `Fuzzing/Corpus`.
  static let name = "results"
  /// What the first byte chooses among.
  static let kinds = [
    "tetrode", "late", "probe", "features", "no-times", "snippets", "groups/group-0", "groups",
  ]

  /// A folder of its own.
  let folder: URL
  /// The exports that are written; writing NWB is left out where the HDF5 library's own faults would count.
  var formats = ExportFormat.allCases
  /// What is asked.
  var questions = Question.allCases

  /// What the commands ask.
  enum Question: CaseIterable {
    /// `metrics` and `compare`.
    case measures
    /// `curate`, with the folder on either side.
    case replay
    /// `export`.
    case exports
    /// `report`.
    case report
  }

  private var whole: URL { folder.appendingPathComponent("whole") }
  /// The folder that is damaged.
  var trial: URL { folder.appendingPathComponent("trial") }

  /// Takes copies of results that version 0.1 wrote, and makes one that starts late and was recorded in two parts.
  func prepare(from fixtures: URL) throws {
    try FileManager.default.copyItem(at: fixtures, to: whole)
    for name in ["tetrode", "groups/group-0", "groups/group-1"] {
      try FileManager.default.removeItem(at: whole.appendingPathComponent("\(name)/trace_example.npy"))
    }
    let tetrode = ResultFolder(whole.appendingPathComponent("tetrode"))
    let late = ResultFolder(whole.appendingPathComponent("late"))
    try FileManager.default.copyItem(at: tetrode.url, to: late.url)
    var sorting = try tetrode.readAsSorted()
    let (rate, count) = (sorting.source.samplingRate ?? 1, sorting.source.frameCount)
    let shift = 1000
    sorting.source.startFrame = shift
    sorting.spikes.frames = sorting.spikes.frames?.map { $0 + shift }
    func stretch(_ frame: Int, _ seconds: Double) -> RecordingClock.Stretch {
      .init(frame: frame, seconds: seconds, samplingRate: rate, followsGap: frame > 0)
    }
    let middle = shift + count / 2
    sorting.source.clock = RecordingClock([stretch(0, 6000), stretch(middle, 6100)])
    sorting.source.inputs = [
      InputFrames(
        file: "a.dat", frames: 0..<middle, clock: RecordingClock(start: 6000, samplingRate: rate)),
      InputFrames(file: "b.dat", frames: middle..<shift + count),
    ]
    try late.write(sorting)
    try Self.bindJournal(of: late)
  }

  /// Makes the folder that the bytes describe and asks of it what one of the commands asks, or all of them.
  ///
  /// - Returns: the first sentence it is refused with; nil where all of it is answered.
  /// - Throws: what is no such refusal, which is a fault.
  func run(_ bytes: Data) throws -> String? {
    try damage(bytes)
    var few = self
    few.questions = Self.question(bytes).map { [$0] } ?? Question.allCases
    return try few.refusal(of: trial)
  }

  /// Whether the page is asked for after that.
  static func isViewed(_ bytes: Data) -> Bool { question(bytes).map { $0 == .measures } ?? true }

  private static func question(_ bytes: Data) -> Question? {
    let choice = Int(bytes.dropFirst().first ?? 0) % (Question.allCases.count + 1)
    return choice == 0 ? nil : Question.allCases[choice - 1]
  }

  private func truth() throws -> LabelledTimes {
    try LabelledTimes(at: whole.appendingPathComponent("tetrode"))
  }

  // MARK: Questions

  /// What the commands ask of a result, or of every group of one.
  func refusal(of url: URL) throws -> String? {
    var groups: GroupedResult?
    var sentences = try [asked { groups = try GroupedResult(at: url) }]
    guard let groups else { return try refusalOfOne(url) }
    var units: [[Sorting.Unit]] = []
    var spikes: [LabelledTimes] = []
    for group in groups.groups where group.failure == nil {
      let place = url.appendingPathComponent(group.folder)
      sentences.append(try refusalOfOne(place))
      sentences.append(
        try asked {
          let sorting = try CuratedResult(ResultFolder(place)).sorting
          spikes.append(try LabelledTimes(of: sorting))
          units.append(sorting.units)
        })
    }
    if units.count == groups.groups.count, spikes.count == units.count {
      sentences.append(
        try asked {
          try ComparisonSummary(
            of: LabelledTimes(joining: spikes, units: units), with: truth(), samplingRate: 30_000
          )
          .noted()
          _ = GroupedResult.unitsTable(groups.groups, units: units)
          if questions.contains(.report) {
            try GroupsReport(groups, units: units).write(to: ResultFolder(url))
          }
        })
    }
    return sentences.compactMap(\.self).first
  }

  private func refusalOfOne(_ url: URL) throws -> String? {
    let folder = ResultFolder(url)
    var sorting: Sorting?
    var sentences = try [asked { sorting = try CuratedResult(folder).sorting }]
    if questions.contains(.measures) {
      sentences.append(
        try asked {
          let rate = try folder.samplingRate()
          let times = try LabelledTimes(at: url, samplingRate: rate, clock: folder.clock())
          try ComparisonSummary(of: times, with: truth(), samplingRate: rate).noted()
          try ComparisonSummary(of: truth(), with: times, samplingRate: rate).noted()
        })
      if let sorting { sentences.append(try measures(sorting)) }
    }
    if let sorting, questions.contains(.exports) { sentences += try exports(sorting) }
    if let sorting, questions.contains(.report) {
      sentences.append(
        try asked { try Report(sorting, comparison: folder.readComparison()).write(to: folder) })
    }
    if questions.contains(.replay) { sentences += try replays(url) }
    return sentences.compactMap(\.self).first
  }

  private func measures(_ sorting: Sorting) throws -> String? {
    try asked {
      _ = unitsTable(sorting) + readableTable(sorting.units)
      _ = try jsonData(sorting.units) + jsonData(sorting.pairs)
      try ComparisonSummary(of: sorting, with: truth()).noted()
    }
  }

  private func exports(_ sorting: Sorting) throws -> [String?] {
    let exports = folder.appendingPathComponent("exports")
    try? FileManager.default.removeItem(at: exports)
    try FileManager.default.createDirectory(at: exports, withIntermediateDirectories: true)
    return try formats.map { format in
      try asked {
        _ = try sorting.exportsFile(format)
        try sorting.export(format, to: exports.appendingPathComponent("to-\(format.rawValue)"), name: "k")
      }
    }
  }

  private func replays(_ url: URL) throws -> [String?] {
    let other = folder.appendingPathComponent("other")
    return try [(url, other), (other, url)].map { from, to in
      try? FileManager.default.removeItem(at: other)
      try FileManager.default.copyItem(at: whole.appendingPathComponent("tetrode"), to: other)
      return try asked { _ = try DecisionReplay.carry(from: ResultFolder(from), to: ResultFolder(to)) }
    }
  }

  /// Opens the folder for the page and asks for everything the page asks for.
  ///
  /// - Returns: the status of every answer; none where the folder is refused.
  func view() async throws -> [Int] {
    let viewer: ResultViewer
    do {
      viewer = try ResultViewer(ResultFolder(trial), readOnly: true)
    } catch {
      _ = try asked { throw error }
      return []
    }
    func answer(_ path: String, _ query: String = "") async -> ViewerAnswer {
      await viewer.answer(
        ViewerRequest(
          method: "GET", path: "/\(viewer.token)/\(path)", query: query, headers: ["host": "localhost"]))
    }
    let start = await answer("").location ?? ""
    let known = await answer("\(start)api/units").body
    let units = (try? JSONSerialization.jsonObject(with: known)) as? [String: Any]
    let ids = (units?["units"] as? [[String: Any]] ?? []).prefix(3).compactMap { $0["id"] as? Int }
    let list = "units=\(ids.map(String.init).joined(separator: ","))"
    var statuses: [Int] = []
    for (path, query) in [
      ("session", ""), ("units", ""), ("pairs", ""), ("mixture", ""), ("journal", ""), ("spikes", ""),
      ("spikes/units", ""), ("features", ""), ("waveforms", list), ("correlograms", list),
      ("trace", "start=10&count=100"),
    ] { statuses.append(await answer("\(start)api/\(path)", query).status) }
    return statuses
  }

  /// The sentence something is refused with.
  private func asked(_ question: () throws -> Void) throws -> String? {
    do {
      try question()
      return nil
    } catch let error as ResultError {
      return error.description
    } catch let error as CurationError {
      return error.description
    } catch let error as NPYError {
      return error.description
    }
  }

  // MARK: Damage

  /// Makes a whole result again and edits its files as the bytes say.
  private func damage(_ bytes: Data) throws {
    var bytes = FuzzBytes(bytes)
    try? FileManager.default.removeItem(at: trial)
    let kind = bytes.byte()
    _ = bytes.byte()
    let place = whole.appendingPathComponent(Self.kinds[(kind & 0x7f) % Self.kinds.count])
    try FileManager.default.copyItem(at: place, to: trial)
    for _ in 0..<12 where !bytes.isEmpty { try edit(&bytes) }
    // A journal of other spikes is refused before any of it is carried out.
    if kind & 0x80 == 0 { try? Self.bindJournal(of: ResultFolder(trial)) }
  }

  private func edit(_ bytes: inout FuzzBytes) throws {
    let kind = bytes.byte() % 12
    let all = (try FileManager.default.subpathsOfDirectory(atPath: trial.path)).sorted()
    func files(_ endings: [String]) -> [String] {
      all.filter { name in endings.contains { name.hasSuffix($0) } }
    }
    let endings =
      switch kind {
      case 0..<5: [".json", ".jsonl"]
      case 5..<9: [".npy"]
      default: [".json", ".jsonl", ".npy", ".tsv", ".py"]
      }
    let names = files(endings)
    guard !names.isEmpty else { return }
    let file = trial.appendingPathComponent(names[bytes.byte() % names.count])
    guard let content = try? Data(contentsOf: file) else { return }
    switch kind {
    case 0..<5: try editedJSON(content, file, &bytes)?.write(to: file)
    case 5..<8: try editedArray(content, &bytes).write(to: file)
    case 8:
      guard let end = content.firstIndex(of: 10) else { return }
      let shape = "(\((0..<3).map { _ in "\(bytes.size())," }.joined(separator: " ")))"
      let text = String(decoding: content[..<end], as: Unicode.ASCII.self)
      let header = Data(content.prefix(10)) + Data(Self.replacingShape(text, shape).utf8)
      try (header + content[end...]).write(to: file)
    case 9: try content.prefix(bytes.number(2) % (content.count + 1)).write(to: file)
    case 10:
      var changed = content
      let start = bytes.number(2) % (content.count + 1)
      for (n, byte) in bytes.take(bytes.byte() % 32).enumerated() where start + n < changed.count {
        changed[start + n] = byte
      }
      try changed.write(to: file)
    default:
      let flag = bytes.byte()
      if flag == 0 {
        try FileManager.default.removeItem(at: file)
      } else {
        try ((flag & 1 == 0 ? content : Data()) + bytes.take(flag)).write(to: file)
      }
    }
  }

  /// The header's text with another shape and the length it had, where that is possible.
  private static func replacingShape(_ header: String, _ shape: String) -> String {
    let text = String(header.dropFirst(10))
    guard let start = text.range(of: "'shape': "),
      let end = text.range(of: ")", range: start.upperBound..<text.endIndex)
    else { return text }
    let other = text[..<start.upperBound] + shape + text[end.upperBound...]
    let trimmed = other.trimmingCharacters(in: .whitespaces)
    return trimmed + String(repeating: " ", count: max(0, text.count - trimmed.count))
  }

  /// The array with one element of other bytes.
  private func editedArray(_ content: Data, _ bytes: inout FuzzBytes) -> Data {
    guard let end = content.firstIndex(of: 10), content.count > end + 1 else { return content }
    let header = String(decoding: content[..<end], as: Unicode.ASCII.self)
    let width = header.contains("8'") ? 8 : 4
    let isFloat = header.contains("<f")
    let place = end + 1 + width * (bytes.number(2) % max(1, (content.count - end - 1) / width))
    let odd: [Double] = [.nan, .infinity, -1, 1e300, 4e9, -9e18, 1e17, 0, 1e-40]
    let which = bytes.byte()
    var changed = content
    var element = [UInt8](bytes.take(which < odd.count ? 0 : width))
    if which < odd.count {
      let value = odd[which]
      let whole = Int64(exactly: value.rounded()) ?? .max
      element =
        width == 8
        ? withUnsafeBytes(of: isFloat ? value.bitPattern : UInt64(bitPattern: whole)) { Array($0) }
        : withUnsafeBytes(of: isFloat ? Float(value).bitPattern : UInt32(truncatingIfNeeded: whole)) {
          Array($0)
        }
    }
    for (n, byte) in element.enumerated() where place + n < changed.count { changed[place + n] = byte }
    return changed
  }

  /// JSON in which one value is another or gone; of a journal one line, sealed again, or a line more.
  private func editedJSON(_ content: Data, _ file: URL, _ bytes: inout FuzzBytes) throws -> Data? {
    guard file.pathExtension == "jsonl" else { return try Self.changed(content, &bytes) }
    var lines = content.split(separator: 10).map { Data($0) }
    guard !lines.isEmpty else { return nil }
    let place = bytes.byte() % (lines.count + 1)
    if place < lines.count {
      guard let line = try Self.changed(Self.unsealed(lines[place]), &bytes) else { return nil }
      lines[place] = Self.sealed(line)
    } else {
      guard let line = try Self.changed(Self.unsealed(lines[bytes.byte() % lines.count]), &bytes) else {
        return nil
      }
      let text = String(decoding: line, as: UTF8.self).replacing(
        /"revision":\d+/, with: "\"revision\":\(lines.count)")
      lines.append(Self.sealed(Data(text.utf8)))
    }
    return Data(lines.map { $0 + [10] }.joined())
  }

  private static func changed(_ json: Data, _ bytes: inout FuzzBytes) throws -> Data? {
    guard let value = try? JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed) else {
      return nil
    }
    return try JSONSerialization.data(
      withJSONObject: changed(value, &bytes) ?? NSNull(),
      options: [.fragmentsAllowed, .withoutEscapingSlashes])
  }

  /// The value with something in it changed; nil where it is to go.
  private static func changed(_ value: Any, _ bytes: inout FuzzBytes) -> Any? {
    let choice = bytes.byte()
    if choice < 224, var table = value as? [String: Any], !table.isEmpty {
      let key = table.keys.sorted()[choice % table.count]
      table[key] = table[key].flatMap { changed($0, &bytes) }
      return table
    }
    if choice < 224, var list = value as? [Any], !list.isEmpty {
      let place = choice % list.count
      if let other = changed(list[place], &bytes) { list[place] = other } else { list.remove(at: place) }
      return list
    }
    let others: [Any] = [
      -1, 0, 1, 1 << 31, Int.max, Int.min, 1e300, -1e300, 1e-300, 0.5, 1e18, 1 << 50, 1 << 53,
      1_000_000_000_000_000, 999_999_999_999, "", "<b>", "../x", "tooFew", [Any](), [-1, 1 << 40],
      [String: Any](),
      NSNull(), true,
    ]
    let which = bytes.byte()
    if which < others.count { return others[which] }
    if which < 40 { return nil }
    if which < 60, let text = value as? String { return text + text }
    if which < 100 { return Double(bytes.number(2)) / 16 }
    if which < 140, let list = value as? [Any] { return list + list }
    if (140..<150).contains(which) { return String(decoding: bytes.take(which - 139), as: UTF8.self) }
    return bytes.number(2) - (which & 1) << 12
  }

  // MARK: Journals

  private static let seal = #","checksum":""#

  /// A line of a journal without its checksum, and back.
  private static func unsealed(_ line: Data) -> Data {
    guard let start = line.range(of: Data(seal.utf8)) else { return line }
    return line[..<start.lowerBound] + Data("}".utf8)
  }

  private static func sealed(_ line: Data) -> Data {
    let body = line.dropLast()
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in body { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return body + Data("\(seal)\(String(repeating: "0", count: 16 - digits.count))\(digits)\"}".utf8)
  }

  /// Makes a folder's journal that of the spikes that are in it.
  private static func bindJournal(of folder: ResultFolder) throws {
    let file = folder.file(ResultFolder.journalName)
    guard let content = try? Data(contentsOf: file), let end = content.firstIndex(of: 10) else { return }
    let checksum = try CurationBase(folder).checksum
    let text = String(decoding: unsealed(Data(content[..<end])), as: UTF8.self)
    let first = text.replacing(/"sorting":"[0-9a-f]*"/, with: "\"sorting\":\"\(checksum)\"")
    try (sealed(Data(first.utf8)) + content[end...]).write(to: file)
  }
}

extension ComparisonSummary {
  /// Uses what a comparison says.
  fileprivate func noted() throws { _ = try jsonData(self) }
}

/// Bytes that choices are made of; zeros where they end.
private struct FuzzBytes {
  private var rest: Data

  init(_ bytes: Data) { rest = bytes }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

  mutating func number(_ count: Int) -> Int { (0..<count).reduce(0) { value, _ in value << 8 | byte() } }

  mutating func take(_ count: Int) -> Data {
    defer { rest = rest.dropFirst(count) }
    return Data(rest.prefix(count))
  }

  /// A length of an array's side.
  mutating func size() -> Int {
    let sizes = [0, 1, 2, 3, 4, 12, 1 << 20, 1 << 31, 1 << 40, 1 << 62]
    let choice = byte()
    return choice < 200 ? choice : sizes[choice % sizes.count]
  }
}
