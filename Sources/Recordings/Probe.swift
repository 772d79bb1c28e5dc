public import Foundation

/// Where the contacts of a recording's channels are, and which of them belong together.
public struct Probe: Sendable, Equatable {
  /// One contact wired to a channel.
  public struct Contact: Sendable, Equatable {
    /// The channel of the recording, from 0.
    public let channel: Int
    /// The position across the probe, in micrometres.
    public let xMicrometers: Double
    /// The position along the probe, in micrometres.
    public let yMicrometers: Double
    /// The group (shank, tetrode) the contact belongs to, from 0.
    public let group: Int

    /// A contact.
    public init(channel: Int, xMicrometers: Double, yMicrometers: Double, group: Int = 0) {
      self.channel = channel
      self.xMicrometers = xMicrometers
      self.yMicrometers = yMicrometers
      self.group = group
    }
  }

  /// The contacts, by channel.
  public let contacts: [Contact]

  /// A probe of the given contacts.
  ///
  /// - Precondition: no two contacts on one channel.
  public init(contacts: [Contact]) {
    self.contacts = contacts.sorted { $0.channel < $1.channel }
    precondition(Set(contacts.map(\.channel)).count == contacts.count, "two contacts on one channel")
  }

  /// Four contacts on the corners of a square of 25 µm.
  public static let tetrode = Probe.standard(channelCount: 4)

  /// What is assumed where no probe is given.
  ///
  /// Four channels are a tetrode, a square of 25 µm; any other number is a column 25 µm apart. With a group size
  /// every so many channels in a row are one such group, 200 µm from the next.
  public static func standard(channelCount: Int, channelsPerGroup: Int? = nil) -> Probe {
    let size = max(1, channelsPerGroup ?? channelCount)
    return Probe(
      contacts: (0..<channelCount).map { channel in
        let (group, place) = channel.quotientAndRemainder(dividingBy: size)
        let corner = [(0, 0), (0, 1), (1, 1), (1, 0)]
        let (column, row) = size == 4 ? corner[place] : (0, place)
        return Contact(
          channel: channel, xMicrometers: 200 * Double(group) + 25 * Double(column),
          yMicrometers: 25 * Double(row), group: group)
      })
  }

  /// Tetrodes or shanks of listed channels, each placed as by `standard(channelCount:)` or, where a probe has a contact
  /// for every channel of all of them, by that one.
  static func standard(groups: [[Int]], placedBy placed: Probe? = nil) -> Probe {
    let places = placed.map { Dictionary(uniqueKeysWithValues: $0.contacts.map { ($0.channel, $0) }) } ?? [:]
    let isPlaced = groups.joined().allSatisfy { places[$0] != nil }
    return Probe(
      contacts: groups.enumerated().flatMap { group, channels in
        let own = Probe.standard(channelCount: channels.count).contacts
        return zip(channels, own).map { channel, contact in
          let place = isPlaced ? places[channel] : nil
          return Contact(
            channel: channel, xMicrometers: place?.xMicrometers ?? contact.xMicrometers + 200 * Double(group),
            yMicrometers: place?.yMicrometers ?? contact.yMicrometers, group: group)
        }
      })
  }

  /// The channels of every group, both ascending.
  public var groups: [[Int]] {
    Dictionary(grouping: contacts, by: \.group).sorted { $0.key < $1.key }.map { $0.value.map(\.channel) }
  }

  /// The contact of a channel; nil where none is wired to it.
  public func contact(ofChannel channel: Int) -> Contact? { contacts.first { $0.channel == channel } }

  /// The same contacts wired to other channels: that of channel i to the i-th of the list.
  ///
  /// - Precondition: as many channels as the probe has.
  func spread(over channels: [Int]) -> Probe {
    Probe(
      contacts: contacts.map {
        Contact(
          channel: channels[$0.channel], xMicrometers: $0.xMicrometers, yMicrometers: $0.yMicrometers,
          group: $0.group)
      })
  }

  /// The contacts of some channels, renumbered by the channels' places in the list.
  public func selecting(channels: [Int]) -> Probe {
    Probe(
      contacts: channels.enumerated().compactMap { place, channel in
        contact(ofChannel: channel).map {
          Contact(
            channel: place, xMicrometers: $0.xMicrometers, yMicrometers: $0.yMicrometers, group: $0.group)
        }
      })
  }
}

extension Probe {
  /// Reads a ProbeInterface JSON file, or a `.prb` file of klusta and phy.
  ///
  /// Contacts are wired by `device_channel_indices` (−1: not wired); without it contact i of the file is channel i.
  /// Shanks become groups; the groups of several probes follow one another. Of 3-D positions x and y are taken.
  /// - Parameter channelCount: the channels of the recording.
  /// - Throws: `RecordingError` where the file is no such probe, or does not fit the recording.
  public init(file: URL, channelCount: Int) throws(RecordingError) {
    if file.pathExtension.lowercased() == "prb" {
      self = try PRBFile(file).probe(channelCount: channelCount)
      return
    }
    let json = try decodeJSON(ProbeFile.self, from: file, expected: "a ProbeInterface probe")
    var contacts: [Contact] = []
    var firstContact = 0
    var firstGroup = 0
    for probe in json.probes {
      let count = probe.positions.count
      let scale = try probe.micrometersPerUnit(file)
      func check(_ list: Int?, _ name: String) throws(RecordingError) {
        guard let list, list != count else { return }
        throw .malformed(file: file.path, found: "\(list) \(name)", expected: "\(count), one a contact")
      }
      try check(probe.channels?.count, "device_channel_indices")
      try check(probe.shanks?.count, "shank_ids")
      let shanks = probe.shanks?.map(\.name) ?? []
      let names = shanks.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      for (i, position) in probe.positions.enumerated() {
        let channel = probe.channels?[i] ?? firstContact + i
        guard channel >= 0 else { continue }
        guard position.count >= 2, position.allSatisfy(\.isFinite) else {
          throw .malformed(
            file: file.path, found: "a contact at \(position)", expected: "two finite coordinates")
        }
        let group = shanks.isEmpty ? 0 : names.firstIndex(of: shanks[i]) ?? 0
        contacts.append(
          Contact(
            channel: channel, xMicrometers: position[0] * scale, yMicrometers: position[1] * scale,
            group: firstGroup + group))
      }
      firstContact += count
      firstGroup += max(1, names.count)
    }
    try self.init(wired: contacts, file: file, channelCount: channelCount)
  }

  /// A probe of the contacts a file has wired.
  ///
  /// - Throws: `RecordingError` where they do not fit the recording.
  init(wired contacts: [Contact], file: URL, channelCount: Int) throws(RecordingError) {
    var seen = Set<Int>()
    for contact in contacts {
      guard contact.channel < channelCount else {
        throw .malformed(
          file: file.path, found: "a contact on channel \(contact.channel)",
          expected: "channels below \(channelCount), the recording's number of channels")
      }
      guard seen.insert(contact.channel).inserted else {
        throw .malformed(
          file: file.path, found: "two contacts on channel \(contact.channel)", expected: "one a channel")
      }
    }
    guard !contacts.isEmpty else {
      throw .malformed(file: file.path, found: "no contact wired to a channel", expected: "at least one")
    }
    self.init(contacts: contacts)
  }
}

/// The part of ProbeInterface's JSON that is read.
private struct ProbeFile: Decodable {
  let probes: [Entry]

  struct Entry: Decodable {
    let unit: String?
    let positions: [[Double]]
    let channels: [Int]?
    let shanks: [Shank]?

    enum CodingKeys: String, CodingKey {
      case unit = "si_units"
      case positions = "contact_positions"
      case channels = "device_channel_indices"
      case shanks = "shank_ids"
    }

    func micrometersPerUnit(_ file: URL) throws(RecordingError) -> Double {
      switch unit ?? "um" {
      case "um", "µm": 1
      case "mm": 1e3
      case "m": 1e6
      default: throw .malformed(file: file.path, found: "si_units \(unit ?? "")", expected: "um, mm or m")
      }
    }
  }

  /// A shank's name, a string or a number in the file.
  struct Shank: Decodable {
    let name: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        name = String(number)
      } else {
        name = try value.decode(String.self)
      }
    }
  }
}
