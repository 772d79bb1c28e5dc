/// What goes wrong between a result and its folder; each prints one sentence.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  /// The output folder exists and may not be replaced.
  case folderExists(path: String)
  /// The output file exists and may not be replaced.
  case fileExists(path: String)
  /// The output is to be a file, and a folder stands there.
  case folderInPlace(path: String)
  /// The output folder exists and is not a result, so it is never replaced.
  case notAResult(path: String, marker: String)
  /// The folder to read holds no result, or not this file of it.
  case missingFile(path: String, expected: String)
  /// What is there holds nothing of what was asked for.
  case unrecognised(path: String, found: String, expected: String)
  /// Another program changed the units, so that what the result says of them no longer fits.
  case editedInPhy(path: String, found: String)
  /// A file of the result is not what it should be.
  case damaged(path: String, found: String, expected: String)
  /// The folder holds groups that were sorted each by itself.
  case severalGroups(path: String, example: String)
  /// Another process writes to the output folder.
  case beingWritten(path: String)
  /// The output is whole, but could not be put in its place and lies elsewhere.
  case notPlaced(path: String, reason: String, kept: String)
  /// The output stands in its place; what stood there before could not be moved to a name of its own.
  case notKept(path: String, earlier: String, reason: String)
  /// Reading or writing failed.
  case inputOutput(path: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .folderExists(let path):
      "the output folder \(path) is there already; name another one, or ask for it to be replaced"
    case .fileExists(let path):
      "the output file \(path) is there already; name another one, or ask for it to be replaced"
    case .folderInPlace(let path):
      "\(path) is a folder, and the output is one file; name a file"
    case .notAResult(let path, let marker):
      "the output folder \(path) holds something else than an earlier result (no \(marker)), "
        + "so it is never replaced; name another folder"
    case .missingFile(let path, let expected):
      "\(path) is missing; expected \(expected)"
    case .unrecognised(let path, let found, let expected):
      "\(path): found \(found), expected \(expected)"
    case .editedInPhy(let path, let found):
      "\(path) was edited in Phy: found \(found); spikesort view takes units merged or split there over, and compare "
        + "reads them as they are"
    case .damaged(let path, let found, let expected):
      "\(path) is damaged: found \(found), expected \(expected)"
    case .severalGroups(let path, let example):
      "\(path) holds several groups, each a result of its own; name one of them, as \(example)"
    case .beingWritten(let path):
      "another spikesort is writing to \(path); wait for its end or name another place"
    case .notPlaced(let path, let reason, let kept):
      "\(path) was left as it is: \(reason); what was to stand there is whole and lies at \(kept)"
    case .notKept(let path, let earlier, let reason):
      "\(path) is new and whole; the earlier one, which somebody worked on, could not be moved aside (\(reason)) "
        + "and lies at \(earlier)"
    case .inputOutput(let path, let reason):
      "\(path) could not be written or read: \(reason)"
    }
  }
}
