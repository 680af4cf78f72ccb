import Foundation

/// A Markdown table.
public struct Table {
    private var lines: [String] = []

    /// A table with these columns.
    public init(_ columns: String...) {
        lines = ["| " + columns.joined(separator: " | ") + " |", "|" + columns.map { _ in "---|" }.joined()]
    }

    /// Adds a row.
    public mutating func add(_ cells: String...) {
        lines.append("| " + cells.joined(separator: " | ") + " |")
    }

    /// The table as text.
    public var text: String { lines.joined(separator: "\n") + "\n" }
}

/// A program cannot do its work.
public struct BenchmarkError: Error {
    /// Why.
    public var message: String

    /// An error.
    public init(message: String) {
        self.message = message
    }
}

/// A number with so many decimals.
public func figure(_ value: Double, _ places: Int = 2) -> String { String(format: "%.\(places)f", value) }

/// The machine in words.
public func machine() -> String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }?
        .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return "\(model ?? "unknown processor"), \(ProcessInfo.processInfo.processorCount) cores"
}

/// Today's date.
public func today() -> String {
    ISO8601DateFormatter.string(from: Date(), timeZone: .gmt, formatOptions: .withFullDate)
}

/// Prints `text` and puts it into the page at `path`, between the marks of the command `make name`.
public func publish(_ text: String, by name: String, into path: String) throws {
    let begin = "<!-- make \(name): begin -->"
    let end = "<!-- make \(name): end -->"
    print(text)
    var page = try String(contentsOfFile: path, encoding: .utf8)
    guard let from = page.range(of: begin), let to = page.range(of: end), from.upperBound < to.lowerBound else {
        throw BenchmarkError(message: "\(path) has no marks '\(begin)' and '\(end)' to write between")
    }
    page.replaceSubrange(from.lowerBound..<to.upperBound, with: "\(begin)\n\(text)\n\(end)")
    try page.write(toFile: path, atomically: true, encoding: .utf8)
}
