public import Foundation

/// When a recording began and of whom it is, as far as its files say so.
public struct RecordingSession: Codable, Sendable, Equatable {
  /// When it began, by ISO 8601: with a zone where the files name one, else in the recording computer's own time.
  public var start: String?
  /// The animal; nil where the files do not describe one.
  public var subject: Subject?
  /// What the recording's clock said when it began; nil where it began with its first frame.
  public var clockAtStart: Double?

  /// The animal recorded from, in NWB's words.
  public struct Subject: Codable, Sendable, Equatable {
    /// The lab's name for it.
    public var identifier: String?
    /// Its species, in Latin.
    public var species: String?
    /// M, F, U (unknown) or O (other).
    public var sex: String?
    /// Its age as an ISO 8601 duration.
    public var age: String?
  }

  init(start: String?, subject: Subject? = nil, clockAtStart: Double? = nil) {
    self.start = start
    self.subject = subject
    self.clockAtStart = clockAtStart
  }

  /// When it began as a date, times without a zone taken as universal; nil where nobody says.
  public var date: Date? { start.flatMap(SessionStart.date) }

  /// The date at which a recording's clock says zero.
  func clockZero(of recording: any Recording) -> Date? {
    date?.addingTimeInterval(-(clockAtStart ?? recording.clock.start))
  }
}

/// What stretch of time a recording lacks.
public struct RecordingGap: Sendable, Equatable {
  /// The first frame after it.
  public var frame: Int
  /// How long it is, in seconds, negative where the clock was set back; nil where the files do not say.
  public var seconds: Double?

  /// Describes a gap.
  public init(frame: Int, seconds: Double?) {
    self.frame = frame
    self.seconds = seconds
  }
}

/// Dates in the words of several formats' headers.
enum SessionStart {
  private static let months = "jan feb mar apr may jun jul aug sep oct nov dec".split(separator: " ")

  /// A date and a time of day as ISO 8601; nil where they are none.
  static func text(
    year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, zone: String = ""
  ) -> String? {
    guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day),
      (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    func padded(_ number: Int, _ width: Int = 2) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month))-\(padded(day))T"
      + [hour, minute, second].map { padded($0) }.joined(separator: ":") + zone
  }

  /// A date and time of day by ISO 8601, in universal time where it names no zone; nil where the text is none.
  static func date(_ text: String) -> Date? {
    let clock = text.split(separator: "T").last ?? ""
    let zoned = clock.contains { "Z+-".contains($0) } ? text : text + "Z"
    let formatter = ISO8601DateFormatter()
    if let date = formatter.date(from: zoned) { return date }
    formatter.formatOptions.insert(.withFractionalSeconds)
    return formatter.date(from: zoned)
  }

  /// Runs of letters and runs of digits, in lower case.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var last = "not begun"
    for character in text.lowercased() {
      let kind = character.isLetter ? "letter" : character.isNumber ? "digit" : "between"
      if kind == last, kind != "between" {
        words[words.count - 1].append(character)
      } else if kind != "between" {
        words.append(String(character))
      }
      last = kind
    }
    return words
  }

  /// The first date and time of day in some words: numbers in the order year, month, day, or month, day, year, or the
  /// day, the month's name and the year; then hours, minutes and seconds, or their six digits.
  static func found(in text: String, monthFirst: Bool = false) -> String? {
    let parts = words(of: text)
    var numbers: [Int] = []
    var month: Int?
    for part in parts {
      if let number = months.firstIndex(where: { part.prefix(3) == $0 }) { month = number + 1 }
      if part.count == 6, let clock = Int(part), numbers.count == (month == nil ? 3 : 2) {
        numbers += [clock / 10_000, clock / 100 % 100, clock % 100]
      } else if part.count <= 4, let number = Int(part) {
        numbers.append(number)
      }
    }
    if let month, numbers.count >= 5 {
      return self.text(
        year: numbers[1], month: month, day: numbers[0], hour: numbers[2], minute: numbers[3],
        second: numbers[4])
    }
    guard month == nil, numbers.count >= 6 else { return nil }
    let date = monthFirst ? [numbers[2], numbers[0], numbers[1]] : Array(numbers[..<3])
    return self.text(
      year: date[0], month: date[1], day: date[2], hour: numbers[3], minute: numbers[4], second: numbers[5])
  }
}
