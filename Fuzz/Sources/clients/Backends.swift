import Control
import ControlAPI
import Events
import Logging
import NIOEmbedded
import Publish
import Text

// What is behind the control socket when it is fuzzed.

/// Takes every source and every line of captions that there can be, and knows no session.
struct NoSessions: ControlBackend {
    private func unknown(_ session: String) -> Problem {
        Problem(status: 404, type: .noSuchSession, detail: "there is no session '\(session)'")
    }

    func attach(_ request: AttachRequest) async throws(Problem) -> SourceSummary {
        SourceSummary(source: "1", url: request.url, state: "connecting", speakers: request.tracks.map(\.speaker))
    }

    func detach(session: String) async throws(Problem) -> SessionTotals {
        SessionTotals(session: session, durationSeconds: 1, speakerChanges: 0, overlapRatio: nil, speakers: [])
    }

    func detach(session: String, source: String) async throws(Problem) -> DetachedSource {
        DetachedSource(
            source: SourceSummary(source: source, url: "-", state: "ended", speakers: []),
            totals: source == "1" ? try await detach(session: session) : nil)
    }

    func setState(session: String, source: String, _ request: SourceStateRequest) async throws(Problem) {}

    func setConsent(session: String, speaker: String, to order: ConsentOrder) async throws(Problem) {
        throw unknown(session + "/" + speaker)
    }

    func describe(session: String, speaker: String, _ request: SpeakerRequest) async throws(Problem) -> SpeakerSummary {
        SpeakerSummary(speaker: speaker, name: request.name, role: request.role, consent: "granted")
    }

    func caption(session: String, _ request: CaptionRequest) async throws(Problem) -> CaptionSummary {
        for line in request.lines {
            do {
                _ = try Caption(
                    speaker: line.speaker, startSeconds: line.startSeconds, endSeconds: line.endSeconds,
                    text: line.text, isPartial: line.isPartial ?? false, id: line.id)
            } catch {
                throw Problem(status: 422, type: .invalidRequest, detail: "\(error)")
            }
        }
        return CaptionSummary(counted: request.lines.count)
    }

    func setCue(session: String, cue: String, _ request: CueStateRequest) async throws(Problem) {
        guard cue == "1" else { throw Problem(status: 404, type: .noSuchCue, detail: "there is no cue '\(cue)'") }
    }

    func sessions() async -> [SessionSummary] { [] }
    func policy() async -> PolicySummary {
        PolicySummary(profile: "standard", noticeID: nil, classes: [], retentionDays: nil)
    }

    func reload() async throws(Problem) -> ReloadSummary { ReloadSummary(applied: [], needsRestart: []) }
}

/// A store without sessions.
struct NoStore: StoredBackend {
    private func unknown(_ id: String) -> Problem {
        Problem(status: 404, type: .noSuchStoredSession, detail: "no '\(id)'")
    }

    var health: StoreHealth { StoreHealth(state: "off") }
    func stored() async throws(Problem) -> [StoredSummary] { [] }
    func stored(id: String) async throws(Problem) -> [UInt8] { throw unknown(id) }
    func forget(id: String) async throws(Problem) -> Forgotten { throw unknown(id) }
    func forget(speaker: String) async throws(Problem) -> Forgotten { Forgotten(sessions: 0) }
}

/// Tokens that nobody gets.
struct NoTokens: TokenBackend {
    func issue(_ request: TokenRequest) async throws(Problem) -> IssuedToken {
        IssuedToken(token: "", expiresAt: "", url: "")
    }
    func revoke() async throws(Problem) -> RevokedTokens { RevokedTokens(revoked: 0) }
}

/// Nothing to tell.
struct NoStatus: StatusBackend {
    func isReady() async -> Bool { false }
    func latency() async -> EventLatencySummary { EventLatencySummary(events: 0) }
    func metrics() async -> String { "" }
}

/// A publisher's first lines.
struct FewEvents: EventBackend {
    private let publisher = Publisher(
        configuration: PublisherConfiguration(socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e"),
        eventLoopGroup: EmbeddedEventLoop(), logger: Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))

    init() {
        for session in ["s", "t"] {
            publisher.publish(
                Event(.sessionStarted(SessionStarted(noticeID: nil, policy: "standard")), session: session))
        }
    }

    private final class Feed: EventFeed {
        let reader: EventReader
        init(_ reader: EventReader) { self.reader = reader }

        /// A batch and then the end.
        func next() async -> [EventFeedLine]? {
            defer { reader.end() }
            return await reader.next()?.map { line in
                EventFeedLine(json: line.json, id: line.position.map { "\($0.epoch):\($0.sequence)" })
            }
        }

        func end() { reader.end() }
    }

    func events(_ query: EventQuery) async throws(Problem) -> any EventFeed {
        do throws(ErrorLine) {
            return Feed(
                try publisher.reader(
                    sessions: query.sessions, speakers: query.speakers, types: query.types, fields: query.fields,
                    tickIntervalSeconds: query.tickIntervalSeconds,
                    after: query.last.map { EventPosition(epoch: $0.epoch, sequence: $0.sequence) }))
        } catch {
            throw Problem(status: 422, type: ProblemType(rawValue: error.code), detail: error.message)
        }
    }

    func history(_ request: HistoryRequest) async throws(Problem) -> [UInt8] {
        do throws(ErrorLine) {
            return try publisher.history(
                HistoryQuery(
                    session: request.session, sinceSeconds: request.sinceSeconds, fields: request.fields,
                    speakers: request.speakers))
        } catch {
            throw Problem(status: 422, type: ProblemType(rawValue: error.code), detail: error.message)
        }
    }
}
