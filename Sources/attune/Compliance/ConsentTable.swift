import Foundation

/// The ledger of consent as a table.
enum ConsentTable {
    private struct Line: Decodable {
        var at: String, session: String, speaker: String, how: String, consent: String
        var role: String?, lanes: [String], notice_id: String?, notice_sha256: String?, policy: String?
    }

    /// Every decision of a file, a row each (RFC 4180).
    ///
    /// - Throws: the exit code where the file may not be read.
    static func csv(_ path: String) throws -> String {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw fail("\(path) can't be read; run this as root or as the daemon's user", code: 66)
        }
        return csv(of: text)
    }

    /// The same of its text; what is no line of it is left out.
    static func csv(of text: String) -> String {
        let rows = text.split(separator: "\n").compactMap { line -> [String]? in
            guard let entry = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else { return nil }
            return [
                entry.at, entry.session, entry.speaker, entry.role ?? "", entry.how, entry.consent,
                entry.lanes.joined(separator: " "), entry.notice_id ?? "", entry.notice_sha256 ?? "",
                entry.policy ?? "",
            ]
        }
        let head = [
            "at", "session", "speaker", "role", "how", "consent", "lanes", "notice_id", "notice_sha256", "policy",
        ]
        return ([head] + rows).map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
    }

    /// A field that is no formula of a spreadsheet's either.
    private static func quoted(_ field: String) -> String {
        let harmless = field.first.map { "=+-@\t\r".contains($0) } == true ? "'" + field : field
        guard harmless.contains(where: { ",\"\n\r".contains($0) }) else { return harmless }
        return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
    }
}
