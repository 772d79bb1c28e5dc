import ArgumentParser

/// What to say to a first word that is no command.
struct CommandSuggestion: Error, CustomStringConvertible {
  let word: String
  let commands: [String]

  /// Nil where the arguments begin with a command, an option, or not at all.
  init?(_ arguments: [String], commands: [String]) {
    guard let word = arguments.first, !word.hasPrefix("-"), word != "help", !commands.contains(word) else {
      return nil
    }
    self.word = word
    self.commands = commands
  }

  /// The command that was meant, as far as can be told: one begun or misspelt by no more than a third of it.
  private var nearest: String? {
    let small = word.lowercased()
    let begun = commands.filter { small.count > 1 && ($0.hasPrefix(small) || small.hasPrefix($0)) }
    if let command = begun.first { return command }
    let ranked = commands.map { (distance: editDistance(small, $0), name: $0) }.sorted { $0 < $1 }
    return ranked.first.flatMap { $0.distance <= max(1, $0.name.count / 3) ? $0.name : nil }
  }

  var description: String {
    if word.contains("/") || word.contains(".") {
      return "\(word) is no command; to sort a recording: spikesort sort \(word) -o DIR"
    }
    let said = nearest.map { "did you mean \($0)?" } ?? "expected one of \(commands.joined(separator: ", "))"
    return "\(word) is no command; \(said)"
  }
}

/// How many letters must be put in, taken out, changed or swapped with the next to make one word the other.
private func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  guard a.count < 64 else { return a.count }
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
