import Foundation

/// Files that are installed beside the program or fetched into its checkout.
enum InstalledFile {
    /// Where the file or folder of this name is: `../share/attune` from the executable, `../lib/attune` where it has
    /// code of one architecture in it, or `models` of the checkout that the executable was built in; nil where it is in
    /// none.
    static func path(of name: String) -> String? {
        guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        else { return nil }
        var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
        var places = ["share", "lib"].map { folder.appendingPathComponent("../\($0)/attune/\(name)").standardized.path }
        // SwiftPM builds some folders below the package.
        for _ in 0..<5 where folder.path != "/" {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
                places.append(folder.appendingPathComponent("models/\(name)").path)
            }
        }
        return places.first { FileManager.default.fileExists(atPath: $0) }
    }
}
