import Conversation
import Foundation
import Testing

@testable import Settings

@Suite struct SettingsTests {
    private static let shippedFile = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("config/attune.yaml")

    @Test func theShippedFileSpellsOutTheDefaults() throws {
        #expect(try Settings(file: Self.shippedFile.path) == Settings())
    }

    @Test func theShippedFileHasEveryKeyWithAComment() throws {
        let lines = try String(contentsOf: Self.shippedFile, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        for known in SettingsKey.all {
            let parts = known.path.split(separator: ".")
            let section = try #require(lines.firstIndex { $0.hasPrefix("\(parts[0]):") }, "\(known.path)")
            let rest = lines[section...].dropFirst()
            let block = rest.prefix { $0.isEmpty || $0.hasPrefix(" ") }
            let line = try #require(block.firstIndex { $0.hasPrefix("  \(parts[1]):") }, "\(known.path)")
            let before = lines[..<line].reversed().prefix { !$0.isEmpty && !$0.hasSuffix(":") }
            #expect(before.contains { $0.hasPrefix("  #") }, "\(known.path) has no comment")
        }
    }

    @Test func nothingGivenMeansTheDefaults() throws {
        for text in ["", "\n", "# only a comment\n", "---\n"] {
            #expect(try Settings(yaml: text, file: "f") == Settings())
        }
    }

    @Test func everyKeyIsTakenOver() throws {
        let settings = try Settings(
            yaml: """
                sockets:
                  events: /tmp/e
                  mode: "0600"
                  allow_uids: [1000, 1001]
                events: {tick_s: 0.5, heartbeat_s: 2.5}
                conversation:
                  windows_s: [5, 60]
                engagement:
                  talk_ratio_points: 16
                  backchannel_points: 3
                cues:
                  min_gap_s: 12.5
                  on_raise: {command: lamp, timeout_s: 0.5}
                  commands_dir: /etc/attune/cues
                  rules:
                    - {id: spiel, metric: monologue_s, above: 30, severity: warning, for_s: 4, clear_for_s: 2,
                       priority: 90}
                    - {id: price, about: guest, metric: mentions, above: 0, window_s: 60, phrases: [zu teuer, 高い]}
                    - {id: talk, metric: talk_ratio, window_s: 60, above: 0.5, clear: 0.4, enabled: false}
                sources:
                  protocols: [file, rtp]
                  isolation: thread
                  worker_mib: 100
                  references: [10.0.0.0/8, "fd00::1"]
                  stall_s: 1.5
                  hls: [3, 0]
                  max_mib: 8
                  pcm_socket: /tmp/p
                  audiosocket: "[::1]:9092"
                  attach:
                    - {url: "rtp://127.0.0.1:5004", session: desk, tracks: [{speaker: anna, role: rep, ssrc: "*"}],
                       consent: granted, notice_id: n, priority: high, face_points: true}
                    - {url_file: /u, crypto_file: /k, session: t, tracks: [{speaker: b, consent: withheld, track: 1}], voices: "2"}
                session: {idle_s: 60}
                ledger: {path: /tmp/l, notices_dir: /tmp/n, retention_days: 9}
                overload: {enabled: false, target: 0.7}
                bus: {url: "tls://bus.example.org:4333", credentials: /c, ca: /a, node: n-1, node_url: wss://n1.example.org}
                store: {path: /tmp/s.db, retention_days: 7}
                captions: {lexicon: /l, fillers: [äh, sag ich mal]}
                words:
                  trackers:
                    - {name: pricing, phrases: [price, how much], who: guest}
                    - {name: acme, phrases: [Acme], who: [rep, ana], forms: false}
                log: {level: debug, levels: {source: trace}, format: json, max_lines_s: 5}
                """, file: "f")
        #expect(settings.sockets.events == "/tmp/e")
        #expect(settings.sources.pcmSocket == "/tmp/p")
        #expect(settings.sources.isolation == .thread && settings.sources.workerMebibytes == 100)
        #expect(settings.sources.references == ["10.0.0.0/8", "fd00::1"])
        #expect(settings.sources.audioSocket == Settings.LoopbackAddress(host: "::1", port: 9092))
        let declared = settings.sources.attach
        #expect(declared.map(\.session) == ["desk", "t"] && declared.map(\.urlFile) == [nil, "/u"])
        #expect(declared[0].tracks == [DeclaredSource.Track(speaker: "anna", role: "rep", ssrc: "*")])
        #expect(declared.map(\.facePoints) == [true, false] && declared.map(\.voices) == [nil, "2"])
        #expect(declared[0].noticeID == "n" && declared[0].priority == "high" && declared[0].consent == "granted")
        #expect(declared[1].tracks[0].consent == "withheld" && declared[1].tracks[0].track == 1)
        #expect(settings.ledger.path == "/tmp/l" && settings.ledger.retentionDays == 9)
        #expect(settings.ledger.noticesDirectory == "/tmp/n")
        #expect(settings.bus.address == Settings.Bus.Address(host: "bus.example.org", port: 4_333, isSecure: true))
        #expect(settings.bus.credentials == "/c" && settings.bus.authorities == "/a")
        #expect(settings.bus.node == "n-1" && settings.bus.nodeURL == "wss://n1.example.org")
        #expect(declared[1].cryptoFile == "/k" && settings.session.idleSeconds == 60)
        #expect(settings.sockets.mode == 0o600)
        #expect(settings.sockets.allowedUserIDs == [1000, 1001])
        #expect(settings.conversation.tickHops == 50)
        #expect(settings.events.heartbeatMilliseconds == 2_500)
        #expect(settings.conversation.windowsSeconds == [5, 60])
        #expect(settings.conversation.engagement.talkRatioPoints == 16)
        #expect(settings.conversation.cues.map(\.id) == ["spiel", "price", "talk"])
        let searched = settings.conversation.searched
        #expect(searched.map(\.phrases) == [["price", "how much"], ["Acme"], ["zu teuer", "高い"]])
        #expect(searched.map(\.who) == [["guest"], ["rep", "ana"], []])
        #expect(searched.map(\.matchesForms) == [true, false, false])
        #expect(settings.cues.onRaise?.target == .command("lamp") && settings.cues.commandsDirectory != nil)
        #expect(settings.conversation.cueGapSeconds == 12.5)
        #expect(settings.conversation.cues[0].dwellSeconds == 4 && settings.conversation.cues[0].clearForSeconds == 2)
        #expect(settings.conversation.cues.map(\.priority) == [90, 50, 50])
        #expect(settings.conversation.cues.map(\.isEnabled) == [true, true, false])
        #expect(settings.conversation.cues[0].severity == .warning && settings.conversation.cues[2].clear == 0.4)
        #expect(settings.sources.protocols == ["file", "rtp"])
        #expect(settings.sources.stallMilliseconds == 1_500 && settings.sources.maxMebibytes == 8)
        #expect(
            settings.sources.patience["hls"] == Settings.Patience(connectMilliseconds: 3_000, readMilliseconds: 0))
        #expect(settings.overload.isEnabled == false && settings.overload.target == 0.7)
        #expect(settings.store.path == "/tmp/s.db" && settings.store.retentionDays == 7)
        #expect(settings.captions.lexicon == "/l" && settings.captions.fillers == ["äh", "sag ich mal"])
        #expect(settings.log.level == "debug" && settings.log.levels == ["source": "trace"])
    }

    @Test(arguments: [
        ("sockets:\n  event: /x\n", 2, "unknown key 'event' in 'sockets'; did you mean 'events'?"),
        ("sockts:\n  events: /x\n", 1, "unknown key 'sockts'; did you mean 'sockets'?"),
        ("events:\n  tick_s: 1\n  zzzzzzzzz: 1\n", 3, "known are"),
        ("events:\n  tick_s: 99\n", 2, "'events.tick_s' must be seconds from 0.1 to 10.0, not '99'"),
        ("events:\n  tick_s: .nan\n", 2, "must be seconds"),
        ("events:\n  ring_s: 1e9999\n", 2, "a whole number"),
        ("events:\n  ring_s: [1]\n", 2, "not [1]"),
        ("events: 3\n", 1, "must be a mapping"),
        ("- a\n", 1, "must be a mapping"),
        ("sockets:\n  mode: \"0999\"\n", 2, "octal"),
        ("sockets:\n  events: relative\n", 2, "absolute path"),
        ("conversation:\n  windows_s: [30, 10]\n", 2, "ascending"),
        ("engagement:\n  talk_ratio_points: 40\n", 2, "add up to 50"),
        ("cues:\n  on_raise: x\n", 2, "'cues.on_raise' must be {command: NAME}"),
        ("cues:\n  on_raise: {timeout_s: 3}\n", 2, "must be {command: NAME}"),
        ("cues:\n  on_raise: {command: a, url: \"http://127.0.0.1/\"}\n", 2, "must be {command: NAME}"),
        ("cues:\n  on_raise: {command: a}\n", 2, "say in cues.commands_dir where it is"),
        ("cues:\n  on_raise: {command: ../a}\n", 2, "must be a command by its name"),
        ("cues:\n  on_raise: {command: .a}\n", 2, "must be a command by its name"),
        ("cues:\n  on_raise: {command: a, timeout_s: 0}\n", 2, "must be seconds from 0.1"),
        ("cues:\n  on_raise: {url: \"http://example.org/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"https://127.0.0.1/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"http://127.0.0.1.example.org/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"http://127.0.0.1@example.org/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"http://u@127.0.0.1/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"http://127.0.0.1:70000/\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  on_raise: {url: \"http://127.0.0.1/a b\"}\n", 2, "must be a URL on this machine"),
        ("cues:\n  rules: 3\n", 2, "'cues.rules' must be a list of rules"),
        ("cues:\n  rules:\n  - 3\n", 3, "must be a mapping"),
        ("cues:\n  rules:\n  - {id: a}\n", 3, "cue 'a' needs a metric; take one of talk_ratio"),
        (
            "cues:\n  rules:\n  - {id: a, metric: monolog}\n", 3,
            "cue 'a' has the metric 'monolog', which there is not; take one"
        ),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s}\n", 3, "either above or below"),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s, abov: 3}\n", 3, "unknown key 'abov'"),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s, above: x}\n", 3, "'above' of cue 'a' must be a number"),
        ("cues:\n  rules:\n  - {id: a, metric: mentions, above: 0}\n", 3, "mentions needs phrases"),
        ("cues:\n  rules:\n  - {id: a, metric: unheard_s, above: 0, phrases: [x]}\n", 3, "no other metric has any"),
        ("cues:\n  rules:\n  - {id: a, metric: mentions, above: 0, phrases: [\"?!\"]}\n", 3, "must be 1 to 12 words"),
        (
            "cues:\n  rules:\n  - {id: a, metric: mentions, above: 0, phrases: [a b c d e f g h i j k l m]}\n", 3,
            "must be 1 to 12 words"
        ),
        ("cues:\n  rules:\n  - {id: a, metric: mentions, above: 0, phrases: 3}\n", 3, "'phrases' of cue 'a' must be"),
        (
            "cues:\n  rules:\n  - {id: a, metric: mentions, above: 0, phrases: [x], tracker: y}\n", 3,
            "phrases or a tracker, one of the two"
        ),
        ("cues:\n  rules:\n  - {id: a, metric: unheard_s, above: 0, tracker: y}\n", 3, "no other metric has any"),
        (
            "cues:\n  rules:\n  - {id: a, metric: mentions, above: 0, tracker: y}\n", 2,
            "'y' of words.trackers; there is none"
        ),
        ("words:\n  trackers: 3\n", 2, "'words.trackers' must be a list of trackers"),
        ("words:\n  trackers:\n  - 3\n", 3, "a tracker must be a mapping"),
        ("words:\n  trackers:\n  - {phrases: [a]}\n", 3, "a tracker needs a name"),
        ("words:\n  trackers:\n  - {name: \"a\\nb\", phrases: [a]}\n", 3, "1 to 64 printable bytes"),
        ("words:\n  trackers:\n  - {name: a}\n", 3, "tracker 'a' has no phrases"),
        ("words:\n  trackers:\n  - {name: a, phrases: []}\n", 3, "tracker 'a' has no phrases"),
        ("words:\n  trackers:\n  - {name: a, phrases: [\"\"]}\n", 3, "must be a list of at most 200 words"),
        ("words:\n  trackers:\n  - {name: a, phrases: [\"?\\n\"]}\n", 3, "of tracker 'a' must be 1 to 12 words"),
        ("words:\n  trackers:\n  - {name: a, phrases: [b], whom: x}\n", 3, "unknown key 'whom'; known are name"),
        ("words:\n  trackers:\n  - {name: a, phrases: [b], who: {}}\n", 3, "'who' of tracker 'a' must be a list"),
        ("words:\n  trackers:\n  - {name: a, phrases: [b], forms: 2}\n", 3, "'forms' of tracker 'a' must be true or"),
        (
            "words:\n  trackers:\n  - {name: a, phrases: [b]}\n  - {name: a, phrases: [c]}\n", 4,
            "there are two trackers 'a'"
        ),
        (
            "words:\n  trackers:\n" + (1...33).map { "  - {name: t\($0), phrases: [b]}\n" }.joined(), 2,
            "are 33 with 33 phrases; keep to 32 with 1000"
        ),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s, above: 9, clear: 10}\n", 3, "'clear' of cue 'a' is beyond"),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s, below: 9, clear: 8}\n", 3, "'clear' of cue 'a' is beyond"),
        ("cues:\n  rules:\n  - {id: a, metric: monologue_s, above: 9, for_s: -1}\n", 3, "'for_s' of cue 'a' must be"),
        ("cues:\n  rules:\n  - {id: a, metric: silence_s, above: 3}\n", 3, "about the session"),
        ("cues:\n  rules:\n  - {id: a, metric: talk_ratio, window_s: 7, above: 3}\n", 2, "conversation.windows_s"),
        ("events:\n  ring_mib: 1\n  client_queue_kib: 2048\n", 3, "client_queue_kib is over ring_mib"),
        ("sources:\n  audiosocket: 0.0.0.0:9092\n", 2, "127.0.0.1:PORT"),
        ("sources:\n  pcm_socket: pcm.sock\n", 2, "absolute path"),
        ("sources:\n  attach: x\n", 2, "'sources.attach' must be a list of at most 1000 sources"),
        ("sources:\n  attach:\n  - 3\n", 3, "write it as {url"),
        ("sources:\n  attach:\n  - {url: a, sesion: b}\n", 3, "'sesion' is unknown; known are url"),
        ("sources:\n  attach:\n  - {url: a}\n", 3, "add session: NAME"),
        ("sources:\n  attach:\n  - {session: a, url: b, url_file: /c}\n", 3, "give either url, or url_file"),
        ("sources:\n  attach:\n  - {session: a, url_file: c}\n", 3, "'url_file' must be an absolute path"),
        ("sources:\n  attach:\n  - {session: a, url: b, tracks: []}\n", 3, "add tracks"),
        ("sources:\n  attach:\n  - {session: a, url: b, tracks: [{role: c}]}\n", 3, "add speaker: NAME"),
        ("sources:\n  attach:\n  - {session: a, url: b, tracks: [{speaker: c, track: -1}]}\n", 3, "from 0 to 1023"),
        ("session:\n  idle_s: -1\n", 2, "from 0 to 604800"),
        ("sources:\n  rtsp: 10\n", 2, "such as [10, 30], not '10'"),
        ("sources:\n  rtsp: [0, 10]\n", 2, "seconds to connect (0.1 to 300)"),
        ("sources:\n  rtsp: [1, 0.1]\n", 2, "0.5 to 3600"),
        ("sources:\n  max_mib: 3\n", 2, "from 4 to 1024"),
        ("store:\n  path: attune.db\n", 2, "an absolute path of a file"),
        ("store:\n  retention_days: 0\n", 2, "from 1 to 3650"),
        ("overload:\n  target: 1\n", 2, "a number from 0.3 to 0.95"),
        ("overload:\n  enabled: 1\n", 2, "true or false"),
        ("captions:\n  fillers: um\n", 2, "must be a list of at most 200 words"),
        ("captions:\n  fillers: [\"\"]\n", 2, "must be a list of at most 200 words"),
        ("log:\n  level: loud\n", 2, "one of trace"),
        ("log:\n  levels: {sauce: debug}\n", 2, "a mapping such as {source: debug}"),
        ("log:\n  format: xml\n", 2, "one of text, json, journal"),
        ("log:\n  level: info\n  level: info\n", nil, "given twice"),
        ("log:\n  level: \"info\n", nil, "mend the YAML"),
        ("a: [\n", nil, "mend the YAML"),
        ("sources:\n  reconnect_min_s: 10\n  reconnect_max_s: 1\n", 3, "reconnect_max_s is below"),
    ])
    func badInputIsNamedWithItsLine(text: String, line: Int?, message: String) {
        let error = #expect(throws: SettingsError.self) { try Settings(yaml: text, file: "f.yaml") }
        if let line { #expect(error?.line == line, "\(error.map(String.init(describing:)) ?? "")") }
        #expect(error?.message.contains(message) == true, "\(error.map(String.init(describing:)) ?? "")")
        #expect(error?.description.contains("\n") == false)
        #expect(error?.description.hasPrefix("f.yaml") == true)
    }

    @Test func allThatIsWrongIsToldAtOnceWithItsPlace() throws {
        let text = """
            sockets:
              event: /x
              mode: 7
            cues:
              rules:
                - {id: a}
                - {id: b, metric: monologue_s, above: x}
            log: {level: loud}
            """
        let error = try #require(#expect(throws: SettingsError.self) { try Settings(yaml: text, file: "f.yaml") })
        let places = error.lines.map { $0.prefix { $0 != " " } }
        #expect(
            places == ["f.yaml:2:3:", "f.yaml:3:9:", "f.yaml:6:7:", "f.yaml:7:43:", "f.yaml:8:14:"], "\(error.lines)")
        #expect(error.description.hasSuffix("(and 4 more: attuned --check-config lists all)"))
        let both =
            "events:\n  ring_mib: 1\n  client_queue_kib: 2048\nsources:\n  reconnect_min_s: 10\n  reconnect_max_s: 1\n"
        let contradictions = #expect(throws: SettingsError.self) { try Settings(yaml: both, file: "f") }
        #expect(contradictions?.lines.count == 2)
    }

    @Test(arguments: [
        ("nats://127.0.0.1", true), ("nats://[::1]:4333", true), ("nats://localhost:1", true), ("tls://bus:4222", true),
        ("nats://bus:4222", false), ("nats://10.0.0.1", false), ("bus:4222", false), ("nats://", false),
        ("nats://user:secret@127.0.0.1", false), ("tls://bus:0", false), ("tls://bus:x", false),
    ])
    func aBusIsOnThisMachineOrSpeaksTLS(url: String, isTaken: Bool) {
        let settings = try? Settings(yaml: "bus: {url: \"\(url)\"}", file: "f")
        #expect((settings?.bus.address != nil) == isTaken, "\(url)")
    }

    @Test func withoutABusNothingOfItIsTaken() {
        #expect(throws: SettingsError.self) { try Settings(yaml: "bus: {credentials: /c}", file: "f") }
        #expect(throws: SettingsError.self) { try Settings(yaml: "bus: {node: a.b}", file: "f") }
        #expect(Settings().bus.address == nil)
    }

    @Test func theEnvironmentOverridesTheFile() throws {
        let settings = try Settings(
            yaml: "store: {retention_days: 7}\nsources: {max: 3}\n", file: "f",
            environment: [
                "ATTUNE_STORE_RETENTION_DAYS": "9", "ATTUNE_CAPTIONS_FILLERS": "[um, so]", "ATTUNE_RUNTIME_DIR": "/x",
                "ATTUNE_SOCKETS_HTTP": "127.0.0.1:1", "PATH": "/", "ATTUNE_LOG_LEVEL": "debug",
            ])
        #expect(settings.store.retentionDays == 9 && settings.sources.maximum == 3 && settings.sockets.http?.port == 1)
        #expect(settings.captions.fillers == ["um", "so"])
        let wrong = #expect(throws: SettingsError.self) {
            try Settings(environment: [
                "ATTUNE_STORE_RETENTION_DAY": "9", "ATTUNE_STORE_PATH": "x", "ATTUNE_LOG_LEVEL": "[",
            ])
        }
        #expect(wrong?.lines.count == 3, "\(wrong?.lines ?? [])")
        #expect(wrong?.lines.last?.hasPrefix("ATTUNE_STORE_RETENTION_DAY: unknown key 'retention_day'") == true)
        #expect(wrong?.lines.contains { $0.hasPrefix("ATTUNE_STORE_PATH: 'store.path' must be") } == true)
    }

    @Test func whatIsShownIsWhatHoldsAndSaysWhereItComesFrom() throws {
        #expect(try Settings(yaml: shippedValues, file: "f") == Settings())
        let path = NSTemporaryDirectory() + "attune-settings-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "store:\n  retention_days: 7\n".write(toFile: path, atomically: true, encoding: .utf8)
        let environment = ["ATTUNE_SOURCES_MAX": "3"]
        let shown = try Settings.shown(file: path, environment: environment)
        #expect(shown.map(\.path) == SettingsKey.all.map(\.path))
        #expect(
            shown.filter { $0.origin != nil }.map { "\($0.path) \($0.origin!)" }.sorted() == [
                "sources.max ATTUNE_SOURCES_MAX", "store.retention_days \(path):2",
            ])
        var text = "", section: Substring?
        for setting in shown {
            let own = setting.path.prefix { $0 != "." }
            if own != section { text += "\(own):\n" }
            section = own
            for line in setting.yaml { text += "  \(line)\n" }
        }
        #expect(try Settings(yaml: text, file: "shown") == Settings(file: path, environment: environment), "\(text)")
    }

    @Test func filesThatCannotBeReadAreNamed() throws {
        let missing = #expect(throws: SettingsError.self) { try Settings(file: "/nonexistent/attune.yaml") }
        #expect(
            missing?.description == "/nonexistent/attune.yaml: cannot be read; check that it exists and may be read")
        let path = NSTemporaryDirectory() + "attune-settings-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: path))
        let binary = #expect(throws: SettingsError.self) { try Settings(file: path) }
        #expect(binary?.message.contains("UTF-8") == true)
        try Data(count: 2 << 20).write(to: URL(fileURLWithPath: path))
        let large = #expect(throws: SettingsError.self) { try Settings(file: path) }
        #expect(large?.message.contains("1 MiB") == true)
    }

    @Test(arguments: [
        ("http://127.0.0.1", "127.0.0.1", 80, "/"), ("http://localhost:9/a%20b?c=d", "127.0.0.1", 9, "/a%20b?c=d"),
        ("http://[::1]:8080/", "::1", 8080, "/"),
    ])
    func cuesGoToThisMachine(url: String, host: String, port: Int, target: String) throws {
        let settings = try Settings(yaml: "cues:\n  on_raise: {url: \"\(url)\", timeout_s: 2}\n", file: "f")
        let address = Settings.LoopbackAddress(host: host, port: port)
        #expect(settings.cues.onRaise?.target == .url(address, target: target))
        #expect(settings.cues.onRaise?.timeoutMilliseconds == 2_000)
    }
}
