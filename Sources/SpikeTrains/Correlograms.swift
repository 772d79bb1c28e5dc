public import LinearAlgebra

/// All auto- and cross-correlograms of a sorting, from every spike.
///
/// The correlogram of units i and j counts lags d = t_j − t_i in whole frames: to the right of zero, j fires
/// after i. There are `binsPerSide` bins on either side of zero and none centred on it; a lag falls into bin
/// ⌊|d| / width⌋ on the side of d's sign, and lags with |d| at or beyond the window are left out. So (i, j) is the
/// exact mirror of (j, i) and an autocorrelogram its own mirror. A spike is never paired with itself. Two spikes in
/// the same frame have no side: they are kept apart as `coincidences`.
///
/// Where the width is no whole number of frames, bin k starts at the first whole frame not before k widths,
/// computed in integers; bins may then differ by one frame in width (`edges`), and bins narrower than a
/// frame may hold none.
public struct Correlograms: Sendable, Equatable {
  /// The number of units.
  public let unitCount: Int
  /// The number of bins on either side of zero.
  public let binsPerSide: Int
  /// The width of a bin.
  public let binMilliseconds: Double
  /// Frames per second.
  public let samplingRate: Double
  /// The first lag, in frames, of every bin to the right of zero, and the window's end: `binsPerSide` + 1 numbers.
  public let edges: [Int]

  /// For first unit × second unit: pairs in one frame, then pairs with the first unit's spike earlier, by bin.
  private let forward: [Int]

  /// Counts the lags between all spikes within the window.
  ///
  /// - Parameters:
  ///   - times: the frame of every spike, ascending.
  ///   - units: the unit of every spike, 0 ..< `unitCount`; a unit may have no spikes.
  ///   - unitCount: the number of units.
  ///   - samplingRate: frames per second.
  ///   - binMilliseconds: the width of a bin.
  ///   - binsPerSide: the number of bins on either side of zero; the window is this many widths.
  ///   - threads: the number of threads used; the counts do not depend on it.
  /// - Precondition: as many units as times, times ascending, units in range.
  /// - Complexity: O(spikes + pairs within the window), one sorted sweep.
  public init(
    times: [Int], units: [Int], unitCount: Int, samplingRate: Double, binMilliseconds: Double = 1,
    binsPerSide: Int = 30, threads: Int = Parallel.defaultThreads
  ) {
    precondition(times.count == units.count, "every spike needs a time and a unit")
    precondition(binsPerSide > 0 && binMilliseconds > 0, "a correlogram needs a bin")
    self.unitCount = unitCount
    self.binsPerSide = binsPerSide
    self.binMilliseconds = binMilliseconds
    self.samplingRate = samplingRate
    edges = (0...binsPerSide).map {
      FrameLags.notBefore(milliseconds: binMilliseconds, times: $0, samplingRate: samplingRate)
    }
    let sweep = LagSweep(edges: edges, unitCount: unitCount)
    forward = sweep.counts(times: times, units: units, threads: threads)
  }

  /// The correlogram of units `i` and `j`: 2 × `binsPerSide` counts from −window to +window.
  public subscript(i: Int, j: Int) -> [Int] {
    forward[offset(j, i) + 1...offset(j, i) + binsPerSide].reversed()
      + Array(forward[offset(i, j) + 1...offset(i, j) + binsPerSide])
  }

  /// The number of spike pairs of units `i` and `j` that share a frame, each pair once.
  public func coincidences(_ i: Int, _ j: Int) -> Int {
    i == j ? forward[offset(i, i)] : forward[offset(i, j)] + forward[offset(j, i)]
  }

  private func offset(_ i: Int, _ j: Int) -> Int {
    precondition(i >= 0 && i < unitCount && j >= 0 && j < unitCount, "there is no such unit")
    return (i * unitCount + j) * (binsPerSide + 1)
  }
}
