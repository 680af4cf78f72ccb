import ControlAPI
import Conversation
import Events

/// What people make of cues.
extension SessionRegistry {
    /// The longest time that a cue is put off for, seconds.
    private static let maxSnoozeSeconds = 86_400.0

    func setCue(session name: String, cue: String, _ request: CueStateRequest) async throws(Problem) {
        let state = try Self.state(of: request)
        guard let entry = entries[name] else { throw Self.noSuchSession(name) }
        let seconds = request.forSeconds
        let isThere: Bool?
        if let id = Self.number(cue) {
            isThere = entry.session.update { $0.setCue(id, to: state, seconds: seconds ?? 0) }
        } else {
            guard state != .acknowledged else {
                throw Problem(
                    status: 422, type: .invalidRequest,
                    detail: "'\(cue)' is no number of a cue; acknowledge one that is raised, or snooze the rule")
            }
            isThere = entry.session.update { $0.snoozeCues(of: cue, seconds: seconds) }
        }
        guard isThere == true else {
            throw Problem(
                status: 404, type: .noSuchCue,
                detail: "session '\(name)' has no raised cue and no rule '\(cue)'; "
                    + "use the id of a cue.raised that was not cleared, or the name of a rule")
        }
    }

    /// The number of a cue: digits only. Anything else is the name of a rule.
    private static func number(_ cue: String) -> Int? {
        cue.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(cue) : nil
    }

    private static func state(of request: CueStateRequest) throws(Problem) -> CueChange.State {
        guard let state = CueChange.State(rawValue: request.state) else {
            throw Problem(
                status: 422, type: .stateInvalid,
                detail: "'\(printableState(request.state))' is no state of a cue; use acknowledged, snoozed or raised")
        }
        switch (state, request.forSeconds) {
        case (.snoozed, .some(1...maxSnoozeSeconds)), (.acknowledged, nil), (.raised, nil): return state
        case (.snoozed, _):
            throw Problem(
                status: 422, type: .invalidRequest,
                detail: "snoozed needs for_s, 1 to \(Int(maxSnoozeSeconds)) seconds")
        default:
            throw Problem(status: 422, type: .invalidRequest, detail: "for_s goes with snoozed only; leave it out")
        }
    }

    private static func printableState(_ state: String) -> Substring { state.prefix(40) }
}
