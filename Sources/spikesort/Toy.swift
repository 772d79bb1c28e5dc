import ArgumentParser
import Foundation
import LabToy
import MixtureModels
import Report
import SortingFormats

/// `spikesort toy`
struct Toy: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "The lab's tasks 1–3 on toy data, to the digit.")

  @Option(name: .shortAndLong, help: ArgumentHelp("Write the figures and a page there.", valueName: "dir"))
  var output: String?

  @Option(help: "The seed the data are drawn with; the fits always use seeds 0…9.")
  var seed = 0

  @Flag(help: "Replace an earlier page of that name.")
  var overwrite = false

  @OptionGroup var running: RunOptions

  func run() throws {
    guard seed >= 0 else { throw ValidationError("--seed \(seed) is not possible; expected 0 or more.") }
    let progress = ProgressLine(quiet: running.quiet)
    let lab = try ToyLab(seed: seed, threads: try running.threadCount()) { done, all in
      progress.show("Fitting mixtures", Double(done) / Double(all))
    }
    progress.finish()
    if let output {
      try OutputFolder.write(to: output, overwrite: overwrite, marker: "report.html") {
        let drifting = try DriftingToy(seed: seed, threads: try running.threadCount())
        try ToyReport(lab, drifting: drifting).write(to: ResultFolder($0))
      }
    }
    if running.json {
      try Console.printJSON(ToyAnswer(lab))
    } else {
      try printTables(lab)
    }
  }

  private func printTables(_ lab: ToyLab) throws {
    for aligned in lab.taskTwo {
      let iteration = aligned.fit.convergedIteration.map { "converged at iteration \($0)" } ?? "not converged"
      try Console.print("seed \(aligned.fit.seed ?? 0): accuracy \(aligned.accuracy), \(iteration)")
    }
    let values = lab.selection.bestBIC.map { String(format: "%.8f", $0) }
    try Console.print("BIC per K: " + values.joined(separator: " "))
    let robust = lab.selection.robustComponents.map { "robust K: \($0)" } ?? "no robust K: the seeds disagree"
    try Console.print("best K: \(lab.selection.bestComponents), \(robust)")
  }
}

/// What `toy --json` prints.
private struct ToyAnswer: Encodable {
  struct Fit: Encodable {
    var components: Int
    var seed: Int
    var iterations: Int?
    var lastChange: Double?
    var logLikelihood: Double
    var componentsLeft: Int

    enum CodingKeys: CodingKey {
      case components, seed, iterations, lastChange, logLikelihood, componentsLeft
    }

    // Explicit, so that a missing iteration is written as null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(components, forKey: .components)
      try container.encode(seed, forKey: .seed)
      try container.encode(iterations, forKey: .iterations)
      try container.encode(lastChange, forKey: .lastChange)
      try container.encode(logLikelihood, forKey: .logLikelihood)
      try container.encode(componentsLeft, forKey: .componentsLeft)
    }
  }

  struct TaskTwo: Encodable {
    var seed: Int
    var iterations: Int?
    var lastChange: Double?
    var accuracy: Double

    enum CodingKeys: CodingKey { case seed, iterations, lastChange, accuracy }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(seed, forKey: .seed)
      try container.encode(iterations, forKey: .iterations)
      try container.encode(lastChange, forKey: .lastChange)
      try container.encode(accuracy, forKey: .accuracy)
    }
  }

  var components: [Int]
  var bic: [[Double]]
  var bestBIC: [Double]
  var bestK: Int
  /// null where the seeds disagree.
  var robustK: Int?
  var fits: [Fit]
  var task2: [TaskTwo]

  enum CodingKeys: CodingKey { case components, bic, bestBIC, bestK, robustK, fits, task2 }

  // Explicit, so that a robust K that is none is written as null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(components, forKey: .components)
    try container.encode(bic, forKey: .bic)
    try container.encode(bestBIC, forKey: .bestBIC)
    try container.encode(bestK, forKey: .bestK)
    try container.encode(robustK, forKey: .robustK)
    try container.encode(fits, forKey: .fits)
    try container.encode(task2, forKey: .task2)
  }

  init(_ lab: ToyLab) {
    let selection = lab.selection
    components = selection.components
    bic = selection.bic
    bestBIC = selection.bestBIC
    bestK = selection.bestComponents
    robustK = selection.robustComponents
    fits = selection.fits.joined().map { fit in
      let converged = fit.convergedIteration != nil
      return Fit(
        components: fit.startedComponents, seed: fit.seed ?? 0, iterations: fit.convergedIteration,
        lastChange: converged ? fit.lastChange : nil, logLikelihood: fit.logLikelihood,
        componentsLeft: fit.mixture.componentCount)
    }
    task2 = lab.taskTwo.map { aligned in
      TaskTwo(
        seed: aligned.fit.seed ?? 0, iterations: aligned.fit.convergedIteration,
        lastChange: aligned.fit.convergedIteration == nil ? nil : aligned.fit.lastChange,
        accuracy: aligned.accuracy)
    }
  }
}
