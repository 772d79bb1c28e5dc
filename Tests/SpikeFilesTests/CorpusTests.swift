import Foundation
import TestSupport
import Testing

/// Replays the files that fuzzing found worth keeping.
struct CorpusTests {
  private static let corpus = packageFolder.appendingPathComponent("Fuzzing/Corpus")

  @Test(arguments: FuzzCase.all) func everyFileIsReadOrRefused(_ fuzzed: FuzzCase) throws {
    let files = names(in: Self.corpus.appendingPathComponent(fuzzed.name))
    try #require(!files.isEmpty)
    try withTemporaryFolder { (folder) throws in
      try fuzzed.prepare(in: folder)
      for name in files {
        let bytes = try Data(contentsOf: Self.corpus.appendingPathComponent("\(fuzzed.name)/\(name)"))
        let refusal = try fuzzed.run(bytes, in: folder)
        #expect(refusal.map { !$0.contains("\n") } ?? true, "\(name)")
        // What the fuzzer starts from is a recording, or it would try but the first check.
        if name.hasPrefix("seed") { #expect(refusal == nil, "\(name)") }
      }
    }
  }
}
