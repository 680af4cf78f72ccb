import Events
import MediaTypes
import Testing

@testable import Conversation

/// What cameras show, in ticks, events and the score.
@Suite struct FaceLaneTests {
    private func sighting(_ hop: Int64, state: PictureState = .live, face: Bool = true) -> FaceSighting {
        var sighting = FaceSighting(time: MediaTime(samples: hop * 160), state: state, faceCount: face ? 1 : 0)
        sighting.hasFace = face
        sighting.presence = face ? 1 : 0
        sighting.eyeDistancePx = 60
        sighting.widthRatio = 0.25
        return sighting
    }

    /// A call of two in which b at last only listens: for a minute from 180 s on.
    private func call(
        nods: [Double] = [], backchannels: [Double] = [], lanes: ConsentLanes = .face, role: String? = nil,
        profile: Policy.Profile = .standard, sees: (Int64) -> FaceSighting? = { _ in nil }
    ) -> [Event] {
        let a = Script(name: "a", ipus: stride(from: 0.0, to: 180, by: 12).map { $0...$0 + 5.5 } + [181...245])
        let b = Script(
            name: "b",
            ipus: stride(from: 6.0, to: 180, by: 12).map { $0...$0 + 5.5 } + backchannels.map { $0...$0 + 0.5 })
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(profile)
        var engine = SessionEngine(id: "s", configuration: configuration)
        let speakers = [
            engine.join(name: "a", role: nil, consent: .granted, at: 0),
            engine.join(name: "b", role: role, consent: .granted, lanes: lanes, at: 0),
        ]
        for hop in 0..<Int64(24_000) {
            engine.play(speaker: speakers[0], a.record(hop))
            engine.play(speaker: speakers[1], b.record(hop))
            if hop % 10 == 0 {
                engine.see(speaker: speakers[1], at: hop, sees(hop) ?? sighting(hop), visualSpeech: 0.1)
            }
            for nod in nods where hop == Int64(nod * 100) + 150 {
                engine.see(speaker: speakers[1], .nod, hops: hop - 150..<hop - 50, isSpeaking: false)
            }
        }
        return engine.takeEvents()
    }

    private func score(_ events: [Event]) -> EngagementScore? {
        guard case .scored(let score)? = events.ticks(of: "b").last?.engagement else { return nil }
        return score
    }

    private func visible(_ events: [Event], _ name: String) -> Double? {
        events.ticks(of: "b").last?.lanes.first { $0.name == "visible" }?.fields.first { $0.name == name }?.value ?? nil
    }

    private static let moments = [212.0, 217, 222, 227, 232]

    @Test func whoNodsIsMoreEngagedThanWhoDoesNot() throws {
        let still = try #require(score(call())), nodding = try #require(score(call(nods: Self.moments)))
        #expect(nodding.score >= still.score + 2)
        let nods = try #require(nodding.contributions.first { $0.input == "nods" })
        #expect(nods.points > 0 && (nods.value ?? 0) >= 4)
        #expect(!still.contributions.contains { $0.input == "nods" })
        #expect(abs(nodding.contributions.reduce(0) { $0 + $1.points } - nodding.score) < 0.06)
    }

    @Test func aNodIsWorthAWord() throws {
        let nodding = try #require(score(call(nods: Self.moments)))
        let saying = try #require(score(call(backchannels: Self.moments)))
        #expect(abs(nodding.score - saying.score) <= 3)
        func given(_ score: EngagementScore) -> Double {
            score.contributions.filter { ["nods", "backchannels"].contains($0.input) }.reduce(0) { $0 + $1.points }
        }
        #expect(abs(given(nodding) - given(saying)) <= 0.5)
    }

    @Test func nodsOfWhoHasTheFloorCountForNothing() {
        /// What is told of b's nods after 38 s.
        func early(_ nods: [Double]) -> Double? {
            let tick = call(nods: nods).ticks(of: "b")[38]
            return tick.lanes.first?.fields.first { $0.name == "nods_per_min" }?.value ?? nil
        }
        // From 6 s on b has the floor, from 12 s on a, and so on.
        #expect(early([18.5, 30.5]) == 0)
        #expect((early([13.5, 26]) ?? 0) > 0)
    }

    @Test func listenersNodsAreCounted() throws {
        let rate = try #require(visible(call(nods: Self.moments), "nods_per_min"))
        #expect(rate > 7 && rate < 12)
    }

    @Test(arguments: [Policy.Profile.behaviourOnly, .euWork, .euEducation])
    func whereTheVoiceIsInNoScoreNodsAreNeither(profile: Policy.Profile) throws {
        let still = try #require(score(call(role: "rep", profile: profile)))
        let nodding = try #require(score(call(nods: Self.moments, role: "rep", profile: profile)))
        #expect(nodding.score == still.score)
        #expect(!nodding.contributions.contains { $0.input == "nods" })
    }

    @Test func withoutConsentNothingVisibleIsTold() {
        let events = call(nods: Self.moments, lanes: [])
        #expect(events.ticks(of: "b").allSatisfy { $0.lanes.isEmpty })
        #expect(!events.contains { $0.body.kind == .video })
    }

    @Test func statesAreToldAsTheyChangeAndNoNumberIsInvented() throws {
        let events = call(sees: { hop in
            hop < 15_000 ? nil : sighting(hop, state: .covered, face: false)
        })
        let states = events.compactMap { event -> VideoState? in
            if case .video(let state) = event.body { state } else { nil }
        }
        #expect(states == [VideoState(state: .live, previous: nil), VideoState(state: .covered, previous: .live)])
        let fields = try #require(events.ticks(of: "b").last?.lanes.first?.fields)
        #expect(fields.first?.text == "covered")
        #expect(fields.dropFirst().map(\.name) == LaneFields.visibleNumbers)
        #expect(fields.dropFirst().allSatisfy { $0.value == nil })
        // That the camera is covered says nothing of the person.
        #expect(score(events)?.score == score(call())?.score)
    }

    @Test func aTakenBackFaceIsForgottenAndNotSeenAgain() throws {
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "b", role: nil, consent: .granted, lanes: .face, at: 0)
        let script = Script(name: "b", ipus: [0...20])
        for hop in 0..<Int64(2_000) {
            engine.play(speaker: speaker, script.record(hop))
            if hop == 1_000 { _ = engine.setConsent(name: "b", in: .face, isGranted: false) }
            if hop % 10 == 0 { engine.see(speaker: speaker, at: hop, sighting(hop), visualSpeech: nil) }
        }
        let events = engine.takeEvents()
        let taken = try #require(events.firstIndex { $0.body.kind == .consent })
        #expect(Array(events[..<taken]).ticks(of: "b").contains { !$0.lanes.isEmpty })
        let after = Array(events[taken...])
        #expect(after.ticks(of: "b").count >= 8 && after.ticks(of: "b").allSatisfy { $0.lanes.isEmpty })
        #expect(!after.contains { $0.body.kind == .video })
    }

    /// The cues raised for somebody whose mouth moves from 10 s on, and whose microphone is muted or not.
    private func cues(isMuted: Bool, lanes: ConsentLanes = .face) -> [Double] {
        var configuration = ConversationConfiguration()
        var rule = CueRule(id: "speaking_while_muted", metric: .mutedSpeech)
        rule.about = .anyone
        rule.above = 2
        configuration.cues = [rule]
        var engine = SessionEngine(id: "s", configuration: configuration)
        let speaker = engine.join(name: "b", role: nil, consent: .granted, lanes: lanes, at: 0)
        for hop in 0..<Int64(2_000) {
            engine.play(
                speaker: speaker,
                HopRecord(
                    index: hop, levelDb: isMuted ? -120 : -50, speechProbability: 0, f0Hz: 0, voicingProbability: 0,
                    isSpeech: false, isLost: false))
            guard hop % 10 == 0 else { continue }
            engine.see(speaker: speaker, at: hop, sighting(hop), visualSpeech: hop < 1_000 ? 0.05 : 0.9)
        }
        return engine.takeEvents().compactMap { event in
            if case .cueRaised = event.body { event.timeSeconds } else { nil }
        }
    }

    @Test func whoSpeaksToAMutedMicrophoneIsToldSo() throws {
        let raised = try #require(cues(isMuted: true).first)
        #expect(raised >= 12 && raised <= 14)
        #expect(cues(isMuted: true).count == 1)
        #expect(cues(isMuted: false).isEmpty)
        #expect(cues(isMuted: true, lanes: []).isEmpty)
    }

    @Test func poseIsToldAgainstTheOwnUsual() throws {
        let events = call(sees: { hop in
            var seen = sighting(hop)
            // Who looks at a second screen all the time faces that; at last the head turns by 30°.
            seen.yawDeg = hop < 23_000 ? -25 : 5
            return seen
        })
        let yaw = try #require(visible(events, "head_yaw_deg"))
        #expect(abs(yaw - 30) < 1)
        let facing = try #require(visible(events, "facing_ratio"))
        #expect(facing > 0.6 && facing < 0.8)
    }
}
