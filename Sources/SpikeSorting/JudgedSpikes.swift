import LinearAlgebra

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

extension FeatureInput.Snippets {
  /// The noise's standard deviation on every channel, from the snippets' first frames, before the spikes.
  ///
  /// The median absolute deviation over 0.6745 of the first fifth of the frames before the trough.
  func noise(trough: Int) -> [Double] {
    let quiet = max(1, trough / 5)
    return (0..<channels).map { channel in
      var values: [Float] = []
      for n in 0..<samples.count / (frames * channels) {
        for f in 0..<quiet { values.append(samples[(n * frames + f) * channels + channel]) }
      }
      guard !values.isEmpty else { return 1 }
      values.sort()
      let centre = values[values.count / 2]
      let distances = values.map { abs($0 - centre) }.sorted()
      let deviation = Double(distances[distances.count / 2]) / 0.674_489_750_196_081_7
      return deviation > 0 ? deviation : 1
    }
  }
}
