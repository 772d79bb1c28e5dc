/// What a sorting is exported to.
public enum ExportFormat: String, Sendable, CaseIterable {
  /// A Phy folder.
  case phy
  /// Neurodata Without Borders: units with waveforms, electrodes and metrics.
  case nwb
  /// The files of Klusters and the Neurosuite: `.clu`, `.res`, `.fet` and `.xml`.
  case klusters
  /// A folder with `spikes.csv` and `units.csv`.
  case csv
  /// SpikeInterface's `NpzSorting`.
  case npz
  /// SpikeInterface's curation format, version 2: a label for every unit.
  case curationJSON = "curation-json"
  /// An `.npz` that pynapple loads as a `TsGroup`.
  case pynapple
  /// A MAT-file of version 5.
  case mat

  /// Whether one file is written, and no folder.
  public var isFile: Bool {
    switch self {
    case .phy, .klusters, .csv: false
    case .nwb, .npz, .curationJSON, .pynapple, .mat: true
    }
  }

  /// Whether one file or folder holds the spikes of all input files, each spike with its file.
  var keepsFilesTogether: Bool {
    switch self {
    case .phy, .csv, .npz, .curationJSON: true
    case .nwb, .klusters, .pynapple, .mat: false
    }
  }

  /// The ending of its file's name.
  public var ending: String {
    switch self {
    case .phy, .klusters, .csv: ""
    case .nwb: "nwb"
    case .npz, .pynapple: "npz"
    case .curationJSON: "json"
    case .mat: "mat"
    }
  }
}
