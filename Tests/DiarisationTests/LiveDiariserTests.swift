import Foundation
import MediaTypes
import SeededNumbers
import Testing

@testable import Diarisation

/// Who speaks when, while it goes on, with a model that knows voices by the values of their samples.
@Suite struct LiveDiariserTests {
    /// Speakers of a window are the first two values in it that are not 0; what they sound like follows from the value.
    private final class ByValue: VoiceModel {
        private var next: [Float] = []

        func states(in window: [Float]) -> [Float] {
            let sounds = (0..<SpeakerFrame.count).map { window[min(window.count - 1, $0 * 270 + 495)] }
            var values: [Float] = []
            for sound in sounds where sound != 0 && values.count < 2 && !values.contains(sound) { values.append(sound) }
            // Whether there is enough of it to be asked for.
            next = values.filter { value in sounds.count { $0 == value } >= 50 }
            return sounds.flatMap { sound -> [Float] in
                let state = values.firstIndex(of: sound).map { $0 + 1 } ?? 0
                return (0..<SpeakerFrame.classCount).map { $0 == state ? -0.01 : -8 }
            }
        }

        func embedding(of features: [Float]) -> [Float] {
            next.isEmpty ? [] : LiveDiariserTests.direction(of: next.removeFirst())
        }
    }

    /// Voices are as far apart as their values, by an angle.
    private static func direction(of value: Float) -> [Float] {
        [Float(cos(Double(value) * 3)), Float(sin(Double(value) * 3))]
    }

    private typealias Live = LiveDiariser<ByValue>

    private func tone(_ seconds: Double, _ value: Float) -> [Float] {
        Array(repeating: value, count: Int(seconds * 16_000))
    }

    /// Pictures of what is heard.
    @discardableResult
    private func hear(
        _ samples: [Float], at start: Int64 = 0, block: Int = 1_600, _ live: inout Live
    ) -> [VoicePicture] {
        var pictures: [VoicePicture] = []
        var place = 0
        while place < samples.count {
            let part = Array(samples[place..<min(samples.count, place + block)])
            live.hear(start: MediaTime(samples: start + Int64(place)), samples: part.span) { pictures.append($0) }
            place += block
        }
        return pictures
    }

    private func seconds(_ picture: VoicePicture, of voice: Int) -> Double {
        picture.spans.filter { $0.voice == voice }.reduce(0) { $0 + $1.durationSeconds }
    }

    @Test(arguments: [1_000, 40_000, 1_000_000]) func everySecondTheLastTimeIsToldAgain(block: Int) throws {
        var live = Live(model: ByValue())
        let pictures = hear(tone(2, 0) + tone(30, 0.5) + tone(8, 0), block: block, &live)
        #expect(pictures.map(\.endSample) == (1...40).map { $0 * 16_000 })
        #expect(pictures.map(\.startSample) == (1...40).map { max(0, $0 - 30) * 16_000 })
        let last = try #require(pictures.last)
        #expect(last.spans.count == 1 && last.spans[0].voice == 0)
        #expect(abs(last.spans[0].startSeconds - 10) < 0.03 && abs(last.spans[0].durationSeconds - 22) < 0.05)
        for picture in pictures {
            #expect(picture.spans.allSatisfy { $0.startSample >= picture.startSample })
            #expect(picture.spans.allSatisfy { $0.endSample <= picture.endSample })
        }
    }

    /// Two people in turns, for longer than there is room for all pieces: each keeps the number.
    @Test func aVoiceKeepsItsNumber() {
        var live = Live(model: ByValue(), voices: nil, capacity: 50)
        let turn = tone(4, 0.1) + tone(1, 0) + tone(5, 0.6) + tone(1, 0)
        let pictures = hear(Array(repeating: turn, count: 12).flatMap { $0 }, &live)
        #expect(pictures.allSatisfy { $0.merges.isEmpty })
        #expect(Set(pictures.flatMap(\.spans).map(\.voice)) == [0, 1])
        for picture in pictures.dropFirst(40) {
            for span in picture.spans {
                let middle = (span.startSeconds + span.durationSeconds / 2).truncatingRemainder(dividingBy: 11)
                #expect(span.voice == (middle < 4.5 ? 0 : 1))
            }
        }
    }

    @Test func whoWasAwayForLongIsStillThere() throws {
        var live = Live(model: ByValue(), voices: nil, capacity: 60)
        hear(tone(20, 0.1) + tone(60, 0.6) + tone(20, 0), &live)
        let back = hear(tone(12, 0.1), at: 100 * 16_000, &live)
        #expect(try #require(back.last).spans.last?.voice == 0)
        // A hole after which nothing of what was before is heard.
        let far = hear(tone(12, 0.6), at: 10_000 * 16_000, &live)
        #expect(try #require(far.last).spans.map(\.voice) == [1])
        #expect(far.first?.startSample == Int64(160_000_000))
    }

    /// Voices that come nearer to one another until they are one.
    @Test func voicesThatTurnOutToBeOneAreToldSo() throws {
        var live = Live(model: ByValue())
        var pictures = hear(tone(10, 0.1) + tone(1, 0) + tone(10, 0.5), &live)
        #expect(Set(pictures.flatMap(\.spans).map(\.voice)) == [0, 1])
        #expect(pictures.allSatisfy { $0.merges.isEmpty })
        // In the middle between both, and more of it than of either.
        pictures = hear(tone(60, 0.3), at: 21 * 16_000, &live)
        let merges = pictures.flatMap(\.merges)
        #expect(merges.count == 1)
        let last = try #require(pictures.last)
        #expect(Set(last.spans.map(\.voice)).count == 1 && last.spans[0].voice == merges[0].into)
    }

    @Test func oneVoiceIsNotTwoBecauseThereWillBeTwo() throws {
        var live = Live(model: ByValue(), voices: 2)
        let pictures = hear(tone(20, 0.1), &live)
        #expect(Set(pictures.flatMap(\.spans).map(\.voice)) == [0])
        let more = hear(tone(20, 0.5) + tone(5, 0) + tone(20, 0.9), at: 20 * 16_000, &live)
        #expect(Set(try #require(more.last).spans.map(\.voice)).count <= 2)
        #expect(more.allSatisfy { Set($0.spans.map(\.voice)).count <= 2 })
    }

    /// Half way between one voice and two it is not sure how many there are.
    @Test func howManyThereAreIsToldWhereItIsSure() throws {
        func number(_ values: [Float], voices: Int? = nil) throws -> VoiceNumber? {
            var live = Live(model: ByValue(), voices: voices)
            return try #require(hear(values.flatMap { tone(8, $0) + tone(1, 0) }, &live).last).number
        }
        #expect(try number([0]) == nil)
        #expect(try number([0.1]) == VoiceNumber(1...1))
        #expect(try number([0.1, 0.6]) == VoiceNumber(2...2))
        #expect(try number([0.1, 0.6], voices: 2) == nil)
        let unsure = try #require(try number([0.1, 0.449]))
        #expect(unsure == VoiceNumber(1...2) && unsure.value == nil)
    }

    @Test func whoIsForgottenIsSomebodyNew() throws {
        var live = Live(model: ByValue())
        hear(tone(10, 0.1) + tone(10, 0.6), &live)
        live.forget(voice: 0)
        let pictures = hear(tone(5, 0) + tone(20, 0.1), at: 20 * 16_000, &live)
        let last = try #require(pictures.last)
        #expect(last.spans.last?.voice == 2)
        #expect(seconds(last, of: 2) > 18 && pictures.allSatisfy { $0.spans.allSatisfy { $0.voice != 0 } })
    }

    @Test func nothingIsToldOfNothing() {
        struct Failing: VoiceModel {
            func states(in window: [Float]) -> [Float] { [] }
            func embedding(of features: [Float]) -> [Float] { [] }
        }
        var failing = LiveDiariser(model: Failing())
        var spans: [VoiceSpan] = []
        failing.hear(start: .zero, samples: tone(20, 0.5).span) { spans += $0.spans }
        failing.finish { spans += $0.spans }
        #expect(spans.isEmpty)
        var live = Live(model: ByValue())
        let silence = hear(tone(25, 0), &live)
        #expect(silence.count == 25 && silence.allSatisfy { $0.spans.isEmpty })
        var odd = Live(model: ByValue())
        #expect(hear([.nan, .infinity], at: -1, &odd).isEmpty)
        hear(tone(1, 0), at: .max - 20_000, &odd)
        odd.finish { _ in }
        odd.forget(voice: 7)
    }

    /// What is kept is bounded, and all of the session counts alike.
    @Test func theMemoryIsBounded() {
        let memory = VoiceMemory(width: 2, capacity: 40)
        for window in 0..<1_000 {
            memory.age(before: max(0, window - 10))
            var vector: [Float] = [1, 0]
            memory.keep(&vector, window: window, speaker: 0, seconds: 1)
            #expect(vector.isEmpty && memory.pieces.count <= 40)
            #expect(memory.pieces.last?.window == window)
        }
        let total = memory.pieces.reduce(0) { $0 + memory.weight(of: $1) }
        #expect(abs(total - 1_000) < 40, "\(total)")
        let linkage = memory.linkage()
        #expect(linkage.labels(within: 0.1).allSatisfy { $0 == 0 })
        var other: [Float] = [1, 0, 0]
        memory.keep(&other, window: 1_000, speaker: 0, seconds: 1)
        #expect(memory.pieces.last?.window == 999 && other.isEmpty)
    }
}
