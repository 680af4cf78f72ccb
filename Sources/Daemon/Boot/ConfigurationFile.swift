import ControlAPI
import Conversation
import Foundation
import Settings

/// The file that the daemon was started with, to be read again.
struct ConfigurationFile: Sendable {
    /// Nil where the daemon runs on the defaults.
    let path: String?
    let logLevel: LogRules

    /// Reads and validates it as at the start.
    ///
    /// - Throws: what is wrong with it.
    func read() throws(Problem) -> Settings {
        guard let path else {
            throw Problem(
                status: 409, type: .noConfiguration,
                detail: "the daemon runs without a configuration file; start it with --config to reload one")
        }
        let settings: Settings
        do throws(SettingsError) {
            settings = try Settings(file: path, environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Self.bad(error.description)
        }
        do throws(DaemonError) { try checkDaemon(settings) } catch { throw Self.bad(error.message) }
        return settings
    }

    static func bad(_ reason: String) -> Problem {
        Problem(status: 422, type: .badConfiguration, detail: "\(reason); the old configuration stays in force")
    }
}

/// What a configuration that was read again changes in a running daemon.
struct SettingsChange {
    /// The settings from now on: the new ones, as far as they can be changed without a restart.
    private(set) var inForce: Settings
    private(set) var summary = ReloadSummary(applied: [], needsRestart: [])

    init(from old: Settings, to new: Settings) {
        inForce = old
        // For sessions that start, and sources that are attached, from now on.
        apply("events.tick_s", \.conversation.tickHops, new)
        apply("engagement", \.conversation.engagement, new)
        apply("cues.rules", \.conversation.cues, new)
        apply("cues.min_gap_s", \.conversation.cueGapSeconds, new)
        apply("words.trackers", \.conversation.trackers, new)
        apply("conversation", \.conversation, new)
        var sources = new.sources
        (sources.pcmSocket, sources.audioSocket) = (old.sources.pcmSocket, old.sources.audioSocket)
        (sources.webSocket, sources.webSocketURL) = (old.sources.webSocket, old.sources.webSocketURL)
        sources.webSocketCertificate = old.sources.webSocketCertificate
        sources.webSocketKey = old.sources.webSocketKey
        if sources != old.sources { summary.applied.append("sources") }
        inForce.sources = sources
        apply("session", \.session, new)
        apply("log", \.log, new)

        // What is open, or was promised to the people in the call, does not change under them.
        keep("sockets", \.sockets, new)
        keep("events", \.events, new)
        keep("sources.pcm_socket", \.sources.pcmSocket, new)
        keep("sources.audiosocket", \.sources.audioSocket, new)
        keep("sources.websocket", \.sources.webSocket, new)
        keep("sources.websocket_url", \.sources.webSocketURL, new)
        keep("sources.websocket_certificate", \.sources.webSocketCertificate, new)
        keep("sources.websocket_key", \.sources.webSocketKey, new)
        keep("overload", \.overload, new)
        keep("voice", \.voice, new)
        keep("captions", \.captions, new)
        keep("words.language, words.partials", \.words, new)
        keep("cues.on_raise", \.cues, new)
        keep("policy", \.policy, new)
        keep("store", \.store, new)
        keep("ledger", \.ledger, new)
        keep("state", \.state, new)
        keep("bus", \.bus, new)
    }

    /// What a file that the settings name has changed.
    mutating func noteApplied(_ name: String) { summary.applied.append(name) }

    private mutating func apply<Value: Equatable>(
        _ names: String, _ section: WritableKeyPath<Settings, Value>, _ new: Settings
    ) {
        guard new[keyPath: section] != inForce[keyPath: section] else { return }
        inForce[keyPath: section] = new[keyPath: section]
        summary.applied.append(names)
    }

    private mutating func keep<Value: Equatable>(_ name: String, _ section: KeyPath<Settings, Value>, _ new: Settings) {
        if new[keyPath: section] != inForce[keyPath: section] { summary.needsRestart.append(name) }
    }
}

extension ReloadSummary {
    /// One line for the log.
    var text: String {
        if applied.isEmpty, needsRestart.isEmpty { return "configuration read again: nothing has changed" }
        return "configuration read again: applied: \(Self.list(applied)); after a restart: \(Self.list(needsRestart))"
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "nothing" : names.joined(separator: ", ")
    }
}
