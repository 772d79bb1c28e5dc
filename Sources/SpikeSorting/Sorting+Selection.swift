extension Sorting.Spikes {
  /// Some of the spikes, by their places.
  package func selecting(_ rows: [Int]) -> Sorting.Spikes {
    let size = featureChannels * featuresPerChannel
    var result = self
    result.frames = frames.map { frames in rows.map { frames[$0] } }
    result.components = rows.map { components[$0] }
    result.units = rows.map { units[$0] }
    // Not known of spikes without times, and not read where not wanted.
    if amplitudes.count == count { result.amplitudes = rows.map { amplitudes[$0] } }
    if features.count == count * size { result.features = features.rows(rows, of: size) }
    return result
  }
}

extension Sorting.Waveforms {
  /// Channels that an example holds.
  public var channelsPerExample: Int {
    exampleChannels.isEmpty ? channels : exampleChannels.count / max(exampleSpikes.count, 1)
  }

  /// An example on all channels, 0 beyond its own: frames × channels.
  public func example(_ place: Int) -> [Float] {
    let width = channelsPerExample
    let own = examples[place * frames * width..<(place + 1) * frames * width]
    guard !exampleChannels.isEmpty else { return Array(own) }
    var result = [Float](repeating: 0, count: frames * channels)
    for (i, value) in own.enumerated() {
      result[i / width * channels + exampleChannels[place * width + i % width]] = value
    }
    return result
  }

  /// Keeps the examples at some places, in that order; they point to the spikes they did.
  package mutating func keepExamples(_ places: [Int]) {
    let width = channelsPerExample
    exampleSpikes = places.map { exampleSpikes[$0] }
    examples = examples.rows(places, of: frames * width)
    if !exampleChannels.isEmpty { exampleChannels = exampleChannels.rows(places, of: width) }
  }

  /// Keeps the examples that are of some spikes, which are numbered by their places.
  package mutating func keepExamples(ofSpikes spikes: [Int]) {
    let number = Dictionary(spikes.enumerated().map { ($1, $0) }, uniquingKeysWith: { $1 })
    keepExamples(exampleSpikes.indices.filter { number[exampleSpikes[$0]] != nil })
    exampleSpikes = exampleSpikes.compactMap { number[$0] }
  }
}

extension Array {
  /// Some rows of a table whose rows are so long.
  func rows(_ rows: [Int], of size: Int) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(rows.count * size)
    for row in rows { result.append(contentsOf: self[row * size..<(row + 1) * size]) }
    return result
  }
}
