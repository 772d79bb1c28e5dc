public import ArgumentParser
import Foundation
import LinearAlgebra
public import MixtureModels
import Recordings
public import SpikeDetection
public import SpikeSorting

/// How to read a recording whose file does not say it itself.
struct RecordingOptions: ParsableArguments {
  @Option(help: "Frames a second, where the file does not say.")
  var rate: Double?

  @Option(help: "Channels in the file, where it does not say.")
  var channels: Int?

  @Option(help: "Sample type: int16, uint16, int32, float32 or float64.")
  var dtype: String?

  @Option(parsing: .unconditional, help: "µV per unit of the file. Without it amplitudes are in ADC units.")
  var gain: Double?

  @Option(parsing: .unconditional, help: "µV added after the gain.")
  var offset: Double?

  @Option(
    help: "Probe geometry, ProbeInterface JSON or klusta's .prb. Four channels are a tetrode without it.")
  var probe: String?

  @Option(
    help: ArgumentHelp(
      "Channels of a tetrode or shank, each of which is sorted by itself: a number where every so many in a row are one, or "
        + "lists parted by semicolons, e.g. \"0,5,2,7;1,3,4,6\".", valueName: "n|list"))
  var groups: String?

  @Flag(help: "Refuse a recording of which something would be left out, instead of saying what.")
  var strict = false

  var description: RecordingDescription {
    get throws {
      var description = RecordingDescription()
      description.samplingRate = rate
      description.channelCount = channels
      if let dtype {
        guard let type = SampleType(rawValue: dtype) else {
          throw ValidationError(
            "--dtype \(dtype) is not known; expected int16, uint16, int32, float32 or float64.")
        }
        description.sampleType = type
      }
      guard offset == nil || gain != nil else {
        throw ValidationError("--offset goes with --gain; expected both, or none.")
      }
      description.microvoltsPerUnit = gain
      description.offsetMicrovolts = offset
      if let groups {
        if let size = Int(groups) {
          description.channelsPerGroup = size
        } else {
          description.channelGroups = try channelLists(groups)
        }
      }
      description.isStrict = strict
      description.probeFile = probe.map { URL(fileURLWithPath: $0) }
      return description
    }
  }
}

/// Lists of channels, parted by semicolons.
private func channelLists(_ text: String) throws -> [[Int]] {
  try text.split(separator: ";").map { list in
    let words = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let channels = words.compactMap { Int($0) }
    guard channels.count == words.count, !channels.isEmpty else {
      throw ValidationError(
        "--groups \(text) is neither a number nor lists of channels; expected e.g. 4, or \"0,5,2,7;1,3,4,6\"."
      )
    }
    return channels
  }
}

/// How the signal becomes spikes.
struct SignalOptions: ParsableArguments {
  @Option(help: "Band-pass edges in Hz, e.g. 300,6000.")
  var band: String?

  @Option(
    parsing: .unconditional,
    help: "Detection threshold in standard deviations of the noise; -5 is 5 with --peak negative.")
  var threshold: Double?

  @Option(help: "Which deflections are spikes: negative, positive, both or auto.")
  var peak: PeakSign?

  @Option(
    help: ArgumentHelp(
      "What is subtracted from every channel: none, median (of its own group), others (the median of all other groups) or "
        + "\"channels LIST\", e.g. \"channels 8,9\".", valueName: "reference"))
  var reference: String?

  @Option(help: "Channels to leave out, 0-based, e.g. 2,3.")
  var excludeChannels: String?

  @Option(help: "Start of the part to sort, in seconds.")
  var start: Double?

  @Option(help: "End of the part to sort, in seconds.")
  var end: Double?

  @Option(
    help:
      "Stretches that cannot be brain signal: find leaves them out and subtracts stimulation, none sorts all as it is."
  )
  var artifacts: ArtifactHandling?

  @Option(
    help: ArgumentHelp(
      "A CSV of stretches to leave out, a start and an end in seconds a line.", valueName: "file"))
  var excludeTimes: String?

  func apply(to options: inout SortingOptions) throws {
    if let artifacts { options.artifacts = artifacts }
    if let excludeTimes { options.excludedTimes = try readStretches(URL(fileURLWithPath: excludeTimes)) }
    if let band {
      let edges = band.split(separator: ",").compactMap { Double($0) }
      guard edges.count == 2, edges[0] > 0, edges[0] < edges[1] else {
        throw ValidationError("--band \(band) is not a pass band; expected LO,HI in Hz with 0 < LO < HI.")
      }
      options.band = edges
    }
    if let threshold {
      guard threshold != 0, threshold.isFinite else {
        throw ValidationError("--threshold \(threshold) is not possible; expected a number other than 0.")
      }
      guard threshold > 0 || peak == nil || peak == .negative else {
        throw ValidationError(
          "--threshold \(threshold) finds negative deflections and --peak asks for others; expected one of the two."
        )
      }
      options.threshold = abs(threshold)
      if threshold < 0 { options.peak = .negative }
    }
    if let peak { options.peak = peak }
    if let reference { (options.reference, options.referenceChannels) = try referenceChoice(reference) }
    if let excludeChannels {
      let parts = excludeChannels.split(separator: ",").map { Int($0) }
      guard parts.allSatisfy({ $0.map { $0 >= 0 } ?? false }) else {
        throw ValidationError("--exclude-channels \(excludeChannels) is not a list of channel numbers.")
      }
      options.excludedChannels = parts.compactMap { $0 }
    }
    if let start, let end, start >= end {
      throw ValidationError("--start \(start) is not before --end \(end).")
    }
    options.start = start
    options.end = end
  }
}

/// A reference as it is written: a word, or "channels" and their numbers.
private func referenceChoice(_ text: String) throws -> (ReferenceMode, [Int]) {
  if let mode = ReferenceMode(rawValue: text), mode != .channels { return (mode, []) }
  let words = text.split(maxSplits: 1) { $0 == " " || $0 == ":" || $0 == "=" }
  let numbers = words.dropFirst().first?.split(separator: ",").map {
    Int($0.trimmingCharacters(in: .whitespaces))
  }
  guard words.first == "channels", let numbers, !numbers.isEmpty, numbers.allSatisfy({ ($0 ?? -1) >= 0 })
  else {
    throw ValidationError(
      "--reference \(text) is not known; expected none, median, others or \"channels LIST\" with numbers from 0 on."
    )
  }
  return (.channels, numbers.compactMap { $0 })
}

/// How spikes become components.
struct MixtureOptionsGroup: ParsableArguments {
  @Option(help: "Components of the mixture: gaussian, t or drifting-t, the default where times are known.")
  var model: ComponentFamily?

  @Option(help: "Covariances: full, tied, diag or spherical; those of drifting-t are full.")
  var covariance: CovarianceShape?

  @Option(help: "Numbers of components that fits start with, e.g. 2...15.")
  var components: String?

  @Option(help: "Fits for every number of components.")
  var restarts: Int?

  @Option(help: "The seed all random choices hang on.")
  var seed: Int?

  @Option(
    name: .customLong("init"), help: "How fits start: random or kmeans++; those of drifting-t by kmeans++.")
  var initialisation: Initialisation?

  @Option(
    help: "What chooses the number of components: bic, icl or held-out; that of drifting-t is chosen by bic.")
  var criterion: SelectionCriterion?

  @Flag(help: "Leave components that are one neuron apart.")
  var noMerge = false

  @Flag(help: "Do what takes long too: ν and drift by blocks kept out, splits and merges, 20 refits.")
  var thorough = false

  @Option(help: "A set of options by name; lab is the lab's own procedure.")
  var preset: Preset?

  enum Preset: String, ExpressibleByArgument, CaseIterable { case lab }

  /// Takes the choices over; `times` where those of the spikes are known.
  func apply(to options: inout SortingOptions, times: Bool) throws {
    if preset == .lab {
      let lab = SortingOptions.lab
      (options.model, options.restarts, options.merges) = (lab.model, lab.restarts, lab.merges)
    }
    // The lab's procedure has no drift, and without times there is none to see.
    switch model ?? (times || options.isLab ? options.family : .t) {
    case .driftingT: options.model = try drifting()
    case .gaussian: options.model = .atRest(try atRest(.gaussian, like: options))
    case .t: options.model = .atRest(try atRest(.t, like: options))
    }
    if let components {
      options.components = try componentRange(components)
      options.growsComponents = false
    }
    if let restarts {
      guard restarts > 0 else {
        throw ValidationError("--restarts \(restarts) is not possible; expected at least 1.")
      }
      options.restarts = restarts
    }
    if let seed {
      // Restarts count on from it.
      guard (0...1_000_000_000_000_000).contains(seed) else {
        throw ValidationError("--seed \(seed) is not possible; expected 0 to 10^15.")
      }
      options.seed = seed
    }
    if noMerge { options.merges = false }
  }

  private static let atRestModels = "\(ComponentFamily.gaussian.rawValue) or \(ComponentFamily.t.rawValue)"

  /// Drifting components; refuses what they do not follow, unless it says what is done anyway.
  private func drifting() throws -> SortingModel {
    let name = ComponentFamily.driftingT.rawValue
    guard preset != .lab else {
      throw ValidationError(
        "--preset lab has no effect on the model \(name), which has no step in common with the lab's; expected one of "
          + "the two.")
    }
    let done = SortingOptions()
    func refuse(_ option: String, _ said: String, _ reason: String) throws {
      throw ValidationError(
        "--\(option) \(said) has no effect on the model \(name), \(reason); expected that, or the model "
          + "\(Self.atRestModels).")
    }
    if let covariance, covariance != done.covariance {
      try refuse(
        "covariance", covariance.rawValue, "whose covariances are \(done.covariance.rawValue)")
    }
    if let initialisation, initialisation != done.initialisation {
      try refuse(
        "init", initialisation.rawValue, "whose fits start by \(done.initialisation.rawValue)")
    }
    if let criterion, criterion != done.criterion {
      try refuse(
        "criterion", criterion.rawValue,
        "whose windows are chosen and compared by \(done.criterion.rawValue)")
    }
    return .driftingT(thorough: thorough)
  }

  /// Components at rest, in all that is not said here as those before.
  private func atRest(_ shape: AtRest.Shape, like before: SortingOptions) throws -> AtRest {
    guard !(before.isLab && thorough) else {
      throw ValidationError(
        "--thorough has no effect on the lab preset, whose every step is the lab's; expected one of the two.")
    }
    return AtRest(
      shape, covariance: covariance ?? before.covariance,
      initialisation: initialisation ?? before.initialisation, criterion: criterion ?? before.criterion,
      procedure: before.isLab ? .lab : thorough ? .thorough : .standard)
  }

  /// Refuses a model that needs times where there are none.
  func checkModel(times: Bool, of name: String) throws {
    guard model != .driftingT || times else {
      throw ValidationError(
        "--model drifting-t needs the time of every spike, which \(name) does not give; expected --times, or --model t."
      )
    }
  }
}

/// How a command runs and answers.
struct RunOptions: ParsableArguments {
  @Option(help: "Threads to use; results do not depend on it.")
  var threads: Int?

  @Flag(help: "Print one JSON object on stdout.")
  var json = false

  @Flag(help: "No progress on stderr.")
  var quiet = false

  func threadCount() throws -> Int {
    guard let threads else { return Parallel.defaultThreads }
    guard threads > 0 else {
      throw ValidationError("--threads \(threads) is not possible; expected at least 1.")
    }
    return threads
  }
}

/// Where a result goes.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Flag(help: "Replace an earlier result of that name.")
  var overwrite = false
}

/// A range written LO...HI (or LO-HI), or a single number.
private func componentRange(_ text: String) throws -> ClosedRange<Int> {
  let parts = text.replacingOccurrences(of: "...", with: "-").split(
    separator: "-", omittingEmptySubsequences: false)
  let numbers = parts.compactMap { Int($0) }
  guard numbers.count == parts.count, parts.count <= 2, let low = numbers.first, let high = numbers.last,
    low >= 1,
    low <= high
  else {
    throw ValidationError(
      "--components \(text) is not a range; expected LO...HI with 1 ≤ LO ≤ HI, or one number.")
  }
  return low...high
}

extension ComponentFamily: ExpressibleByArgument {}
extension CovarianceShape: ExpressibleByArgument {}
extension PeakSign: ExpressibleByArgument {}
extension ArtifactHandling: ExpressibleByArgument {}
extension Initialisation: ExpressibleByArgument {}
extension SelectionCriterion: ExpressibleByArgument {}
