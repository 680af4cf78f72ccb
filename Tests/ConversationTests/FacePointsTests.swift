import Events
import MediaTypes
import Testing

@testable import Conversation

/// Of whom contours of the face are told: of who agreed, was asked for with the source, and may be by the policy.
@Suite struct FacePointsTests {
    private static let outline = FaceOutline(
        aspectRatio: 1.5, places: (0..<2 * FaceOutline.pointCount).map { UInt16(400 * $0) })

    /// A session of one speaker for ten seconds, told of a face ten times a second.
    private func session(
        lanes: ConsentLanes = .face, role: String? = nil, profile: Policy.Profile = .standard, gives: Bool = true,
        everyHops: Int64 = 10, _ change: (Int64, inout SessionEngine) -> Void = { _, _ in }
    ) throws -> (events: [Event], permits: [Permit]) {
        let outline = try #require(Self.outline)
        var configuration = ConversationConfiguration()
        configuration.policy = Policy(profile)
        var engine = SessionEngine(id: "s", configuration: configuration)
        let speaker = engine.join(name: "b", role: role, consent: .granted, lanes: lanes, at: 0)
        if gives { engine.givePoints(of: speaker) }
        var permits = engine.takePermits().map(\.permit)
        for hop in 0..<Int64(1_000) {
            engine.advance(to: hop)
            change(hop, &engine)
            if hop % everyHops == 0 { engine.tell(outline, of: speaker, at: hop) }
            permits += engine.takePermits().map(\.permit)
        }
        return (engine.takeEvents(), permits)
    }

    private func points(_ events: some Sequence<Event>) -> [FacePoints] {
        events.compactMap { if case .facePoints(let points) = $0.body { points } else { nil } }
    }

    @Test func contoursAreToldAsTheyWereSeen() throws {
        let (events, permits) = try session()
        let told = points(events)
        #expect(told.count == 100 && permits.last?.contains(.outline) == true)
        let first = try #require(told.first)
        #expect(first.aspectRatio == 1.5)
        #expect(
            first.parts.mapValues(\.count)
                == FacePoints.Part.allCases.reduce(into: [:]) { counts, part in
                    counts[part] = FaceOutline.Part(rawValue: part.rawValue)?.count
                })
        #expect(first.parts.values.reduce(0) { $0 + $1.count } == FaceOutline.pointCount)
        #expect(first.parts[.oval]?.first == FacePoints.Point(x: 0, y: 400.0 / 65_535))
        #expect(first.parts[.mouth]?.last?.y == Double(400 * (2 * FaceOutline.pointCount - 1)) / 65_535)
    }

    @Test func withoutConsentToTheFaceThereAreNone() throws {
        let (events, permits) = try session(lanes: .words)
        #expect(points(events).isEmpty && !permits.contains { $0.contains(.outline) })
    }

    @Test func whoWasNotAskedForHasNone() throws {
        let (events, permits) = try session(gives: false)
        #expect(points(events).isEmpty && !permits.contains { $0.contains(.outline) })
        #expect(permits.last?.contains(.face) == true)
    }

    @Test(arguments: [true, false])
    func whatIsTakenBackEndsAtOnce(isLane: Bool) throws {
        let (events, permits) = try session { hop, engine in
            guard hop == 500 else { return }
            if isLane {
                _ = engine.setConsent(name: "b", in: .face, isGranted: false)
            } else {
                _ = engine.setConsent(name: "b", to: .withheld)
            }
        }
        let taken = try #require(events.firstIndex { $0.body.kind == .consent })
        #expect(points(events[..<taken]).count == 50 && points(events[taken...]).isEmpty)
        #expect(permits.last?.contains(.outline) == false)
    }

    @Test func givenAgainTheyComeAgain() throws {
        let (events, _) = try session { hop, engine in
            if hop == 300 { _ = engine.setConsent(name: "b", in: .face, isGranted: false) }
            if hop == 700 { _ = engine.setConsent(name: "b", in: .face, isGranted: true) }
        }
        #expect(points(events).count == 60)
    }

    @Test(arguments: Policy.Profile.allCases)
    func wherePicturesCountNowhereThereAreNone(profile: Policy.Profile) throws {
        for role in ["rep", "customer", "guest", "self", nil] {
            let permissions = Policy(profile).permissions(role: role)
            let (events, permits) = try session(role: role, profile: profile)
            let may = permissions.measured && permissions.visibleScores
            #expect(points(events).isEmpty == !may && permits.contains { $0.contains(.outline) } == may)
        }
        #expect(Policy(profile).permitsFacePoints == (profile != .behaviourOnly))
    }

    @Test func aRoleThatAllowsLessEndsThem() throws {
        let (events, _) = try session(role: "customer", profile: .euWork) { hop, engine in
            if hop == 500 { _ = engine.describe(name: "b", displayName: nil, role: "rep") }
            if hop == 700 { _ = engine.describe(name: "b", displayName: nil, role: "customer") }
        }
        #expect(points(events).count == 50)
    }

    @Test func whoLeavesAndComesBackIsAskedForAnew() throws {
        let (events, _) = try session { hop, engine in
            if hop == 300 { engine.leave(speaker: 0, reason: "-") }
            if hop == 500 { _ = engine.join(name: "b", role: nil, consent: .granted, lanes: .face, at: hop) }
            if hop == 700 { engine.givePoints(of: 0) }
        }
        let told = events.compactMap { $0.body.kind == .facePoints ? $0.timeSeconds : nil }
        #expect(!told.contains { $0 >= 5 && $0 < 7 } && told.contains { $0 >= 7 })
    }

    @Test func noMoreThanTenASecondAreTold() throws {
        let times = try session(everyHops: 2).events.compactMap { $0.body.kind == .facePoints ? $0.timeSeconds : nil }
        #expect(times.count == 100)
        for begin in stride(from: 0.0, to: 9, by: 0.1) {
            #expect(times.count { $0 >= begin && $0 < begin + 1 } <= 10)
        }
    }

    @Test func whatLiesBeyondTheCallIsNotTold() throws {
        let outline = try #require(Self.outline)
        var engine = SessionEngine(id: "s")
        let speaker = engine.join(name: "b", role: nil, consent: .granted, lanes: .face, at: 0)
        engine.givePoints(of: speaker)
        engine.givePoints(of: 7)
        for hop in [Int64.min, -1, 100_000, .max] { engine.tell(outline, of: speaker, at: hop) }
        engine.tell(outline, of: 7, at: 0)
        engine.tell(outline, of: -1, at: 0)
        #expect(points(engine.takeEvents()).isEmpty)
    }
}
