import Conversation
import Events
import Pipeline
import Text
import Testing

@testable import Daemon
@testable import Words

@Suite struct UnitQueueTests {
    private func speaker(
        _ session: String, _ holder: PermitHolder = PermitHolder([.voice, .words]), role: String? = nil
    ) -> HeardSpeaker {
        let live = LiveSession(
            id: session, started: SessionStarted(noticeID: "n", policy: "standard"),
            configuration: ConversationConfiguration(), detection: .builtIn
        ) { _, _ in }
        let consent = Consent(.granted, lanes: .words)
        _ = live.join(SpeakerTrack(track: 0, name: "a", role: role, consent: consent))
        let counting = WordCounting(analyzer: TextAnalyzer(), trackers: .none, passesText: false)
        return HeardSpeaker(live, speaker: 0, permit: holder, counting: counting)
    }

    private func unit(
        _ speaker: HeardSpeaker, at nanoseconds: Int64 = 0, seconds: Int = 1, permission: Int = 0,
        isPartial: Bool = false
    ) -> WaitingUnit {
        let hops = Int64(100 * seconds)
        let unit = SpeechUnit(runs: [0..<hops], sampleCount: 16_000 * seconds, isPartial: isPartial) {
            $0.initialize(repeating: 0)
        }
        return WaitingUnit(unit: unit, speaker: speaker, permission: permission, cameNanoseconds: nanoseconds)
    }

    @Test func sessionsTakeTurnsAndEachIsServedInOrder() {
        var queue = UnitQueue()
        let loud = speaker("loud"), calm = speaker("calm")
        for time in 0..<6 { _ = queue.add(unit(loud, at: Int64(time))) }
        for time in 6..<8 { _ = queue.add(unit(calm, at: Int64(time))) }
        var order: [String] = []
        var times: [String: [Int64]] = [:]
        while let next = queue.next(nowNanoseconds: 10).unit {
            order.append(next.speaker.session)
            times[next.speaker.session, default: []].append(next.cameNanoseconds)
        }
        #expect(order.prefix(4).filter { $0 == "calm" }.count == 2, "\(order)")
        #expect(times["loud"] == [0, 1, 2, 3, 4, 5] && times["calm"] == [6, 7] && queue.isEmpty)
    }

    @Test func whoComesLaterHasNoCredit() {
        var queue = UnitQueue()
        let first = speaker("first"), second = speaker("second")
        for _ in 0..<20 {
            _ = queue.add(unit(first))
            _ = queue.next(nowNanoseconds: 0)
            _ = queue.add(unit(first))
        }
        for _ in 0..<4 { _ = queue.add(unit(second)) }
        let order = (0..<6).compactMap { _ in queue.next(nowNanoseconds: 0).unit?.speaker.session }
        #expect(order.filter { $0 == "first" }.count == 3, "\(order)")
    }

    @Test func whatWaitedTooLongIsGivenUp() {
        var queue = UnitQueue()
        let speaker = speaker("s")
        _ = queue.add(unit(speaker, at: 0))
        _ = queue.add(unit(speaker, at: 1))
        let next = queue.next(nowNanoseconds: UnitQueue.deadlineNanoseconds + 1)
        #expect(next.late.map(\.cameNanoseconds) == [0] && next.unit?.cameNanoseconds == 1)
    }

    @Test func thereIsRoomForSoMuch() {
        var queue = UnitQueue()
        let speaker = speaker("s")
        let dropped = (0..<UnitQueue.maxOfSession + 3).flatMap { queue.add(unit(speaker, at: Int64($0))) }
        #expect(dropped.map(\.cameNanoseconds) == [0, 1, 2] && queue.count == UnitQueue.maxOfSession)
        let others = (0..<6).map { self.speaker("s\($0)") }
        var gone = 0
        for speaker in others { for _ in 0..<10 { gone += queue.add(unit(speaker, seconds: 12)).count } }
        #expect(queue.count == Int(UnitQueue.maxSeconds) / 12 && gone == UnitQueue.maxOfSession + 60 - queue.count)
    }

    /// As long as all is written down in time everybody waits for the turn; then the side that is coached comes first.
    @Test(arguments: [(Int64(0), ["guest", "host"]), (UnitQueue.behindNanoseconds + 1, ["host", "guest"])])
    func theCoachedSideIsGivenUpLast(now: Int64, order: [String]) {
        var queue = UnitQueue()
        _ = queue.add(unit(speaker("guest", role: "customer")))
        _ = queue.add(unit(speaker("host", role: "rep")))
        #expect((0..<2).compactMap { _ in queue.next(nowNanoseconds: now).unit?.speaker.session } == order)
    }

    @Test func whoIsOnNoSideIsNoGuest() {
        #expect(!speaker("s").isGuest && !speaker("s", role: "rep").isGuest && speaker("s", role: "guest").isGuest)
    }

    @Test func partialUnitsGoFirst() {
        var queue = UnitQueue()
        let host = speaker("host", role: "rep"), guest = speaker("guest", role: "customer")
        _ = queue.add(unit(host, at: 0, isPartial: true))
        _ = queue.add(unit(guest, at: 1))
        #expect(queue.next(nowNanoseconds: 2).unit?.speaker.session == "guest")
        let late = queue.next(nowNanoseconds: UnitQueue.partialDeadlineNanoseconds + 1)
        #expect(late.unit == nil && late.late.map(\.unit.isPartial) == [true])
        // Where there is no room, too.
        for _ in 0..<UnitQueue.maxOfSession - 1 { _ = queue.add(unit(host)) }
        _ = queue.add(unit(host, isPartial: true))
        #expect(queue.add(unit(host)).map(\.unit.isPartial) == [true])
        #expect(queue.add(unit(host, at: 5)).map(\.cameNanoseconds) == [0])
    }

    @Test func whatIsGivenUpIsToldOnceAndSoIsItsEnd() {
        var shedding = WordShedding()
        let one = speaker("one"), other = speaker("other")
        let first = shedding.note(unit(one), nowNanoseconds: 10_000_000_000)
        #expect(first?.what == .words && first?.reason == .recogniserBehind && first?.load == 2)
        #expect(shedding.note(unit(one), nowNanoseconds: 11_000_000_000) == nil)
        #expect(shedding.note(unit(other), nowNanoseconds: 12_000_000_000) != nil)
        #expect(shedding.recovered(nowNanoseconds: 20_000_000_000).isEmpty)
        let ended = shedding.recovered(nowNanoseconds: 21_000_000_000)
        #expect(ended.map(\.speaker.session) == ["one"] && ended.first?.recovered.afterSeconds == 11)
        #expect(shedding.recovered(nowNanoseconds: 30_000_000_000).count == 1)
        #expect(shedding.note(unit(one), nowNanoseconds: 31_000_000_000) != nil)
    }

    /// What was heard before words were taken back is nobody's, also where they are given again.
    @Test func whatWasTakenBackIsNotWrittenDown() {
        var queue = UnitQueue()
        let holder = PermitHolder([.voice, .words])
        let speaker = speaker("s", holder)
        let permission = holder.wordsPermission
        #expect(permission == 0)
        _ = queue.add(unit(speaker))
        holder.push([.voice])
        #expect(holder.wordsPermission == nil)
        holder.push([.voice, .words])
        let next = queue.next(nowNanoseconds: 0)
        #expect(next.unit == nil && next.late.isEmpty && queue.isEmpty && holder.wordsPermission == 1)
    }
}
