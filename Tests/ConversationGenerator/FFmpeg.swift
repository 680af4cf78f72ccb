import Foundation
import Programs

/// The `ffmpeg` command.
public enum FFmpeg {
    /// Runs it to its end and returns its output as 16 kHz mono samples.
    ///
    /// - Parameters:
    ///   - arguments: inputs and filters; the output is added.
    ///   - input: samples for its standard input, f32le.
    /// - Throws: `ToolFailure` with what it complained about.
    public static func samples(_ arguments: [String], input: [Float]? = nil) throws -> [Float] {
        let data = try run(arguments + ["-f", "f32le", "-ac", "1", "-ar", "16000", "-"], input: input)
        return data.withUnsafeBytes { raw in
            // Unaligned loads: the bytes come as a pipe gives them.
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    /// Runs it to its end.
    ///
    /// - Throws: `ToolFailure` with what it complained about.
    static func convert(_ arguments: [String], input: [Float]? = nil) throws {
        _ = try run(arguments, input: input)
    }

    private static func run(_ arguments: [String], input: [Float]?) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appending(path: "attune-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files rather than pipes: nothing can block on the other.
        let (file, complaints) = (folder.appending(path: "input"), folder.appending(path: "complaints"))
        if let input { try input.withUnsafeBytes { Data($0) }.write(to: file) }
        let process = try Program(
            "ffmpeg", ["-v", "error", "-nostdin"] + arguments, input: input == nil ? .nothing : .file(file.path),
            output: .pipe, errors: .file(complaints.path))
        let data = try process.readToEnd()
        guard process.terminationStatus == 0 else {
            let text = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
            throw ToolFailure(description: "ffmpeg \(arguments.joined(separator: " ")): \(text)")
        }
        return data
    }
}

/// A command that the generator needs has failed.
public struct ToolFailure: Error, CustomStringConvertible {
    /// The command and what it complained about.
    public let description: String
}
