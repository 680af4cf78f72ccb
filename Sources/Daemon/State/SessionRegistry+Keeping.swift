import CPlatform
import ControlAPI
import Conversation
import Decode
import Events
import Isolation
import Kit
import Logging
import ServiceLifecycle

/// Calls that survive a restart of the daemon.
extension SessionRegistry {
    /// Keeps what runs now, where calls are kept.
    func keepCalls() {
        guard kept != nil, isTakingSources else { return }
        kept?.write(
            order.compactMap(keptSession), expected: expected?.calls.all ?? [], now: unixMilliseconds())
    }

    private func keptSession(_ name: String) -> KeptSession? {
        guard let entry = entries[name], entry.isPublic, entry.ending == nil,
            let speakers = entry.session.update({ $0.remembered })
        else { return nil }
        let sources = entry.attached.filter { $0.isRunning && !$0.isOpening && !$0.isStopping }.compactMap(
            \.keptRequest)
        return KeptSession(
            name: name, startedMilliseconds: entry.session.startedMilliseconds,
            noticeID: entry.session.started.noticeID,
            speakers: speakers, sources: sources)
    }

    /// What another daemon would have to attach to have the calls that run, of those whose media this one fetches
    /// itself, all of it, and without a secret; a call each.
    ///
    /// - Returns: these, and how many others run.
    func fetchedCalls() -> (calls: [[AttachRequest]], others: Int) {
        let open = order.compactMap { entries[$0] }.filter { $0.isPublic && $0.ending == nil }
        let calls = open.compactMap { entry -> [AttachRequest]? in
            let running = entry.attached.filter { $0.isRunning && !$0.isStopping }
            let requests = running.compactMap(\.keptRequest).filter { CallMove.isFetched($0.url) }
            guard !requests.isEmpty, requests.count == running.count, requests.count <= CallMove.maxSources else {
                return nil
            }
            return requests
        }
        return (calls, open.count - calls.count)
    }

    /// Attaches again what was attached before a restart; what cannot be is told.
    func takeUpCalls() async {
        guard let requests = kept?.requests, !requests.isEmpty else { return }
        await withTaskGroup(of: Bool.self) { group in
            for request in requests {
                group.addTask {
                    do throws(Problem) {
                        _ = try await self.attach(request)
                        return true
                    } catch {
                        let url = redactedLocation(request.url)
                        self.logger.warning(
                            "\(url) can't be attached again after the restart: \(error.type.rawValue)",
                            metadata: ["session": "\(request.session)"])
                        return false
                    }
                }
            }
            var count = 0
            for await isAttached in group where isAttached { count += 1 }
            logger.info("\(count) of \(requests.count) sources from before the restart are attached again")
        }
    }
}

extension SessionEntry.Attached {
    /// The request that attaches it again, without port 0; nil where that would take a secret.
    fileprivate var keptRequest: AttachRequest? {
        guard var request, request.crypto == nil, redactedLocation(request.url) == request.url else { return nil }
        // What was asked for by port 0 is where its sender sends by now.
        if request.url.hasPrefix("rtp:") { request.url = source.monitor.status.url }
        return request
    }
}

extension SessionRegistry {
    /// What runs, in a line for whoever asks the system how the daemon is. Names nobody.
    var statusLine: String {
        let sources = entries.values.reduce(0) { $0 + $1.attached.count(where: \.isRunning) }
        func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
        let calls = "\(counted(entries.count, "session")), \(counted(sources, "source"))"
        return draining.isOn ? calls + "; drains, takes no new calls" : calls
    }
}

/// Takes up the calls of before a restart, attaches what is declared, keeps the calls that run, and ends those that are
/// over.
struct KeepingService: Service {
    let registry: SessionRegistry
    /// How often what sessions have left behind is given back to the system, in looks.
    private static let looksBetweenReturns = 10

    func run() async throws {
        await registry.takeUpCalls()
        await registry.attachDeclared()
        var looks = 0
        // Not with every change: where hundreds of calls begin at once, each would have all of them written.
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
            await registry.attachDeclared()
            await registry.endIdle()
            await registry.keepCalls()
            LateProcesses.bury()
            looks = (looks + 1) % Self.looksBetweenReturns
            if looks == 0 { attune_return_free_memory() }
            // In one message, so that nobody is told that it lives without what it does.
            attune_notify("WATCHDOG=1\nSTATUS=\(await registry.statusLine)")
        }
    }
}
