import Control
import ControlAPI
import Kit
import Logging
import Settings

/// Whether the daemon takes no new calls any more and ends with those that run.
struct Draining {
    /// A call of which nothing has come for so long is over, nanoseconds.
    static let quietNanoseconds: Int64 = 30_000_000_000
    static let maxTimeoutSeconds = 7 * 86_400

    private(set) var isOn = false
    private var deadline: Int64?

    static let problem = Problem(
        status: 503, type: .draining,
        detail: "the daemon takes no new calls and ends with those that run; bring this one to another, or come later")

    /// Begins, or sets another deadline.
    mutating func begin(timeoutSeconds: Int?, now: Int64) {
        isOn = true
        deadline = timeoutSeconds.map { now + Int64($0) * 1_000_000_000 }
    }

    func isOverdue(now: Int64) -> Bool { deadline.map { now >= $0 } ?? false }
}

/// Calls that end by themselves, one by one or all.
extension SessionRegistry {
    func drain(_ request: DrainRequest) async throws(Problem) -> DrainSummary {
        if let timeout = request.timeoutSeconds, !(0...Draining.maxTimeoutSeconds).contains(timeout) {
            throw Problem(
                status: 422, type: .invalidRequest,
                detail: "timeout_s must be 0 to \(Draining.maxTimeoutSeconds) seconds; leave it out to wait for good")
        }
        let now = HostClock.monotonicNanoseconds()
        draining.begin(timeoutSeconds: request.timeoutSeconds, now: now)
        let count = busySessions(now: now)
        logger.notice("no new calls are taken; the daemon ends with those that run", metadata: ["calls": "\(count)"])
        return DrainSummary(sessions: count)
    }

    /// Whether the daemon is to end now, because it was to end with its calls.
    func isDrained(now: Int64 = HostClock.monotonicNanoseconds()) -> Bool {
        draining.isOn && (busySessions(now: now) == 0 || draining.isOverdue(now: now))
    }

    /// Sessions of which media comes, or came a moment ago.
    private func busySessions(now: Int64) -> Int {
        entries.keys.count { entries[$0].map { !$0.isQuiet(now: now, for: Draining.quietNanoseconds) } ?? false }
    }

    /// Whether calls are taken that are not there yet.
    var isTakingCalls: Bool { isTakingSources && !draining.isOn }

    /// Ends sessions of which nothing has come for too long; to be called now and then.
    func endIdle(now: Int64 = HostClock.monotonicNanoseconds()) async {
        let limit = Int64(settings.session.idleSeconds) * 1_000_000_000
        for name in order {
            guard let quiet = entries[name]?.watchQuiet(now: now), limit > 0, quiet >= limit,
                entries[name]?.ending == nil, !isDeclared(session: name)
            else { continue }
            logger.info(
                "no media has come for \(settings.session.idleSeconds) s (session.idle_s)",
                metadata: ["session": "\(name)"])
            _ = try? await detach(session: name)
        }
    }

    private func isDeclared(session name: String) -> Bool {
        entries[name]?.attached.contains { $0.isRunning && declared.isAttached($0.id) } ?? false
    }
}

/// Calls that are expected by WebSocket.
extension SessionRegistry {
    func expect(_ request: ExpectRequest) throws(Problem) -> ExpectedCall {
        guard let expected else {
            throw Problem(
                status: 409, type: .webSocketOff,
                detail: "nobody takes calls by WebSocket; set sources.websocket, such as 127.0.0.1:8481, and restart")
        }
        // What is wrong is told now, not to a sender who can do nothing about it.
        if request.voices != nil {
            try checkTellingApart(in: canonicalName(request.session), noticeID: request.noticeID)
        }
        return try expected.expect(request)
    }

    func revokeExpected(session: String?) throws(Problem) -> RevokedTokens {
        if let session { try AttachValidation.checkName(session, what: "session") }
        return RevokedTokens(revoked: expected?.calls.revoke(session: session.map(canonicalName)) ?? 0)
    }
}
