/// What options can have an effect on.
enum SortedInput {
  /// A voltage trace.
  case recording
  /// Spikes that another program detected.
  case detectedSpikes
}

extension SortingOptions {
  /// Refuses choices that the model or the input would not follow, so that a result says of no option that it was obeyed
  /// where it was not. A choice of what is done anyway passes.
  ///
  /// - Throws: `SortingError.badOption` with the option's name, its value and what would be followed.
  func checkEffects(on input: SortedInput) throws(SortingError) {
    let unheeded = unheededByModel ?? (input == .detectedSpikes ? unheededOnDetectedSpikes : nil)
    if let unheeded { throw .badOption(unheeded) }
  }

  /// Why the model does not follow one of the options; nil where it follows all.
  private var unheededByModel: String? {
    let models = "\(Model.gaussian.rawValue) or \(Model.t.rawValue)"
    guard model == .driftingT else {
      return labPreset && thorough
        ? "thorough has no effect on the lab preset, whose every step is the lab's; expected one of the two"
        : nil
    }
    if labPreset {
      return
        "preset lab has no effect on the model \(model.rawValue), which has no step in common with the lab's; expected "
        + "one of the two"
    }
    if covariance != .full {
      return
        "covariance \(covariance.rawValue) has no effect on the model \(model.rawValue), whose covariances are "
        + "\(Covariance.full.rawValue); expected \(Covariance.full.rawValue), or the model \(models)"
    }
    if initialisation != .kMeansPlusPlus {
      return
        "init \(initialisation.rawValue) has no effect on the model \(model.rawValue), whose fits start by "
        + "\(Initialisation.kMeansPlusPlus.rawValue); expected that, or the model \(models)"
    }
    if criterion != .bic {
      return
        "criterion \(criterion.rawValue) has no effect on the model \(model.rawValue), whose windows are chosen and "
        + "compared by \(Criterion.bic.rawValue); expected that, or the model \(models)"
    }
    return nil
  }

  /// Why an option on the signal is not followed where the spikes are detected already; nil where none was given.
  private var unheededOnDetectedSpikes: String? {
    let defaults = SortingOptions()
    let given: [(name: String, isGiven: Bool)] = [
      ("band", band != defaults.band), ("threshold", threshold != defaults.threshold),
      ("peak", peak != defaults.peak), ("reference", reference != defaults.reference),
      ("exclude-channels", excludedChannels != defaults.excludedChannels), ("start", start != nil),
      ("end", end != nil),
    ]
    return given.first(where: \.isGiven).map {
      "\($0.name) has no effect on spikes that are detected already; expected a recording, or none of the options on "
        + "the signal"
    }
  }
}
