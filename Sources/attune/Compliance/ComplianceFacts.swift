import Conversation
import Events
import Fleet
import Settings

/// What a configuration says about the people in a call: the source of every statement of the papers.
struct ComplianceFacts {
    let settings: Settings
    let policy: Policy

    /// - Throws: where the configuration names a profile that there is not, which no valid one does.
    init(_ settings: Settings) throws {
        self.settings = settings
        guard let profile = Policy.Profile(rawValue: settings.policy.profile) else {
            throw fail("policy.profile '\(settings.policy.profile)' is no profile; see docs/policy.md", code: 78)
        }
        policy = Policy(profile)
    }

    var profile: String { policy.profile.rawValue }
    var noticeID: String { settings.policy.noticeID ?? "none" }

    /// What is written down of those who agree to it.
    enum Words { case off, counted, live, stored }
    var words: Words {
        if settings.words.language == .off { return .off }
        switch settings.conversation.wordTexts {
        case .none: return .counted
        case .live: return .live
        case .stored: return storedDays == nil ? .live : .stored
        }
    }

    /// Days for which ticks are kept; nil where they are gone with the call.
    var storedDays: Int? { settings.store.path == nil ? nil : settings.store.retentionDays }

    /// Who is scored by a permission: everybody, nobody, or those of some roles.
    enum Whom: Equatable {
        case everybody, nobody
        case roles([String])
    }

    func whom(_ permission: (Policy.Permissions) -> Bool) -> Whom {
        let allowed = policy.classes.filter { permission($0.permissions) }
        if allowed.count == policy.classes.count { return .everybody }
        return allowed.isEmpty ? .nobody : .roles(allowed.flatMap { $0.roles ?? [] })
    }

    /// Ways by which figures of people leave the daemon.
    var ways: [(what: String, who: String)] {
        let group = settings.sockets.group ?? "the daemon's own group"
        let mode = String(settings.sockets.mode, radix: 8)
        var ways = [
            ("event and control socket on this machine", "users whom mode 0\(mode) and the group (\(group)) let in")
        ]
        if let http = settings.sockets.http {
            let reach = http.isLoopback ? "this machine only" : "other machines, by TLS"
            ways.append(
                ("overlay page and reading API on \(http.urlHost):\(http.port)", "whoever has a token; \(reach)"))
        }
        switch settings.cues.onRaise?.target {
        case .command(let name): ways.append(("cues, to the command '\(name)'", "that program, on this machine"))
        case .url(let address, _):
            ways.append(("cues, to \(address.host):\(address.port)", "that program, on this machine"))
        case nil: break
        }
        if let bus = settings.bus.address {
            ways.append(
                (
                    "events and ticks, over the bus at \(bus.host):\(bus.port), \(bus.isSecure ? "by TLS" : "in clear")",
                    "the fleet's nodes and gateways, and through those whoever has a token of theirs"
                ))
        }
        if let path = settings.store.path {
            ways.append(("the store \(path)", "the daemon's user; reports for who may use the control socket"))
        }
        return ways
    }

    /// What is kept, and for how long.
    var retention: [(what: String, time: String)] {
        var kept = [
            ("sound and pictures", "not kept; gone once they are analysed"),
            ("events in memory, for clients that come back", "\(settings.events.ringSeconds) s"),
        ]
        if policy.permitsVoices {
            kept.append(
                (
                    "what voices sound like, of tracks that are attached as having several",
                    "in memory until that track ends or consent is taken back"
                ))
        }
        if settings.events.historyMebibytes > 0 {
            kept.append(("thinned ticks in memory, for pages that are loaded anew", "until the call ends, 4 h at most"))
        }
        if settings.bus.address != nil {
            kept.append(("events in the memory of the bus", "\(BusLimits.factSeconds) s"))
            kept.append(
                (
                    "the last state of each session there, with what is usual for its people",
                    "\(BusLimits.sessionSeconds / 3_600) h at most"
                ))
        }
        if settings.state.maxAgeSeconds > 0 {
            kept.append(
                (
                    "names, roles and consent of running calls (\(settings.state.file(besides: settings.sockets)))",
                    "until the call ends, or \(settings.state.maxAgeSeconds) s after the daemon has; nothing measured"
                ))
        }
        kept.append(("ticks and totals", storedDays.map { "\($0) days (store.retention_days)" } ?? "not kept on disk"))
        let texts =
            switch words {
            case .off: "nothing is written down"
            case .counted: "not kept; counted and let go of"
            case .live: "not kept; told while the call runs"
            case .stored: "\(storedDays ?? 0) days, long numbers and addresses masked"
            }
        kept.append(("what was said, as a text, of who agreed to words", texts))
        if let file = settings.ledger.path {
            kept.append(
                (
                    "decisions on consent, with names (\(file))",
                    "\(settings.ledger.retentionDays) days (ledger.retention_days)"
                ))
        }
        return kept
    }
}
