import LinearAlgebra
import MixtureModels

/// Spikes far smaller than their unit's that no burst explains.
///
/// Within a burst spikes shrink to half their size and less, so a bursting unit's component is wide, and small background
/// spikes fall into it. But a spike shrinks only after another one: of 1 600 spikes of a simulated bursting unit
/// below 0.6 of its size three in a thousand came alone, of the 1 000 foreign ones in its component nine in ten. Nor does
/// a burst explain one within the refractory period: there lies what a larger spike leaves where its own waveform did not
/// fit, and a handful of those make a clean unit look contaminated.
struct SmallSpikes {
  let mixture: Mixture
  let space: SnippetSpace
  /// The variance of filtered noise along a smooth waveform.
  let noiseVariance: Double
  let samplingRate: Double

  /// Spikes below this share of their unit's size are small, and those further from it than so many deviations of
  /// the noise.
  static let smallestShare = 0.6
  static let deviations = 3.0
  /// A burst's next spike comes within this, in seconds, and not before its neuron's refractory period is over.
  static let burstSeconds = 0.015
  private static let refractorySeconds = Sorting.refractoryMilliseconds / 1000
  /// The cosine of waveforms from which one may be a later spike of the other's bursts.
  static let alikeWaveforms = BurstTest.alikeWaveforms

  /// Which spikes are small and alone.
  ///
  /// - Parameters:
  ///   - frames: of the spikes, ascending.
  ///   - isUnit: which components are units; spikes of others are never small.
  ///   - floors: for every component the size below which spikes are the background's.
  func lone(
    features: Matrix, frames: [Int], steps: [Int], labels: [Int], isUnit: [Bool], floors: [Double]
  ) -> [Bool] {
    let centre = space.axes * space.mean
    let d = mixture.dimensions
    let alike = alikeComponents(centre: centre)
    let reach = Int(Self.burstSeconds * samplingRate)
    let refractory = Int(Self.refractorySeconds * samplingRate)
    var result = [Bool](repeating: false, count: frames.count)
    var last = [Int](repeating: .min / 2, count: mixture.componentCount)
    for n in frames.indices {
      let k = labels[n]
      var (along, square) = (0.0, 0.0)
      for j in 0..<d {
        let template = centre[j] + mixture.locations[k][steps[n], j]
        along += template * (centre[j] + features[n, j])
        square += template * template
      }
      let noise = Self.deviations * (noiseVariance * square).squareRoot()
      let isSmall =
        (along < Self.smallestShare * square && along < square - noise)
        || along < floors[k] * square.squareRoot()
      let follows =
        frames[n] - last[k] >= refractory && alike[k].contains { frames[n] - last[$0] < reach }
      result[n] = isUnit[k] && isSmall && !follows
      if !result[n] { last[k] = frames[n] }
    }
    return result
  }

  /// For every component those with a waveform alike, itself among them.
  private func alikeComponents(centre: [Double]) -> [[Int]] {
    let middle = mixture.frameCount / 2
    let waveforms = mixture.locations.map { path in centre.indices.map { centre[$0] + path[middle, $0] } }
    return waveforms.map { one in
      waveforms.indices.filter { other in
        let norms = (innerProduct(one, one) * innerProduct(waveforms[other], waveforms[other])).squareRoot()
        return innerProduct(one, waveforms[other]) >= Self.alikeWaveforms * norms
      }
    }
  }
}
