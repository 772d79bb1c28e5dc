public import LinearAlgebra

/// How the parameters of a fit start.
public enum Initialisation: String, Sendable, CaseIterable, Codable {
  /// The lab's: distinct points drawn at random as means, the covariance of all points for every component.
  case random
  /// Means drawn far from each other (k-means++, Arthur and Vassilvitskii 2007), and for every component the
  /// covariance of all points over 2·K^(2/d), the volume K of them would share.
  case kMeansPlusPlus = "kmeans++"
}

/// When a fit has converged.
public enum Tolerance: Sendable, Equatable {
  /// The penalised log-likelihood of all points changed by less than this.
  case total(Double)
  /// The penalised log-likelihood changed by less than this times the number of points.
  case perPoint(Double)
}

/// What a fit by EM does, whatever the model.
public struct MixtureOptions: Sendable, Equatable {
  /// ν, infinite for Gaussians.
  public var degreesOfFreedom: Double = .infinity
  /// The shape of the scale matrices.
  public var covariance: CovarianceShape = .full
  /// How the parameters start.
  public var initialisation: Initialisation = .kMeansPlusPlus
  /// α of a symmetric Dirichlet prior on the weights: wₖ = (Nₖ + α − 1) / (N + K(α − 1)); 1 is none.
  public var weightPrior: Double = 1
  /// What is added to the diagonal of every scale matrix in every iteration, in the points' squared units.
  public var covarianceRidge: Double = 1e-6
  /// Full and tied scale matrices with a condition number above this, the points' columns put on a common scale,
  /// have their small eigenvalues lifted; infinite to lift none but those of a matrix that is singular.
  public var maximumConditionNumber: Double = 1e8
  /// Components of a weight under this are removed.
  public var pruningWeight: Double = 0
  /// Components with less than this many points (weighted responsibility) are removed.
  public var starvationCount: Double = 0
  /// How many points' worth of its last scale every component keeps in an iteration; 0 is plain EM.
  ///
  /// A component that falls silent for a while keeps its scale by this instead of shrinking to nothing.
  public var scaleInertia: Double = 0
  /// How many points' worth of its last location every drifting component keeps in the first frame; 0 is plain EM.
  ///
  /// 1 is the Kalman filter of MoKsm, whose prior has the component's own scale as covariance.
  public var locationInertia: Double = 0
  /// The covariance of one frame's step of the random walk of every location, dimensions × dimensions, in the
  /// points' squared units per frame. Needed for points in several frames.
  public var driftPerFrame: Matrix?
  /// How much further clusters far from the origin drift: `driftPerFrame` is multiplied by 1 + this × the mean square
  /// length of a component's location before the step. A waveform that moves changes in proportion to its size. 0 is one
  /// drift for all; with more the fit depends on where the points' origin is, and an iteration raises the likelihood
  /// penalised by the drift it took, not always that of the drift that follows.
  public var relativeDrift: Double = 0
  /// Whether the restarts of a selection race on a sample of the points, where there are many of them at rest; those
  /// that trail are dropped.
  public var racesRestarts: Bool = false
  /// Rounds in which a selection without a race lets every number of components try splits and merges of what its
  /// neighbours found; 0 is restarts alone. The number bounds the search.
  public var splitMergeRounds: Int = 0
  /// When a fit has converged.
  public var tolerance: Tolerance = .perPoint(1e-5)
  /// A fit does not stop before this many M-steps.
  public var minimumIterations: Int = 1
  /// A fit stops after this many M-steps.
  public var maximumIterations: Int = 500

  /// The defaults: Gaussians of full covariance from a k-means++ start.
  public init() {}

  /// The lab's algorithm, digit for digit: Gaussians from random points, Dirichlet α = 5, ridge 1e-6, components
  /// under 1 % pruned, until the log-likelihood changes by less than 1e-6 or for 100 iterations.
  public static var lab: MixtureOptions {
    var options = MixtureOptions()
    options.initialisation = .random
    options.weightPrior = 5
    options.maximumConditionNumber = .infinity
    options.pruningWeight = 0.01
    options.tolerance = .total(1e-6)
    options.maximumIterations = 100
    return options
  }

  /// - Throws: `badOption`.
  func validate(dimensions d: Int, frames: Int) throws(MixtureError) {
    guard degreesOfFreedom > 0 else { throw .badOption("the degrees of freedom must be above 0") }
    guard weightPrior >= 1 else { throw .badOption("the Dirichlet prior of the weights must be at least 1") }
    guard covarianceRidge >= 0 else { throw .badOption("the covariance ridge must not be negative") }
    guard maximumConditionNumber > 1 else { throw .badOption("the condition number's bound must be above 1") }
    guard (0..<1).contains(pruningWeight) else { throw .badOption("the pruning weight must lie in 0..<1") }
    guard maximumIterations >= 0 else { throw .badOption("the iterations must not be negative") }
    guard splitMergeRounds >= 0 else {
      throw .badOption("the rounds of splits and merges must not be negative")
    }
    guard scaleInertia >= 0, locationInertia >= 0 else {
      throw .badOption("the inertia of scales and locations must not be negative")
    }
    guard relativeDrift >= 0 else { throw .badOption("the relative drift must not be negative") }
    guard frames > 1 else { return }
    guard let driftPerFrame, driftPerFrame.rows == d, driftPerFrame.columns == d else {
      throw .badOption("points in several frames need a drift covariance of \(d) × \(d)")
    }
    guard (try? driftPerFrame.choleskyFactor()) != nil else {
      throw .badOption("the drift covariance must be positive definite")
    }
  }
}
