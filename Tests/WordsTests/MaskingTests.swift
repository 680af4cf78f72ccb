import Testing

@testable import Words

/// What no transcript needs is out of a text before it goes anywhere.
@Suite struct MaskingTests {
    @Test(arguments: [
        ("My card is 4111 1111 1111 1111, thanks.", "My card is [number], thanks."),
        ("It's 4111-1111-1111-1111.", "It's [number]."),
        ("four one one one one one one one is what I have", "[number] is what I have"),
        ("Call me on 0 30 12 34 56 please", "Call me on [number] please"),
        ("we sold 12,500 units", "we sold [number] units"),
        ("It's double five, one, two, nine, oh, right?", "It's [number], right?"),
        ("two three dash four five six and then we stop", "[number] and then we stop"),
        // Parts of a number that is read out with pauses.
        ("4111", "[number]"), ("One one one one.", "[number]."), ("1 1", "[number]"),
        ("My number is 4111", "My number is [number]"), ("1111 and that is it", "[number] and that is it"),
    ])
    func longNumbersAreMasked(text: String, masked: String) {
        #expect(Masking.masked(text) == masked)
    }

    @Test(arguments: [
        "We have 14 people and 3 offices here.", "In 1998 we were five.", "One of them said no.", "That is the one.",
        "I'd say two or three weeks.", "", "Hello.", "At the office, dot your eyes.",
    ])
    func otherTextsStay(text: String) {
        #expect(Masking.masked(text) == text)
    }

    @Test(arguments: [
        ("Write to anna.b@example.com, please.", "Write to [address], please."),
        ("It is anna at example dot com.", "It is [address]."),
        ("john dot smith at example dot co dot uk is it", "[address] is it"),
        ("mail j s at gmail.com today", "mail [address] today"),
        ("@", "@"),
    ])
    func addressesAreMasked(text: String, masked: String) {
        #expect(Masking.masked(text) == masked)
    }

    /// Whatever is said, no five digits in a row are left, however they are written apart.
    @Test func noFiveDigitsAreLeft() {
        var seed: UInt64 = 7
        func random(_ bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        let separators = [" ", "-", ", ", " and ", ". ", "/", " - "]
        for _ in 0..<500 {
            let digits = (0..<5 + random(12)).map { _ in String(random(10)) }
            let number = digits.map { $0 + (random(3) == 0 ? separators[random(separators.count)] : "") }.joined()
            let text = "Please note \(number) for later."
            var run = 0
            for character in Masking.masked(text) {
                if character.isNumber { run += 1 } else if character.isLetter { run = 0 }
                #expect(run < 5, "\(text)")
            }
        }
    }
}
