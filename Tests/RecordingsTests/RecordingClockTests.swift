import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

@Suite struct RecordingClockTests {
  /// A recording of one channel with nothing in it.
  private struct Silence: Recording {
    var frameCount: Int
    var channelCount: Int { 1 }
    var samplingRate: Double { 1000 }
    var gain: Gain? { nil }
    var probe: Probe { .standard(channelCount: 1) }
    var files: [URL] { [URL(fileURLWithPath: "/silence.dat")] }
    func read(frames: Range<Int>, into samples: UnsafeMutableBufferPointer<Float>) throws {
      samples.update(repeating: 0)
    }
  }

  private let start = "2024-05-06T07:08:09Z"

  @Test func withoutAClockTimeIsTheFrameOverTheRate() {
    let clock = Silence(frameCount: 90).clock
    #expect(clock.isPlain(samplingRate: 1000) && clock.seconds(ofFrame: 77) == 77.0 / 1000)
    #expect(clock.recorded(5..<80) == [5..<80])
  }

  @Test func gapsAndSelections() {
    let whole = Silence(frameCount: 90)
      .parted(by: [RecordingGap(frame: 30, seconds: 60), RecordingGap(frame: 50, seconds: nil)])
      .clocked(from: 5000)
    func expected(_ frame: Int) -> Double {
      let start = frame >= 30 ? 5060.0 : 5000.0
      return start + Double(frame) / 1000
    }
    for frame in [0, 29, 30, 31, 49, 50, 89] {
      #expect(abs(whole.clock.seconds(ofFrame: frame) - expected(frame)) < 1e-9)
    }
    #expect(whole.clock.recorded(0..<90) == [0..<30, 30..<50, 50..<90])
    #expect(abs(whole.clock.seconds(atEndOf: 0..<30) - 5000.03) < 1e-9)
    let part = RecordingSelection(whole, frames: 40..<70)
    #expect(abs(part.clock.seconds(ofFrame: 9) - expected(49)) < 1e-9 && part.clockStart == part.clock.start)
    #expect(part.clock.recorded(0..<30) == [0..<10, 10..<30])
  }

  /// One clock that goes on parts them by what it says; clocks that begin anew by the sessions' dates; else nothing.
  @Test func joinedRecordings() throws {
    func part(_ clock: Double?, _ date: String?) -> any Recording {
      Silence(frameCount: 100).clocked(from: clock).began(date)
    }
    func second(_ parts: [any Recording]) throws -> Double {
      try ConcatenatedRecording(parts).clock.seconds(ofFrame: 100)
    }
    let goesOn = try ConcatenatedRecording([part(10, nil), part(12, nil)])
    #expect(abs(goesOn.clock.seconds(ofFrame: 103) - 12.003) < 1e-9)
    #expect(abs((goesOn.gaps[0].seconds ?? 0) - 1.9) < 1e-9)
    #expect(goesOn.inputs.map { $0.clock?.start } == [10, 12])
    let later = "2024-05-06T08:08:09Z"
    #expect(abs(try second([part(0, start), part(0, later)]) - 3600) < 1e-9)
    #expect(abs(try second([part(0, start), part(7, later)]) - 3600) < 1e-9)
    #expect(abs(try second([part(nil, start), part(nil, later)]) - 3600) < 1e-9)
    #expect(abs(try second([part(10, nil), part(3, nil)]) - 10.1) < 1e-9)
    #expect(try second([part(nil, nil), part(nil, nil)]) == 0.1)
    #expect(try ConcatenatedRecording([part(nil, nil), part(nil, nil)]).gaps.map(\.seconds) == [nil])
  }

  /// A clock 40 millionths slow, its times rounded to the microsecond: each frame within half a frame.
  @Test func clocksThatAreNotTheAmplifiers() throws {
    let truth = { (frame: Int) in 1_700_000.5 + Double(frame) / 31_998.7 }
    var marks = ClockMarks(samplingRate: 32_000)
    for record in 0..<20_000 {
      let time = (truth(512 * record) * 1e6).rounded() / 1e6
      marks.add(frame: 512 * record, seconds: time, afterGap: false)
    }
    let clock = try #require(marks.clock(samplingRate: 32_000))
    #expect(clock.stretches.count < 20)
    for frame in stride(from: 0, to: 512 * 20_000, by: 4999) {
      #expect(abs(clock.seconds(ofFrame: frame) - truth(frame)) < 0.5 / 32_000)
    }
  }

  @Test func clocksThatAreNoneAreRefused() {
    let clocks: [[RecordingClock.Stretch]] = [
      [], [.init(frame: 1, seconds: 0, samplingRate: 1)], [.init(frame: 0, seconds: .nan, samplingRate: 1)],
      [.init(frame: 0, seconds: 0, samplingRate: 0)],
      [.init(frame: 0, seconds: 0, samplingRate: 1), .init(frame: 0, seconds: 1, samplingRate: 1)],
    ]
    for stretches in clocks { #expect(RecordingClock(stretches) == nil) }
    let text = "[{\"frame\": 3, \"seconds\": 0, \"samplingRate\": 1, \"followsGap\": false}]"
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RecordingClock.self, from: Data(text.utf8))
    }
  }
}
