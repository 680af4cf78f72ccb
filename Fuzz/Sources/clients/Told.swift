import Events
@testable import Publish

/// What a client was told, held against what it may rely on: whole lines of JSON, in order, nothing that was
/// withdrawn, and nothing missing that was not announced.
struct Told {
    /// Whether the client ever asked for a part only; then it can't be said what is missing.
    var isFiltered = false
    private var last = 0
    private var hasClosing = false
    private var withdrawn: [String: Int] = [:]

    mutating func withdraw(_ session: String, _ speaker: String, at sequence: Int) {
        withdrawn["\(session)/\(speaker)"] = sequence
    }

    mutating func line(_ bytes: [UInt8]) {
        precondition(!hasClosing, "a line after the error that closes")
        precondition(bytes.last == UInt8(ascii: "\n") && bytes.count <= maxLineBytes, "no line")
        guard let value = try? JSONReader.parse(bytes.dropLast()), case .object(let fields) = value,
            case .string(let type)? = fields["type"], case .number(let number)? = fields["seq"]
        else { preconditionFailure("no event: \(String(decoding: bytes, as: UTF8.self))") }
        let sequence = Int(number)
        switch type {
        case "hello": last = sequence
        case "snapshot":
            // Between the last line and a snapshot that mends a loss there may be events that were not asked for.
            precondition(isFiltered ? sequence >= last : sequence == last, "a snapshot of \(sequence) after \(last)")
            last = sequence
            checkSnapshot(fields, sequence)
        case "lagged": lagged(fields)
        case "error": hasClosing = true
        default:
            precondition(isFiltered ? sequence > last : sequence == last + 1, "\(sequence) after \(last)")
            last = sequence
            if type == "tick" || type == "turn" { check(fields, sequence) }
        }
    }

    /// The client is still there and has taken everything.
    func isComplete(through sequence: Int) {
        precondition(hasClosing || isFiltered || last == sequence, "told up to \(last) of \(sequence)")
    }

    private mutating func lagged(_ fields: [String: JSONValue]) {
        guard case .number(let from)? = fields["from"], case .number(let to)? = fields["to"],
            case .number(let count)? = fields["count"]
        else { preconditionFailure("lagged without numbers") }
        precondition(isFiltered ? Int(from) > last : Int(from) == last + 1, "lagged from \(from) after \(last)")
        precondition(from <= to && count > 0 && count <= to - from + 1, "lagged \(from) to \(to): \(count)")
        precondition(isFiltered || count == to - from + 1, "lagged \(from) to \(to): \(count)")
        last = Int(to)
    }

    private func check(_ fields: [String: JSONValue], _ sequence: Int) {
        guard case .string(let session)? = fields["session"], case .string(let speaker)? = fields["speaker"] else {
            return
        }
        precondition(sequence > withdrawn["\(session)/\(speaker)"] ?? 0, "\(sequence) was withdrawn")
    }

    private func checkSnapshot(_ fields: [String: JSONValue], _ sequence: Int) {
        guard case .array(let sessions)? = fields["sessions"] else { preconditionFailure("no sessions") }
        for case .object(let session) in sessions {
            guard case .string(let id)? = session["session"], case .array(let speakers)? = session["speakers"] else {
                preconditionFailure("no session")
            }
            for case .object(let speaker) in speakers where speaker["last_tick"] != nil {
                guard case .string(let name)? = speaker["speaker"] else { preconditionFailure("no speaker") }
                precondition(sequence >= withdrawn["\(id)/\(name)"] ?? 0, "a tick of \(name) was withdrawn")
            }
        }
    }
}
