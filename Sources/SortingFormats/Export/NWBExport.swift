internal import SpikeTrains

#if NWB
  internal import Foundation
  internal import HDF5
  internal import Recordings
  internal import SignalQuality
  internal import SpikeSorting

  extension SpikeTable {
    /// An NWB file (schema 2.7): units with spike times, mean waveforms, electrodes, metrics and verdicts.
    ///
    /// Waveforms are in volts as the schema demands; where the gain is not known they stand in a column of their own, in
    /// the file's units. Session start and subject are the recording's where its
    /// files say them; the epoch of 1970 and an unknown subject stand for them otherwise.
    /// - Throws: `HDF5Error`.
    func writeNWB(to url: URL) throws(HDF5Error) {
      let file = try HDF5File(creating: url)
      let writer = NWBWriter(seed: sorting.source.checksum + url.lastPathComponent)
      let root = try file.root
      try writer.mark(root, "core", "NWBFile")
      try root.set("nwb_version", "2.7.0")
      try writer.writeSession(of: sorting, in: root)
      let general = try root.makeGroup("general")
      try general.write(["spikesort \(ResultFolder.version)"], shape: [], as: "data_collection")
      try writer.writeSubject(sorting.source.session?.subject, in: general)
      let electrodes = try writer.writeElectrodes(of: sorting, in: general)
      try writer.writeUnits(of: self, electrodes: electrodes, in: root)
      try writer.writeInvalidTimes(of: self, in: root)
      try file.flush()
    }
  }

  /// What writes the parts of one NWB file.
  private struct NWBWriter {
    /// What the file's identifiers hang on.
    let seed: String

    /// Names an object's type and gives it an identifier.
    func mark(_ object: some HDF5Attributed, _ namespace: String, _ type: String) throws(HDF5Error) {
      try object.set("namespace", namespace)
      try object.set("neurodata_type", type)
      try object.set("object_id", identifier(object.path))
    }

    /// A version 4 UUID that is the same for the same object of the same sorting.
    private func identifier(_ path: String) -> String {
      let first = contentChecksum(Data((seed + path).utf8))
      let second = contentChecksum(Data((path + seed).utf8))
      var digits = Array(first + second)
      digits[12] = "4"
      digits[16] = "a"
      let text = String(digits)
      func part(_ range: Range<Int>) -> String { String(Array(text)[range]) }
      return [part(0..<8), part(8..<12), part(12..<16), part(16..<20), part(20..<32)].joined(separator: "-")
    }

    func writeSession(of sorting: Sorting, in root: HDF5Group) throws(HDF5Error) {
      let start = sorting.source.session?.start
      // The schema demands a zone.
      let clock = start?.split(separator: "T").last ?? ""
      let isZoned = clock.contains { "Z+-".contains($0) }
      let said = start.map { isZoned ? $0 : $0 + "+00:00" } ?? "1970-01-01T00:00:00+00:00"
      let doubt =
        start == nil
        ? "; the session's start is not known"
        : isZoned ? "" : "; its start is by the recording computer's clock, whose zone is not known"
      let files = sorting.source.files.joined(separator: ", ")
      try root.write(
        ["Spikes of \(files), sorted by spikesort\(doubt)."],
        shape: [],
        as: "session_description")
      try root.write(
        ["\(sorting.source.checksum) seed \(sorting.options.seed)"], shape: [], as: "identifier")
      try root.write([said], shape: [], as: "session_start_time")
      try root.write([clockZero(of: sorting) ?? said], shape: [], as: "timestamps_reference_time")
      try root.write([ISO8601DateFormatter().string(from: Date())], shape: [1], as: "file_create_date")
      for name in ["acquisition", "analysis", "processing"] { try root.makeGroup(name) }
      let stimulus = try root.makeGroup("stimulus")
      for name in ["presentation", "templates"] { try stimulus.makeGroup(name) }
    }

    /// The date at which the recording's clock says zero; nil where the session began then, or nobody knows when.
    private func clockZero(of sorting: Sorting) -> String? {
      guard let session = sorting.source.session, let date = session.date,
        let seconds = session.clockAtStart ?? sorting.source.seconds(ofFrame: 0), seconds != 0
      else { return nil }
      let formatter = ISO8601DateFormatter()
      formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
      return formatter.string(from: date.addingTimeInterval(-seconds))
    }

    /// The recording's subject; one of whom nothing is known where it names none, as the schema's checks ask for one.
    func writeSubject(
      _ known: RecordingSession.Subject?, in general: HDF5Group
    ) throws(HDF5Error) {
      let subject = try general.makeGroup("subject")
      try mark(subject, "core", "Subject")
      try subject.write([known?.identifier ?? "unknown"], shape: [], as: "subject_id")
      if known == nil { try subject.write(["not known to the sorting"], shape: [], as: "description") }
      if let species = known?.species { try subject.write([species], shape: [], as: "species") }
      try subject.write([known?.sex ?? "U"], shape: [], as: "sex")
      // Of any age where it is not known.
      let age = try subject.write([known?.age ?? "P0D/"], shape: [], as: "age")
      try age.set("reference", "birth")
    }

    /// The device, the group and the table of electrodes.
    func writeElectrodes(of sorting: Sorting, in general: HDF5Group) throws(HDF5Error) -> HDF5Group {
      let device = try general.makeGroup("devices").makeGroup("probe")
      try mark(device, "core", "Device")
      try device.set("description", "the electrodes that were recorded from")
      let ephys = try general.makeGroup("extracellular_ephys")
      let group = try ephys.makeGroup("group0")
      try mark(group, "core", "ElectrodeGroup")
      try group.set("description", "channels that see the same neurons")
      try group.set("location", "unknown")
      try group.makeLink("device", to: device.path)
      let count = sorting.source.channels.count
      let table = try makeTable(
        "electrodes", "hdmf-common", "DynamicTable", "the channels that were sorted",
        columns: ["location", "group", "group_name", "rel_x", "rel_y"], ids: sorting.source.channels,
        in: ephys)
      let positions = sorting.source.channelPositions
      let unknown = [String](repeating: "unknown", count: count)
      try describe(try table.write(unknown, shape: [count], as: "location"), "where in the brain")
      let references = [HDF5Reference](repeating: try group.reference, count: count)
      try describe(try table.write(references, as: "group"), "the group the electrode belongs to")
      let names = [String](repeating: "group0", count: count)
      try describe(try table.write(names, shape: [count], as: "group_name"), "the group's name")
      for (axis, name) in ["rel_x", "rel_y"].enumerated() {
        let values = (0..<count).map { Float($0 < positions.count ? positions[$0][axis] : 0) }
        try describe(
          try table.write(values, shape: [count], as: name),
          "position in µm, \(axis == 0 ? "across" : "along")")
      }
      return table
    }

    func writeUnits(of table: SpikeTable, electrodes: HDF5Group, in root: HDF5Group) throws(HDF5Error) {
      let sorting = table.sorting
      let units = sorting.units
      let numbers = UnitColumn.numbers(sorting)
      let waveforms = sorting.waveforms
      let isVolts = sorting.source.amplitudeUnit == "µV"
      let waveformNames =
        waveforms == nil
        ? [] : isVolts ? ["waveform_mean", "waveform_sd"] : ["mean_in_file_units", "sd_in_file_units"]
      let group = try makeTable(
        "units", "core", "Units", "units found by spikesort \(ResultFolder.version)",
        columns: ["spike_times", "obs_intervals", "electrodes"] + waveformNames + ["verdict", "reason"]
          + numbers.map(\.name),
        ids: units.map(\.id), in: root)
      let members = table.membersOfUnits
      let seconds = table.seconds
      let times = members.flatMap { $0.map { seconds[$0] } }
      let spikeTimes = try group.write(times, shape: [times.count], as: "spike_times")
      try describe(spikeTimes, "times of the unit's spikes by the recording's clock, in seconds")
      try spikeTimes.set("resolution", 1 / table.rate)
      try index("spike_times", of: spikeTimes, ends: ends(members.map(\.count)), in: group)
      let spans = table.sortedIntervals
      let observed = try group.write(
        units.flatMap { _ in spans.flatMap { [$0.start, $0.end] } }, shape: [units.count * spans.count, 2],
        as: "obs_intervals")
      try describe(observed, "start and end of what was sorted, a row for all that no gap parts, in seconds")
      try index("obs_intervals", of: observed, ends: ends(units.map { _ in spans.count }), in: group)
      let channels = sorting.source.channels.count
      let region = try group.write(
        units.flatMap { _ in (0..<channels).map(Int64.init) }, shape: [units.count * channels],
        as: "electrodes")
      try mark(region, "hdmf-common", "DynamicTableRegion")
      try region.set("description", "the channels the unit was sorted on")
      try region.set("table", try electrodes.reference)
      try index("electrodes", of: region, ends: ends(units.map { _ in channels }), in: group)
      if let waveforms {
        let shape = [units.count, waveforms.frames, waveforms.channels]
        let scale: Float = isVolts ? 1e-6 : 1
        for (name, values) in zip(waveformNames, [waveforms.unitMeans, waveforms.unitDeviations]) {
          let column = try group.write(values.map { $0 * scale }, shape: shape, as: name)
          try describe(
            column,
            (name.contains("mean") ? "mean of the unit's filtered spikes" : "their standard deviation")
              + ": samples × channels, the trough at sample \(waveforms.troughFrame)"
              + (isVolts ? "" : ", in \(sorting.source.amplitudeUnit)"))
          guard isVolts else { continue }
          try column.set("sampling_rate", Float(table.rate))
          try column.set("unit", "volts")
        }
      }
      try describe(
        try group.write(units.map(\.verdict.rawValue), shape: [units.count], as: "verdict"),
        "single (unit), multi(-unit), noise, or tooFew spikes to judge")
      try describe(
        try group.write(units.map { $0.reasons.joined(separator: "; ") }, shape: [units.count], as: "reason"),
        "why the verdict is what it is")
      for number in numbers {
        try describe(
          try group.write(number.values.map { $0 ?? .nan }, shape: [units.count], as: number.name),
          number.meaning)
      }
    }

    /// The stretches that were left out as no brain signal, with why.
    func writeInvalidTimes(of table: SpikeTable, in root: HDF5Group) throws(HDF5Error) {
      let kinds = table.sorting.source.artifacts?.excluded ?? []
      let rows = kinds.flatMap { kind in kind.stretches.map { (frames: $0, reason: kind.reason.words) } }
        .sorted {
          ($0.frames.lowerBound, $0.frames.upperBound) < ($1.frames.lowerBound, $1.frames.upperBound)
        }
      guard !rows.isEmpty else { return }
      let intervals = try root.makeGroup("intervals")
      let group = try makeTable(
        "invalid_times", "core", "TimeIntervals", "stretches that are no brain signal and were left out",
        columns: ["start_time", "stop_time", "reason"], ids: Array(rows.indices), in: intervals)
      let starts = rows.map { table.clock.seconds(ofFrame: $0.frames.lowerBound) }
      try describe(
        try group.write(starts, shape: [rows.count], as: "start_time"), "start of the stretch, in seconds")
      let ends = rows.map { table.clock.seconds(atEndOf: $0.frames) }
      try describe(try group.write(ends, shape: [rows.count], as: "stop_time"), "its end, in seconds")
      try describe(
        try group.write(rows.map(\.reason), shape: [rows.count], as: "reason"), "what it is")
    }

    // MARK: Tables

    private func makeTable(
      _ name: String, _ namespace: String, _ type: String, _ description: String, columns: [String],
      ids: [Int], in parent: HDF5Group
    ) throws(HDF5Error) -> HDF5Group {
      let table = try parent.makeGroup(name)
      try mark(table, namespace, type)
      try table.set("description", description)
      try table.set("colnames", columns, isList: true)
      let id = try table.write(ids.map(Int64.init), shape: [ids.count], as: "id")
      try mark(id, "hdmf-common", "ElementIdentifiers")
      return table
    }

    private func describe(_ column: HDF5Dataset, _ description: String) throws(HDF5Error) {
      try mark(column, "hdmf-common", "VectorData")
      try column.set("description", description)
    }

    /// Where each row's part of a ragged column ends.
    private func index(
      _ name: String, of target: HDF5Dataset, ends: [Int64], in table: HDF5Group
    ) throws(HDF5Error) {
      let index = try table.write(ends.map { UInt64($0) }, shape: [ends.count], as: "\(name)_index")
      try mark(index, "hdmf-common", "VectorIndex")
      try index.set("description", "Index for VectorData '\(name)'")
      try index.set("target", try target.reference)
    }

    private func ends(_ counts: [Int]) -> [Int64] {
      var total: Int64 = 0
      return counts.map {
        total += Int64($0)
        return total
      }
    }
  }
#endif
