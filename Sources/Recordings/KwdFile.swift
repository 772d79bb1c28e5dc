#if NWB
  internal import Foundation
  package import HDF5

  /// A `.kwd` file (Klusta's format, also written by Open Ephys): `/recordings/0/data`, `/recordings/1/data` …, frames
  /// × channels, which follow one another with gaps between.
  ///
  /// The rate is an attribute of every recording; the gains stand, where they do, as an array or attribute
  /// `channel_bit_volts` in `application_data`, in microvolts a step as Open Ephys writes them.
  struct KwdFile {
    let file: URL
    let recordings: HDF5Group

    func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
      var parts: [any Recording] = []
      for name in recordings.names.sorted(by: { (Int($0) ?? 0) < (Int($1) ?? 0) }) {
        guard let group = try ofHDF5({ () throws(HDF5Error) in try recordings.group(name) }),
          let data = try ofHDF5({ () throws(HDF5Error) in try group.dataset("data") })
        else { continue }
        parts.append(
          try open(data, of: group, description).from(
            RecordingOrigin(clock: "recording \(name)", isPartOfFile: true)))
      }
      guard !parts.isEmpty else {
        throw .malformed(file: file.path, found: "no data in /recordings", expected: "/recordings/0/data")
      }
      return try joined(parts).from(RecordingOrigin())
    }

    private func open(
      _ data: HDF5Dataset, of group: HDF5Group, _ description: RecordingDescription
    ) throws(RecordingError) -> any Recording {
      guard let rate = description.samplingRate ?? group.number(attribute: "sample_rate"), rate > 0,
        rate.isFinite
      else {
        throw .malformed(
          file: file.path, found: "no positive sample_rate of \(group.path)", expected: "the rate in Hz")
      }
      let channelCount = data.shape.count == 2 ? data.shape[1] : 1
      if let said = description.channelCount, said != channelCount {
        throw .malformed(
          file: file.path, found: "\(channelCount) channels", expected: "\(said), as was said")
      }
      let factors = try ofHDF5 { () throws(HDF5Error) -> [Double]? in
        guard let application = try group.group("application_data") else { return nil }
        return try application.dataset("channel_bit_volts")?.numbers(Double.self)
          ?? application.numbers(attribute: "channel_bit_volts")
      }
      var own: Gain?
      if let factors, factors.count == channelCount, factors.allSatisfy(\.isFinite),
        factors.contains(where: { $0 != 0 })
      {
        own = Gain(microvoltsPerUnit: factors, offsetMicrovolts: factors.map { _ in 0 })
      }
      let silent = own?.microvoltsPerUnit.indices.filter { own?.microvoltsPerUnit[$0] == 0 } ?? []
      return try HDF5Recording(data, samplingRate: rate, gain: description.gain ?? own) {
        count throws(RecordingError) in try description.probe(channelCount: count)
      }.noticing(silence(of: silent.map(String.init), in: file)).clocked(
        from: group.startSeconds(samplingRate: rate))
    }
  }

  extension HDF5Group {
    /// When a recording of Klusta's formats began: its first sample, else its time; nil where it says neither.
    ///
    /// Klusta's `start_time` is in seconds, Open Ephys's the number of the first sample, a whole number.
    package func startSeconds(samplingRate: Double) -> Double? {
      if let sample = number(attribute: "start_sample"), sample > 0, sample < 1e15 {
        return sample / samplingRate
      }
      guard let time = number(attribute: "start_time"), abs(time) < 1e15 else { return nil }
      return isWhole(attribute: "start_time") ? time / samplingRate : time
    }
  }
#endif
