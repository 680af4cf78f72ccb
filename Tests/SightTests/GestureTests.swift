import SeededNumbers
import Testing

@testable import Sight

/// Nods and shakes out of made-up courses of pose.
@Suite struct GestureTests {
    private static let rateHz = 10.0

    /// The gestures of 20 s with a course of pitch and yaw in degrees, and a little noise.
    private func gestures(
        seed: UInt64 = 1, pitch: (Double) -> Double = { _ in 0 }, yaw: (Double) -> Double = { _ in 0 }
    ) -> [HeadGesture] {
        var watch = GestureWatch(), random = SeededRandom(seed: seed), found: [HeadGesture] = []
        for index in 0..<Int(20 * Self.rateHz) {
            let seconds = Double(index) / Self.rateHz
            found += watch.take(
                pitchDeg: pitch(seconds) + Double.random(in: -0.2...0.2, using: &random),
                yawDeg: yaw(seconds) + Double.random(in: -0.2...0.2, using: &random), at: seconds)
        }
        return found
    }

    private func wave(_ seconds: Double, from start: Double, length: Double, size: Double, hertz: Double) -> Double {
        let phase = seconds - start
        guard (0...length).contains(phase) else { return 0 }
        return -size * sine(2 * .pi * hertz * phase)
    }

    private func sine(_ radians: Double) -> Double {
        // Enough for a wave: Bhaskara's approximation, so that the test needs no other module.
        let turn = (radians / (2 * .pi)).truncatingRemainder(dividingBy: 1)
        let x = (turn < 0.5 ? turn : turn - 0.5) * 2 * .pi
        let value = 16 * x * (.pi - x) / (5 * .pi * .pi - 4 * x * (.pi - x))
        return turn < 0.5 ? value : -value
    }

    /// A movement to `size` and back, each within `rise`, with `hold` between.
    private func turn(_ seconds: Double, at start: Double, rise: Double, hold: Double, size: Double) -> Double {
        let up = min(1, max(0, (seconds - start) / rise))
        return size * (up - min(1, max(0, (seconds - start - rise - hold) / rise)))
    }

    @Test(arguments: [1.0, 1.5, 2.0, 2.5]) func aNodIsFoundWhereItIs(hertz: Double) throws {
        let found = gestures(pitch: { wave($0, from: 5, length: 1.5, size: 4, hertz: hertz) })
        let nod = try #require(found.first)
        #expect(found.count == 1)
        #expect(nod.kind == .nod)
        #expect(abs(nod.start - 5) < 0.4)
        #expect(abs(nod.end - 6.5) < 0.5)
    }

    @Test func aShakeIsFoundAndNoNod() {
        let found = gestures(yaw: { wave($0, from: 5, length: 1.4, size: 6, hertz: 2) })
        #expect(found.map(\.kind) == [.shake])
    }

    @Test func twoNodsAreTwo() {
        let found = gestures(pitch: {
            wave($0, from: 3, length: 1, size: 4, hertz: 2) + wave($0, from: 7, length: 1, size: 4, hertz: 2)
        })
        #expect(found.map(\.kind) == [.nod, .nod])
    }

    @Test func aNodIsFoundWhileTheHeadWanders() {
        let found = gestures(pitch: { 0.7 * $0 + wave($0, from: 9, length: 1.2, size: 4, hertz: 2) })
        #expect(found.map(\.kind) == [.nod])
    }

    @Test(arguments: [0.3, 0.6, 1.0]) func turningAwayAndBackIsNoShake(rise: Double) {
        #expect(gestures(yaw: { turn($0, at: 5, rise: rise, hold: 0.1, size: 20) }).isEmpty)
        #expect(gestures(yaw: { turn($0, at: 5, rise: rise, hold: 2, size: 20) }).isEmpty)
    }

    @Test func lookingAtNotesIsNoNod() {
        #expect(gestures(pitch: { turn($0, at: 5, rise: 0.4, hold: 1.5, size: -15) }).isEmpty)
    }

    @Test func restIsNothing() {
        #expect((1...20).allSatisfy { gestures(seed: $0).isEmpty })
    }

    @Test func turningTheHeadInCirclesIsNeither() {
        let found = gestures(
            pitch: { wave($0, from: 5, length: 4, size: 6, hertz: 1) },
            yaw: { wave($0, from: 4.75, length: 4.5, size: 6, hertz: 1) })
        #expect(found.isEmpty)
    }

    @Test func nothingGoesOnAfterAPause() {
        var watch = GestureWatch()
        var found: [HeadGesture] = []
        for index in 0..<40 {
            // A picture every 0.6 s: too few to tell.
            let seconds = Double(index) * 0.6
            found += watch.take(pitchDeg: index.isMultiple(of: 2) ? 0 : 5, yawDeg: 0, at: seconds)
        }
        #expect(found.isEmpty)
    }

    @Test func timesThatStandStillOrGoBackAreIgnored() {
        var watch = GestureWatch()
        for seconds in [1.0, 1, 0.5, .nan, 1] {
            #expect(watch.take(pitchDeg: 0, yawDeg: 0, at: seconds).isEmpty)
        }
    }
}
