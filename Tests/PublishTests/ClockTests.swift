import Events
import Foundation
import Testing

@testable import Publish

@Suite struct ClockTests {
    @Test func knownTimes() {
        #expect(rfc3339(0) == "1970-01-01T00:00:00.000Z")
        #expect(rfc3339(951_782_399_999) == "2000-02-28T23:59:59.999Z")
        #expect(rfc3339(951_782_400_000) == "2000-02-29T00:00:00.000Z")
        #expect(rfc3339(253_402_300_799_999) == "9999-12-31T23:59:59.999Z")
    }

    @Test func clampsWhatHasNoFourDigitYear() {
        #expect(rfc3339(.min) == "1970-01-01T00:00:00.000Z")
        #expect(rfc3339(.max) == "9999-12-31T23:59:59.999Z")
    }

    @Test func equalsFoundation() {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(rfc3339(seconds * 1000) == date.formatted(format))
        }
    }

    @Test func systemClocksGoForward() {
        let clock = PublishClock.system
        let (wall, monotonic) = (clock.wallMilliseconds(), clock.monotonicMilliseconds())
        #expect(wall > 1_700_000_000_000)
        #expect(clock.monotonicMilliseconds() >= monotonic)
    }
}
