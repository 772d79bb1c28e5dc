internal import LinearAlgebra

/// Where the points of every component of a mixture lie over time, summed so that the mean over any frames is at hand.
struct ComponentHistories: Sendable {
  let frameCount: Int
  let dimensions: Int
  /// Of every component the sums of its points' weights before every frame: frames + 1 numbers.
  private let weights: [[Double]]
  /// The same of weight × frame.
  private let moments: [[Double]]
  /// The same of the points, relative to the data's centre: (frames + 1) × dimensions.
  private let sums: [[Double]]

  /// The mean of a component's points over some frames.
  struct Sample: Sendable {
    let component: Int
    let frames: Range<Int>
    /// How many points it rests on; outliers count for less than one.
    let weight: Double
    /// The mean frame of the points, from the middle of one frame to that of the next.
    let time: Double
    let mean: [Double]
  }

  init(_ summed: Moments, data: MixtureData) {
    let (frames, d) = (data.frameCount, data.dimensions)
    (frameCount, dimensions) = (frames, d)
    var (weights, moments, sums): ([[Double]], [[Double]], [[Double]]) = ([], [], [])
    for k in summed.counts.indices {
      var (weight, moment) = ([0.0], [0.0])
      var sum = [Double](repeating: 0, count: (frames + 1) * d)
      for t in 0..<frames {
        let w = summed.frameWeights[k, t]
        weight.append(weight[t] + w)
        moment.append(moment[t] + w * Double(t))
        for j in 0..<d { sum[(t + 1) * d + j] = sum[t * d + j] + summed.frameSums[k][t, j] }
      }
      weights.append(weight)
      moments.append(moment)
      sums.append(sum)
    }
    (self.weights, self.moments, self.sums) = (weights, moments, sums)
  }

  var componentCount: Int { weights.count }

  /// The weight of a component's points in some frames.
  func weight(of k: Int, in frames: Range<Int>) -> Double {
    weights[k][frames.upperBound] - weights[k][frames.lowerBound]
  }

  /// The mean of a component's points in some frames; nil where there are less than so many.
  func sample(of k: Int, in frames: Range<Int>, atLeast fewest: Double) -> Sample? {
    let weight = weight(of: k, in: frames)
    guard weight >= fewest, weight > 0 else { return nil }
    let (low, high) = (frames.lowerBound, frames.upperBound)
    let mean = (0..<dimensions).map {
      (sums[k][high * dimensions + $0] - sums[k][low * dimensions + $0]) / weight
    }
    return Sample(
      component: k, frames: frames, weight: weight, time: (moments[k][high] - moments[k][low]) / weight,
      mean: mean)
  }

  /// The last points of a component in some frames: as many as asked for in as few frames as hold them.
  func last(_ count: Double, of k: Int, in frames: Range<Int>) -> Sample? {
    var low = frames.upperBound
    while low > frames.lowerBound, weight(of: k, in: low..<frames.upperBound) < count { low -= 1 }
    return sample(of: k, in: low..<frames.upperBound, atLeast: count)
  }

  /// The first points of a component in some frames.
  func first(_ count: Double, of k: Int, in frames: Range<Int>) -> Sample? {
    var high = frames.lowerBound
    while high < frames.upperBound, weight(of: k, in: frames.lowerBound..<high) < count { high += 1 }
    return sample(of: k, in: frames.lowerBound..<high, atLeast: count)
  }

  /// The frames of some that hold all of a component's points but a share at either end.
  func active(_ k: Int, in frames: Range<Int>, leavingOut share: Double) -> Range<Int> {
    let total = weight(of: k, in: frames)
    var (low, high) = (frames.lowerBound, frames.upperBound)
    while low < high, weight(of: k, in: frames.lowerBound..<low + 1) <= share * total { low += 1 }
    while high > low, weight(of: k, in: high - 1..<frames.upperBound) <= share * total { high -= 1 }
    return low..<high
  }
}
