import Events
import Foundation
import Schema
import Testing

@testable import Conversation

/// The same conversation under each profile: every line fits the schemas of that profile, and what the profile
/// forbids is nowhere in it.
@Suite struct GoldenSessionTests {
    private static let roles = ["rep", "customer", nil, "guest", "self", "student"]

    /// The lines that a client would read of a generated conversation.
    private func lines(_ profile: Policy.Profile) throws -> [String] {
        // The first seed whose conversation has a speaker for every role, each with a turn.
        let seeds = 1...1_000 as ClosedRange<UInt64>
        var made = try #require(
            seeds.lazy.map { GeneratedConversation(seed: $0, turns: 10) }.first { made in
                made.scripts.count == Self.roles.count && Set(made.holders).count == made.scripts.count
            })
        for index in made.scripts.indices { made.scripts[index].role = Self.roles[index] }
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(profile)
        configuration.engagement.provisionalSpeechSeconds = 1
        let (events, totals, _) = play(made.scripts, seconds: made.seconds, configuration: configuration)
        let name = profile.rawValue
        let first = [
            Event(.hello(Hello(daemonVersion: "0", epoch: "e", policy: name, noticeID: "n"))),
            Event(.sessionStarted(SessionStarted(noticeID: "n", policy: name)), session: "s", timeSeconds: 0),
        ]
        let last = Event(
            .sessionEnded(SessionEnded(totals: totals)), session: "s", timeSeconds: totals.durationSeconds)
        return (first + events + [last]).enumerated().map { index, event in
            String(decoding: event.line(sequence: index, at: "2026-03-02T09:14:38.701Z"), as: UTF8.self)
        }
    }

    @Test(arguments: Policy.Profile.allCases)
    func everyLineFitsTheProfile(profile: Policy.Profile) throws {
        let lines = try lines(profile)
        var validator = EventValidator()
        for line in lines { #expect(validator.violations(in: line) == [], "\(line)") }
        #expect(lines.contains { $0.contains(#""type":"turn""#) })
        #expect(lines.contains { $0.contains(#""provisional""#) }, "there are scores to look at")
    }

    @Test(arguments: [
        (Policy.Profile.standard, ["s0", "s1", "s2", "s3", "s4", "s5"]), (.behaviourOnly, []),
        (.euWork, ["s1", "s3"]), (.euEducation, ["s3"]), (.ownVoice, ["s4"]),
    ])
    func affectIsOfNobodyButThese(profile: Policy.Profile, speakers: [String]) throws {
        var found: Set<String> = []
        var byVoice: Set<String> = []
        for line in try lines(profile) {
            if line.contains(#""type":"tick""#), line.contains(#""input":"pitch_range""#) {
                byVoice.insert(String(line.split(separator: #""speaker":""#).last?.prefix { $0 != "\"" } ?? ""))
            }
            for key in ["sentiment", "activation", "valence", "arousal", "affect"] where line.contains("\"\(key)\"") {
                guard line.contains(#""type":"tick""#) else {
                    #expect(line.contains(#""type":"session.ended""#), "\(line)")
                    continue
                }
                let speaker = try #require(line.split(separator: #""speaker":""#).last?.split(separator: "\"").first)
                found.insert(String(speaker))
            }
            guard line.contains(#""type":"session.ended""#) else { continue }
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let totals = try #require(object?["speakers"] as? [String: [String: Any]])
            for key in ["sentiment", "sentiment_mean", "sentiment_scored_s"] {
                #expect(totals.filter { $0.value[key] != nil }.keys.sorted() == speakers, "\(key)")
            }
        }
        #expect(found.sorted() == speakers)
        #expect(byVoice.sorted() == speakers, "scores that rest on the voice")
    }

    @Test func underSelfTheOthersHaveNoValues() throws {
        for line in try lines(.ownVoice) where !line.contains(#""speaker":"s4""#) {
            for type in ["tick", "turn", "overlap", "speech.started", "speech.ended"] {
                #expect(!line.contains("\"type\":\"\(type)\""), "\(line)")
            }
            guard line.contains(#""type":"session.ended""#) else { continue }
            #expect(line.contains(#""s0":{"role":"rep","consent":"granted"},"s1":{"role":"customer","#))
            #expect(line.split(separator: #""talk_ratio":"#).count == 2, "that of s4 alone")
        }
    }
}
