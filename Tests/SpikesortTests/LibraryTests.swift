import Foundation
import Spikesort
import TestSupport
import Testing

/// What a user of the library types first, with one import.
struct LibraryTests {
  /// Six seconds of four channels: noise, and one neuron's spikes every 40 ms.
  private func write(to url: URL) throws {
    var state: UInt32 = 1
    var samples: [Int16] = (0..<60_000 * 4).map { _ in
      // The sum of four draws is nearly normal.
      let sum = (0..<4).reduce(0) { sum, _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return sum + Int(state >> 24)
      }
      return Int16(sum - 510)
    }
    for start in stride(from: 300, to: 59_000, by: 397) {
      for (i, depth) in [300, 900, 1800, 1500, 800, 300, -200, -400, -300].enumerated() {
        for channel in 0..<4 { samples[(start + i) * 4 + channel] -= Int16(depth / (channel + 1)) }
      }
    }
    try samples.withUnsafeBytes { Data($0) }.write(to: url)
  }

  @Test func recordingToFolderAndBack() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("trace.dat")
      try write(to: file)
      let recording = try Recordings.open(
        file, as: RecordingDescription(samplingRate: 10_000, channelCount: 4))
      var sorter = Sorter()
      sorter.options.model = .atRest(AtRest(.gaussian))
      sorter.options.components = 1...2
      sorter.options.restarts = 1
      let sorting = try sorter.sort(recording).sorting
      #expect(sorting.spikes.count > 100 && !sorting.units.isEmpty)
      #expect(sorting.mixture.model == .gaussian)
      let out = folder.appendingPathComponent("out")
      try sorting.write(to: out)
      let read = try Sorting(contentsOf: out)
      #expect(read.units.map(\.verdict) == sorting.units.map(\.verdict))
      #expect(read.spikes.frames == sorting.spikes.frames && read.options == sorting.options)
      #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("report.html").path))
      #expect(throws: ResultError.self) { try sorting.write(to: out) }
      try sorting.write(to: out, overwrite: true)
    }
  }

  @Test func aMissingRecordingIsASentence() {
    let error = #expect(throws: RecordingError.self) {
      try Recordings.open(URL(fileURLWithPath: "/nowhere/at.dat"))
    }
    #expect(error?.description.contains("/nowhere/at.dat") == true)
  }
}
