import LinearAlgebra
import Recordings
import SpikeDetection

/// Units, their verdicts, and what is drawn of them.
struct JudgedSpikes: Sendable {
  var unitOfSpike: [Int]
  var amplitudes: [Float]
  var units: [Sorting.Unit]
  var pairs: [Sorting.Pair]
  var merges: [Sorting.Merge]
  var waveforms: Sorting.Waveforms?
}

extension ClusteredSpikes {
  /// Makes units of components and judges them.
  func judged(merging: Bool, threads: Int) -> JudgedSpikes {
    let step = ComponentsToUnits(spikes: self, threads: threads)
    let (groups, merges) = step.groups(merging: merging)
    let members = step.memberSpikes(groups)
    let means = step.means(of: members)
    let unit = step.unitOfComponent(groups)
    let units = step.units(groups, members: members, means: means)
    let unitOfSpike = components.map { unit[$0] }
    let amplitudes = amplitudes(units: units, unitOfSpike: unitOfSpike)
    return JudgedSpikes(
      unitOfSpike: unitOfSpike, amplitudes: amplitudes,
      units: withMetrics(
        units, members: members, unitOfSpike: unitOfSpike, amplitudes: amplitudes, threads: threads),
      pairs: step.pairs(groups, members: members, means: means), merges: merges,
      waveforms: step.waveforms(members: members, means: means))
  }

  /// The size of every spike at its trough on its unit's channel; without snippets 1 for every spike.
  private func amplitudes(units: [Sorting.Unit], unitOfSpike: [Int]) -> [Float] {
    guard let snippets else { return [Float](repeating: 1, count: frames.count) }
    return unitOfSpike.enumerated().map { n, unit in
      abs(snippets.samples[n * snippets.size + snippets.trough * snippets.channels + units[unit].peakChannel])
    }
  }
}

extension Snippets {
  /// The noise's standard deviation on every channel; 1 where the snippets show none.
  var noise: [Double] {
    SnippetNoise(self).deviations.map { $0 > 0 ? $0 : 1 }
  }
}
