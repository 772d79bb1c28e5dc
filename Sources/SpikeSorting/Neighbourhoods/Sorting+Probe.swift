internal import LinearAlgebra
internal import MixtureModels
internal import SpikeTrains

extension Sorting {
  /// Sortings of neighbourhoods of a probe, spread over it, as one: units and components numbered through; nil for none.
  ///
  /// - Parameter neighbourhoods: all of the probe's, also those without units.
  init?(
    joining parts: [(home: ChannelNeighbourhood, sorting: Sorting)], of neighbourhoods: [ChannelNeighbourhood]
  ) {
    guard let first = parts.first?.sorting else { return nil }
    self = first
    let longest = parts.compactMap(\.sorting.drift).max { $0.timeFrames < $1.timeFrames }
    var components: [Int: Range<Int>] = [:]
    for (i, (home, part)) in parts.enumerated() {
      var part = part
      // Where nothing was matched nothing is known of drift.
      part.drift = longest.map { part.drift?.lasting($0.timeFrames) ?? $0.ofNothing(part.mixture.components) }
      let before = i == 0 ? 0 : mixture.components
      if i == 0 { self = part } else { append(part) }
      if let place = neighbourhoods.firstIndex(of: home) { components[place] = before..<mixture.components }
    }
    orderSpikes()
    describeMixtures(
      of: neighbourhoods.enumerated().map { place, one in
        Neighbourhood(channels: one.channels, core: one.core, components: Array(components[place] ?? 0..<0))
      })
  }

  /// Says of the mixture that it is those of neighbourhoods side by side, weighted by their spikes.
  private mutating func describeMixtures(of neighbourhoods: [Neighbourhood]) {
    var counts = [Double](repeating: 0, count: mixture.components)
    for component in spikes.components { counts[component] += 1 }
    mixture.weights = counts.map { $0 / Double(max(spikes.count, 1)) }
    mixture.effectiveComponents = Mixture.effectiveCount(of: mixture.weights)
    (mixture.logLikelihood, mixture.selection) = (nil, nil)
    mixture.neighbourhoods = neighbourhoods
  }

  /// The pairs of units whose neighbourhoods share channels: those judged as they were, others by trains, bursts and
  /// waveforms.
  ///
  /// - Parameters:
  ///   - trains: of the units.
  ///   - homes: the neighbourhood of every unit.
  func pairs(
    of trains: [SpikeTrain], homes: [ChannelNeighbourhood], _ measurer: UnitMeasurer, threads: Int
  ) -> [Pair] {
    let judged = Dictionary(pairs.map { ([$0.first, $0.second], $0) }, uniquingKeysWith: { $1 })
    let channels = homes.map { Set($0.channels) }
    let near = homes.indices.flatMap { a in
      (a + 1..<homes.count).filter { !channels[a].isDisjoint(with: channels[$0]) }.map { (a, $0) }
    }
    @Sendable func mean(_ unit: Int, _ waveforms: Waveforms) -> [Double] {
      let size = waveforms.frames * waveforms.channels
      return waveforms.unitMeans[unit * size..<(unit + 1) * size].map(Double.init)
    }
    return Parallel.map(count: near.count, threads: threads) { (i: Int) -> Pair in
      let (a, b) = near[i]
      if let pair = judged[[a, b]] { return pair }
      let likeness = waveforms.map { WaveformPair(mean(a, $0), mean(b, $0), channels: $0.channels) }
      return Pair(
        first: a, second: b,
        measurer.finding(trains[a], trains[b], waveforms: likeness ?? WaveformPair()))
    }
  }

  /// Some of the units with their spikes and components, both numbered in this order.
  func keeping(units kept: [Int]) -> Sorting {
    let components = kept.flatMap { units[$0].components }
    let place = Dictionary(kept.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let number = Dictionary(components.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let chosen = spikes.units.indices.filter { place[spikes.units[$0]] != nil }
    var result = self
    result.spikes = spikes.selecting(chosen)
    result.spikes.units = result.spikes.units.map { place[$0] ?? 0 }
    result.spikes.components = result.spikes.components.map { number[$0] ?? 0 }
    if !spikes.channelsOfComponents.isEmpty {
      result.spikes.channelsOfComponents = components.map { spikes.channelsOfComponents[$0] }
    }
    result.units = kept.map { units[$0] }
    result.pairs = pairs.filter { place[$0.first] != nil && place[$0.second] != nil }
    result.merges = merges.filter { ($0.first + $0.second).allSatisfy { number[$0] != nil } }
    result.renumber(unit: { place[$0] ?? 0 }, component: { number[$0] ?? 0 })
    result.mixture.components = components.count
    // Of components that are no mixture's nothing is known.
    if !mixture.locations.isEmpty { result.mixture.locations = components.map { mixture.locations[$0] } }
    if !mixture.scales.isEmpty { result.mixture.scales = components.map { mixture.scales[$0] } }
    if var waveforms {
      let size = waveforms.frames * waveforms.channels
      waveforms.componentMeans = waveforms.componentMeans.rows(components, of: size)
      waveforms.unitMeans = waveforms.unitMeans.rows(kept, of: size)
      waveforms.unitDeviations = waveforms.unitDeviations.rows(kept, of: size)
      waveforms.keepExamples(ofSpikes: chosen)
      result.waveforms = waveforms
    }
    result.drift?.change { $0.rows(components, of: $1) }
    return result
  }

  /// Gives units and components in all that is said of them other numbers.
  private mutating func renumber(unit: (Int) -> Int, component: (Int) -> Int) {
    for u in units.indices {
      units[u].id = unit(units[u].id)
      units[u].components = units[u].components.map(component)
    }
    for p in pairs.indices {
      (pairs[p].first, pairs[p].second) = (unit(pairs[p].first), unit(pairs[p].second))
    }
    for m in merges.indices {
      (merges[m].first, merges[m].second) = (merges[m].first.map(component), merges[m].second.map(component))
    }
  }

  /// A neighbourhood's sorting as its probe numbers channels: means on all of them, 0 beyond the neighbourhood's; features
  /// and examples on those nearest to each unit's peak.
  ///
  /// - Parameters:
  ///   - own: the neighbourhood's channels.
  ///   - positions: x and y of every channel of the probe in µm.
  ///   - width: channels of features and examples; where there are fewer of its own the next ones follow, with 0.
  func spread(from own: [Int], to positions: [[Double]], width: Int) -> Sorting {
    let nearest = units.map {
      Array(Self.nearestChannels(to: own[$0.peakChannel], own: own, positions: positions).prefix(width))
    }
    let place = Dictionary(own.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    let near = nearest.map { $0.map { place[$0] } }
    let all = positions.indices.map { place[$0] }
    var result = self
    for u in units.indices { result.units[u].peakChannel = own[units[u].peakChannel] }
    result.spikes.featureChannels = width
    result.spikes.features = spikes.features.columns(
      of: own.count, size: spikes.featuresPerChannel, rows: spikes.count
    ) { near[spikes.units[$0]] }
    result.spikes.explainedVariance = []
    result.spikes.channelsOfComponents = units.indices.flatMap { u in
      units[u].components.map { _ in nearest[u] }
    }
    if let waveforms {
      let frames = waveforms.frames
      func wide(_ table: [Float]) -> [Float] {
        table.columns(of: own.count, size: 1, rows: table.count / own.count) { _ in all }
      }
      result.waveforms?.channels = all.count
      result.waveforms?.componentMeans = wide(waveforms.componentMeans)
      result.waveforms?.unitMeans = wide(waveforms.unitMeans)
      result.waveforms?.unitDeviations = wide(waveforms.unitDeviations)
      let unit = waveforms.exampleSpikes.map { spikes.units[$0] }
      result.waveforms?.examples = waveforms.examples.columns(
        of: own.count, size: 1, rows: unit.count * frames
      ) { near[unit[$0 / frames]] }
      result.waveforms?.exampleChannels = unit.flatMap { nearest[$0] }
    }
    result.drift?.change { table, _ in
      table.columns(of: own.count, size: 1, rows: table.count / own.count) { _ in all }
    }
    result.drift?.channels = all.count
    return result
  }

  /// All channels of a probe by their distance from one of them, those of a neighbourhood first.
  private static func nearestChannels(to peak: Int, own: [Int], positions: [[Double]]) -> [Int] {
    let isOwn = Set(own)
    func key(_ channel: Int) -> (Int, Double, Int) {
      let (x, y) = (positions[channel][0] - positions[peak][0], positions[channel][1] - positions[peak][1])
      return (isOwn.contains(channel) ? 0 : 1, x * x + y * y, channel)
    }
    return positions.indices.map(key).sorted(by: <).map(\.2)
  }

  /// Adds another sorting of the same probe, its units and components numbered on; spikes are no longer in order of time.
  mutating func append(_ other: Sorting) {
    var other = other
    let (firstUnit, firstComponent, firstSpike) = (units.count, mixture.components, spikes.count)
    other.renumber(unit: { $0 + firstUnit }, component: { $0 + firstComponent })
    units += other.units
    pairs += other.pairs
    merges += other.merges
    mixture.components += other.mixture.components
    mixture.locations += other.mixture.locations
    mixture.scales += other.mixture.scales
    spikes.frames?.append(contentsOf: other.spikes.frames ?? [])
    spikes.units += other.spikes.units.map { $0 + firstUnit }
    spikes.components += other.spikes.components.map { $0 + firstComponent }
    spikes.amplitudes += other.spikes.amplitudes
    spikes.features += other.spikes.features
    spikes.channelsOfComponents += other.spikes.channelsOfComponents
    if let more = other.waveforms {
      waveforms?.componentMeans += more.componentMeans
      waveforms?.unitMeans += more.unitMeans
      waveforms?.unitDeviations += more.unitDeviations
      waveforms?.exampleSpikes += more.exampleSpikes.map { $0 + firstSpike }
      waveforms?.examples += more.examples
      waveforms?.exampleChannels += more.exampleChannels
    }
    drift?.amplitudes += other.drift?.amplitudes ?? []
    drift?.deviations += other.drift?.deviations ?? []
    warnings += other.warnings.filter { !warnings.contains($0) }
    statedCensoredMilliseconds = [statedCensoredMilliseconds, other.statedCensoredMilliseconds].compactMap(
      \.self
    ).max()
  }

  /// Puts the spikes in order of time; those of one frame stay in theirs.
  mutating func orderSpikes() {
    guard let frames = spikes.frames else { return }
    let order = frames.indices.sorted { (frames[$0], $0) < (frames[$1], $1) }
    var place = [Int](repeating: 0, count: order.count)
    for (n, spike) in order.enumerated() { place[spike] = n }
    spikes = spikes.selecting(order)
    let examples = waveforms?.exampleSpikes ?? []
    waveforms?.exampleSpikes = examples.map { place[$0] }
  }
}

extension Sorting.Drift {
  /// Changes both tables; told the numbers of a component.
  fileprivate mutating func change(_ body: ([Float], Int) -> [Float]) {
    amplitudes = body(amplitudes, timeFrames * channels)
    deviations = body(deviations, timeFrames * channels)
  }

  /// So many components of which nothing is known.
  func ofNothing(_ components: Int) -> Sorting.Drift {
    var result = self
    result.change { _, size in [Float](repeating: 0, count: components * size) }
    return result
  }

  /// As many steps of time, the last one going on: a neighbourhood's last spike may lie before the probe's.
  func lasting(_ steps: Int) -> Sorting.Drift {
    var result = self
    guard timeFrames > 0, timeFrames < steps else { return result }
    result.change { table, size in
      let rows = (0..<table.count / size).flatMap { k in
        (0..<steps).map { k * timeFrames + min($0, timeFrames - 1) }
      }
      return table.rows(rows, of: channels)
    }
    result.timeFrames = steps
    return result
  }
}

extension [Float] {
  /// A table of rows × columns × numbers with other columns, 0 where there is none.
  ///
  /// - Parameters:
  ///   - width: the columns there are, each of `size` numbers.
  ///   - columns: those that a row is to have.
  fileprivate func columns(of width: Int, size: Int, rows: Int, _ columns: (Int) -> [Int?]) -> [Float] {
    var result: [Float] = []
    for row in 0..<rows {
      for column in columns(row) {
        if let column {
          let start = (row * width + column) * size
          result.append(contentsOf: self[start..<start + size])
        } else {
          result.append(contentsOf: repeatElement(0, count: size))
        }
      }
    }
    return result
  }
}
