import Foundation
import LinearAlgebra
import SpikeTrains
import Testing

@testable import SpikeSorting

/// Units of neighbourhoods as those of one probe.
struct JoinedUnitsTests {
  /// One unit of a neighbourhood, largest on the first channel of the core; its features are their channel's number.
  private func part(channels: [Int], core: [Int], frames: [Int]) -> NeighbourhoodUnits {
    let peak = channels.firstIndex(of: core[0]) ?? 0
    let shape: [Float] = [0, -20, -100, -30, 10]
    let mean = shape.flatMap { value in channels.indices.map { $0 == peak ? value : 0 } }
    let sorting = Sorting(
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
        unitDeviations: mean, exampleSpikes: [0], examples: mean))
    return NeighbourhoodUnits(
      sorting, of: Neighbourhood(channels: channels, isCore: channels.map(core.contains)), belonging: [1])
  }

  private func joined(_ parts: [NeighbourhoodUnits], positions: [[Double]]) -> JoinedUnits {
    JoinedUnits(
      parts: parts, chosen: parts.indices.map { .init(part: $0, unit: 0) }, channelPositions: positions)
  }

  /// One contact far from the others takes no channel from their features.
  @Test func anIsolatedContactCostsOthersNothing() {
    let positions = (0..<9).map { [0, 20 * Double($0)] } + [[0, 5000]]
    let parts = [
      part(channels: Array(0..<9), core: [4, 5], frames: [100, 300]),
      part(channels: [9], core: [9], frames: [200]),
    ]
    let spikes = joined(parts, positions: positions).spikes
    #expect(spikes.featureChannels == 9)
    #expect(spikes.channelsOfComponents[0] == [4, 3, 5, 2, 6, 1, 7, 0, 8])
    #expect(spikes.channelsOfComponents[1].prefix(3) == [9, 8, 7])
    #expect(spikes.features.count == 3 * 9 * 3)
    #expect(Array(spikes.features[0..<6]) == [5, 5, 5, 4, 4, 4])
    // Its own channel, then what was not sorted there.
    #expect(Array(spikes.features[27..<54]) == [10, 10, 10] + [Float](repeating: 0, count: 24))
  }

  /// Two cores can have the same surroundings; a component is still of one of them.
  @Test func componentsOfEqualChannelListsAreListedOnce() {
    let channels = Array(0..<9)
    let parts = [
      part(channels: channels, core: [0, 1, 2, 3], frames: [100]),
      part(channels: channels, core: [4, 5, 6, 7], frames: [200]),
    ]
    let mixture = joined(parts, positions: channels.map { [0, 5 * Double($0)] }).mixture(
      neighbourhoods: parts.map(\.neighbourhood))
    #expect(mixture.neighbourhoods?.map(\.components) == [[0], [1]])
  }

  /// Halves of bursts are seen as such also where two neighbourhoods found one each.
  @Test func burstsAcrossNeighbourhoodsAreSeen() {
    let channels = Array(0..<9)
    let first = (0..<80).map { 150_000 * $0 + 1000 }
    let parts = [
      part(channels: channels, core: [0, 1, 2, 3], frames: first),
      part(channels: channels, core: [0, 4, 5, 6], frames: first.map { $0 + 150 }),
    ]
    let pairs = joined(parts, positions: channels.map { [0, 5 * Double($0)] }).pairs(
      frames: 0..<12_000_000, samplingRate: 30_000, gaps: .none, threads: 1)
    #expect(pairs.map(\.verdict) == [.split])
    #expect(pairs.first?.reasons.first?.contains("a burst whose spikes change size") == true)
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
