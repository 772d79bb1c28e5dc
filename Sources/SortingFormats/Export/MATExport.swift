internal import Foundation
internal import MATLABInterop
internal import SpikeSorting
internal import SpikeTrains

extension SpikeTable {
  /// A MAT-file: `spike_times` (s), `spike_frames` (from 0), `spike_units`, `sampling_rate`, a struct `units` with a
  /// column a number, and mean waveforms as units × samples × channels.
  func matFile() -> Data {
    func column(_ values: [Double], _ kind: MATNumbers.Class = .double) -> MATValue {
      .numbers(MATNumbers(column: values, as: kind))
    }
    let units = sorting.units
    var fields = [
      MATField("id", column(units.map { Double($0.id) }, .int32)),
      MATField("verdict", .cell(shape: [units.count, 1], units.map { .text($0.verdict.rawValue) })),
      MATField(
        "reason", .cell(shape: [units.count, 1], units.map { .text($0.reasons.joined(separator: "; ")) })),
      MATField("spike_count", column(units.map { Double($0.spikeCount) }, .int32)),
      MATField("peak_channel", column(units.map { Double($0.peakChannel) }, .int32)),
    ]
    for number in UnitColumn.numbers(sorting) {
      fields.append(MATField(number.name, column(number.values.map { $0 ?? .nan })))
    }
    var variables = [
      MATField("spike_times", column(seconds)),
      MATField("spike_frames", column(frames.map(Double.init), .int64)),
      MATField("spike_units", column(self.units.map(Double.init), .int32)),
      MATField("spike_amplitudes", column(sorting.spikes.amplitudes.map(Double.init), .single)),
      MATField("sampling_rate", column([rate])),
      MATField(
        "sorted_intervals",
        .numbers(
          MATNumbers(
            shape: [sortedIntervals.count, 2], rowMajor: sortedIntervals.flatMap { [$0.start, $0.end] },
            as: .double))),
      MATField("frame_count", column([Double(sorting.source.frameCount)], .int64)),
      MATField("amplitude_unit", .text(sorting.source.amplitudeUnit)),
      MATField("source_files", .text(sorting.source.files.joined(separator: ", "))),
      MATField("units", .structure(fields)),
    ]
    if let waveforms = sorting.waveforms {
      let shape = [units.count, waveforms.frames, waveforms.channels]
      for (name, values) in [
        ("waveform_mean", waveforms.unitMeans), ("waveform_sd", waveforms.unitDeviations),
      ] {
        variables.append(
          MATField(name, .numbers(MATNumbers(shape: shape, rowMajor: values.map(Double.init), as: .single))))
      }
    }
    return MATFile(variables: variables).data
  }
}
