import Foundation
import MadeResults
import NumPyInterop
import Recordings
import SortingFormats
import SpikeDetection
import SpikeSorting
import TestSupport
import Testing

@testable import Viewer

/// The recording is found again in whatever format it was sorted from.
struct RecordingPlaceTests {
  private static let channels = 4
  private static let frames = 3000

  /// A format: what it writes into a folder, and what the user named and said of it.
  struct Format: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var paths: [String]
    var description = RecordingDescription(samplingRate: 30_000)
    var write: @Sendable ([Int16], URL) throws -> Void
  }

  private static func bytes(_ samples: some Sequence<Int16>) -> Data {
    samples.reduce(into: Data()) { data, sample in
      withUnsafeBytes(of: sample.littleEndian) { data.append(contentsOf: $0) }
    }
  }

  private static func text(_ samples: [Int16]) -> String {
    "a,b,c,d\n"
      + stride(from: 0, to: samples.count, by: channels).map { start in
        samples[start..<start + channels].map(String.init).joined(separator: ",") + "\n"
      }.joined()
  }

  static let formats: [Format] = [
    Format(testDescription: "NumPy", paths: ["trace.npy"]) { samples, folder in
      try NPY.write(samples, shape: [frames, channels], to: folder.appendingPathComponent("trace.npy"))
    },
    Format(testDescription: "text", paths: ["trace.csv"]) { samples, folder in
      try Data(text(samples).utf8).write(to: folder.appendingPathComponent("trace.csv"))
    },
    Format(testDescription: "MDA", paths: ["trace.mda"]) { samples, folder in
      let head = [-4, 2, 2, channels, frames].map { Int32($0).littleEndian }
      let data = head.withUnsafeBytes { Data($0) } + bytes(samples)
      try data.write(to: folder.appendingPathComponent("trace.mda"))
    },
    Format(testDescription: "folder", paths: ["trace"]) { samples, folder in
      let inside = folder.appendingPathComponent("trace")
      try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
      let meta = #"{"file":"t.dat","dtype":"int16","sampling_rate_hz":30000,"channels":4}"#
      try Data(meta.utf8).write(to: inside.appendingPathComponent("meta.json"))
      try bytes(samples).write(to: inside.appendingPathComponent("t.dat"))
    },
    Format(
      testDescription: "two flat files", paths: ["one.dat", "two.dat"],
      description: RecordingDescription(samplingRate: 30_000, channelCount: channels, sampleType: .int16)
    ) { samples, folder in
      let cut = 1000 * channels
      try bytes(samples[..<cut]).write(to: folder.appendingPathComponent("one.dat"))
      try bytes(samples[cut...]).write(to: folder.appendingPathComponent("two.dat"))
    },
  ]

  private func samples() -> [Int16] {
    var generator = SeededGenerator(seed: 8)
    return (0..<Self.frames * Self.channels).map { _ in Int16(generator.normal() * 300) }
  }

  /// A sorting of a recording that was opened in a folder, with a stretch of it.
  private func sorting(_ samples: [Int16], _ format: Format, in folder: URL) -> Sorting {
    var sorting = madeSorting()
    sorting.source.frameCount = Self.frames
    sorting.spikes.frames = sorting.spikes.frames.map { $0.indices.map { 20 + 6 * $0 } }
    let raw = samples[4 * 40..<4 * 240].map { Float($0) * 0.195 + 7 }
    sorting.traceExample = .init(
      startFrame: 40, channels: Self.channels, raw: raw, filtered: raw, thresholds: [27, 27, 27, 27],
      sign: .negative
    )
    sorting.source.opened = .init(
      format.paths.map { folder.appendingPathComponent($0) }, description: format.description)
    return sorting
  }

  private func state(_ folder: ResultFolder) async throws -> (isThere: Bool?, reason: String?) {
    let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
    let recording = try await asker.json("api/session")["recording"] as? [String: Any]
    return (recording?["available"] as? Bool, recording?["reason"] as? String)
  }

  @Test(arguments: formats) func theTraceIsShownFromAnyFormat(_ format: Format) async throws {
    let place = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: place) }
    let samples = samples()
    try format.write(samples, place)
    try await withMadeResult(sorting(samples, format, in: place)) { (folder) async throws in
      let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
      let answer = await asker.get("api/trace", "start=900&count=200")
      #expect(answer.status == 200, "\(String(decoding: answer.body, as: UTF8.self))")
      let (values, shape) = try ReadBundle(answer.body).array("samples", "float32", of: Float.self)
      #expect(shape == [4, 200])
      for f in 0..<200 {
        for c in 0..<4 {
          #expect(abs(values[c * 200 + f] - (Float(samples[(900 + f) * 4 + c]) * 0.195 + 7)) < 1e-3)
        }
      }
      // Moved beside the result it is found as well; nowhere, the page says what is missing and where it was.
      for path in format.paths {
        let parent = folder.url.deletingLastPathComponent()
        try FileManager.default.moveItem(
          at: place.appendingPathComponent(path), to: parent.appendingPathComponent(path))
      }
      #expect(try await state(folder).isThere == true)
      let last = try #require(format.paths.last)
      try FileManager.default.removeItem(
        at: folder.url.deletingLastPathComponent().appendingPathComponent(last))
      let gone = try await state(folder)
      #expect(gone.isThere == false)
      let was = place.standardizedFileURL.appendingPathComponent(last).path
      #expect(gone.reason?.contains("\(last) is no longer at \(was)") == true, "\(gone.reason ?? "")")
    }
  }

  @Test func aFileThatIsNoRecordingIsNamed() async throws {
    let place = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: place) }
    let format = Self.formats[2]
    try Data("no recording at all".utf8).write(to: place.appendingPathComponent("trace.mda"))
    try await withMadeResult(sorting(samples(), format, in: place)) { (folder) async throws in
      let found = try await state(folder)
      #expect(found.isThere == false)
      #expect(found.reason?.contains("trace.mda cannot be opened any more") == true, "\(found.reason ?? "")")
    }
  }

  @Test func theMedianIsTakenAsTheSortingDid() async throws {
    let format = Self.formats[0]
    let place = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: place) }
    // All channels carry the same: nothing is left where the median is taken.
    let samples = samples().indices.map { Int16(300 * sin(Double($0 / 4) * 0.3)) }
    try format.write(samples, place)
    for reference in [ReferenceMode.none, .median] {
      var made = sorting(samples, format, in: place)
      made.options.reference = reference
      let result = made
      try await withMadeResult(result) { (folder) async throws in
        let asker = Asker(viewer: try ResultViewer(folder, readOnly: true))
        let answer = await asker.get("api/trace", "start=500&count=1000&filtered=1")
        let largest = try ReadBundle(answer.body).array("samples", "float32", of: Float.self).values.map(abs)
          .max()
        let found = try #require(largest)
        #expect(reference == .none ? found > 20 : found < 1e-3, "\(reference): \(found)")
      }
    }
  }
}
