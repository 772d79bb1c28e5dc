/// The limits behind the verdicts, each with its reason.
public struct VerdictLimits: Sendable, Equatable {
  /// Limits as documented.
  public init() {}

  // MARK: Units

  /// Fewer spikes are too few to judge: neither a covariance of a dozen features nor a count of violations means
  /// anything below some ten spikes a feature.
  public var fewestSpikes = 100
  /// A single unit is one whose chance of a precision of 0.95 is at least this. Most units are far from it on one side or the
  /// other: of 179 units above it, in 36 simulated recordings of 28 kinds each judged by weights that were fitted to the other
  /// kinds, 0.99 were right and none had a precision below 0.8; of those that deserve it (500 spikes) 0.92 were above it.
  /// At 0.5 it would be 0.94 and 0.96, at 0.85 1.00 and 0.85. Neurons that fire one after the other and never together are
  /// left out here: none of the numbers tells them apart.
  public var singleChance = 0.7
  /// Where fewer violations would be expected were all spikes strangers, the train could not contradict one neuron.
  public var fewestExpectedViolations = 1.0
  /// Where the upper end of the contamination's interval is below this, the refractory trough alone speaks for one
  /// neuron. Twice the contamination a single unit may have: the interval's upper end lies about that far above the
  /// truth of a clean unit of a few thousand spikes.
  public var provenContamination = 0.10
  /// Heaps of collisions scatter with 7 times the noise's variance and more; from here a unit without
  /// a proven trough is noise.
  public var heapResidualVariance = 6.0

  // MARK: Pairs

  /// The chance of so few coincidences between independent neurons below which two units share a trough. With some
  /// ten units there are some fifty pairs, and likeness is demanded as well.
  public var sharedTroughChance = 0.01
  /// Coincidences over expected ones up to which the shared trough counts as deep, and from which, if certain, the
  /// units are different: two halves of a neuron with an eighth of strangers each reach a quarter.
  public var sharedTroughRatio = 0.25
  /// The chance of so many coincidences within a shared trough below which the units are different.
  public var brokenTroughChance = 0.01
  /// Fewer coincidences never part two units: a few can be one event detected twice.
  public var fewestCoincidences = 3
  /// The cosine of two mean waveforms from which they may be one neuron's; bursts broaden spikes and drift moves them,
  /// so that halves of one neuron lie between 0.9 and 1.
  public var alikeWaveforms = 0.9
  /// The factor between the sizes of two waveforms within which they may be one neuron's: within bursts spikes
  /// shrink to about 0.45.
  public var alikeScale = 0.4...2.5
  /// The cosine below which waveforms of two units active together are different neurons': no burst
  /// changes the footprint over the channels that much.
  public var unlikeWaveforms = 0.7
  /// The cosine of the waveforms where one unit hands over to the other, from which drift explains the pair.
  /// Stricter than likeness, because nothing but continuity speaks for such a pair.
  public var continuousWaveforms = 0.95
  /// The overlap of their activities up to which two units take turns.
  public var takingTurns = 0.3
  /// The overlap of their activities from which two units are active together.
  public var activeTogether = 0.5
  /// The overlap below which two units active together stand apart in the features: then a shared trough is no proof.
  /// Collisions of two neurons with alike waveforms are the spikes most often missed, and their loss empties
  /// the trough too (of 24.8 coincidences 1 was left between two neurons of cosine 0.94 in a simulated tetrode).
  public var separateOverlap = 0.005
  /// Where waveforms are not known, the share of spikes the mixture cannot tell apart from which components touch.
  public var touchingOverlap = 0.02
  /// The cosine and the factor of size from which a few spikes are a fragment of a unit they touch in the mixture:
  /// fragments in simulated tetrodes had 0.993 to 0.997 and 0.99 to 1, different neurons 0.98 at most.
  public var fragmentWaveforms = 0.985
  /// See `fragmentWaveforms`.
  public var fragmentScale = 0.9...1.1
  /// The chance of no coincidence at all below which such a fragment is joined: so few spikes are expected to meet
  /// three times or so.
  public var fragmentChance = 0.1
}
