import SeededNumbers
import Testing

@testable import Daemon

/// When pictures were taken, by the host's clock.
@Suite struct PictureClockTests {
    private static let second: Int64 = 1_000_000_000
    /// The host's clock at media time 0, and the least delay of the path.
    private static let origin = 5_000 * second, path: Int64 = 30_000_000

    /// Ten seconds at 25 pictures a second. Key frames take longer to arrive, and all of them vary.
    private func played() -> PictureClock {
        var clock = PictureClock(), random = SeededRandom(seed: 3)
        for number in 0..<250 as Range<Int64> {
            let late = number % 25 == 0 ? Self.second / 10 : Int64.random(in: 0...20_000_000, using: &random)
            let media = number * Self.second / 25
            clock.note(media: media, arrival: Self.origin + media + Self.path + late)
        }
        return clock
    }

    @Test func arrivalSaysItByTheLeastDelay() {
        let clock = played()
        let media = 10 * Self.second
        for (wallClock, offset) in [(nil, nil), (nil, 7), (7, nil)] as [(Int64?, Int64?)] {
            let taken = clock.taken(
                media: media, now: Self.origin + media + Self.path, wallClock: wallClock, offset: offset)
            #expect(abs(taken - Self.origin - media - Self.path) < 3_000_000, "\(taken)")
        }
    }

    @Test func theSendersClockSaysItWhereItCanBeMeant() {
        let clock = played()
        let media = 10 * Self.second, now = Self.origin + media + Self.path
        let wallClock = 3_900_000_000 * Self.second
        // The sound's path is 12 ms shorter.
        let told = now - 12_000_000
        #expect(clock.taken(media: media, now: now, wallClock: wallClock, offset: told - wallClock) == told)
        for far in [told - 3 * Self.second, told + 3 * Self.second, .max, .min] {
            let taken = clock.taken(media: media, now: now, wallClock: wallClock, offset: far &- wallClock)
            #expect(abs(taken - now) < 3_000_000)
        }
    }
}
