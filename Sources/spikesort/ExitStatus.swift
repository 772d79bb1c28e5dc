import ArgumentParser
import Curation
import Foundation
import MixtureModels
import NumPyInterop
import Recordings
import Simulation
import SortingFormats
import SpikeDetection
import SpikeSorting
import Viewer

/// The exit codes of the command line (those of sysexits.h).
enum ExitStatus {
  static let usage: Int32 = 64
  static let badInput: Int32 = 65
  static let ourFault: Int32 = 70
  static let inputOutput: Int32 = 74

  /// The code an error calls for; nil where ArgumentParser knows better.
  static func code(for error: any Error) -> Int32? {
    switch error {
    case let error as ResultError:
      switch error {
      case .folderExists, .fileExists, .folderInPlace, .notAResult: usage
      case .missingFile, .unrecognised, .editedInPhy, .damaged, .severalGroups: badInput
      case .inputOutput, .beingWritten, .notPlaced, .notKept: inputOutput
      }
    case let error as RecordingError:
      switch error {
      case .unreadable: inputOutput
      case .invalidOption, .unstated: usage
      case .npy(let error): code(for: error)
      case .missing, .malformed, .notFinite, .notWhole: badInput
      }
    case let error as NPYError:
      switch error {
      case .unreadable, .unwritable: inputOutput
      default: badInput
      }
    case let error as MixtureError:
      switch error {
      case .badOption, .badStart: usage
      default: badInput
      }
    case let error as SortingError:
      switch error {
      case .badOption, .badChoice: usage
      case .badInput, .unstated: badInput
      }
    case let error as SpikeDetectionError:
      switch error {
      case .invalidBand, .invalidOption: usage
      case .noSignal: badInput
      }
    case let error as CurationError:
      switch error {
      case .impossible, .badJournal: badInput
      case .stale, .readOnly, .notWritten: inputOutput
      }
    case let error as SimulationError:
      switch error {
      case .badOption: usage
      case .unwritable: inputOutput
      }
    case is ViewerError, is OutputError, is CocoaError, is POSIXError: inputOutput
    case is ValidationError, is CommandSuggestion: usage
    case is CleanExit, is ExitCode: nil
    default:
      String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") ? nil : ourFault
    }
  }

  /// The sentence of a library's error whose way out is a flag; nil of others.
  private static func flagged(_ error: any Error) -> String? {
    switch error {
    case let error as RecordingError:
      let isMissing = if case .unstated = error { true } else { false }
      return error.sentence { option in
        switch option {
        case .samplingRate: isMissing ? "--rate HZ" : "--rate"
        case .channelCount: isMissing ? "--channels N" : "--channels"
        case .sampleType: isMissing ? "--dtype TYPE" : "--dtype"
        case .microvoltsPerUnit: "--gain"
        case .offsetMicrovolts: "--offset"
        case .channelGroups: "--groups"
        case .isStrict: "--strict"
        }
      }
    case ResultError.folderExists, ResultError.fileExists:
      return "\(error): add --overwrite"
    case SortingError.badChoice(let sentence, of: let choices),
      SortingError.unstated(let sentence, of: let choices):
      let flags = choices.map { choice in
        switch choice {
        case .components: "--components"
        case .excludedChannels: "--exclude-channels"
        case .start: "--start"
        case .end: "--end"
        case .samplingRate: "--rate"
        }
      }
      return "\(sentence) (\(flags.joined(separator: ", ")))"
    default: return nil
    }
  }

  /// The error in one sentence.
  static func sentence(for error: any Error) -> String {
    if let error = error as? ValidationError { return error.message }
    if let sentence = flagged(error) { return sentence }
    if type(of: error) is any CustomStringConvertible.Type, !(error is CocoaError) {
      return String(describing: error)
    }
    return (error as NSError).localizedDescription
  }
}
