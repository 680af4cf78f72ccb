import Foundation

/// A table of recordings: who speaks, which groups the speaker belongs to, and what is known of the recording.
///
/// CSV with a header. `file` and `speaker` are needed; `activation` and `valence` (−1…1), `speech` and `f0` (files with
/// references) may be there; every other column is a group. Files are looked for from the folder of the table.
struct AuditTable {
    /// A recording.
    struct Row {
        var file: String
        var speaker: String
        /// Labels, −1…1.
        var activation: Double?, valence: Double?
        /// Files with the true speech and F0.
        var speech: String?, f0: String?
        /// Group by column; columns without an entry are missing.
        var groups: [String: String]
    }

    /// Columns with groups, in the order of the table.
    let groupColumns: [String]
    let rows: [Row]

    private static let known = ["file", "speaker", "activation", "valence", "speech", "f0"]
    private static let maxRows = 100_000

    /// Reads a table.
    ///
    /// - Throws: `AuditError` naming the line and the remedy.
    init(path: String) throws(AuditError) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw AuditError(
                description: "there is no file \(path); give a CSV table of recordings", isMissingFile: true)
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw AuditError(description: "\(path) can't be read as UTF-8; give a CSV table of recordings")
        }
        let lines = try Self.parse(text, path: path)
        guard let header = lines.first?.fields, header.contains("file"), header.contains("speaker") else {
            throw AuditError(
                description: "\(path) has no header with 'file' and 'speaker'; name the columns in its first line")
        }
        guard Set(header).count == header.count else {
            throw AuditError(description: "\(path) has two columns of one name; name each column differently")
        }
        groupColumns = header.filter { !Self.known.contains($0) && !$0.isEmpty }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var rows: [Row] = []
        for line in lines.dropFirst() {
            let place = "\(path), line \(line.number)"
            guard line.fields.count == header.count else {
                throw AuditError(
                    description: "\(place): \(line.fields.count) fields; give \(header.count), as in the header")
            }
            let entries = zip(header, line.fields).filter { !$0.1.isEmpty }
            let fields = Dictionary(entries, uniquingKeysWith: { first, _ in first })
            func file(_ column: String) -> String? {
                fields[column].map { URL(fileURLWithPath: $0, relativeTo: folder).path }
            }
            func label(_ column: String) throws(AuditError) -> Double? {
                guard let text = fields[column] else { return nil }
                guard let value = Double(text), (-1...1).contains(value) else {
                    throw AuditError(description: "\(place): \(column) '\(text)'; give a number from -1 to 1")
                }
                return value
            }
            guard let recording = file("file"), let speaker = fields["speaker"] else {
                throw AuditError(description: "\(place): no file or no speaker; give both")
            }
            rows.append(
                Row(
                    file: recording, speaker: speaker, activation: try label("activation"),
                    valence: try label("valence"), speech: file("speech"), f0: file("f0"),
                    groups: fields.filter { !Self.known.contains($0.key) }))
        }
        guard !rows.isEmpty else {
            throw AuditError(description: "\(path) names no recording; add lines below the header")
        }
        self.rows = rows
    }

    /// Lines of fields after RFC 4180, empty lines left out.
    private static func parse(_ text: String, path: String) throws(AuditError) -> [(number: Int, fields: [String])] {
        var lines: [(number: Int, fields: [String])] = []
        var fields: [String] = []
        var field = ""
        var number = 1
        var start = 1
        var isQuoted = false
        var wasQuoted = false
        func isEmpty() -> Bool { fields.isEmpty && field.isEmpty && !wasQuoted }
        func endLine() {
            if !isEmpty() { lines.append((start, fields + [field])) }
            fields = []
            field = ""
            wasQuoted = false
        }
        for character in text {
            if isQuoted {
                if character == "\"" { isQuoted = false } else { field.append(character) }
                if character.isNewline { number += 1 }
            } else if character == "\"" {
                // A quote right after a closed one is a quote itself.
                if wasQuoted { field.append("\"") }
                isQuoted = true
                wasQuoted = true
            } else if character == "," {
                fields.append(field)
                field = ""
                wasQuoted = false
            } else if character.isNewline {
                endLine()
                number += 1
                start = number
                guard lines.count <= maxRows else {
                    throw AuditError(description: "\(path) has over \(maxRows) lines; cut it into several tables")
                }
            } else if character != "\u{FEFF}" {
                field.append(character)
            }
        }
        guard !isQuoted else {
            throw AuditError(description: "\(path): the quote opened in line \(start) is never closed; close it")
        }
        endLine()
        return lines
    }
}
