import Bus
import Events
import Fleet
import Foundation
import Kit
import Logging
import Publish

/// What is known of the states of sessions on the bus.
struct SessionStates {
    /// Sessions whose state is to be written down anew.
    var changed: Set<String> = []
    /// What this node wrote last, or found there, by session.
    var revisions: [String: UInt64] = [:]
    /// Sessions whose state is on its way.
    var writing: Set<String> = []
    /// Sessions of which somebody else has written since.
    var disputed: Set<String> = []
    /// When those were written last that had not changed, and when disputes were looked into; by the monotonic clock.
    var refreshedMilliseconds = HostClock.monotonicNanoseconds() / 1_000_000, disputedMilliseconds: Int64 = 0
}

// Places and states.
extension NodeTeller {
    /// What is usual for somebody goes along no older than this.
    private static let refreshMilliseconds: Int64 = 15_000
    private static let disputeMilliseconds: Int64 = 500

    /// This node has the session, unless another one has it since.
    func claim(_ session: String, isNew: Bool) async throws(BusError) {
        guard let term = try await FleetBus.claim(session, for: name, isNew: isNew, on: connection) else {
            logger.warning(
                "another node has the session since; this one does not tell of it", metadata: ["session": "\(session)"])
            terms[session] = nil
            states.revisions[session] = nil
            fenced.insert(session)
            return
        }
        terms[session] = term
        states.revisions[session] = try await connection.get(BusNames.token(session), in: BusNames.stateBucket).revision
        fenced.remove(session)
    }

    /// A session is over here: nobody need know of its place and its state any more, unless it goes on elsewhere.
    func forget(_ session: String) async throws(BusError) {
        states.changed.remove(session)
        states.disputed.remove(session)
        states.revisions[session] = nil
        guard let term = terms[session] else { return }
        try await FleetBus.release(session, of: name, in: term, on: connection)
    }

    /// Writes the states down that have changed, and now and then all, for what is usual.
    func writeStates() async throws(BusError) {
        let now = HostClock.monotonicNanoseconds() / 1_000_000
        if now - states.refreshedMilliseconds >= Self.refreshMilliseconds {
            states.refreshedMilliseconds = now
            states.changed.formUnion(terms.keys)
        }
        if !states.disputed.isEmpty, now - states.disputedMilliseconds >= Self.disputeMilliseconds {
            states.disputedMilliseconds = now
            let disputed = states.disputed
            states.disputed = []
            for session in disputed where terms[session] != nil {
                try await claim(session, isNew: false)
                states.changed.insert(session)
            }
        }
        guard !states.changed.isEmpty else { return }
        let at = rfc3339(unixMilliseconds())
        let written = states.changed
        states.changed = []
        for session in written {
            let handOver = await registry.handOver(session)
            // Two at a time would dispute with each other.
            guard !states.writing.contains(session) else {
                states.changed.insert(session)
                continue
            }
            guard let term = terms[session], let state = publisher.state(of: session) else { continue }
            let record = SessionRecord(
                node: name, epoch: publisher.epoch, term: term, sequence: state.sequence, session: state.session,
                rest: handOver.flatMap { try? JSONEncoder().encode($0) }.map(Array.init))
            states.writing.insert(session)
            connection.request(
                record.bytes(at: at), to: "$KV.\(BusNames.stateBucket).\(BusNames.token(session))",
                headers: [(BusConnection.expectedSequence, String(states.revisions[session] ?? 0))]
            ) { answer in
                let kept = answer.flatMap(BusConnection.sequence(ofAcknowledgement:))
                Task { await self.settle(session, kept: kept) }
            }
        }
    }

    /// A state was written, or somebody else has written there meanwhile.
    private func settle(_ session: String, kept: UInt64?) async {
        states.writing.remove(session)
        guard terms[session] != nil, connection.isOpen else { return }
        if let kept { states.revisions[session] = kept } else { states.disputed.insert(session) }
        guard states.changed.contains(session) else { return }
        do throws(BusError) { try await writeStates() } catch { connection.close(because: error.description) }
    }
}
