import Foundation
import Recordings
import Simulation
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

/// Two staggered columns of contacts, 25 µm apart along the probe.
private func twoColumns(_ count: Int) -> [[Double]] {
  (0..<count).map { [22 * Double($0 % 2), 12.5 * Double($0)] }
}

@Suite struct NeighbourhoodTests {
  @Test func coresHoldEveryChannelOnce() throws {
    for count in [9, 16, 31, 64] {
      let positions = twoColumns(count)
      let neighbourhoods = try #require(Neighbourhood.covering(positions))
      let cores = neighbourhoods.flatMap(\.core)
      #expect(cores.sorted() == Array(0..<count))
      for neighbourhood in neighbourhoods {
        #expect(neighbourhood.channels.count <= Neighbourhood.mostChannels)
        #expect(neighbourhood.channels == neighbourhood.channels.sorted())
        let core = neighbourhood.core
        #expect((1...Neighbourhood.coreSize).contains(core.count))
        for channel in neighbourhood.channels {
          let nearest = core.map {
            hypot(positions[$0][0] - positions[channel][0], positions[$0][1] - positions[channel][1])
          }
          #expect((nearest.min() ?? .infinity) <= Neighbourhood.reach)
        }
        // Beyond its core a neighbourhood sees on both sides, but for the probe's ends.
        #expect(neighbourhood.channels.count > core.count)
      }
    }
  }

  @Test func fewChannelsAreOne() {
    #expect(Neighbourhood.covering(twoColumns(4)) == nil)
    #expect(Neighbourhood.covering(twoColumns(Neighbourhood.fewChannels)) == nil)
  }

  @Test func contactsFarApartAreAlone() throws {
    let neighbourhoods = try #require(Neighbourhood.covering((0..<12).map { [0, 200 * Double($0)] }))
    #expect(neighbourhoods.map(\.channels) == (0..<12).map { [$0] })
  }

  @Test func coincidencesAreCountedOncePerTime() {
    #expect([NeighbourhoodUnits].coincidences([10, 20, 30], [9, 11, 33, 40], tolerance: 2) == 1)
    #expect([NeighbourhoodUnits].coincidences([10, 20, 30], [9, 11, 33, 40], tolerance: 3) == 2)
    #expect([NeighbourhoodUnits].coincidences([], [1], tolerance: 5) == 0)
    #expect([NeighbourhoodUnits].coincidences([1], [], tolerance: 5) == 0)
  }
}

@Suite struct ProbeSortingTests {
  /// Units are counted again by one rule, whatever the channels.
  @Test func aMixtureAtRestIsNotCountedAgain() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var made = SimulationOptions()
    (made.seconds, made.units, made.channels) = (4, 2, 10)
    _ = try simulate(made, to: folder, name: "probe")
    var options = SortingOptions()
    (options.model, options.components, options.growsComponents) = (.atRest(AtRest(.gaussian)), 1...2, false)
    options.restarts = 1
    let sorting = try sort(openRecording(at: [folder]), options: options, threads: 1).sorting
    #expect(sorting.mixture.neighbourhoods != nil && !sorting.units.isEmpty)
    #expect(sorting.refits == nil)
    #expect(sorting.statedCensoredMilliseconds == 0.25)
  }

  @Test func aProbeIsSortedByNeighbourhoods() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = SimulationOptions()
    (options.seconds, options.units, options.channels, options.seed) = (15, 3, 10, 3)
    let truth = try simulate(options, to: folder, name: "probe")
    let recording = try openRecording(at: [folder])
    let sorting = try sort(recording, threads: 1).sorting
    let times = try #require(sorting.spikes.frames)
    #expect(zip(times, times.dropFirst()).allSatisfy(<=))
    let isNoise = sorting.units.map { $0.verdict == .noise }
    let kept = times.indices.filter { !isNoise[sorting.spikes.units[$0]] }
    let comparison = Comparison(
      truthTimes: truth.times, truthLabels: truth.labels, testedTimes: kept.map { times[$0] },
      testedLabels: kept.map { sorting.spikes.units[$0] }, samplingRate: 30_000)
    #expect(comparison.meanAccuracy > 0.8)
    #expect(comparison.redundant.isEmpty)
    #expect(comparison.falsePositive.isEmpty)

    // Every component has features of channels of its own, the unit's largest first, and no waveform beyond.
    let neighbourhoods = try #require(sorting.mixture.neighbourhoods)
    #expect(neighbourhoods.flatMap(\.components).sorted() == Array(0..<sorting.mixture.components))
    #expect(sorting.spikes.channelsOfComponents.count == sorting.mixture.components)
    let waveforms = try #require(sorting.waveforms)
    #expect(waveforms.channels == 10)
    // As on a tetrode: the amplitudes over time, and the units counted again.
    let drift = try #require(sorting.drift)
    #expect((drift.channels, drift.timeFrames) == (10, 3))
    #expect(sorting.refits?.counts.count == Refits.plainCount)
    #expect(sorting.refits?.found == isNoise.count { !$0 })
    for unit in sorting.units {
      for component in unit.components {
        let trough = (component * waveforms.frames + waveforms.troughFrame) * waveforms.channels
        for channel in 0..<10 {
          let mean = waveforms.componentMeans[trough + channel]
          let tracks = (0..<3).map { drift.amplitudes[(component * 3 + $0) * 10 + channel] }
          let deviation = drift.deviations[component * 30 + channel]
          // Matched spikes are placed to a fraction of a frame that the mixture's were not.
          #expect(abs(tracks.reduce(0, +) / 3 - mean) <= 0.15 * abs(mean) + 4 * deviation)
        }
        #expect(sorting.spikes.channelsOfComponents[component].first == unit.peakChannel)
        let home = try #require(neighbourhoods.first { $0.components.contains(component) })
        let size = waveforms.frames * waveforms.channels
        let mean = waveforms.componentMeans[component * size..<(component + 1) * size]
        let far = mean.enumerated().filter { !home.channels.contains($0.offset % 10) }
        #expect(far.allSatisfy { $0.element == 0 })
      }
    }
    #expect(sorting.spikes.features.count == times.count * sorting.spikes.featureChannels * 3)
    // Pairs are those of units whose neighbourhoods share a channel.
    let homes = try sorting.units.map { unit in
      Set(try #require(neighbourhoods.first { $0.components.contains(unit.components[0]) }).channels)
    }
    let near = homes.indices.flatMap { a in
      (a + 1..<homes.count).filter { !homes[a].isDisjoint(with: homes[$0]) }.map { [a, $0] }
    }
    #expect(!near.isEmpty && sorting.pairs.map { [$0.first, $0.second] } == near)
    #expect(waveforms.channelsPerExample == sorting.spikes.featureChannels)

    let again = try sort(recording, threads: 3).sorting
    #expect(again.spikes.frames == sorting.spikes.frames)
    #expect(again.spikes.units == sorting.spikes.units)
    #expect(again.spikes.features == sorting.spikes.features)
    #expect(again.units.map(\.reasons) == sorting.units.map(\.reasons))
    #expect(again.waveforms?.unitMeans == waveforms.unitMeans)
  }
}
