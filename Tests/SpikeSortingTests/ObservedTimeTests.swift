import Foundation
import LinearAlgebra
import Recordings
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeFiles
@testable import SpikeSorting

/// Spikes of other programs are observed from the first to the last, wherever their clock began.
@Suite struct ObservedTimeTests {
  @Test func oneRuleForAll() {
    #expect(observedFrames(of: [700, 900]) == 700..<901)
    #expect(observedFrames(of: [700, 900], sessionFrames: 5000) == 0..<5000)
    #expect(observedFrames(of: [700, 900], sessionFrames: 800) == 0..<901)
    #expect(observedFrames(of: []) == 0..<0)
  }

  /// Two neurons, 300 s, at a low rate so that frames are few.
  private func spikes(late: Int) -> (frames: [Int], sizes: [Double]) {
    var generator = SeededGenerator(seed: 11)
    var all: [(Int, Double)] = []
    for (neuron, rate) in [4.0, 7.0].enumerated() {
      var frame = 0.0
      while true {
        frame += 100 - log(Double.random(in: 1e-9..<1, using: &generator)) * 20_000 / rate
        guard frame < 300 * 20_000 else { break }
        all.append((Int(frame), Double(neuron) * 30 + generator.normal()))
      }
    }
    all.sort { $0.0 < $1.0 }
    return (all.map { $0.0 + late }, all.map(\.1))
  }

  private func sorted(late: Int, snippets: Bool) throws -> Sorting {
    let (frames, sizes) = spikes(late: late)
    var events = SpikeEvents(
      name: "made", files: [], samplingRate: 20_000, frames: frames, labels: nil, channels: [0, 1])
    if snippets {
      var generator = SeededGenerator(seed: 5)
      let samples = sizes.flatMap { size in
        (0..<20).flatMap { frame -> [Float] in
          let shape = exp(-pow(Double(frame - 8) / 2, 2))
          return [
            Float(-(60 + size) * shape + generator.normal()),
            Float(-(90 - size) * shape + generator.normal()),
          ]
        }
      }
      events.snippets = .init(frames: 20, channels: 2, samples: samples, unit: "µV")
    } else {
      events.features = .init(columns: 2, values: sizes.flatMap { [$0, -$0 / 2] })
    }
    var options = SortingOptions()
    options.restarts = 2
    return try sort(events, options: options, threads: 2).sorting
  }

  @Test(arguments: [false, true]) func lateClocksChangeNothing(_ snippets: Bool) throws {
    let early = try sorted(late: 0, snippets: snippets)
    let late = try sorted(late: 6000 * 20_000, snippets: snippets)
    #expect(late.spikes.frames?.first == (early.spikes.frames?.first ?? 0) + 6000 * 20_000)
    #expect(late.spikes.units == early.spikes.units && late.units.count == early.units.count)
    #expect(late.units.map(\.rate) == early.units.map(\.rate))
    #expect(late.units.map(\.verdict) == early.units.map(\.verdict))
    #expect(late.units.map(\.reasons) == early.units.map(\.reasons))
    #expect(late.units.map(\.metrics) == early.units.map(\.metrics))
    let rates = late.units.compactMap(\.rate).reduce(0, +)
    #expect(abs(rates - Double(late.spikes.count) / 300) < 0.2)
  }

  @Test func gapsOfAClock() throws {
    let clock = try #require(
      RecordingClock([
        .init(frame: 0, seconds: 9, samplingRate: 1000),
        .init(frame: 100, seconds: 9.1, samplingRate: 1000.01),
        .init(frame: 200, seconds: 19.2, samplingRate: 1000, followsGap: true),
        .init(frame: 300, seconds: 19.3, samplingRate: 1000, followsGap: true),
      ]))
    #expect(FrameGaps(clock).apart([199, 200, 299, 300]) == [199, 10_200, 10_299, 11_300])
  }
}
