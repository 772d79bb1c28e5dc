public import LinearAlgebra
internal import MixtureModels
package import Recordings
public import SpikeDetection
public import SpikeTrains

/// The spikes of a sorting: a row a spike, in order of time, to which every stage adds its columns.
public struct SpikeTable: Sendable {
  // Detect.

  /// The frames, counted from the start of what is sorted, the snippets and the noise they stand in.
  public var detected: DetectedSpikes
  /// The length of what is sorted in frames.
  public let frameCount: Int
  /// What was not recorded between the frames.
  let gaps: FrameGaps
  /// The frames that are left out: no time passes in them, neither for drift nor for rates.
  let excluded: FrameSet
  /// Whether times are known; else frames number the spikes.
  var hasTimes = true
  /// The frame from which drift is followed.
  var firstFrame = 0

  // Describe.

  /// Spikes × dimensions.
  public var features = Matrix(rows: 0, columns: 0)
  /// Where the features lie among whitened snippets; nil for features from elsewhere.
  var space: SnippetSpace?

  // Cluster.

  /// The component of every spike.
  public var clusters = SpikeClusters(labels: [], count: 0)

  // Resolve.

  /// For every component why it is known to be no neuron's; empty or nil where it may be one's.
  public var noiseFindings: [NoiseFinding?] = []
  /// Whether heaps of collisions were told by matching, so that the scatter of waveforms need not tell them.
  public var isMatched = false
  /// Spikes of a unit nearer to each other than this were not both kept, in ms.
  public var censoredMilliseconds: Double
  /// The amplitudes of the components over time; nil where they were not matched.
  var drift: Sorting.Drift?

  /// Spikes as they were detected.
  init(
    _ detected: consuming DetectedSpikes, frameCount: Int, gaps: FrameGaps, excluded: FrameSet = .none
  ) {
    self.excluded = excluded
    censoredMilliseconds = detected.lockoutMilliseconds
    self.detected = detected
    self.frameCount = frameCount
    self.gaps = gaps
  }

  /// The number of spikes.
  public var count: Int { detected.count }
  /// The snippets; nil where none are known.
  var snippets: Snippets? { detected.snippets.size > 0 ? detected.snippets : nil }
  /// The noise's standard deviation on every channel; nil where it is not known.
  var noise: [Double]? { detected.noise.deviations.isEmpty ? nil : detected.noise.deviations }
  /// The number of components.
  var componentCount: Int { clusters.mixture.components }
  /// The time of every spike from where drift is followed, without what is left out.
  var seconds: [Double] {
    let first = excluded.framesLeft(before: firstFrame)
    return detected.frames.map { Double(excluded.framesLeft(before: $0) - first) / detected.samplingRate }
  }

  /// The spikes of a train.
  func train(_ members: [Int]) -> SpikeTrain {
    SpikeTrain(
      times: members.map { detected.frames[$0] }, frames: frameCount, samplingRate: detected.samplingRate,
      gaps: gaps, without: excluded)
  }

  /// Why some components together are no neuron's; nil where one of them may be.
  func noiseFinding(_ components: [Int]) -> NoiseFinding? {
    let findings = components.compactMap { $0 < noiseFindings.count ? noiseFindings[$0] : nil }
    return findings.count == components.count ? findings.first : nil
  }

  /// The first principal components of whole whitened snippets as features.
  mutating func describe(dimensions: Int, threads: Int) throws {
    let space = try SnippetSpace(of: detected, dimensions: dimensions)
    features = space.features(of: detected, threads: threads)
    self.space = space
  }

  /// What is known beside the rows.
  var emptied: SpikeTable {
    var result = self
    result.detected = detected.replaced(frames: [], snippets: detected.snippets.emptied)
    result.features = Matrix(rows: 0, columns: features.columns)
    (result.clusters.labels, result.clusters.track) = ([], nil)
    result.clusters.responsibilities = Matrix(rows: 0, columns: 0)
    return result
  }

  /// The described spikes whose snippets lie in a stretch, as a table of that stretch.
  func during(_ stretch: Range<Int>) -> SpikeTable {
    let (before, after) = (detected.snippets.trough, detected.snippets.frames - detected.snippets.trough)
    let low = detected.frames.firstPlace { $0 >= stretch.lowerBound + before }
    let high = detected.frames.firstPlace { $0 >= stretch.upperBound - after }
    let rows = low..<Swift.max(low, high)
    var part = SpikeTable(
      detected.replaced(
        frames: detected.frames[rows].map { $0 - stretch.lowerBound },
        snippets: detected.snippets.selecting(rows)),
      frameCount: stretch.count, gaps: gaps.from(frame: stretch.lowerBound),
      excluded: excluded.within(stretch))
    part.features = features.selecting(rows: rows)
    part.space = space
    return part
  }
}
