public import Foundation
internal import NumPyInterop

/// A folder whose groups of channels (tetrodes, shanks) were sorted each by itself: a result folder a group, and a
/// `sorting.json` that lists them.
public struct GroupedResult: Codable, Sendable {
  /// One group.
  public struct Group: Codable, Sendable {
    /// What it is called.
    public var name: String
    /// Its folder inside.
    public var folder: String
    /// Spikes found; nil where the group could not be sorted.
    public var spikes: Int?
    /// Units found, by verdict.
    public var units: [String: Int]
    /// Why it could not be sorted.
    public var failure: String?

    /// Describes a group.
    public init(name: String, folder: String, spikes: Int?, units: [String: Int], failure: String? = nil) {
      self.name = name
      self.folder = folder
      self.spikes = spikes
      self.units = units
      self.failure = failure
    }
  }

  /// The layout's number.
  public var format = 1
  /// The version that wrote it.
  public var version = ResultFolder.version
  /// The groups, in order.
  public var groups: [Group]

  /// A result of some groups.
  public init(groups: [Group]) { self.groups = groups }

  /// The groups that a folder lists; nil where it holds a single sorting or none.
  public init?(at url: URL) {
    guard let data = try? Data(contentsOf: url.appendingPathComponent(ResultFolder.recordName)),
      let result = try? JSONDecoder().decode(GroupedResult.self, from: data)
    else { return nil }
    self = result
  }

  /// A name as a folder's: letters, digits, dots and dashes, everything else a dash.
  public static func folderName(_ name: String) -> String {
    let kept = name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" }
    let text = String(kept).trimmingCharacters(in: ["-", "."])
    return text.isEmpty ? "group" : text
  }
}
