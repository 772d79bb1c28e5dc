import Foundation
import HDF5
import MATLABInterop
import NumPyInterop
import Recordings
import SpikeTrains
import TestSupport
import Testing

@testable import SortingFormats
@testable import SpikeSorting

/// Exports tell the recording's own time: a late start, a pause of a minute, and a clock a little slow.
@Suite struct ClockExportTests {
  private let clock = RecordingClock([
    .init(frame: 0, seconds: 5000, samplingRate: 29_999),
    .init(frame: 400, seconds: 5060.25, samplingRate: 30_000, followsGap: true),
  ])

  private func sorting() throws -> (Sorting, times: [Double]) {
    var sorting = smallSorting()
    sorting.source.clock = try #require(clock)
    let times = (sorting.spikes.frames ?? []).map { (frame: Int) -> Double in
      if frame < 400 { return 5000 + Double(frame) / 29_999 }
      return 5060.25 + Double(frame - 400) / 30_000
    }
    return (sorting, times)
  }

  private func isSame(_ found: [Double], _ times: [Double]) -> Bool {
    found.count == times.count && zip(found, times).allSatisfy { abs($0 - $1) < 0.5 / 30_000 }
  }

  @Test func resultsKeepTheClock() throws {
    try withTemporaryFolder { (folder) throws in
      let result = ResultFolder(folder)
      try result.write(try sorting().0)
      #expect(try result.read().source.clock == clock)
      try result.write(smallSorting())
      #expect(try result.read().source.clock == nil)
      let text = try String(contentsOf: result.file("sorting.json"), encoding: .utf8)
      #expect(!text.contains("clock"), "an even clock from 0 on is not told")
    }
  }

  @Test func everyFormatTellsItsTimes() throws {
    try withTemporaryFolder { (folder) throws in
      let (sorting, times) = try sorting()
      let start = 5000 + 30.0 / 29_999
      let pause: Double = 5000 + 400.0 / 29_999
      let end: Double = 5060.25 + Double(90_030 - 400) / 30_000
      let spans: [Double] = [start, pause, 5060.25, end]
      func place(_ name: String) -> URL { folder.appendingPathComponent(name) }
      for format in [ExportFormat.csv, .npz, .pynapple, .mat] {
        try sorting.export(format, to: place(format.rawValue))
      }
      let rows = try String(contentsOf: place("csv/spikes.csv"), encoding: .utf8).split(separator: "\n")
        .dropFirst()
      #expect(isSame(rows.compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }, times))
      let npz = try NPZArchive(place("npz"))
      #expect(isSame(try npz.array("spike_seconds_seg0").doubles(), times))
      #expect(try npz.array("spike_indexes_seg0").integers() == sorting.spikes.frames)
      let group = try NPZArchive(place("pynapple"))
      #expect(isSame(try group.array("t").doubles(), times))
      #expect(isSame(try group.array("start").doubles(), [spans[0], spans[2]]))
      #expect(isSame(try group.array("end").doubles(), [spans[1], spans[3]]))
      let mat = try MATFile(contentsOf: place("mat"))
      #expect(isSame(try #require(mat["spike_times"]?.numbers?.values), times))
      #expect(
        isSame(
          try #require(mat["sorted_intervals"]?.numbers?.values), [spans[0], spans[2], spans[1], spans[3]]))
      #if NWB
        try sorting.export(.nwb, to: place("nwb"))
        let units = try #require(try HDF5File(reading: place("nwb")).root.group("units"))
        let found = try #require(try units.dataset("spike_times")).numbers(Double.self)
        let byUnit = [0, 1].flatMap { unit in times.indices.filter { $0 % 2 == unit }.map { times[$0] } }
        #expect(isSame(found, byUnit))
        let observed = try #require(try units.dataset("obs_intervals"))
        #expect(observed.shape == [4, 2])
        #expect(isSame(try observed.numbers(Double.self), spans + spans))
        let ends = try #require(try units.dataset("obs_intervals_index")).numbers(Int64.self)
        #expect(ends == [2, 4])
      #endif
    }
  }

  /// Each of several files by its own clock.
  @Test func filesHaveTheirOwnClocks() throws {
    try withTemporaryFolder { (folder) throws in
      var sorting = smallSorting()
      let frames = try #require(sorting.spikes.frames)
      sorting.source.inputs = [
        InputFrames(file: "a.ncs", frames: 0..<400, clock: RecordingClock(start: 70, samplingRate: 30_000)),
        InputFrames(file: "b.ncs", frames: 400..<90_000),
      ]
      let times = frames.map { (frame: Int) -> Double in
        frame < 400 ? 70 + Double(frame) / 30_000 : Double(frame - 400) / 30_000
      }
      try sorting.export(.csv, to: folder.appendingPathComponent("csv"))
      let rows = try String(contentsOf: folder.appendingPathComponent("csv/spikes.csv"), encoding: .utf8)
        .split(separator: "\n").dropFirst()
      #expect(isSame(rows.compactMap { $0.split(separator: ",").first.flatMap { Double($0) } }, times))
      try sorting.export(.pynapple, to: folder.appendingPathComponent("p"))
      let first = try NPZArchive(folder.appendingPathComponent("p/a.npz")).array("t").doubles()
      let second = try NPZArchive(folder.appendingPathComponent("p/b.npz")).array("t").doubles()
      #expect(isSame(first + second, times))
    }
  }

  /// A part of a recording that starts late, from frame 120 on, its clock at 6,000 s, a pause in it.
  private func lateSorting() throws -> Sorting {
    var sorting = smallSorting()
    let frames = try #require(sorting.spikes.frames)
    sorting.spikes.frames = frames.map { $0 + 120 }
    sorting.source.startFrame = 120
    sorting.source.clock = RecordingClock([
      .init(frame: 0, seconds: 6000, samplingRate: 30_000),
      .init(frame: 500, seconds: 6100, samplingRate: 30_000, followsGap: true),
    ])
    return sorting
  }

  /// What is exported by the recording's clock comes back as the frames it was.
  @Test func everyExportIsATruthOfItsOwnResult() throws {
    try withTemporaryFolder { (folder) throws in
      let sorting = try lateSorting()
      let own = try LabelledTimes(of: sorting)
      for format in ExportFormat.allCases where format != .curationJSON && format != .nwb {
        let place = folder.appendingPathComponent(
          format.ending.isEmpty ? "\(format)" : "\(format).\(format.ending)")
        try sorting.export(format, to: place, name: "k")
        let read = try LabelledTimes(at: place, samplingRate: 30_000, clock: sorting.source.clock)
        #expect(read.frames == own.frames, "\(format)")
        #expect(
          ComparisonSummary(of: own, with: read, samplingRate: 30_000).meanAccuracy == 1, "\(format)")
      }
    }
  }

  #if NWB
    @Test func unitsOfNWBAreATruthOfTheirOwnResult() throws {
      try withTemporaryFolder { (folder) throws in
        let sorting = try lateSorting()
        let place = folder.appendingPathComponent("s.nwb")
        try sorting.export(.nwb, to: place)
        let read = try LabelledTimes(at: place, samplingRate: 30_000, clock: sorting.source.clock)
        #expect(try read.frames == LabelledTimes(of: sorting).frames)
      }
    }
  #endif

  /// MClust tells times in tenths of a millisecond: a spike at the first frame behind a pause must not be taken for one a
  /// hundred seconds of frames later.
  @Test func timesRoundedIntoAGapStayAtItsEnd() throws {
    try withTemporaryFolder { (folder) throws in
      let clock = try #require(
        RecordingClock([
          .init(frame: 0, seconds: 6000, samplingRate: 30_000),
          .init(frame: 500, seconds: 6100.00007, samplingRate: 30_000, followsGap: true),
        ]))
      let ticks: [UInt32] = [60_000_100, 61_000_000, 61_000_010]
      let file = folder.appendingPathComponent("TT1_1.t")
      try Data(ticks.flatMap { tick in withUnsafeBytes(of: tick.bigEndian) { Array($0) } }).write(to: file)
      let read = try LabelledTimes(at: file, samplingRate: 30_000, clock: clock)
      #expect(read.frames == [300, 500, 528])
    }
  }

  /// Of files sorted as one from within the first on, each says what of it was sorted.
  @Test func partsSayWhatOfThemWasSorted() throws {
    var sorting = try lateSorting()
    let count = sorting.source.frameCount
    sorting.source.inputs = [
      InputFrames(file: "a.ncs", frames: 0..<500, clock: RecordingClock(start: 6000, samplingRate: 30_000)),
      InputFrames(file: "b.ncs", frames: 500..<count + 120),
    ]
    let parts = try #require(sorting.source.inputs).map { sorting.part($0).source }
    #expect(parts.map(\.startFrame) == [120, 0])
    #expect(parts.map(\.frameCount) == [380, count - 380])
    let spans = try SpikeTable(sorting.part(#require(sorting.source.inputs)[0])).sortedIntervals
    #expect(spans.map(\.start) == [6000.004])
  }
}
