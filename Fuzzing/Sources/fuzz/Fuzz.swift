import CFuzzer
import Foundation
import SortingFormats

/// Runs libFuzzer on one parser, or on whole result folders: `FUZZ_CASE` in the environment, with libFuzzer's own options.
@main
struct Fuzz {
  /// What reads or refuses some bytes, and a folder of its own.
  static let target: (run: @Sendable (Data) throws -> String?, folder: URL) = {
    let environment = ProcessInfo.processInfo.environment
    // A path that is the same on every run, where the run is to be: what the fuzzer learns of comparisons holds paths.
    let folder =
      environment["FUZZ_FOLDER"].map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return (try reader(named: environment["FUZZ_CASE"] ?? "", in: folder), folder)
    } catch {
      fatalError("\(error)")
    }
  }()

  private static func reader(
    named name: String, in folder: URL
  ) throws -> @Sendable (Data) throws -> String? {
    if name == DamagedResults.name {
      let damaged = DamagedResults(folder: folder, formats: ExportFormat.allCases.filter { $0 != .nwb })
      try damaged.prepare(from: URL(fileURLWithPath: "Tests/CurationTests/Fixtures/results-0.1"))
      return { bytes in
        let refusal = try damaged.run(bytes)
        guard DamagedResults.isViewed(bytes) else { return refusal }
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
          do {
            _ = try await damaged.view()
          } catch {
            fatalError("not a refusal: \(error)")
          }
          isDone.signal()
        }
        isDone.wait()
        return refusal
      }
    }
    guard let fuzzed = FuzzCase.all.first(where: { $0.name == name }) else {
      let names = FuzzCase.all.map(\.name) + [DamagedResults.name]
      fatalError("FUZZ_CASE is \(name), expected one of \(names.joined(separator: " "))")
    }
    try fuzzed.prepare(in: folder)
    return { try fuzzed.run($0, in: folder) }
  }

  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    let status = LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
      Fuzz.check(Data(UnsafeBufferPointer(start: bytes, count: count)))
      return 0
    }
    try? FileManager.default.removeItem(at: target.folder)
    exit(status)
  }

  /// Any bytes are read, or refused in one sentence.
  static func check(_ bytes: Data) {
    do {
      let refusal = try target.run(bytes)
      precondition(refusal.map { !$0.contains("\n") } ?? true, "more than a sentence")
    } catch {
      fatalError("not a refusal: \(error)")
    }
  }
}
