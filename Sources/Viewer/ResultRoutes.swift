internal import Curation
internal import Foundation
internal import Recordings
internal import SortingFormats
internal import SpikeSorting
internal import SpikeTrains

/// Answers what the page asks about one result: every route of docs/viewer-api.md.
struct ResultRoutes: Sendable {
  let session: CurationSession
  let traces: TraceSource
  let waveforms: WaveformSource
  /// The groups beside which this one is shown; nil for a result by itself.
  let groups: SessionAnswer.Groups?

  /// Opens a result.
  ///
  /// - Throws: `ResultError`, `CurationError.badJournal`.
  init(_ folder: ResultFolder, readOnly: Bool, groups: SessionAnswer.Groups? = nil) throws {
    session = try CurationSession(folder, readOnly: readOnly)
    traces = TraceSource(session.base)
    waveforms = WaveformSource(traces: traces, measures: session.measures)
    self.groups = groups
  }

  /// What the user should know of the journal.
  var notices: [String] { session.noticesAtOpening }

  /// The answer to a request for a path of this result.
  func answer(_ path: String, _ request: ViewerRequest) async throws -> ViewerAnswer {
    if path == "api/actions" {
      try allow("POST", request)
      return try await act(request)
    }
    try allow("GET", request)
    let query = Query(request.query)
    switch path {
    case "": return try page("index.html")
    case "api/session": return try await .json(sessionAnswer())
    case "api/units": return try await .json(unitsAnswer())
    case "api/pairs": return try await .json(pairsAnswer())
    case "api/mixture": return try .json(session.base.sorting.mixture)
    case "api/journal": return try await .json(journalAnswer())
    case "api/spikes": return try await .bundle(spikes())
    case "api/spikes/units": return try await .bundle(unitsOfSpikes())
    case "api/features": return try await .bundle(features(query))
    case "api/waveforms": return try await .bundle(waveformBundle(query))
    case "api/correlograms": return try await .bundle(correlograms(query))
    case "api/trace": return try await .bundle(trace(query))
    default:
      guard path.hasPrefix("page/") else { throw Refusal.unknown }
      return try page(String(path.dropFirst("page/".count)))
    }
  }

  private func allow(_ method: String, _ request: ViewerRequest) throws {
    guard request.method == method else {
      throw Refusal(405, "method", "this address takes \(method) only")
    }
  }

  private func page(_ name: String) throws -> ViewerAnswer {
    guard let answer = PageFiles.answer(for: name) else { throw Refusal.unknown }
    return answer
  }

  // MARK: JSON

  private func sessionAnswer() async throws -> SessionAnswer {
    try await session.refresh()
    let base = session.base
    let (sorting, source) = (base.sorting, base.sorting.source)
    let edits = await session.phyEdits()
    return SessionAnswer(
      spikesort: ResultFolder.version, folder: base.folder.url.standardizedFileURL.lastPathComponent,
      readOnly: session.isReadOnly, revision: await session.revision, spikeCount: sorting.spikes.count,
      channelCount: base.features.channels, featuresPerChannel: base.features.perChannel,
      featuresAreLocal: base.features.isLocal,
      channelPositions: source.channelPositions, channels: source.channels,
      samplingRate: source.samplingRate, frameCount: source.frameCount, startFrame: source.startFrame,
      seconds: source.seconds, clock: source.time, amplitudeUnit: source.amplitudeUnit,
      hasTimes: sorting.spikes.frames != nil,
      hasWaveforms: sorting.waveforms != nil,
      hasAmplitudes: sorting.spikes.amplitudes.count == sorting.spikes.count,
      waveformFrames: sorting.waveforms?.frames, troughFrame: sorting.waveforms?.troughFrame,
      noise: base.noise, refractoryMilliseconds: Sorting.refractoryMilliseconds,
      censoredMilliseconds: sorting.censoredMilliseconds, band: sorting.options.band,
      excludedFrames: source.excludedFrames.stretches.flatMap { [$0.lowerBound, $0.upperBound] },
      recording: traces.state,
      phyEdits: edits.map { .init(summary: $0.summary, units: $0.unitCount, labels: $0.labelCount) },
      groups: groups, files: source.files, warnings: sorting.warnings, notices: await session.notices)
  }

  private func unitsAnswer() async throws -> UnitsAnswer {
    try await session.refresh()
    let seen = await session.snapshot()
    return UnitsAnswer(
      revision: seen.history.revision,
      units: seen.units.map { UnitAnswer(measured: $0.measured, curated: $0.curated) },
      undo: seen.history.undoSummary, redo: seen.history.redoSummary)
  }

  private func pairsAnswer() async throws -> PairsAnswer {
    try await session.refresh()
    let (revision, pairs, rejected) = await session.pairSnapshot()
    return PairsAnswer(
      revision: revision,
      pairs: pairs.map {
        let isRejected = rejected.contains(CurationState.Pair($0.first, $0.second))
        return PairsAnswer.Pair(pair: $0, decision: isRejected ? "rejected" : nil)
      })
  }

  private func journalAnswer() async throws -> JournalAnswer {
    try await session.refresh()
    let history = await session.history
    let applied = Set(history.applied)
    return JournalAnswer(
      revision: history.revision,
      entries: history.entries.enumerated().map { place, entry in
        JournalAnswer.Entry(
          revision: entry.revision, time: entry.time, summary: entry.action.summary,
          active: applied.contains(place))
      })
  }

  // MARK: Arrays

  private func spikes() async throws -> ArrayBundle {
    try await session.refresh()
    let spikes = session.base.sorting.spikes
    let (revision, units) = await session.labels()
    var bundle = ArrayBundle(["revision": revision])
    if let frames = spikes.frames { bundle.add("frames", frames.map(Double.init), [frames.count]) }
    bundle.add("units", units, [units.count])
    bundle.add("amplitudes", spikes.amplitudes, [spikes.amplitudes.count])
    return bundle
  }

  private func unitsOfSpikes() async throws -> ArrayBundle {
    try await session.refresh()
    let (revision, units) = await session.labels()
    var bundle = ArrayBundle(["revision": revision])
    bundle.add("units", units, [units.count])
    return bundle
  }

  private func features(_ query: Query) async throws -> ArrayBundle {
    let file = session.base.features
    let columns = try query.integers("columns") ?? Array(0..<file.columns)
    guard columns.allSatisfy({ (0..<file.columns).contains($0) }), columns.count <= file.columns else {
      throw Refusal.malformed("columns run from 0 to \(file.columns - 1)")
    }
    var bundle = ArrayBundle(["revision": await session.revision, "columns": columns])
    bundle.add("features", try file.values(ofColumns: columns), [columns.count, file.count])
    return bundle
  }

  private func waveformBundle(_ query: Query) async throws -> ArrayBundle {
    try await session.refresh()
    let ids = try query.units("units")
    return try await waveforms.bundle(
      of: session.units(ids), revision: session.revision,
      troughFrame: session.base.sorting.waveforms?.troughFrame)
  }

  private func correlograms(_ query: Query) async throws -> ArrayBundle {
    try await session.refresh()
    let ids = try query.units("units")
    let width = try query.number("bin") ?? 1
    let bins = try query.integer("bins") ?? 50
    guard width >= 0.1, width <= 100, (1...500).contains(bins), width * Double(bins) <= 1000, ids.count <= 64
    else {
      throw Refusal.malformed(
        "bins are 0.1 to 100 ms wide, 1 to 500 a side and reach 1000 ms; units are at most 64")
    }
    let counted = try await session.correlograms(of: ids, binMilliseconds: width, binsPerSide: bins)
    let edges = counted.edges.map { Double($0) / counted.samplingRate * 1000 }
    var bundle = ArrayBundle([
      "revision": await session.revision, "units": ids,
      "edgesMilliseconds": edges.dropFirst().reversed().map { -$0 } + [0] + edges.dropFirst(),
      "convention": "lags t_j − t_i of unit i (row) and unit j (column): right of zero j fires after i",
    ])
    var counts: [UInt32] = []
    var coincidences: [UInt32] = []
    for i in ids.indices {
      for j in ids.indices {
        counts += counted[i, j].map { UInt32(clamping: $0) }
        coincidences.append(UInt32(clamping: counted.coincidences(i, j)))
      }
    }
    bundle.add("counts", counts, [ids.count, ids.count, 2 * bins])
    bundle.add("coincidences", coincidences, [ids.count, ids.count])
    return bundle
  }

  private func trace(_ query: Query) async throws -> ArrayBundle {
    guard let start = try query.integer("start"), let count = try query.integer("count") else {
      throw Refusal.malformed("start and count are whole numbers of frames")
    }
    let isFiltered = try query.integer("filtered") ?? 0 != 0
    let stretch = try traces.read(start: start, count: count, filtered: isFiltered)
    try await session.refresh()
    let (revision, units) = await session.labels()
    let frames = session.base.sorting.spikes.frames ?? []
    let low = frames.firstPlace { $0 >= stretch.start }
    let high = frames.firstPlace { $0 >= stretch.start + stretch.count }
    var bundle = ArrayBundle([
      "revision": revision, "start": stretch.start, "count": stretch.count, "filtered": isFiltered,
      "unit": session.base.sorting.source.amplitudeUnit,
    ])
    bundle.add("samples", stretch.samples, [stretch.channels, stretch.count])
    bundle.add("spikes", (low..<high).map { Int32($0) }, [high - low])
    bundle.add("units", Array(units[low..<high]), [high - low])
    bundle.add("frames", frames[low..<high].map(Double.init), [high - low])
    return bundle
  }

  // MARK: Actions

  private func act(_ request: ViewerRequest) async throws -> ViewerAnswer {
    guard let body = request.body else {
      throw Refusal(413, "tooLarge", "an action holds at most \(ViewerAnswer.largestBody >> 20) MiB")
    }
    let type = request.headers["content-type"]?.split(separator: ";").first.map(String.init) ?? ""
    guard type.trimmingCharacters(in: .whitespaces).lowercased() == "application/json" else {
      throw Refusal(415, "mediaType", "an action is sent as application/json")
    }
    let asked = try ActionBody(body)
    let outcome = try await session.perform(asked.request, at: asked.revision)
    return try .json(
      ActionAnswer(
        revision: outcome.revision, removed: outcome.removed,
        changed: outcome.changed.map { UnitAnswer(measured: $0.measured, curated: $0.curated) },
        undo: outcome.undo, redo: outcome.redo))
  }
}
