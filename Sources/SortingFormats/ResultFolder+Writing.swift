internal import Foundation
internal import InputFiles
internal import NumPyInterop
internal import SoftwareVersion
public import SpikeSorting

extension ResultFolder {
  /// The version written into results, with the commit it was built from.
  public static let version = SoftwareVersion.full

  /// Writes a sorting: Phy's files (where spike times and waveforms are known), ours, and the tables.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func write(_ sorting: Sorting) throws(ResultError) {
    var sorting = sorting
    // A recording that lies in the folder is named by its place in it, and so stays found wherever the folder goes.
    let inside = url.standardizedFileURL.path + "/"
    func place(_ path: String) -> String {
      path.hasPrefix(inside) ? String(path.dropFirst(inside.count)) : path
    }
    if let path = sorting.source.flatBinary?.path { sorting.source.flatBinary?.path = place(path) }
    if let paths = sorting.source.opened?.paths { sorting.source.opened?.paths = paths.map(place) }
    do {
      try writeArrays(sorting)
      if sorting.spikes.frames != nil, sorting.spikes.count > 0 { try writePhyFiles(sorting) }
    } catch let error as ResultError {
      throw error
    } catch {
      throw .inputOutput(path: url.path, reason: systemReason(of: error))
    }
    try write(Data(unitsTable(sorting).utf8), to: "units.csv")
    try writeJSON(record(of: sorting), to: Self.recordName)
  }

  private func writeNPY<Element: NPYElement>(_ values: [Element], _ shape: [Int], _ name: String)
    throws(ResultError)
  {
    try write(NPY.data(values, shape: shape), to: name)
  }

  private func record(of sorting: Sorting) -> SortingRecord {
    var checksums: [String: String] = [:]
    for name in ["spike_clusters.npy", "cluster_group.tsv"] {
      if let data = try? inputFileContents(file(name)) { checksums[name] = contentChecksum(data) }
    }
    return SortingRecord(
      version: Self.version, source: sorting.source, options: sorting.options, mixture: sorting.mixture,
      units: sorting.units, pairs: sorting.pairs, merges: sorting.merges, spikeCount: sorting.spikes.count,
      explainedVariance: sorting.spikes.explainedVariance,
      troughFrame: sorting.waveforms?.troughFrame,
      trace: sorting.traceExample.map {
        SortingRecord.Trace($0)
      },
      refits: sorting.refits, noise: sorting.noise, driftSecondsPerFrame: sorting.drift?.secondsPerFrame,
      censoredMilliseconds: sorting.statedCensoredMilliseconds, warnings: sorting.warnings,
      editableFiles: checksums)
  }

  /// What the report and the later commands read back.
  private func writeArrays(_ sorting: Sorting) throws {
    let spikes = sorting.spikes
    try writeNPY(spikes.units.map(Int32.init), [spikes.count], "spike_clusters.npy")
    try writeNPY(spikes.components.map(Int32.init), [spikes.count], "spike_templates.npy")
    try writeNPY(spikes.amplitudes, [spikes.amplitudes.count], "amplitudes.npy")
    // Phy wants the components before the channels.
    let (channels, perChannel) = (spikes.featureChannels, spikes.featuresPerChannel)
    var features = spikes.features
    for n in 0..<spikes.count {
      for c in 0..<channels {
        for p in 0..<perChannel {
          features[(n * perChannel + p) * channels + c] = spikes.features[(n * channels + c) * perChannel + p]
        }
      }
    }
    try writeNPY(features, [spikes.count, perChannel, channels], "pc_features.npy")
    if let waveforms = sorting.waveforms {
      let shape = [waveforms.frames, waveforms.channels]
      let units = sorting.units.count
      try writeNPY(waveforms.unitMeans, [units] + shape, "unit_waveforms.mean.npy")
      try writeNPY(waveforms.unitDeviations, [units] + shape, "unit_waveforms.sd.npy")
      try writeNPY(
        waveforms.examples, [waveforms.exampleSpikes.count, waveforms.frames, waveforms.channelsPerExample],
        "unit_waveforms.examples.npy")
      if !waveforms.exampleChannels.isEmpty {
        try writeNPY(
          waveforms.exampleChannels.map(Int32.init),
          [waveforms.exampleSpikes.count, waveforms.channelsPerExample], "unit_waveforms.channels.npy")
      }
      try writeNPY(
        waveforms.exampleSpikes.map(Int64.init), [waveforms.exampleSpikes.count], "unit_waveforms.spikes.npy")
    }
    if let drift = sorting.drift {
      let size = max(drift.timeFrames * drift.channels, 1)
      try writeNPY(
        drift.amplitudes + drift.deviations,
        [2, drift.amplitudes.count / size, drift.timeFrames, drift.channels], "component_drift.npy")
    }
    if let trace = sorting.traceExample {
      let frames = trace.raw.count / max(trace.channels, 1)
      try writeNPY(trace.raw + trace.filtered, [2, frames, trace.channels], "trace_example.npy")
    }
  }

  /// The files of Phy's template layout (phy documentation, "Sorting user guide").
  private func writePhyFiles(_ sorting: Sorting) throws {
    let spikes = sorting.spikes
    let channels = sorting.source.channelPositions.count
    let components = sorting.mixture.components
    try writeNPY((spikes.frames ?? []).map(Int64.init), [spikes.count], "spike_times.npy")
    try writeNPY(sorting.source.channels.map(Int32.init), [channels], "channel_map.npy")
    try writeNPY(sorting.source.channelPositions.flatMap { $0 }, [channels, 2], "channel_positions.npy")
    let identity = (0..<channels * channels).map { $0 % (channels + 1) == 0 ? 1.0 : 0.0 }
    try writeNPY(identity, [channels, channels], "whitening_mat.npy")
    try writeNPY(identity, [channels, channels], "whitening_mat_inv.npy")
    let channelsOfComponents =
      spikes.channelsOfComponents.isEmpty
      ? (0..<components).map { _ in Array(0..<spikes.featureChannels) } : spikes.channelsOfComponents
    try writeNPY(
      channelsOfComponents.joined().map(Int32.init), [components, spikes.featureChannels],
      "pc_feature_ind.npy")
    if let waveforms = sorting.waveforms {
      let shape = [components, waveforms.frames, waveforms.channels]
      try writeNPY(waveforms.componentMeans, shape, "templates.npy")
      try writeNPY(
        similarities(waveforms.componentMeans, components), [components, components], "similar_templates.npy")
      if sorting.source.flatBinary == nil { try writeWaveformSubset(waveforms, count: spikes.count) }
    }
    try write(Data(parameters(sorting).utf8), to: "params.py")
    try write(Data(clusterGroups(sorting.units).utf8), to: "cluster_group.tsv")
    try write(Data(clusterInfo(sorting).utf8), to: "cluster_info.tsv")
  }

  /// Phy's stand-in for the recording where there is no flat file to read waveforms from.
  private func writeWaveformSubset(_ waveforms: Sorting.Waveforms, count: Int) throws {
    var sorted = waveforms
    sorted.keepExamples(
      waveforms.exampleSpikes.indices.sorted { waveforms.exampleSpikes[$0] < waveforms.exampleSpikes[$1] })
    let (count, width) = (sorted.exampleSpikes.count, waveforms.channelsPerExample)
    try writeNPY(sorted.exampleSpikes.map(Int64.init), [count], "_phy_spikes_subset.spikes.npy")
    try writeNPY(sorted.examples, [count, waveforms.frames, width], "_phy_spikes_subset.waveforms.npy")
    let channels =
      sorted.exampleChannels.isEmpty ? (0..<count).flatMap { _ in 0..<width } : sorted.exampleChannels
    try writeNPY(channels.map(Int32.init), [count, width], "_phy_spikes_subset.channels.npy")
  }

  private func parameters(_ sorting: Sorting) -> String {
    let flat = sorting.source.flatBinary
    let path = flat.map { pythonLiteral($0.path) } ?? "''"
    return """
      dat_path = \(path)
      n_channels_dat = \(flat?.channels ?? sorting.source.channelPositions.count)
      dtype = \(pythonLiteral(flat?.dataType ?? "int16"))
      offset = 0
      sample_rate = \(sorting.source.samplingRate ?? 1)
      hp_filtered = False

      """
  }
}

/// A string as Python writes it between single quotes.
func pythonLiteral(_ string: String) -> String {
  var result = "'"
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\\": result += "\\\\"
    case "'": result += "\\'"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\u{0}"..."\u{1F}", "\u{7F}":
      let digits = String(scalar.value, radix: 16)
      result += "\\x" + (digits.count < 2 ? "0" : "") + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "'"
}

/// Cosines between flattened templates: count × count.
private func similarities(_ templates: [Float], _ count: Int) -> [Float] {
  let size = count > 0 ? templates.count / count : 0
  func dot(_ a: Int, _ b: Int) -> Double {
    var sum = 0.0
    for i in 0..<size { sum += Double(templates[a * size + i]) * Double(templates[b * size + i]) }
    return sum
  }
  let norms = (0..<count).map { dot($0, $0).squareRoot() }
  var result = [Float](repeating: 0, count: count * count)
  for a in 0..<count {
    for b in 0..<count where norms[a] > 0 && norms[b] > 0 {
      result[a * count + b] = Float(dot(a, b) / (norms[a] * norms[b]))
    }
  }
  return result
}
