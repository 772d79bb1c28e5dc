package import Foundation

/// Recordings that follow one another as one, after a look at what they say of themselves.
///
/// The same samples twice are refused, and so are other channels than the first's and times that two of them share.
/// Channels in another order are put in that of the first; recordings whose dates or clocks say another order than
/// the given one are put in theirs; where nothing is known the order given stands.
///
/// - Precondition: at least one.
/// - Throws: `RecordingError` where they are not one recording in time.
func joined(_ parts: [any Recording]) throws(RecordingError) -> any Recording {
  guard parts.count > 1 else { return parts[0] }
  try refuseRepeated(parts)
  var alike: [any Recording] = []
  for part in parts { alike.append(try aligned(part, to: parts[0])) }
  let times = alike.map(PartTime.init)
  let order = PartTime.order(of: times)
  var notices: [String] = []
  if order != Array(alike.indices) {
    let names = order.map { times[$0].shortName }
    notices.append(
      "\(times[order[0]].name): the inputs are put in the order of their clocks: \(listed(names))")
  } else if let first = PartTime.countedOtherwise(times) {
    notices.append(
      "\(first): the inputs are joined in the order given, as their files have no clock, though their names count otherwise"
    )
  }
  for (before, after) in zip(order, order.dropFirst()) {
    notices += try times[after].check(after: times[before])
  }
  return try ConcatenatedRecording(order.map { alike[$0] }).noticing(notices)
}

/// A list of which the middle is left out where it is long.
private func listed(_ names: [String]) -> String {
  names.count <= 8 ? names.joined(separator: ", ") : names.prefix(7).joined(separator: ", ") + " …"
}

// MARK: The same samples twice

/// Refuses a file that two inputs share, by whatever path, and inputs whose files are the same, byte by byte.
private func refuseRepeated(_ parts: [any Recording]) throws(RecordingError) {
  try refuseRepeated(files: parts.map { $0.origin.isPartOfFile ? [] : $0.files })
  var likely: [Likeness: Int] = [:]
  for (i, part) in parts.enumerated() where !part.origin.isPartOfFile {
    guard let likeness = try Likeness(part) else { continue }
    guard let other = likely.updateValue(i, forKey: likeness) else { continue }
    var areEqual = part.files.count == parts[other].files.count
    for (own, theirs) in zip(part.files, parts[other].files) where areEqual {
      areEqual = try haveSameBytes(own, theirs)
    }
    if areEqual {
      throw .malformed(
        file: part.name, found: "the same bytes as in \(parts[other].name)", expected: "every recording once")
    }
  }
}

/// Refuses a file that two inputs share, by whatever path leads to it.
///
/// - Parameter files: those of every input.
package func refuseRepeated(files: [[URL]]) throws(RecordingError) {
  var seen: [FileIdentity: Int] = [:]
  for (i, urls) in files.enumerated() {
    for url in urls {
      guard let identity = FileIdentity(url) else { continue }
      if let other = seen[identity], other != i {
        throw .malformed(
          file: url.path, found: "a file that another input holds too, \(files[other][0].path)",
          expected: "every file once")
      }
      seen[identity] = i
    }
  }
}

/// What equal recordings have in common: the sizes of their files, and some bytes of the first.
private struct Likeness: Hashable {
  let sizes: [Int]
  let bytes: [UInt8]

  /// Nil where a recording names no file.
  init?(_ recording: any Recording) throws(RecordingError) {
    guard let url = recording.files.first else { return nil }
    let file = try SampleFile(url)
    sizes = recording.files.map { FileIdentity($0)?.byteCount ?? 0 }
    let middle = file.byteCount / 2
    bytes =
      try file.head(1 << 14) + file.bytes(middle..<min(middle + 1 << 12, file.byteCount))
  }
}

/// A file, whatever path or link leads to it.
struct FileIdentity: Hashable {
  private let device: Int
  private let number: Int
  let byteCount: Int

  /// Nil where there is none.
  init?(_ url: URL) {
    guard
      let values = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path),
      let device = values[.systemNumber] as? Int, let number = values[.systemFileNumber] as? Int,
      let size = values[.size] as? Int
    else { return nil }
    (self.device, self.number, byteCount) = (device, number, size)
  }
}

/// Whether two files hold the same; the first difference ends the comparison.
func haveSameBytes(_ one: URL, _ other: URL) throws(RecordingError) -> Bool {
  let (a, b) = (try SampleFile(one), try SampleFile(other))
  guard a.byteCount == b.byteCount else { return false }
  var place = 0
  var piece = 1 << 14
  while place < a.byteCount {
    let end = min(place + piece, a.byteCount)
    guard try a.bytes(place..<end) == b.bytes(place..<end) else { return false }
    (place, piece) = (end, 1 << 20)
  }
  return true
}

// MARK: Channels

/// A recording with its channels in the order of another's.
private func aligned(_ part: any Recording, to first: any Recording) throws(RecordingError) -> any Recording {
  guard let own = part.origin.channelNames, let wanted = first.origin.channelNames, own != wanted,
    Set(own).count == own.count, Set(wanted).count == wanted.count
  else { return part }
  guard Set(own) == Set(wanted) else {
    throw .malformed(
      file: part.name, found: "the channels \(listed(own))",
      expected:
        "\(listed(wanted)) as in \(first.files.first?.lastPathComponent ?? "the first"); other channels are sorted by themselves"
    )
  }
  let channels = wanted.compactMap { own.firstIndex(of: $0) }
  return RecordingSelection(part, channels: channels).noticing([
    "\(part.name): its channels \(listed(own)) are put in the order of the first input's"
  ])
}

// MARK: Time

/// What a recording says of when it was recorded.
private struct PartTime {
  let name: String
  /// When it began, in seconds of the calendar.
  let date: Double?
  /// Whether the date has a time of day; midnight is where nobody wrote one.
  let isTimed: Bool
  /// What its clock said then, in seconds.
  let clock: Double?
  let clockName: String?
  /// How long it is, gaps and all.
  let length: Double
  let period: Double

  /// Clocks that begin before this are taken to count from their own recording's start.
  private static let nearZero = 1.0
  /// Dates are right to the second.
  private static let dateTolerance = 2.0

  init(_ part: any Recording) {
    name = part.name
    date = part.session?.date?.timeIntervalSince1970
    isTimed = date != nil && part.session?.start?.contains("T00:00:00") == false
    clock = part.clockStart.flatMap { $0.isFinite ? $0 : nil }
    clockName = part.origin.clock
    length = part.seconds + part.gaps.compactMap(\.seconds).reduce(0, +)
    period = 1 / part.samplingRate
  }

  var shortName: String { URL(fileURLWithPath: name).lastPathComponent }

  private func isComparable(_ other: PartTime) -> Bool {
    clock != nil && other.clock != nil && clockName == other.clockName
  }

  /// Whether two clocks hold a time in common.
  private func overlaps(_ other: PartTime) -> Bool {
    guard isComparable(other), let clock, let theirs = other.clock else { return false }
    return min(clock + length, theirs + other.length) - max(clock, theirs) > 1.5 * period
  }

  /// Whether both clocks may have begun anew with their recordings.
  private func beginsAnew(with other: PartTime) -> Bool {
    clockName == nil && other.clockName == nil && abs(clock ?? 0) < Self.nearZero
      && abs(other.clock ?? 0) < Self.nearZero
  }

  /// The order of time: by dates where all have one and they differ, then by clocks where these tell parts apart.
  static func order(of times: [PartTime]) -> [Int] {
    let dates = times.compactMap(\.date)
    let areDated = dates.count == times.count && Set(dates).count > 1
    let names = times.reduce(into: [String?]()) { if !$0.contains($1.clockName) { $0.append($1.clockName) } }
    let isClocked = times.allSatisfy { $0.clock != nil }
    let begunAnew = zip(times, times.dropFirst()).allSatisfy { $0.beginsAnew(with: $1) }
    func key(_ i: Int) -> (Double, Int, Double, Int) {
      (
        areDated ? times[i].date ?? 0 : 0, areDated ? 0 : names.firstIndex(of: times[i].clockName) ?? 0,
        isClocked && !begunAnew ? times[i].clock ?? 0 : 0, i
      )
    }
    return times.indices.sorted { key($0) < key($1) }
  }

  /// The file whose name counts first, where nothing but names is known and they count in another order; nil else.
  static func countedOtherwise(_ times: [PartTime]) -> String? {
    guard times.allSatisfy({ $0.date == nil && $0.clock == nil }),
      Set(times.map { $0.shortName.filter { !$0.isNumber } }).count == 1
    else { return nil }
    let counted = inNaturalOrder(times.map { URL(fileURLWithPath: $0.name) }).map(\.lastPathComponent)
    return counted == times.map(\.shortName) ? nil : times[0].name
  }

  /// Refuses a recording of times that the one before it holds too.
  ///
  /// - Returns: a sentence where that cannot be told.
  func check(after before: PartTime) throws(RecordingError) -> [String] {
    let isLater = date.flatMap { date in before.date.map { date >= $0 + 1 } } ?? false
    if isLater, let date, let earlier = before.date {
      // A clock that began anew is told by the dates.
      guard date + Self.dateTolerance < earlier + before.length else { return [] }
      guard !isComparable(before) || overlaps(before) else { return [] }
    }
    let share =
      clock.map { "\(Self.rounded($0))–\(Self.rounded($0 + length)) s of its clock" } ?? "its dates"
    if overlaps(before), !beginsAnew(with: before) || (isTimed && date == before.date) {
      throw .malformed(
        file: name, found: "\(share), time that \(before.name) holds too",
        expected: "recordings that follow one another; name one of them, or sort each by itself")
    }
    if overlaps(before), date == nil || before.date == nil || !isTimed {
      return [
        "\(name): its clock begins anew, as that of \(before.name) does; they are joined in the order given"
      ]
    }
    if isLater || (clockName == before.clockName && isTimed && date == before.date && !isComparable(before)) {
      return [
        "\(name): by its date it holds time that \(before.name) holds too; both are read, one after the other"
      ]
    }
    return []
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}
