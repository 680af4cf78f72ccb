import Bus
import ControlAPI
import Fleet
import Foundation
import Logging
import NIOCore
import Synchronization

/// Calls whose media a node fetches itself go to another node when it ends: that one fetches it, and has the session
/// from then on.
extension NodeLink {
    /// The other node has so long to open what it is given.
    private static let attachSeconds: Int64 = 20
    /// And so long to begin the session, milliseconds.
    private static let beginMilliseconds = 5_000
    /// Calls that are handed over at a time, and that are taken.
    private static let mostAtOnce = 8

    /// Hands over what can be, before the daemon ends with calls that run.
    func handOver() async {
        let (calls, others) = await registry.fetchedCalls()
        if others > 0 {
            logger.notice(
                "calls that are sent here, or need a secret, can't be handed over", metadata: ["calls": "\(others)"])
        }
        guard !calls.isEmpty, let connection = openConnection else { return }
        let nodes: [FleetNode]
        do throws(BusError) { nodes = try await FleetBus.nodes(connection).filter { $0.name != name } } catch {
            logger.warning("no call is handed over: \(error)")
            return
        }
        for start in stride(from: 0, to: calls.count, by: Self.mostAtOnce) {
            await withTaskGroup(of: Void.self) { group in
                for sources in calls[start..<min(calls.count, start + Self.mostAtOnce)] {
                    group.addTask { await self.handOver(sources, among: nodes, on: connection) }
                }
            }
        }
    }

    private func handOver(_ sources: [AttachRequest], among nodes: [FleetNode], on connection: BusConnection) async {
        let session = sources[0].session
        guard let node = Placement.node(for: session, among: nodes),
            let json = try? JSONEncoder().encode(CallMove(sources: sources))
        else {
            logger.warning("no node takes this call over", metadata: ["session": "\(session)"])
            return
        }
        do {
            let message = try await connection.request(
                json, to: BusNames.moves(to: node.name), withinSeconds: Self.attachSeconds)
            let answer = try JSONDecoder().decode(CallMove.Answer.self, from: Data(message.payload.readableBytesView))
            if let problem = answer.problem {
                logger.warning(
                    "node \(node.name) does not take this call over: \(problem)", metadata: ["session": "\(session)"])
                return
            }
            // Only then the end of the session here is no end for anybody.
            for _ in 0..<Self.beginMilliseconds / 20 where try await !has(node.name, session, connection) {
                try await Task.sleep(for: .milliseconds(20))
            }
            logger.notice("node \(node.name) has this call from now on", metadata: ["session": "\(session)"])
        } catch {
            logger.warning(
                "node \(node.name) does not take this call over: \(error)", metadata: ["session": "\(session)"])
            return
        }
        _ = try? await registry.detach(session: session)
    }

    private func has(_ node: String, _ session: String, _ connection: BusConnection) async throws(BusError) -> Bool {
        let value = try await connection.get(BusNames.token(session), in: BusNames.placeBucket).value
        return value.flatMap { FleetBus.place($0) }?.node == node
    }

    /// Takes calls that other nodes hand over, for as long as the connection stands.
    func takeMoves(on connection: BusConnection) {
        connection.subscribe(BusNames.moves(to: name)) { [weak self, weak connection] message in
            guard let self, let connection, let reply = message.reply else { return }
            let isFree = state.withLock { state in
                guard state.takenCalls < Self.mostAtOnce else { return false }
                state.takenCalls += 1
                return true
            }
            guard isFree else { return Self.answer("it takes as many as it can already", to: reply, connection) }
            let bytes = Array(message.payload.readableBytesView)
            Task { [weak connection] in
                let problem = await self.take(bytes)
                self.state.withLock { $0.takenCalls -= 1 }
                if let connection { Self.answer(problem, to: reply, connection) }
            }
        }
    }

    private static func answer(_ problem: String?, to reply: String, _ connection: BusConnection) {
        let json = (try? JSONEncoder().encode(CallMove.Answer(problem: problem))) ?? Data()
        connection.publish(json, to: reply)
    }

    /// - Returns: why it is not taken; nil where all of it is.
    private func take(_ bytes: [UInt8]) async -> String? {
        guard let move = CallMove(bytes) else { return "what it was sent names no sources that it can fetch" }
        let session = move.sources[0].session
        guard await registry.isTakingCalls else { return Draining.problem.detail }
        var attached: [String] = []
        for request in move.sources {
            do throws(Problem) { attached.append(try await registry.attach(request).source) } catch {
                // All of a call, or nothing: it stays where it is.
                for source in attached { _ = try? await registry.detach(session: session, source: source) }
                return error.detail
            }
        }
        logger.notice("a call was handed over to this node", metadata: ["session": "\(session)"])
        return nil
    }
}
