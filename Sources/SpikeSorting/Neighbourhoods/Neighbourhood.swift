/// Channels of a probe that are sorted together, and those among them whose neurons the sorting keeps.
///
/// A probe sees more neurons than one mixture can part, most of them on a few channels. So it is covered by small sets of
/// channels, the cores, and each is sorted with its surroundings: a neuron is seen whole where its largest channel is in
/// the core, and the surroundings say which spikes are others'.
struct Neighbourhood: Sendable, Equatable {
  /// The channels sorted together, ascending: the core and its surroundings.
  let channels: [Int]
  /// Whether each of `channels` is in the core.
  let isCore: [Bool]
  /// The channels of the core.
  var core: [Int] { zip(channels, isCore).filter(\.1).map(\.0) }

  /// Up to this many channels are taken to see the same neurons, and are sorted as one, as a tetrode is.
  static let fewChannels = 8
  /// Channels in a core: as many as a tetrode has, so that a mixture meets as many neurons as a tetrode shows.
  static let coreSize = 4
  /// Channels of a core lie within so many µm of its first.
  static let coreExtent = 45.0
  /// Channels within so many µm of a core's are its surroundings: 40 µm from the cell body spikes are a fifth as large.
  static let reach = 40.0
  /// A neighbourhood has at most so many channels, those nearest to the core.
  static let mostChannels = 16

  /// Neighbourhoods whose cores hold every channel once, in order along the probe; nil where one sorting serves all.
  ///
  /// - Parameter positions: x and y of every channel in µm.
  static func covering(_ positions: [[Double]]) -> [Neighbourhood]? {
    guard positions.count > fewChannels else { return nil }
    func distance(_ a: Int, _ b: Int) -> Double {
      let (x, y) = (positions[a][0] - positions[b][0], positions[a][1] - positions[b][1])
      return (x * x + y * y).squareRoot()
    }
    // Along the longer side, so that a core is a compact piece of the probe.
    func extent(_ axis: Int) -> Double {
      let places = positions.map { $0[axis] }
      return (places.max() ?? 0) - (places.min() ?? 0)
    }
    let (along, across) = extent(0) > extent(1) ? (0, 1) : (1, 0)
    var left = positions.indices.sorted {
      (positions[$0][along], positions[$0][across], $0) < (positions[$1][along], positions[$1][across], $1)
    }
    var result: [Neighbourhood] = []
    while let first = left.first {
      let near = left.filter { distance($0, first) <= coreExtent }.sorted {
        (distance($0, first), $0) < (distance($1, first), $1)
      }
      let core = Array(near.prefix(coreSize))
      left.removeAll { core.contains($0) }
      func remoteness(_ channel: Int) -> Double { core.map { distance($0, channel) }.min() ?? 0 }
      let around = positions.indices.filter { !core.contains($0) && remoteness($0) <= reach }.sorted {
        (remoteness($0), $0) < (remoteness($1), $1)
      }
      let channels = (core + around.prefix(mostChannels - core.count)).sorted()
      result.append(Neighbourhood(channels: channels, isCore: channels.map(core.contains)))
    }
    return result
  }
}

/// The same where `Sorting` has what it tells of one by that name.
typealias ChannelNeighbourhood = Neighbourhood
