import Foundation
import PackagePlugin

/// Writes the commit that is built into a source file, before every build; the file stays as it is where the commit does.
@main
struct BuiltCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let package = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appendingPathComponent("built", isDirectory: true)
    return [
      .prebuildCommand(
        displayName: "The commit that is built", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [package.appendingPathComponent("scripts/built-commit").path, package.path, output.path],
        outputFilesDirectory: output)
    ]
  }
}
