import Control
import ControlAPI
import Events
import Logging
import ServiceLifecycle
import Settings
import Store

/// The store as the daemon sees it: off, open, or asked for and not usable. The latter stops nothing but storing.
struct StoredSessions: StoredBackend {
    private enum State {
        case off
        case unavailable(String)
        case open(Store)
    }

    private let state: State

    /// Opens the store that the configuration names.
    init(_ settings: Settings.Store, _ logger: Logger) {
        guard let path = settings.path else {
            state = .off
            return
        }
        do throws(StoreError) {
            state = .open(try Store(path: path, retentionDays: settings.retentionDays, logger: logger))
            logger.info("ticks are stored in \(path) for \(settings.retentionDays) days")
        } catch {
            state = .unavailable(error.description)
            logger.error("nothing is stored: \(error.description)")
        }
    }

    /// Waits until what has to be deleted is deleted.
    func settle() async throws(Problem) {
        guard case .open(let store) = state else { return }
        do throws(StoreError) {
            try await store.settle()
        } catch {
            throw Problem(
                status: 503, type: .storeUnavailable,
                detail: "what is stored of the speaker could not be deleted yet, which is tried again: \(error)")
        }
    }

    // MARK: Commands

    var health: StoreHealth {
        switch state {
        case .off: return StoreHealth(state: "off")
        case .unavailable(let reason): return StoreHealth(state: "unavailable", failure: reason)
        case .open(let store):
            let status = store.status
            return StoreHealth(
                state: status.isFailing ? "failing" : "on", dropped: status.dropped, failure: status.lastFailure)
        }
    }

    func stored() async throws(Problem) -> [StoredSummary] {
        let store = try opened()
        do { return try await store.sessions().map(StoredSummary.init) } catch { throw Self.failed(error) }
    }

    func stored(id: String) async throws(Problem) -> [UInt8] {
        let store = try opened()
        let report: [UInt8]?
        do { report = try await store.report(session: id) } catch { throw Self.failed(error) }
        guard let report else { throw Self.noSuchSession(id) }
        return report
    }

    func forget(id: String) async throws(Problem) -> Forgotten {
        let store = try opened()
        let wasThere: Bool
        do { wasThere = try await store.forget(session: id) } catch { throw Self.failed(error) }
        guard wasThere else { throw Self.noSuchSession(id) }
        return Forgotten(sessions: 1)
    }

    func forget(speaker: String) async throws(Problem) -> Forgotten {
        let store = try opened()
        let sessions: Int
        do { sessions = try await store.forget(speaker: speaker) } catch { throw Self.failed(error) }
        guard sessions > 0 else {
            throw Problem(
                status: 404, type: .nothingStored,
                detail: "nothing is stored of a speaker '\(speaker)'; 'attune sessions --stored' lists the speakers")
        }
        return Forgotten(sessions: sessions)
    }

    private func opened() throws(Problem) -> Store {
        switch state {
        case .open(let store): return store
        case .off:
            throw Problem(
                status: 404, type: .storeOff,
                detail: "nothing is stored here; set store.path in the daemon's configuration to store ticks")
        case .unavailable(let reason): throw Problem(status: 503, type: .storeUnavailable, detail: reason)
        }
    }

    private static func failed(_ error: StoreError) -> Problem {
        Problem(status: 503, type: .storeUnavailable, detail: error.description)
    }

    private static func noSuchSession(_ id: String) -> Problem {
        Problem(
            status: 404, type: .noSuchStoredSession,
            detail: "no stored session has the id '\(id)'; 'attune sessions --stored' lists them")
    }
}

extension StoredSessions: EventSink {
    func take(_ event: Event, arrivedNanoseconds: Int64?) {
        if case .open(let store) = state { store.record(event) }
    }
}

extension StoredSessions: Service {
    /// Writes what comes until the daemon shuts down, and then what is left.
    func run() async throws {
        guard case .open(let store) = state else {
            try await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown { await store.run() }
        await store.close()
    }
}

extension StoredSummary {
    init(_ session: StoredSession) {
        self.init(
            id: session.id, session: session.name, startedAt: rfc3339(session.startedMilliseconds),
            state: session.state, noticeID: session.noticeID, policy: session.policy, speakers: session.speakers)
    }
}
