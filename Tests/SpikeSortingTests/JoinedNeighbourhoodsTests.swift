import Foundation
import LinearAlgebra
import SpikeTrains
import Testing

@testable import SpikeSorting

/// Sortings of neighbourhoods as one of their probe.
struct JoinedNeighbourhoodsTests {
  /// One unit of a neighbourhood, largest on the first channel of the core; its features are their channel's number, its
  /// example's samples 1000 times that and the frame.
  private func part(
    channels: [Int], core: [Int], frames: [Int], timeFrames: Int = 0
  ) -> (home: Neighbourhood, sorting: Sorting) {
    let peak = channels.firstIndex(of: core[0]) ?? 0
    let shape: [Float] = [0, -20, -100, -30, 10]
    let mean = shape.flatMap { value in channels.indices.map { $0 == peak ? value : 0 } }
    let example = shape.indices.flatMap { frame in channels.map { Float(1000 * $0 + frame) } }
    var sorting = Sorting(
      source: Sorting.Source(
        files: [], checksum: "", samplingRate: 30_000, frameCount: 0,
        channelPositions: channels.map { [0, Double($0)] }, amplitudeUnit: "µV", flatBinary: nil),
      options: SortingOptions(),
      spikes: Sorting.Spikes(
        frames: frames, components: frames.map { _ in 0 }, units: frames.map { _ in 0 },
        amplitudes: frames.map { _ in 100 },
        features: frames.flatMap { _ in channels.flatMap { [Float](repeating: Float($0 + 1), count: 3) } },
        featureChannels: channels.count, featuresPerChannel: 3),
      mixture: Sorting.MixtureSummary(
        model: .driftingT, dimensions: 1, components: 1, weights: [1], effectiveComponents: 1,
        locations: [[0]], scales: [[1]], degreesOfFreedom: 7, logLikelihood: nil, selection: nil),
      units: [
        Sorting.Unit(id: 0, components: [0], spikeCount: frames.count, peakChannel: peak, verdict: .single)
      ],
      waveforms: Sorting.Waveforms(
        frames: 5, channels: channels.count, troughFrame: 2, componentMeans: mean, unitMeans: mean,
        unitDeviations: mean, exampleSpikes: [0], examples: example))
    if timeFrames > 0 {
      let steps = (0..<timeFrames).flatMap { step in channels.map { Float(100 * step + $0) } }
      sorting.drift = Sorting.Drift(
        secondsPerFrame: 5, timeFrames: timeFrames, channels: channels.count, amplitudes: steps,
        deviations: steps)
    }
    return (Neighbourhood(channels: channels, isCore: channels.map(core.contains)), sorting)
  }

  private func joined(
    _ parts: [(home: Neighbourhood, sorting: Sorting)], positions: [[Double]], width: Int = 9
  ) throws -> Sorting {
    let spread = parts.map { part in
      (part.home, part.sorting.spread(from: part.home.channels, to: positions, width: width))
    }
    return try #require(Sorting(joining: spread, of: parts.map(\.home)))
  }

  /// One contact far from the others takes no channel from their features.
  @Test func anIsolatedContactCostsOthersNothing() throws {
    let positions = (0..<9).map { [0, 20 * Double($0)] } + [[0, 5000]]
    let parts = [
      part(channels: Array(0..<9), core: [4, 5], frames: [100, 300]),
      part(channels: [9], core: [9], frames: [200]),
    ]
    let spikes = try joined(parts, positions: positions).spikes
    #expect(spikes.frames == [100, 200, 300] && spikes.units == [0, 1, 0])
    #expect(spikes.featureChannels == 9)
    #expect(spikes.channelsOfComponents[0] == [4, 3, 5, 2, 6, 1, 7, 0, 8])
    #expect(spikes.channelsOfComponents[1].prefix(3) == [9, 8, 7])
    #expect(spikes.features.count == 3 * 9 * 3)
    #expect(Array(spikes.features[0..<6]) == [5, 5, 5, 4, 4, 4])
    // Its own channel, then what was not sorted there.
    #expect(Array(spikes.features[27..<54]) == [10, 10, 10] + [Float](repeating: 0, count: 24))
  }

  /// Examples hold the channels nearest to their unit's peak and are whole where asked for.
  @Test func examplesHoldTheirOwnChannels() throws {
    let positions = (0..<12).map { [0, 20 * Double($0)] }
    let parts = [
      part(channels: [0, 1, 2, 3], core: [1], frames: [500]),
      part(channels: [8, 9, 10, 11], core: [10], frames: [100, 900]),
    ]
    let waveforms = try #require(try joined(parts, positions: positions, width: 3).waveforms)
    #expect(waveforms.channels == 12 && waveforms.channelsPerExample == 3)
    #expect(waveforms.exampleSpikes == [1, 0])
    #expect(waveforms.exampleChannels == [1, 0, 2, 10, 9, 11])
    #expect(waveforms.examples.count == 2 * 5 * 3)
    #expect(Array(waveforms.examples[3..<6]) == [1001, 1, 2001])
    let whole = waveforms.example(1)
    #expect(whole.count == 5 * 12)
    #expect(whole[4 * 12 + 10] == 10_004 && whole[4 * 12 + 8] == 0 && whole[4 * 12 + 1] == 0)
    // Means are on all channels, 0 beyond the neighbourhood.
    #expect(waveforms.unitMeans.enumerated().filter { $1 == -100 }.map(\.offset) == [25, 94])
    var last = waveforms
    last.keepExamples(ofSpikes: [0])
    #expect(last.exampleSpikes == [0] && last.exampleChannels == [10, 9, 11] && last.example(0) == whole)
  }

  /// A neighbourhood whose spikes end early, and one that was not matched, have steps as long as the longest.
  @Test func driftLastsAsLongAsTheProbes() throws {
    let positions = (0..<6).map { [0, 20 * Double($0)] }
    let parts = [
      part(channels: [0, 1], core: [0], frames: [100], timeFrames: 2),
      part(channels: [2, 3], core: [2], frames: [200], timeFrames: 3),
      part(channels: [4, 5], core: [4], frames: [300]),
    ]
    let drift = try #require(try joined(parts, positions: positions).drift)
    #expect((drift.timeFrames, drift.channels) == (3, 6))
    #expect(drift.amplitudes.count == 3 * 3 * 6)
    #expect(Array(drift.amplitudes[12..<18]) == [100, 101, 0, 0, 0, 0])
    #expect(Array(drift.amplitudes[30..<36]) == [0, 0, 202, 203, 0, 0])
    #expect(drift.deviations.suffix(18).allSatisfy { $0 == 0 })
  }

  /// Units that are left out take their spikes and components along; the others are numbered anew.
  @Test func unitsKeptAreNumberedAnew() throws {
    let positions = (0..<4).map { [0, 20 * Double($0)] }
    let parts = [
      part(channels: [0, 1], core: [0], frames: [100, 400]),
      part(channels: [2, 3], core: [2], frames: [200, 300]),
    ]
    let kept = try joined(parts, positions: positions, width: 2).keeping(units: [1])
    #expect(kept.units.map(\.id) == [0] && kept.units.map(\.components) == [[0]])
    #expect(
      kept.spikes.frames == [200, 300] && kept.spikes.units == [0, 0] && kept.spikes.components == [0, 0])
    #expect(kept.spikes.channelsOfComponents == [[2, 3]])
    #expect(kept.waveforms?.exampleSpikes == [0] && kept.waveforms?.exampleChannels == [2, 3])
    #expect(kept.mixture.components == 1)
  }

  /// Two cores can have the same surroundings; a component is still of one of them.
  @Test func componentsOfEqualChannelListsAreListedOnce() throws {
    let channels = Array(0..<9)
    let parts = [
      part(channels: channels, core: [0, 1, 2, 3], frames: [100]),
      part(channels: channels, core: [4, 5, 6, 7], frames: [200]),
    ]
    let mixture = try joined(parts, positions: channels.map { [0, 5 * Double($0)] }).mixture
    #expect(mixture.neighbourhoods?.map(\.components) == [[0], [1]])
    #expect(mixture.weights == [0.5, 0.5])
  }

  /// Halves of bursts are seen as such also where two neighbourhoods found one each; units without a channel in common
  /// are no pair.
  @Test func burstsAcrossNeighbourhoodsAreSeen() throws {
    let channels = Array(0..<9)
    let first = (0..<80).map { 150_000 * $0 + 1000 }
    let parts = [
      part(channels: channels, core: [0, 1, 2, 3], frames: first),
      part(channels: channels, core: [0, 4, 5, 6], frames: first.map { $0 + 150 }),
      part(channels: [9], core: [9], frames: first),
    ]
    let sorting = try joined(parts, positions: (0..<10).map { [0, 5 * Double($0)] })
    let trains = parts.map {
      SpikeTrain(
        times: $0.sorting.spikes.frames ?? [], frames: 12_000_000, samplingRate: 30_000, gaps: .none)
    }
    let pairs = sorting.pairs(
      of: trains, homes: parts.map(\.home), UnitMeasurer(censoredMilliseconds: 0.4), threads: 1)
    #expect(pairs.map { [$0.first, $0.second] } == [[0, 1]])
    #expect(pairs.map(\.verdict) == [.split])
    #expect(pairs.first?.reasons.first?.contains("a burst whose spikes change size") == true)
  }

  /// Of two neighbourhoods that found one neuron the one that sees it more centrally keeps it.
  @Test func echoesAreLeftOut() {
    func found(_ depths: [Double], frames: [Int], verdict: UnitVerdict = .single) -> FoundUnits {
      var unit = Sorting.Unit(
        id: 0, components: [0], spikeCount: frames.count, peakChannel: 0, verdict: verdict)
      unit.signalToNoise = depths.max()
      return FoundUnits(
        [unit], frames: frames, unitOfSpike: frames.map { _ in 0 },
        waveforms: Sorting.Waveforms(
          frames: 1, channels: depths.count, troughFrame: 0, componentMeans: [],
          unitMeans: depths.map { Float(-$0) },
          unitDeviations: [], exampleSpikes: [], examples: []), noise: depths.map { _ in 1 })
    }
    let homes = [[true, false, false], [false, true, false]].map {
      Neighbourhood(channels: [0, 1, 2], isCore: $0)
    }
    let central = NeighbourhoodUnits(found([10, 9, 0], frames: [100, 200, 300]), of: homes[0])
    let echo = NeighbourhoodUnits(found([10, 9, 0], frames: [105, 205, 900]), of: homes[1])
    let other = NeighbourhoodUnits(found([10, 9, 0], frames: [105, 800, 900]), of: homes[1])
    #expect(central.belonging == [1] && echo.belonging == [0.9])
    #expect([central, echo].withoutEchoes(tolerance: 12) == [[0], []])
    #expect([echo, central].withoutEchoes(tolerance: 12) == [[], [0]])
    #expect([central, other].withoutEchoes(tolerance: 12) == [[0], [0]])
    #expect([central, echo].withoutEchoes(tolerance: 4) == [[0], [0]])
    // What is largest beyond the core is another's, and noise that may be.
    #expect(NeighbourhoodUnits(found([10, 7, 0], frames: [1]), of: homes[1]).places.isEmpty)
    #expect(NeighbourhoodUnits(found([10, 9, 0], frames: [1], verdict: .noise), of: homes[1]).places.isEmpty)
  }

  /// A spike is no echo of itself.
  @Test func aSpikeIsNoCompanyToItself() {
    #expect(RoleSearch.accompanied([0, 1, 2], among: [100, 200, 300], lags: -2...2) == 0)
    #expect(RoleSearch.accompanied([0, 2], among: [100, 101, 200], lags: -2...2) == 1)
    #expect(RoleSearch.accompanied([0, 2], among: [100, 110, 200, 210], lags: 8...12) == 2)
    #expect(RoleSearch.accompanied([1], among: [100, 110, 200], lags: -12...(-8)) == 1)
    #expect(RoleSearch.accompanied([], among: [], lags: 0...0) == 0)
  }
}
