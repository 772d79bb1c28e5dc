import Foundation
import LinearAlgebra
import Testing

@testable import NumPyInterop

/// The draws of NumPy's generator, against NumPy's own.
struct NumPyGeneratorTests {
  static let seeds: [UInt64] = [0, 1, 2, 42, 123_456_789]

  /// The reference numbers, read once: they are many.
  private static let stored = Result { try JSON(fixture: "random/numpy_random.json") }
  let reference: JSON

  init() throws { reference = try Self.stored.get() }

  func stream(_ seed: UInt64) -> JSON { reference["streams"]["\(seed)"] }

  /// Whether the generator stands where NumPy's stood.
  func expect(_ generator: NumPyGenerator, isAt state: JSON, _ location: SourceLocation = #_sourceLocation) {
    #expect(generator.state == state["state"].word, sourceLocation: location)
    #expect(generator.increment == state["inc"].word, sourceLocation: location)
    let spare = state["has_uint32"].int == 1 ? state["uinteger"].int.map { UInt32($0) } : nil
    #expect(generator.spareHalf == spare, sourceLocation: location)
  }

  @Test func fixturesHoldTheSeeds() {
    #expect(reference["seeds"].ints == Self.seeds.map { Int($0) })
  }

  @Test(arguments: seeds) func seeding(seed: UInt64) {
    let expected = stream(seed)
    let sequence = SeedSequence(integers: [seed])
    #expect(sequence.pool.map { Int($0) } == expected["seedsequence_pool_u32"].ints)
    #expect(sequence.words(count: 8).map { Int($0) } == expected["seedsequence_generate_state_u32_8"].ints)
    #expect(
      sequence.longWords(count: 4).map { UInt128($0) } == expected["seedsequence_generate_state_u64_4"].words)
    expect(NumPyGenerator(seed: seed), isAt: expected["pcg64_initial"])
  }

  @Test func entropyOfSeveralWordsAndIntegers() throws {
    let cases: [String: [UInt64]] = [
      "0": [0], "4294967295": [4_294_967_295], "4294967296": [4_294_967_296],
      // Integers beyond 64 bits are their 32-bit words.
      "18446744073709551623": [7, 0, 1],
      "1361129467683753853853498429727072858169": [12345, 0, 0, 0, 4],
      "[1, 2, 3]": [1, 2, 3], "[0, 0, 1]": [0, 0, 1], "[1099511627776, 5]": [1_099_511_627_776, 5],
    ]
    let expected = reference["seedsequence_entropy_cases"].array
    #expect(expected.count == cases.count)
    for row in expected {
      let name = try #require(row["entropy"].string)
      let entropy = try #require(cases[name], "\(name)")
      let state = SeedSequence(integers: entropy).longWords(count: 4).map { UInt128($0) }
      #expect(state == row["generate_state_u64_4"].words, "\(name)")
      var generator = NumPyGenerator(entropy: entropy)
      #expect((0..<4).map { _ in UInt128(generator.next()) } == row["raw_u64_4"].words, "\(name)")
    }
  }

  @Test(arguments: seeds) func rawWordsAndUniforms(seed: UInt64) {
    let expected = stream(seed)
    var generator = NumPyGenerator(seed: seed)
    #expect((0..<16).map { _ in UInt128(generator.next()) } == expected["raw_u64_16"].words)
    generator = NumPyGenerator(seed: seed)
    #expect((0..<16).map { _ in generator.random() } == expected["random_16"].doubles)
    generator = NumPyGenerator(seed: seed)
    #expect((0..<8).map { _ in generator.uniform(from: -3, to: 5) } == expected["uniform_m3_5_8"].doubles)
  }

  @Test func zigguratTables() throws {
    let tables = try JSON(fixture: "random/ziggurat_tables.json")
    #expect(Ziggurat.thresholds == tables["ki"].ints.map { UInt64($0) })
    #expect(Ziggurat.widths == tables["wi"].doubles)
    #expect(Ziggurat.densities == tables["fi"].doubles)
    #expect(Ziggurat.tailStart == tables["ziggurat_nor_r"].double)
    #expect(Ziggurat.inverseTailStart == tables["ziggurat_nor_inv_r"].double)
  }

  @Test(arguments: seeds) func normals(seed: UInt64) throws {
    let expected = stream(seed)
    var generator = NumPyGenerator(seed: seed)
    #expect((0..<64).map { _ in generator.standardNormal() } == expected["standard_normal_64"].doubles)

    let million = expected["standard_normal_1e6"]
    generator = NumPyGenerator(seed: seed)
    let values = generator.standardNormals(count: 1_000_000)
    expect(generator, isAt: million["pcg64_state_after"])
    #expect(Array(values.suffix(4)) == million["last_4"].doubles)
    #expect(values.filter { $0 < 0 }.count == million["n_negative"].int)
    #expect(
      values.filter { abs($0) > Ziggurat.tailStart }.count == million["n_tail_draws_abs_gt_r"].int)
    // Tail values hang on the system's log1p: an ulp is granted.
    let tails = zip(million["tail_indices_first_16"].ints, million["tail_values_first_16"].doubles)
    for (index, value) in tails { #expect(abs(values[index] - value) <= value.magnitude.ulp) }
    let minimum = try #require(million["min"].double)
    let maximum = try #require(million["max"].double)
    #expect(abs(try #require(values.min()) - minimum) <= minimum.ulp)
    #expect(abs(try #require(values.max()) - maximum) <= maximum.ulp)
    let squares = try #require(million["sum_of_squares_fsum"].double)
    #expect(abs(values.reduce(0) { $0 + $1 * $1 } - squares) < 1e-6)
  }

  @Test(arguments: seeds) func integersBelow(seed: UInt64) throws {
    let expected = stream(seed)["integers_0_n_16"]
    #expect(expected.keys.count == 14)
    for key in expected.keys {
      let bound = try #require(Int(key))
      var generator = NumPyGenerator(seed: seed)
      #expect((0..<16).map { _ in generator.integers(below: bound) } == expected[key].ints, "below \(key)")
    }
    var generator = NumPyGenerator(seed: seed)
    #expect(
      (0..<16).map { _ in generator.integers(below: 11) - 5 }
        == stream(seed)["integers_m5_5_endpoint_16"].ints)
  }

  @Test(arguments: seeds) func callsOfSeveralKindsShareTheStream(seed: UInt64) {
    var generator = NumPyGenerator(seed: seed)
    for call in stream(seed)["interleaved_calls"].array {
      let expected = call.array[1].double
      switch call.array[0].string {
      case "i10": #expect(Double(generator.integers(below: 10)) == expected)
      case "i1000": #expect(Double(generator.integers(below: 1000)) == expected)
      case "i5e9": #expect(Double(generator.integers(below: 5_000_000_000)) == expected)
      case "r": #expect(generator.random() == expected)
      case "n": #expect(generator.standardNormal() == expected)
      default: Issue.record("an unknown call in the fixture: \(call)")
      }
    }
    let after = stream(seed)["interleaved_state_after"]
    #expect(generator.state == after["state"].word)
  }

  @Test(arguments: seeds) func choicesWithReplacement(seed: UInt64) {
    let expected = stream(seed)
    var generator = NumPyGenerator(seed: seed)
    #expect(
      generator.choice(count: 32, probabilities: [0.3, 0.5, 0.2]) == expected["choice_p_3_size32"].ints)
    generator = NumPyGenerator(seed: seed)
    let weights = (1...10).map { Double($0) / 55 }
    #expect(generator.choice(count: 32, probabilities: weights) == expected["choice_p_10_size32"].ints)
    generator = NumPyGenerator(seed: seed)
    #expect(
      generator.choice(1000, count: 16, replacing: true) == expected["choice_replace_1000_size16"].ints)
  }

  @Test func choicesWithoutReplacement() throws {
    let cases = reference["choice_without_replacement"]["cases"].array
    #expect(cases.count == 24)
    for row in cases {
      let n = try #require(row["N"].int)
      let count = try #require(row["k"].int)
      let shuffling = try #require(row["shuffle"].bool)
      for seed in Self.seeds {
        let expected = row["by_seed"]["\(seed)"]
        var generator = NumPyGenerator(seed: seed)
        let chosen = generator.choice(n, count: count, replacing: false, shuffling: shuffling)
        #expect(Array(chosen.prefix(24)) == expected["first_24"].ints)
        #expect(Array(chosen.suffix(4)) == expected["last_4"].ints)
        #expect(chosen.reduce(0, +) == expected["sum"].int)
        expect(generator, isAt: expected["pcg64_state_after"])
      }
    }
  }

  @Test func initialPointsOfTheToyFits() throws {
    let expected = reference["toy_init_indices_choice_1000"]
    for key in expected.keys {
      let count = try #require(Int(key))
      for seed in expected[key].keys {
        var generator = NumPyGenerator(seed: try #require(UInt64(seed)))
        #expect(
          generator.choice(1000, count: count, replacing: false) == expected[key][seed].ints)
      }
    }
  }

  @Test(arguments: seeds) func permutations(seed: UInt64) throws {
    let expected = stream(seed)["permutation"]
    #expect(expected.keys.count == 8)
    for key in expected.keys {
      var generator = NumPyGenerator(seed: seed)
      #expect(generator.permutation(try #require(Int(key))) == expected[key].ints)
    }
    var generator = NumPyGenerator(seed: seed)
    let shuffled = generator.permutation(20).map { Double($0) * 1.5 }
    #expect(shuffled == stream(seed)["shuffle_f64_arange20_times_1.5"].doubles)
  }

  @Test(arguments: seeds) func multivariateNormals(seed: UInt64) throws {
    for key in ["I", "A", "B"] {
      let rows = reference["multivariate_normal_svd_factors"][key]["cov"].array.map(\.doubles)
      let covariance = Matrix(rows: rows)
      let expected = stream(seed)["multivariate_normal_svd"][key]
      var generator = NumPyGenerator(seed: seed)
      for row in expected["scalar_calls_4_mean_0_0"].array {
        let point = try generator.multivariateNormal(mean: [0, 0], covariance: covariance)
        for (value, reference) in zip(point, row.doubles) { #expect(abs(value - reference) < 1e-14) }
      }
      generator = NumPyGenerator(seed: seed)
      for row in expected["size8_mean_1_m2"].array {
        let point = try generator.multivariateNormal(mean: [1, -2], covariance: covariance)
        for (value, reference) in zip(point, row.doubles) { #expect(abs(value - reference) < 1e-14) }
      }
    }
  }
}
