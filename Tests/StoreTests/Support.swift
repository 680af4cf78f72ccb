import Events
import Foundation
import Logging
import Synchronization

@testable import Store

/// A folder that is removed with the object.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "attune-store-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/attune.db" }

    /// How often `text` stands in the files of the folder, whatever their names.
    func occurrences(of text: String) throws -> Int {
        let pattern = Data(text.utf8)
        return try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) { sum, name in
            let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
            var count = 0
            var rest = data.startIndex..<data.endIndex
            while let found = data.range(of: pattern, in: rest) {
                count += 1
                rest = found.upperBound..<data.endIndex
            }
            return sum + count
        }
    }
}

/// A wall clock that the test sets, milliseconds since 1970.
final class TestClock: Sendable {
    let milliseconds = Mutex<Int64>(1_767_225_600_000)

    func advance(days: Int64) {
        milliseconds.withLock { $0 += days * 86_400_000 }
    }
}

extension Store {
    /// A store for a test.
    convenience init(_ folder: TemporaryFolder, retentionDays: Int = 30, clock: TestClock = TestClock()) throws {
        try self.init(path: folder.file, retentionDays: retentionDays, logger: Logger(label: "store")) {
            clock.milliseconds.withLock { $0 }
        }
    }

    func begin(_ session: String, _ speakers: [String]) {
        record(Event(.sessionStarted(SessionStarted(noticeID: "notice-7", policy: "standard")), session: session))
        for speaker in speakers { join(session, speaker, .granted) }
    }

    func join(_ session: String, _ speaker: String, _ consent: ConsentState) {
        record(Event(.speakerJoined(SpeakerJoined(role: "rep", consent: consent)), session: session, speaker: speaker))
    }

    func withdraw(_ session: String, _ speaker: String) {
        record(
            Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: session, speaker: speaker))
    }

    /// A tick with a pitch of `f0Hz`, by which it is found again.
    func tick(_ session: String, _ speaker: String, second: Int, f0Hz: Double = 200, windows: Int = 1) {
        record(
            Event(
                .tick(.sample(f0Hz: f0Hz, windows: windows)), session: session, speaker: speaker,
                timeSeconds: Double(second)))
    }

    func end(_ session: String, _ speakers: [String], consent: ConsentState = .granted) {
        record(
            Event(.sessionEnded(SessionEnded(totals: .sample(session, speakers, consent: consent))), session: session))
    }

    /// The answer for a session as JSON objects.
    func object(_ id: String) async throws -> [String: Any]? {
        guard let bytes = try await report(session: id) else { return nil }
        return try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
    }
}

extension Tick {
    static func sample(f0Hz: Double, windows: Int = 1) -> Tick {
        var window = WindowMetrics(name: "session")
        window.speechSeconds = 12.5
        window.talkRatio = 0.625
        window.turns = 3
        window.speakerChangesPerMinute = 6
        let score = EngagementScore(
            score: 61.5, low: 50, high: 70, confidence: 0.5, isProvisional: true,
            contributions: [Contribution(input: "neutral", points: 50)])
        return Tick(
            windows: Array(repeating: window, count: windows),
            voice: VoiceMetrics(isSpeaking: true, levelDb: -20, relativeLevelDb: 0, f0Hz: f0Hz),
            engagement: .scored(score), sentiment: .abstained(reason: Abstention(rawValue: "not_supported")),
            baseline: Baseline(speechSeconds: 12.5, turns: 3, isReady: false), audio: AudioQuality(lossPercent: 0))
    }
}

extension SessionTotals {
    static func sample(_ session: String, _ speakers: [String], consent: ConsentState) -> SessionTotals {
        SessionTotals(
            session: session, durationSeconds: 90, speakerChanges: 11, overlapRatio: 0.05,
            sides: [
                Side(
                    name: "host", speakers: speakers, speechSeconds: 1, talkRatio: 1, turns: 1,
                    responseLagMedianMilliseconds: nil, responseLags: 0)
            ],
            entrainment: [
                Entrainment(
                    speakers: speakers, feature: "pitch", exchanges: 9, proximity: 1, convergence: 0, synchrony: 0,
                    shamSynchrony: 0)
            ],
            speakers: speakers.map { name in
                var metrics = WindowMetrics(name: "session")
                metrics.speechSeconds = 48.25
                return Speaker(
                    name: name, role: "rep", consent: consent, metrics: consent == .granted ? metrics : nil,
                    engagement: consent == .granted ? .abstained(reason: .notEnoughSpeech) : nil)
            })
    }
}
