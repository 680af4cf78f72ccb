import Dispatch
import Events
import Foundation
import Logging
import NIOCore
import Synchronization

@testable import Publish
@testable import Store

/// Everything by which something of a session can get out: the event socket and `/v1/events`, which read the same, for
/// clients that are there, come, come back or are slow; the history in memory; and the store with its files and reports.
final class WaysOut {
    private let core: PublisherCore
    private let store: Store
    private let folder: String
    private var live: ClientPosition
    private var slow: ClientPosition

    /// Makes the files in a folder of its own.
    init() throws {
        folder = NSTemporaryDirectory() + "attune-consent-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let logger = Logger(label: "simulation") { _ in SilentLog() }
        store = try Store(path: folder + "/attune.db", retentionDays: 1, logger: logger)
        core = PublisherCore(
            configuration: PublisherConfiguration(socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e"),
            clock: .system, logger: logger)
        guard let first = core.admit(loop: nil), let second = core.admit(loop: nil) else {
            throw CocoaError(.featureUnsupported)
        }
        live = ClientPosition(first, core)
        slow = ClientPosition(second, core)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// What takes the events, from any thread.
    var output: @Sendable (Event) -> Void {
        { [core, store] event in
            core.publish(event, arrivedNanoseconds: nil)
            store.record(event)
        }
    }

    /// All that clients are told now.
    func lines(slowLines: Int) throws -> [String] {
        var lines = take(&live)
        slow.isBehind = true
        slow.refresh()
        for _ in 0..<slowLines { if let line = slow.next() { lines.append(String(buffer: line)) } }
        guard let admission = core.admit(loop: nil) else { return lines }
        defer { core.dismiss(loop: nil, isLast: false) }
        var newcomer = ClientPosition(admission, core)
        lines += take(&newcomer)
        do throws(ErrorLine) { try newcomer.resume(epoch: "e", after: 0) } catch { lines.append("\(error)") }
        return lines + take(&newcomer)
    }

    /// Who has values in the history of a session.
    func remembered(in session: String) -> Set<String> {
        Set(core.history(HistoryQuery(session: session))?.speakers.keys.map(\.self) ?? [])
    }

    private func take(_ client: inout ClientPosition) -> [String] {
        client.isBehind = true
        client.refresh()
        var lines: [String] = []
        while let line = client.next() { lines.append(String(buffer: line)) }
        return lines
    }

    /// The bytes of all files of the store, and the reports on all sessions, with what waits written.
    func stored() throws -> (files: [UInt8], reports: [String]) {
        let reports = try wait { [store] in
            try await store.settle()
            var reports: [String] = []
            for session in try await store.sessions() {
                reports.append(String(decoding: try await store.report(session: session.id) ?? [], as: UTF8.self))
            }
            return reports
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).flatMap { name in
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name)))
        }
        return (files, reports)
    }

    /// Deletes a speaker from the store.
    func forget(_ speaker: String) throws {
        core.forgetHistory(of: speaker)
        _ = try wait { [store] in try await store.forget(speaker: speaker) }
    }

    /// Ends the store.
    func close() { try? wait { [store] in await store.close() } }

    /// Everything else here is bound to the thread that it began on.
    private func wait<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task {
            let found: Result<Value, any Error>
            do { found = .success(try await work()) } catch { found = .failure(error) }
            result.withLock { $0 = found }
            done.signal()
        }
        done.wait()
        guard let found = result.withLock({ $0 }) else { throw CocoaError(.featureUnsupported) }
        return try found.get()
    }
}
