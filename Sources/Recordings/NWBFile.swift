#if NWB
  internal import Foundation
  internal import HDF5

  /// An electrical series of an NWB file (NWB 2, schema `ElectricalSeries`).
  ///
  /// Volts are value × conversion × channel_conversion + offset. The rate stands at `starting_time`, or follows from
  /// `timestamps`, whose steps of more than one and a half periods, or less than half of one, are gaps. The electrodes'
  /// table gives groups and, where every electrode has them, positions relative to its group.
  struct NWBFile {
    private let root: HDF5Group

    init(_ root: HDF5Group) { self.root = root }

    private var file: String { root.file.url.path }

    /// Opens the series at a path within the file, or the one that is there.
    func open(path: [String], _ description: RecordingDescription) throws(RecordingError) -> any Recording {
      let series = path.isEmpty ? try theSeries() : try self.series(at: path)
      guard let data = try ofHDF5({ () throws(HDF5Error) in try series.dataset("data") }) else {
        throw .malformed(file: file, found: "no data in \(series.path)", expected: "frames × channels")
      }
      let channelCount = data.shape.count == 2 ? data.shape[1] : 1
      if let said = description.channelCount, said != channelCount {
        throw .malformed(
          file: file, found: "\(channelCount) channels", expected: "\(said), as was said")
      }
      let times = try timestamps(of: series, frameCount: data.shape.first ?? 0)
      let stated = try ofHDF5 { () throws(HDF5Error) in
        try series.dataset("starting_time")?.number(attribute: "rate")
      }
      guard let rate = description.samplingRate ?? stated ?? times?.rate, rate > 0, rate.isFinite else {
        throw .malformed(
          file: file, found: "no rate of \(series.path)", expected: "starting_time with a rate, or timestamps"
        )
      }
      let own = try gain(of: series, data, channelCount)
      let recording = try HDF5Recording(data, samplingRate: rate, gain: description.gain ?? own) {
        count throws(RecordingError) in
        try probe(of: series, count, description)
      }
      let begun = try ofHDF5 { () throws(HDF5Error) in
        try series.dataset("starting_time").flatMap { data throws(HDF5Error) in
          data.count == 1 && data.obstacle == nil ? try data.numbers(Double.self).first : nil
        }
      }
      let notices =
        own == nil && description.gain == nil
        ? [
          unknownUnit(
            data.string(attribute: "unit") ?? "", of: "\(root.file.url.lastPathComponent)\(series.path)")
        ] : []
      // A channel whose conversion is 0 was switched off.
      let silent = own?.microvoltsPerUnit.indices.filter { own?.microvoltsPerUnit[$0] == 0 } ?? []
      return recording.parted(by: times?.gaps ?? []).clocked(from: begun.flatMap { $0.isFinite ? $0 : nil })
        .clocked(by: times?.marks.clock(samplingRate: rate)).of(try session()).noticing(
          notices + (times?.notices ?? []) + silence(of: silent.map(String.init), in: root.file.url)
        ).from(RecordingOrigin(channelNames: try names(of: series, channelCount)))
    }

    /// The session's start and the subject.
    private func session() throws(RecordingError) -> RecordingSession {
      try ofHDF5 { () throws(HDF5Error) in
        func text(_ name: String, in group: HDF5Group) throws(HDF5Error) -> String? {
          guard let data = try group.dataset(name), data.count == 1, data.obstacle == nil else { return nil }
          return try data.strings().first
        }
        // Times count from the session's start, unless the file names another zero.
        var session = RecordingSession(start: try text("session_start_time", in: root), clockAtStart: 0)
        if let start = session.date, let zero = try text("timestamps_reference_time", in: root),
          let reference = SessionStart.date(zero)
        {
          session.clockAtStart = start.timeIntervalSince(reference)
        }
        if let subject = try root.group("general")?.group("subject") {
          session.subject = RecordingSession.Subject(
            identifier: try text("subject_id", in: subject), species: try text("species", in: subject),
            sex: try text("sex", in: subject), age: try text("age", in: subject))
        }
        return session
      }
    }

    // MARK: Which series

    /// Every electrical series with data among the acquired data: the only one, or the only one that is faster than
    /// field potentials are recorded.
    private func theSeries() throws(RecordingError) -> HDF5Group {
      let all = try ofHDF5 { () throws(HDF5Error) -> [HDF5Group] in
        guard let acquired = try root.group("acquisition") else { return [] }
        var found: [HDF5Group] = []
        for name in acquired.names {
          guard let group = try acquired.group(name), isSeries(group), try group.dataset("data") != nil else {
            continue
          }
          found.append(group)
        }
        return found
      }
      var fast: [HDF5Group] = []
      for group in all {
        let rate = try ofHDF5 { () throws(HDF5Error) in
          try group.dataset("starting_time")?.number(attribute: "rate")
        }
        if rate ?? .infinity >= 5000 { fast.append(group) }
      }
      if all.count == 1 { return all[0] }
      if fast.count == 1 { return fast[0] }
      let names = all.map { String($0.path.dropFirst()) }
      throw .malformed(
        file: file,
        found: all.isEmpty ? "no ElectricalSeries" : "the series \(names.joined(separator: ", "))",
        expected: all.isEmpty
          ? "one in /acquisition" : "one of them named: the file's path, then /\(names[0])")
    }

    private func isSeries(_ group: HDF5Group) -> Bool {
      group.string(attribute: "neurodata_type") == "ElectricalSeries"
    }

    private func series(at path: [String]) throws(RecordingError) -> HDF5Group {
      let found = try ofHDF5 { () throws(HDF5Error) -> HDF5Group? in
        var place: HDF5Group? = root
        for name in path { place = try place?.group(name) }
        return place
      }
      guard let found, isSeries(found) else {
        throw .malformed(
          file: file, found: "no ElectricalSeries at /\(path.joined(separator: "/"))",
          expected: "one in this file")
      }
      return found
    }

    // MARK: Time

    private func timestamps(
      of series: HDF5Group, frameCount: Int
    ) throws(RecordingError) -> (
      rate: Double?, gaps: [RecordingGap], marks: ClockMarks, notices: [String]
    )? {
      guard let dataset = try ofHDF5({ () throws(HDF5Error) in try series.dataset("timestamps") }) else {
        return nil
      }
      guard dataset.shape.count == 1, dataset.shape[0] > 0, dataset.obstacle == nil else {
        throw .malformed(
          file: file, found: "\(dataset.count) timestamps of \(series.path)",
          expected: "\(frameCount), one a frame")
      }
      let count = min(frameCount, dataset.shape[0])
      func read(_ range: Range<Int>) throws(RecordingError) -> [Double] {
        try ofHDF5 { () throws(HDF5Error) in try dataset.numbers(Double.self, [range]) }
      }
      let first = try read(0..<min(1000, count))
      let steps = zip(first.dropFirst(), first).map { $0 - $1 }.sorted()
      guard !steps.isEmpty, case let period = steps[steps.count / 2], period > 0, period.isFinite else {
        return (nil, [], ClockMarks(samplingRate: 1), [])
      }
      var marks = ClockMarks(samplingRate: 1 / period)
      var gaps: [RecordingGap] = []
      var before = first[0]
      for start in stride(from: 0, to: count, by: 1 << 20) {
        for (i, time) in try read(start..<min(start + 1 << 20, count)).enumerated() {
          let isGap = start + i > 0 && !(abs(time - before - period) <= period / 2)
          marks.add(frame: start + i, seconds: time, afterGap: isGap)
          if isGap {
            let seconds = time - before - period
            gaps.append(RecordingGap(frame: start + i, seconds: seconds.isFinite ? seconds : nil))
          }
          before = time
        }
      }
      return (
        1 / period, gaps, marks, numbersNotice(file: file, found: dataset.shape[0], frames: frameCount)
      )
    }

    // MARK: Channels

    private func gain(
      of series: HDF5Group, _ data: HDF5Dataset, _ channelCount: Int
    ) throws(RecordingError) -> Gain? {
      let conversion = data.number(attribute: "conversion") ?? 1
      let offset = data.number(attribute: "offset") ?? 0
      let own = try ofHDF5 { () throws(HDF5Error) in
        try series.dataset("channel_conversion")?.numbers(Double.self)
      }
      guard own == nil || own?.count == channelCount else {
        throw .malformed(
          file: file, found: "\(own?.count ?? 0) channel_conversion of \(series.path)",
          expected: "\(channelCount), one a channel")
      }
      // The schema says volts, and so do files that say nothing; some say otherwise.
      let stated = data.string(attribute: "unit") ?? ""
      guard let unit = stated.isEmpty ? 1e6 : microvoltsPer(stated) else { return nil }
      let factors = (own ?? [1]).map { unit * conversion * $0 }
      guard factors.allSatisfy(\.isFinite), factors.contains(where: { $0 != 0 }), offset.isFinite else {
        throw .malformed(
          file: file, found: "the conversion \(conversion) of \(series.path)",
          expected: "a number other than 0")
      }
      return Gain(microvoltsPerUnit: factors, offsetMicrovolts: factors.map { _ in unit * offset })
    }

    private func probe(
      of series: HDF5Group, _ channelCount: Int, _ description: RecordingDescription
    ) throws(RecordingError) -> Probe {
      let standard = try description.probe(channelCount: channelCount)
      guard !description.statesProbe,
        let rows = try rows(of: series, channelCount)
      else { return standard }
      let names: [String]? = try column("group_name", rows.table) { data throws(HDF5Error) in
        try data.strings()
      }
      let x: [Double]? = try column("rel_x", rows.table) { data throws(HDF5Error) in
        try data.numbers(Double.self)
      }
      let y: [Double]? = try column("rel_y", rows.table) { data throws(HDF5Error) in
        try data.numbers(Double.self)
      }
      func values<Value>(_ column: [Value]?) -> [Value]? {
        guard let column, rows.places.allSatisfy(column.indices.contains) else { return nil }
        return rows.places.map { column[$0] }
      }
      let groupNames = values(names) ?? rows.places.map { _ in "" }
      let order = groupNames.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      let positions = zip(values(x) ?? [], values(y) ?? []).map { ($0, $1) }
      let isPlaced =
        positions.count == channelCount && positions.allSatisfy { $0.0.isFinite && $0.1.isFinite }
      var counts = [Int](repeating: 0, count: order.count)
      return Probe(
        contacts: (0..<channelCount).map { channel in
          let group = order.firstIndex(of: groupNames[channel]) ?? 0
          let place = counts[group]
          counts[group] += 1
          // Without positions a group looks like a probe of its own, 200 µm from the one before.
          let size = groupNames.count { $0 == order[group] }
          let own = Probe.standard(channelCount: size).contacts[place]
          return Probe.Contact(
            channel: channel,
            xMicrometers: isPlaced ? positions[channel].0 : own.xMicrometers + 200 * Double(group),
            yMicrometers: isPlaced ? positions[channel].1 : own.yMicrometers, group: group)
        })
    }

    /// The table of electrodes and the rows that are the channels; nil where the series names none.
    private func rows(
      of series: HDF5Group, _ channelCount: Int
    ) throws(RecordingError) -> (table: HDF5Group, places: [Int])? {
      try ofHDF5 { () throws(HDF5Error) in
        guard let region = try series.dataset("electrodes"), region.shape == [channelCount],
          let reference = region.references(attribute: "table")?.first,
          case .group(let table) = try region.file.object(at: reference)
        else { return nil }
        return (table, try region.numbers(Int64.self).map { Int($0) })
      }
    }

    /// The electrodes' numbers in their table; nil where the series names none.
    private func names(of series: HDF5Group, _ channelCount: Int) throws(RecordingError) -> [String]? {
      guard let rows = try rows(of: series, channelCount) else { return nil }
      let ids: [Int64]? = try column("id", rows.table) { data throws(HDF5Error) in
        try data.numbers(Int64.self)
      }
      guard let ids, rows.places.allSatisfy(ids.indices.contains) else { return nil }
      return rows.places.map { "electrode \(ids[$0])" }
    }

    private func column<Value>(
      _ name: String, _ table: HDF5Group, _ read: (HDF5Dataset) throws(HDF5Error) -> [Value]
    ) throws(RecordingError) -> [Value]? {
      try ofHDF5 { () throws(HDF5Error) in
        try table.dataset(name).map { data throws(HDF5Error) in try read(data) }
      }
    }
  }
#endif
