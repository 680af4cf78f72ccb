import Conversation
import Events
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Pipeline
import RTP
import SeededNumbers

@testable import Daemon

/// One run of `ConsentScenario`: the daemon's own receivers, feeds, engine, publisher and store.
final class ConsentRun {
    private(set) var violations: [String] = []
    /// Values that were told of people who consent: without any the run says nothing.
    private(set) var measured = 0

    private let out: WaysOut
    private let clock = ManualClock()
    private let session: LiveSession
    private let timer = RTPTimer(eventLoop: EmbeddedEventLoop())
    private let channel = EmbeddedChannel()
    private var people: [SimulatedPerson]
    private var port: RTPReception?
    private var ownPorts: [String: RTPReception] = [:]
    private var sourcesMade = 0
    private let isFirstNamed: Bool, isFirstWithheld: Bool
    private var mixer = (ssrc: UInt32(7), sequence: UInt16(0), timestamp: UInt32(0))
    private var seconds = 0.0
    private var actor = 0

    private static let logger = Logger(label: "simulation") { _ in SilentLog() }
    private static let limits = RTPReception.Limits(
        stallMilliseconds: 2_000, kilobitsPerSecond: 100_000, sources: 32, sendsReports: false, receiver: .init(),
        bufferBytes: 64 << 20)

    init(_ random: inout SeededRandom) throws {
        out = try WaysOut()
        let output = out.output
        session = LiveSession(
            id: "s", started: SessionStarted(noticeID: "n", policy: "standard"), configuration: .init(),
            detection: .builtIn, clock: clock.clock
        ) { event, _ in output(event) }
        session.activate()
        let count = Int.random(in: 2...4, using: &random)
        people = (0..<count).map { number in
            let hasName = Double.random(in: 0..<1, using: &random) < 0.6
            return SimulatedPerson(number: number, hasName: hasName, &random)
        }
        isFirstNamed = Bool.random(using: &random)
        isFirstWithheld = isFirstNamed && Bool.random(using: &random)
        if isFirstNamed { people[0].add(name: "anabella") }
        people[0].consents = !isFirstWithheld
        mixer.ssrc = UInt32.random(in: 1 ... .max, using: &random)
        firstSSRC = people[0].ssrc
        port = try sharedPort()
    }

    private let firstSSRC: UInt32

    // MARK: Sources

    private func stream() throws -> RTPStreamDescription {
        guard let format = AudioFormat(codec: .l16, clockRateHz: 16_000, channels: 1) else {
            throw CocoaError(.featureUnsupported)
        }
        return RTPStreamDescription(address: "127.0.0.1", port: 4_000, payloads: [96: PayloadDescription(format)])
    }

    private func reception(_ tracks: [SpeakerTrack]) throws -> RTPReception {
        sourcesMade += 1
        let monitor = SourceMonitor(
            id: "source-\(sourcesMade)", url: "rtp://", session: session, logger: Self.logger)
        let reception = try RTPReception(
            streams: [try stream()], tracks: tracks, session: session, monitor: monitor, limits: Self.limits,
            logger: Self.logger)
        reception.start(with: timer)
        return reception
    }

    /// A port with a consent for whoever sends, and perhaps one whose SSRC was named.
    private func sharedPort() throws -> RTPReception {
        var tracks = [SpeakerTrack(track: 0, name: "guest", role: nil, consent: .granted, selector: .unnamed)]
        if isFirstNamed {
            tracks.append(
                SpeakerTrack(
                    track: 0, name: "anabella", role: "rep", consent: isFirstWithheld ? .withheld : .granted,
                    selector: .ssrc(firstSSRC)))
        }
        return try reception(tracks)
    }

    private func receive(_ bytes: [UInt8], at reception: RTPReception?) throws {
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: 5_000)
        reception?.receive(bytes.span.bytes, port: 0, channel: channel, sender: address)
    }

    // MARK: Time

    func play(_ random: inout SeededRandom) throws {
        let end = Double.random(in: 7...14, using: &random)
        var next = Double.random(in: 1...3, using: &random)
        var frames = 0
        while seconds < end {
            try send(frame: frames)
            frames += 1
            seconds = Double(frames) * 0.02
            clock.move(toSeconds: seconds)
            if frames.isMultiple(of: 2) {
                port?.tend(nowNanoseconds: clock.nanoseconds)
                for reception in ownPorts.values { reception.tend(nowNanoseconds: clock.nanoseconds) }
            }
            if frames.isMultiple(of: 6) { session.advance() }
            guard seconds >= next else { continue }
            next = seconds + Double.random(in: 0.3...2, using: &random)
            try look(slowLines: Int.random(in: 0...30, using: &random))
            try act(&random)
            try look(slowLines: Int.random(in: 0...5, using: &random))
            if Bool.random(using: &random) { try lookIntoStore() }
        }
        port?.finish(reason: "detached")
        for name in ownPorts.keys.sorted() { ownPorts[name]?.finish(reason: "detached") }
        _ = session.end()
        try look(slowLines: 10_000)
        try lookIntoStore()
        out.close()
    }

    private func send(frame: Int) throws {
        var mixed: [(ssrc: UInt32, samples: [Int16])] = []
        for index in people.indices where seconds >= people[index].silentUntil {
            let samples = people[index].frame(at: frame * 320)
            if let own = people[index].ownPort {
                try receive(people[index].packet(samples), at: ownPorts[own])
                continue
            }
            if people[index].isMixed {
                if samples.contains(16_000) { mixed.append((people[index].ssrc, samples)) }
            } else {
                try receive(people[index].packet(samples), at: port)
            }
            if let description = people[index].description() { try receive(description, at: port) }
        }
        guard people.contains(where: \.isMixed) else { return }
        let sum = mixed.reduce([Int16](repeating: 0, count: 320)) { sum, one in zip(sum, one.samples).map { $0 &+ $1 } }
        let packet = rtpPacket(
            sum, ssrc: mixer.ssrc, sequence: mixer.sequence, timestamp: mixer.timestamp,
            contributors: mixed.map(\.ssrc))
        mixer.sequence &+= 1
        mixer.timestamp &+= 320
        try receive(packet, at: port)
    }

    // MARK: What people do

    private func act(_ random: inout SeededRandom) throws {
        // The same person as before as often as not: what follows upon what matters.
        if Bool.random(using: &random) { actor = Int.random(in: people.indices, using: &random) }
        let index = actor
        // A sender needs a moment to start anew.
        let pause = seconds + Double.random(in: 0.2...2, using: &random)
        switch Int.random(in: 0..<14, using: &random) {
        case 0...2: withdraw(index)
        case 3: grant(index, &random)
        case 4, 5:
            if Bool.random(using: &random) { try receive(people[index].goodbye, at: port) }
            people[index].startAnew(hasNewName: Bool.random(using: &random), &random)
            people[index].silentUntil = pause + 1
        case 6:
            try receive(people[index].goodbye, at: port)
            people[index].silentUntil = pause + 2
        case 7:
            people[index].isMixed.toggle()
            people[index].silentUntil = pause
        case 8:
            port?.finish(reason: "detached")
            port = try sharedPort()
        case 9:
            for name in names(of: index) {
                _ = session.update { $0.describe(name: name, displayName: "Somebody", role: nil) }
            }
        case 10:
            for name in names(of: index) {
                let role = ["rep", "customer", "guest"].randomElement(using: &random)
                _ = session.update { $0.describe(name: name, displayName: nil, role: role) }
            }
        case 11:
            guard let name = names(of: index).randomElement(using: &random) else { return }
            people[index].forgotten.insert(name)
            try out.forget(name)
        case 12: try takeOwnPort(index, &random)
        default: try leaveOwnPort(index)
        }
    }

    /// Names of a person that the session knows.
    private func names(of index: Int) -> [String] {
        people[index].names.keys.sorted().filter { name in session.update { $0.consent(of: name) != nil } == true }
    }

    /// The person says no, under one name of each CNAME: no more can be known of who is who.
    private func withdraw(_ index: Int) {
        people[index].consents = false
        var said: Set<String> = []
        for name in names(of: index) {
            if let cname = people[index].names[name] ?? nil, !said.insert(cname).inserted { continue }
            _ = session.update { $0.setConsent(name: name, to: .withheld) }
        }
    }

    /// The person says yes, under a name that is there.
    private func grant(_ index: Int, _ random: inout SeededRandom) {
        // Whose no was declared for every start says yes to nothing.
        guard index > 0 || !isFirstWithheld, let name = names(of: index).randomElement(using: &random) else { return }
        people[index].consents = true
        let former = session.update { $0.consent(of: name) } ?? nil
        _ = session.update { $0.setConsent(name: name, to: .granted) }
        if former == .withheld { people[index].forgotten.remove(name) }
    }

    /// The same name comes by another source, with a consent that was declared.
    private func takeOwnPort(_ index: Int, _ random: inout SeededRandom) throws {
        guard people[index].ownPort == nil, let name = names(of: index).randomElement(using: &random),
            session.update({ $0.isPresent(name) }) == false
        else { return }
        ownPorts[name]?.finish(reason: "detached")
        ownPorts[name] = try reception([SpeakerTrack(track: 0, name: name, role: nil, consent: .granted)])
        people[index].ownPort = name
    }

    private func leaveOwnPort(_ index: Int) throws {
        guard let name = people[index].ownPort else { return }
        ownPorts.removeValue(forKey: name)?.finish(reason: "detached")
        people[index].ownPort = nil
    }

    // MARK: What must not be told

    private static let measuredTypes: Set<String> = [
        "tick", "speech.started", "speech.ended", "turn", "overlap", "cue.raised", "cue.cleared", "quality",
    ]

    private func look(slowLines: Int) throws {
        lookIntoHistory()
        for line in try out.lines(slowLines: slowLines) {
            lookForPitch(in: line, "a line")
            guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                continue
            }
            let type = object["type"] as? String ?? ""
            let speakers = ["speaker", "holder", "previous_speaker"].compactMap { object[$0] as? String }
            for person in people where !person.consents {
                if Self.measuredTypes.contains(type), let name = speakers.first(where: { person.names[$0] != nil }) {
                    complain("\(type) of \(name), who is person \(person.number)")
                }
                let totals = object["speakers"] as? [String: [String: Any]] ?? [:]
                for name in person.names.keys where totals[name]?["speech_s"] != nil {
                    complain("totals of \(name), who is person \(person.number)")
                }
            }
        }
    }

    private func lookIntoHistory() {
        let remembered = out.remembered(in: "s")
        for person in people {
            for name in person.names.keys where remembered.contains(name) {
                if person.consents {
                    measured += 1
                } else {
                    complain("\(name) is in the history, who is person \(person.number)")
                }
            }
        }
    }

    private func lookIntoStore() throws {
        let (files, reports) = try out.stored()
        let text = String(decoding: files, as: UTF8.self)
        lookForPitch(in: text, "the files")
        for report in reports { lookForPitch(in: report, "a report") }
        for person in people {
            for name in person.consents ? person.forgotten.sorted() : person.names.keys.sorted()
            where text.contains(name) || reports.contains(where: { $0.contains(name) }) {
                complain("\(name) is stored, who is person \(person.number)")
            }
        }
    }

    private func lookForPitch(in text: String, _ place: String) {
        for part in text.components(separatedBy: "\"f0_hz\":").dropFirst() {
            guard let value = Double(part.prefix { $0.isNumber || $0 == "." }) else { continue }
            guard let person = people.first(where: { abs($0.pitchHz / value - 1) < 0.015 }) else { continue }
            if person.consents { measured += 1 } else { complain("the pitch of person \(person.number) in \(place)") }
        }
    }

    private func complain(_ text: String) {
        let text = "\((seconds * 100).rounded() / 100) s: \(text)"
        if violations.count < 20, !violations.contains(text) { violations.append(text) }
    }
}
