internal import Foundation
internal import HDF5
internal import InputFiles
internal import NumPyInterop
internal import Recordings

/// MountainSort's `firings.mda`: a column a spike; its rows are channel, frame and unit, and maybe more.
func firings(_ url: URL) throws(RecordingError) -> UnitTimes {
  let table = try readMDA(url)
  guard table.rows >= 3 else {
    throw .malformed(
      file: url.path, found: "\(table.rows) rows",
      expected: "3 (channel, frame, unit) or more, as firings have")
  }
  let labels = stride(from: 2, to: table.values.count, by: table.rows).compactMap {
    Int(exactly: table.values[$0])
  }
  let frames = stride(from: 1, to: table.values.count, by: table.rows).map {
    SpikeEvents.frame(table.values[$0])
  }
  guard labels.count == table.columns else {
    throw .malformed(file: url.path, found: "units that are no whole numbers", expected: "1, 2, 3 …")
  }
  return UnitTimes(times: .frames(frames), labels: labels)
}

/// A sorting in an `.npz`: SpikeInterface's (`spike_indexes_seg0`, `spike_labels_seg0`) or a `TsGroup` of pynapple (`t` in
/// seconds, `index`); nil for any other.
func npzLabels(_ url: URL) throws(RecordingError) -> UnitTimes? {
  do throws(NPYError) {
    let archive = try NPZArchive(url)
    let names = Set(archive.names)
    if names.isSuperset(of: ["spike_indexes_seg0", "spike_labels_seg0"]) {
      let segments = names.count { $0.hasPrefix("spike_indexes_seg") }
      guard segments == 1 else {
        throw NPYError.header(
          file: url.path, found: "\(segments) segments, whose lengths it does not say, were found")
      }
      return UnitTimes(
        times: .frames(try archive.array("spike_indexes_seg0").integers()),
        labels: try archive.array("spike_labels_seg0").integers())
    }
    guard names.isSuperset(of: ["t", "index"]) else { return nil }
    return UnitTimes(
      times: .clock(try archive.array("t").doubles()), labels: try archive.array("index").integers())
  } catch {
    throw .npy(error)
  }
}

/// A folder in which SpikeInterface saved a sorting: `spikes.npy`, a record a spike, beside `numpysorting_info.json`, or an
/// `.npz` beside its description.
enum SpikeInterfaceSorting {
  private struct Info: Decodable {
    let segments: Int?
    let ids: [Identifier]?

    enum CodingKeys: String, CodingKey {
      case segments = "num_segments"
      case ids = "unit_ids"
    }
  }

  /// A unit's name: a whole number, or anything else.
  private struct Identifier: Decodable {
    let number: Int?

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      number = try? value.decode(Int.self)
    }
  }

  static func open(folder: URL) throws(RecordingError) -> UnitTimes? {
    let info = folder.appendingPathComponent("numpysorting_info.json")
    let spikes = folder.appendingPathComponent("spikes.npy")
    guard exists(info), exists(spikes) else {
      let inner = folder.appendingPathComponent("sorting")
      return exists(inner.appendingPathComponent("numpysorting_info.json")) ? try open(folder: inner) : nil
    }
    guard let data = try? inputFileContents(info), let said = try? JSONDecoder().decode(Info.self, from: data)
    else {
      throw .malformed(file: info.path, found: "something else", expected: "num_segments and unit_ids")
    }
    let records: NPYRecords
    do { records = try NPYRecords(contentsOf: spikes) } catch { throw .npy(error) }
    guard let frames = records["sample_index"], let units = records["unit_index"] else {
      throw .malformed(
        file: spikes.path, found: "records of other columns", expected: "sample_index, unit_index")
    }
    guard (said.segments ?? 1) == 1, records["segment_index"]?.allSatisfy({ $0 == 0 }) ?? true else {
      throw .malformed(
        file: info.path, found: "\(said.segments ?? 0) segments, whose lengths are not said",
        expected: "one segment")
    }
    // Units are kept by their place; where they are not numbered, the place is their number.
    let ids = said.ids ?? []
    let labels = units.map { ids.indices.contains($0) ? ids[$0].number ?? $0 : $0 }
    return UnitTimes(times: .frames(frames), labels: labels)
  }
}

/// A table of spikes, a row a spike: a column of frames or seconds and one of units, found by their names.
func labelledTable(_ url: URL) throws(RecordingError) -> UnitTimes {
  let file = try SpikeBytes(url)
  let lines = file.text(file.count).split(whereSeparator: \.isNewline)
  guard let head = lines.first else { throw file.malformed("an empty file", "a table of spikes") }
  let separator: Character = head.contains("\t") ? "\t" : head.contains(";") ? ";" : ","
  func fields(_ line: Substring) -> [String] {
    line.split(separator: separator, omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"\u{feff}"))
    }
  }
  let names = fields(head).map { $0.lowercased() }
  func column(_ wanted: [String]) -> Int? { wanted.lazy.compactMap { names.firstIndex(of: $0) }.first }
  let frameColumn = column(["frame", "frames", "sample", "sample_index", "spike_frame"])
  let secondColumn = column(["time_s", "seconds", "time", "times", "t", "spike_time", "timestamp"])
  guard let times = frameColumn ?? secondColumn,
    let units = column(["unit", "unit_id", "label", "cluster", "cluster_id", "neuron"])
  else {
    throw file.malformed(
      "the columns \(names.prefix(12).joined(separator: ", "))",
      "one of times (frame, or time in s) and one of units (unit, label or cluster)")
  }
  let files = column(["file"])
  var values: [Double] = []
  var labels: [Int] = []
  for (number, line) in lines.dropFirst().enumerated() {
    let row = fields(line)
    guard row.count == names.count, let value = Double(row[times]), value.isFinite,
      let unit = Double(row[units]).flatMap({ Int(exactly: $0) })
    else {
      throw file.malformed(
        "\"\(line.prefix(40))\" in row \(number + 1)", "a time and a unit that is a whole number")
    }
    if let files, row[files] != fields(lines[1])[files] {
      throw file.malformed("spikes of several files, each with times of its own", "those of one file")
    }
    values.append(value)
    labels.append(unit)
  }
  return UnitTimes(
    times: frameColumn == nil ? .seconds(values) : .frames(values.map(SpikeEvents.frame)), labels: labels)
}

#if NWB
  /// The table of units of an NWB file: times in seconds by the session's clock, and where each unit's end; nil where there is none.
  func nwbUnits(_ url: URL) throws(RecordingError) -> UnitTimes? {
    guard let (seconds, ends, ids) = try nwbColumns(url) else { return nil }
    var labels: [Int] = []
    for (unit, end) in ends.enumerated() {
      guard end >= labels.count, end <= seconds.count else {
        throw .malformed(
          file: url.path, found: "the end \(end) of a unit's among \(seconds.count) times",
          expected: "ends that ascend")
      }
      let id = unit < ids.count ? Int(ids[unit]) : unit
      labels += [Int](repeating: id, count: Int(end) - labels.count)
    }
    return UnitTimes(times: .clock(seconds), labels: labels)
  }

  private func nwbColumns(_ url: URL) throws(RecordingError) -> (
    seconds: [Double], ends: [Int64], ids: [Int64]
  )? {
    do throws(HDF5Error) {
      guard let table = try HDF5File(reading: url).root.group("units"),
        let times = try table.dataset("spike_times"), let index = try table.dataset("spike_times_index")
      else { return nil }
      return (
        try times.numbers(Double.self), try index.numbers(Int64.self),
        try table.dataset("id")?.numbers(Int64.self) ?? []
      )
    } catch {
      throw .malformed(file: error.file, found: error.found, expected: error.expected)
    }
  }
#endif
