/// What the mixture models refuse.
public enum MixtureError: Error, Equatable, CustomStringConvertible {
  /// Fewer points than components, or none at all.
  case tooFewPoints(points: Int, components: Int)
  /// A coordinate that is NaN, infinite or beyond 1e70, where squares near overflow.
  case notFinite(row: Int, column: Int)
  /// Starting parameters whose sizes do not fit the points or whose values make no distribution.
  case badStart(String)
  /// An option outside its range.
  case badOption(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .tooFewPoints(let points, let components):
      "a mixture of \(components) components needs at least \(components) points, found \(points)"
    case .notFinite(let row, let column):
      "the points must be numbers within ±1e70, found another in row \(row), column \(column)"
    case .badStart(let why): "the starting parameters of a mixture are wrong: \(why)"
    case .badOption(let why): "a mixture option is out of range: \(why)"
    }
  }
}
