internal import Foundation
internal import HDF5
internal import InputFiles
internal import MATLABInterop
internal import Recordings

/// Spikes with units in a MAT-file: `cluster_class` of wave_clus (cluster, time in ms; cluster 0 was given to none), or
/// what this program exports (`spike_times` in s, `spike_units`).
enum MATLabels {
  static func open(_ url: URL) throws(RecordingError) -> UnitTimes? {
    let file = try openMAT(url)
    if let classes = file["cluster_class"]?.numbers {
      guard classes.shape.count == 2, classes.shape[1] == 2, case let count = classes.shape[0],
        case let labels = classes.values.prefix(count).compactMap({ Int(exactly: $0) }), labels.count == count
      else {
        throw .malformed(
          file: url.path, found: "cluster_class of shape \(classes.shape)",
          expected: "spikes × 2: whole numbers and times in ms")
      }
      return UnitTimes(
        times: .seconds(classes.values.suffix(count).map { $0 / 1000 }), labels: labels, unjudged: [0])
    }
    guard let times = file["spike_times"]?.numbers?.values, let units = file["spike_units"]?.numbers?.values
    else {
      let names = file.variables.map(\.name).joined(separator: ", ")
      throw .malformed(
        file: url.path, found: "the variables \(names.isEmpty ? "none" : names)",
        expected: "cluster_class of wave_clus, or spike_times and spike_units")
    }
    let labels = units.compactMap { Int(exactly: $0) }
    guard labels.count == units.count else {
      throw .malformed(file: url.path, found: "units that are no whole numbers", expected: "0, 1, 2 …")
    }
    if let frames = file["spike_frames"]?.numbers?.values {
      return UnitTimes(times: .frames(frames.map(SpikeEvents.frame)), labels: labels)
    }
    return UnitTimes(times: .clock(times), labels: labels)
  }
}

/// A MAT-file of version 5 or 7, or of 7.3, which is HDF5: of the latter arrays of numbers and structures of them.
func openMAT(_ url: URL) throws(RecordingError) -> MATFile {
  do throws(MATError) {
    let head = Array("MATLAB 7.3".utf8)
    let start = (try? openInputFile(url)).flatMap { descriptor, _ in
      try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).read(upToCount: head.count)
    }
    #if NWB
      if let start, Array(start) == head { return try openMAT73(url) }
    #endif
    return try MATFile(contentsOf: url)
  } catch {
    throw RecordingError(error)
  }
}

#if NWB
  /// The variables of version 7.3. MATLAB's first dimension is the last of HDF5.
  private func openMAT73(_ url: URL) throws(MATError) -> MATFile {
    do throws(HDF5Error) {
      let root = try HDF5File(reading: url).root
      return MATFile(variables: try fields(of: root, depth: 0))
    } catch {
      throw .malformed(file: error.file, found: error.found, expected: error.expected)
    }
  }

  private func fields(of group: HDF5Group, depth: Int) throws(HDF5Error) -> [MATField] {
    var result: [MATField] = []
    for name in group.names where !name.hasPrefix("#") {
      switch try group.object(name) {
      case .dataset(let data)? where data.kind.isNumber && data.obstacle == nil && data.shape.count <= 2:
        let shape = data.shape.count == 2 ? [data.shape[1], data.shape[0]] : [data.count, 1]
        let values = try data.numbers(Double.self)
        result.append(MATField(name, .numbers(MATNumbers(shape: shape, columnMajor: values))))
      case .group(let inner)? where depth < 4:
        result.append(MATField(name, .structure(try fields(of: inner, depth: depth + 1))))
      default: continue
      }
    }
    return result
  }
#endif
