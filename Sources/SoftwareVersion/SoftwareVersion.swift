/// What this build of spikesort is called (semver.org).
public enum SoftwareVersion {
  /// The version; "-dev" stands for the way to it.
  public static let number = "0.2.0-dev"

  /// The first 12 digits of the commit that was built, with ".dirty" where files differed from it; nil where the sources
  /// were no repository.
  public static var commit: String? { builtCommit }

  /// The version with its commit: "0.2.0-dev+1a2b3c4d5e6f".
  public static var full: String { commit.map { "\(number)+\($0)" } ?? number }
}
