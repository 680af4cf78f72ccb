import Testing

@testable import Conversation

/// Runs a floor over IPUs given in hops and collects what it says.
private struct Replay {
    var begun: [Floor.Turn] = []
    var finished: [Floor.Turn] = []
    var pauseHops: [Int: Int64] = [:]

    init(_ ipus: [[ClosedRange<Int64>]], hops: Int64, lost: [Int: ClosedRange<Int64>] = [:]) {
        var floor = Floor(backchannelHops: 100, holdHops: 200, aloneHops: 30)
        for _ in ipus { floor.addSpeaker() }
        for hop in 0..<hops {
            for (speaker, own) in ipus.enumerated() {
                let pause = floor.note(
                    speaker: speaker, speaks: own.contains { $0.contains(hop) },
                    isLost: lost[speaker]?.contains(hop) ?? false, hop: hop)
                pauseHops[speaker, default: 0] += pause
            }
            let outcome = floor.settle(hop: hop)
            if let turn = outcome.begun { begun.append(turn) }
            if let turn = outcome.finished { finished.append(turn) }
        }
        if let last = floor.current { finished.append(last) }
    }
}

@Suite struct FloorTests {
    @Test func aGapGivesAPositiveOffset() {
        let replay = Replay([[0...199], [240...499]], hops: 600)
        #expect(replay.begun.map(\.speaker) == [0, 1])
        #expect(replay.begun.map(\.ftoHops) == [nil, 40])
        #expect(
            replay.finished == [
                Floor.Turn(speaker: 0, startHop: 0, endHop: 200, ftoHops: nil, previousSpeaker: nil),
                Floor.Turn(speaker: 1, startHop: 240, endHop: 500, ftoHops: 40, previousSpeaker: 0),
            ])
    }

    @Test func anOverlapGivesANegativeOffset() {
        let replay = Replay([[0...299], [250...599]], hops: 700)
        #expect(replay.begun.map(\.ftoHops) == [nil, -50])
        #expect(replay.begun.last?.startHop == 250)
    }

    /// Somebody begins a turn, and the one before breaks into it before a second is over.
    @Test func aShortTurnThatIsBrokenIntoIsATurn() {
        let replay = Replay([[0...299, 390...700], [330...459]], hops: 900)
        #expect(replay.begun.map(\.speaker) == [0, 1, 0])
        #expect(replay.begun.map(\.startHop) == [0, 330, 390])
        #expect(replay.begun.map(\.ftoHops) == [nil, 30, -70])
        #expect(replay.finished.map(\.endHop) == [300, 460, 701])
    }

    @Test func talkingAlongWithSomebodyWhoGoesOnIsNoTurn() {
        let replay = Replay([[0...299, 350...700], [330...459]], hops: 900)
        #expect(replay.begun.map(\.speaker) == [0], "a fifth of a second alone is no turn")
    }

    @Test func aBackchannelUnderTheHoldersVoiceChangesNothing() {
        let replay = Replay([[0...899], [300...350]], hops: 1_200)
        #expect(replay.begun.map(\.speaker) == [0])
    }

    @Test func aBackchannelInAPauseChangesNothingWhenTheHolderGoesOn() {
        let replay = Replay([[0...299, 380...800], [310...360]], hops: 1_100)
        #expect(replay.begun.map(\.speaker) == [0])
        #expect(replay.pauseHops[0] == 0, "somebody else spoke in it, so it is no pause")
    }

    @Test func aBackchannelAtTheHoldersEndDoesNotTakeTheFloor() {
        let replay = Replay([[0...299, 900...1_200], [280...330]], hops: 1_500)
        #expect(replay.begun.map(\.speaker) == [0])
    }

    @Test func aShortAnswerTakesTheFloorWhenTheHolderDoesNotGoOn() {
        let replay = Replay([[0...299], [340...390]], hops: 800)
        #expect(replay.begun.map(\.speaker) == [0, 1])
        #expect(replay.begun.last?.ftoHops == 40)
    }

    @Test func longOverlappedSpeechIsNoTurnWhileTheHolderGoesOn() {
        let replay = Replay([[0...999], [300...600]], hops: 1_200)
        #expect(replay.begun.map(\.speaker) == [0])
    }

    @Test func silenceBetweenTwoIPUsOfTheHolderIsAPause() {
        let replay = Replay([[0...99, 150...249], []], hops: 400)
        #expect(replay.begun.count == 1)
        #expect(replay.pauseHops[0] == 50)
    }

    @Test func aTransferAcrossLostMediaHasNoOffset() {
        let replay = Replay([[0...199], [240...499]], hops: 600, lost: [0: 205...230])
        #expect(replay.begun.map(\.speaker) == [0, 1])
        #expect(replay.begun.last?.ftoHops == nil)
    }

    @Test func theEarliestOfTwoBiddersTakesTheFloor() {
        let replay = Replay([[0...199], [260...600], [240...600]], hops: 700)
        #expect(replay.begun.map(\.speaker).prefix(2) == [0, 2])
    }
}
