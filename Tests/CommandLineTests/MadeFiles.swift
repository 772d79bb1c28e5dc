import Foundation
import NumPyInterop
import TestSupport

/// Writes numbers as they lie in memory.
func write<Number>(_ numbers: [Number], to file: URL) throws {
  try numbers.withUnsafeBytes { try Data($0).write(to: file) }
}

/// Interleaved noise, in ADC units.
func noise(frames: Int, channels: Int = 4, deviation: Double = 50, seed: UInt64 = 1) -> [Int16] {
  var generator = SeededGenerator(seed: seed)
  return (0..<frames * channels).map { _ in Int16(generator.normal() * deviation) }
}

/// Frames about so far apart as neurons fire: at no clock's pace, as a stimulation's pulses come.
func irregular(from first: Int, to end: Int, by step: Int) -> [Int] {
  var generator = SeededGenerator(seed: 7)
  return stride(from: first, to: end, by: step).map {
    max(first, $0 + Int(generator.normal() * Double(step) / 10))
  }
}

/// Adds a spike to interleaved samples: its trough stands at `frame`, deepest on the first channel.
func addSpike(to samples: inout [Int16], at frame: Int, channels: Int = 4, size: Double = -1500) {
  for (k, share) in [0.1, 0.3, 0.6, 1, 0.7, 0.3, 0, -0.2, -0.2, -0.1].enumerated() {
    for channel in 0..<channels {
      samples[(frame - 3 + k) * channels + channel] += Int16(size * share * (1 - 0.2 * Double(channel)))
    }
  }
}

/// A simulated recording in a folder of its own, and the path to it.
func simulated(
  in folder: URL, name: String = "recording", seconds: Int = 10, units: Int = 3, seed: Int = 1,
  more: [String] = []
) throws -> URL {
  let recording = folder.appendingPathComponent(name)
  let outcome = try spikesort(
    [
      "simulate", "-o", recording.path, "--seconds", "\(seconds)", "--units", "\(units)", "--seed", "\(seed)",
      "--quiet",
    ]
      + more)
  guard outcome.status == 0 else { throw Failure(description: "simulate: \(outcome.errors)") }
  return recording
}

/// What a test needs and did not get.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The numbers of an `.npy` file of a folder.
func numbers(_ name: String, of folder: URL) throws -> [Double] {
  try NPYArray(contentsOf: folder.appendingPathComponent(name)).doubles()
}

/// What stands in a result's `sorting.json`.
func record(of folder: URL) throws -> [String: Any] {
  let data = try Data(contentsOf: folder.appendingPathComponent("sorting.json"))
  return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
}

/// The warnings of a result.
func warnings(of folder: URL) throws -> [String] { try record(of: folder)["warnings"] as? [String] ?? [] }

/// The verdicts of a result's units.
func verdicts(of folder: URL) throws -> [String] {
  (try record(of: folder)["units"] as? [[String: Any]] ?? []).compactMap { $0["verdict"] as? String }
}
