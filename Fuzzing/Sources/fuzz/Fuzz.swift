import CFuzzer
import Foundation

/// Runs libFuzzer on one parser, `FUZZ_CASE` in the environment, with libFuzzer's own options.
@main
struct Fuzz {
  /// The parser, and a folder of its own.
  static let target: (fuzzed: FuzzCase, folder: URL) = {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["FUZZ_CASE"] ?? ""
    guard let fuzzed = FuzzCase.all.first(where: { $0.name == name }) else {
      fatalError("FUZZ_CASE is \(name), expected one of \(FuzzCase.all.map(\.name).joined(separator: " "))")
    }
    // A path that is the same on every run, where the run is to be: what the fuzzer learns of comparisons holds paths.
    let folder =
      environment["FUZZ_FOLDER"].map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try fuzzed.prepare(in: folder)
    } catch {
      fatalError("\(error)")
    }
    return (fuzzed, folder)
  }()

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
      let refusal = try target.fuzzed.run(bytes, in: target.folder)
      precondition(refusal.map { !$0.contains("\n") } ?? true, "more than a sentence")
    } catch {
      fatalError("not a refusal: \(error)")
    }
  }
}
