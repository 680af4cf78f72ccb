import Glibc
import MediaTypes

/// Two channels and how they carry the same voice: at which lag their levels move alike, and who has it from whom.
///
/// Speech of two people hardly ever moves alike over a second, also where they speak at once, while what leaks from one
/// channel into the other does, whatever its level (the correlation of band envelopes; of whole envelopes for meetings:
/// Pfau, Ellis & Stolcke, 2001). A lag earns credit as long as the levels move alike there and nowhere more, and a path
/// is believed in once it has enough of that.
struct ChannelPair: Sendable {
    /// Longest lag that is looked for, in hops.
    static let mostLag = 50
    /// So much earlier than its source may a leak seem to be, in hops: streams are placed with that tolerance.
    static let tolerance = 3
    private static let lags = 2 * mostLag + 1

    let first: Int
    let second: Int
    /// How the first is explained by the second, and the other way round.
    private(set) var toFirst = EchoPath()
    private(set) var toSecond = EchoPath()
    /// Smoothed products of the moves by lag; positive lags: the first is later.
    private var products = [Float](repeating: 0, count: lags)
    private var credit = [Float](repeating: 0, count: lags)
    private var correlations = [Float](repeating: 0, count: lags)
    private var lastHop: Int64?

    /// Two hops at once: the moves are slow against that.
    static let stride: Int64 = 2
    /// Energy of moves (dB²) that is next to nothing.
    private static let littleEnergy: Float = 500
    /// From this correlation on two channels move alike. Speech of two people, over the same length, has 0.5 at the
    /// most at any lag, and 0.1 in the middle; leaks of headsets and loudspeakers have 0.75 in the middle.
    private static let alike: Float = 0.4
    private static let mostCredit: Float = 60
    private static let leastCredit: Float = -3
    /// Credit at which a path is believed in, and below which it no longer is.
    private static let believed: Float = 10
    private static let forgotten: Float = 2
    /// A path that has this much is well known: where levels don't move alike any more, both may speak at once.
    private static let mature: Float = 30
    /// A path that is not well known and makes a band louder than that is none: two people spoke alike for a moment.
    private static let loudestLeakDb: Float = 6
    private static let doubt: (young: Float, mature: Float) = (0.5, 0.15)

    init(first: Int, second: Int) {
        (self.first, self.second) = (first, second)
    }

    /// Looks at the channels up to `hop`, every other hop.
    mutating func update(_ a: ChannelTrace, _ b: ChannelTrace, hop: Int64) {
        correlate(a, b, hop: hop)
        if max(a.activeHop, b.activeHop) == hop || max(a.activeHop, b.activeHop) == hop - 1 { giveCredit() }
        let asymmetry = Self.asymmetry(leak: a, source: b)
        var (first, second) = (toFirst, toSecond)
        follow(&first, of: a, from: b, sign: 1, asymmetry: asymmetry, other: second, hop: hop)
        follow(&second, of: b, from: a, sign: -1, asymmetry: -asymmetry, other: first, hop: hop)
        (toFirst, toSecond) = (first, second)
    }

    /// For how many hops before the newest the path to one of the two is to say something; nil where it has nothing.
    mutating func openHops(ofFirst: Bool, most: Int64) -> Int64? {
        ofFirst ? toFirst.openHops(most: most) : toSecond.openHops(most: most)
    }

    private mutating func correlate(_ a: ChannelTrace, _ b: ChannelTrace, hop: Int64) {
        let passed = Float(min(1_000, hop - (lastHop ?? hop - 1_000)))
        lastHop = hop
        let forget = pow(1 - 1 / ChannelTrace.memoryHops, passed)
        let now = ChannelTrace.slot(hop)
        let (moveA, moveB) = (a.moves[now], b.moves[now])
        let energies = (a: a.energies[now] + Self.littleEnergy, b: b.energies[now] + Self.littleEnergy)
        let gain = Float(Self.stride)
        for lag in 0...Self.mostLag {
            let then = ChannelTrace.slot(hop - Int64(lag))
            let later = Self.mostLag + lag
            products[later] = products[later] * forget + gain * (moveA * b.moves[then]).sum()
            correlations[later] =
                products[later] / (energies.a * (b.energies[then] + Self.littleEnergy)).squareRoot()
            guard lag > 0 else { continue }
            let earlier = Self.mostLag - lag
            products[earlier] = products[earlier] * forget + gain * (moveB * a.moves[then]).sum()
            correlations[earlier] =
                products[earlier] / (energies.b * (a.energies[then] + Self.littleEnergy)).squareRoot()
        }
    }

    private mutating func giveCredit() {
        var best = 0
        for lag in 1..<Self.lags where correlations[lag] > correlations[best] { best = lag }
        for lag in 0..<Self.lags {
            var change = correlations[lag] - Self.alike
            if change < 0 {
                change *= credit[lag] < Self.mature ? Self.doubt.young : Self.doubt.mature
            } else if abs(lag - best) > 1 {
                change = 0
            }
            credit[lag] = min(Self.mostCredit, max(Self.leastCredit, credit[lag] + Float(Self.stride) * change))
        }
    }

    /// Who has it from whom, where the lag does not say it: a source varies more, for noise and room fill up what
    /// leaks; it lies nearer to the loudest that its channel had; and if all else is alike it is the louder one.
    private static func asymmetry(leak: ChannelTrace, source: ChannelTrace) -> Float {
        let depth = 2 * logf((source.variation + 50) / (leak.variation + 50))
        let own = 0.1 * (source.belowPeakDb - leak.belowPeakDb)
        return depth + own + 0.2 * max(-1, min(1, (source.loudness - leak.loudness) / 20))
    }

    /// How late the leak is at a place, in hops, finer than them by the parabola through the three correlations there.
    private func lateness(_ place: Int, sign: Int) -> Float {
        var lag = Float(place - Self.mostLag)
        if place > 0, place < Self.lags - 1 {
            let (before, here, after) = (correlations[place - 1], correlations[place], correlations[place + 1])
            let bend = 2 * here - before - after
            if bend > 1e-4 { lag += max(-1, min(1, (after - before) / 2 / bend)) }
        }
        return max(-Float(Self.tolerance), min(Float(Self.tolerance), Float(sign) * lag))
    }

    private func follow(
        _ path: inout EchoPath, of leak: ChannelTrace, from source: ChannelTrace, sign: Int, asymmetry: Float,
        other: EchoPath, hop: Int64
    ) {
        func place(_ lag: Int) -> Int { Self.mostLag + sign * lag }
        var best = -Self.tolerance
        for lag in -Self.tolerance...Self.mostLag where credit[place(lag)] > credit[place(best)] { best = lag }
        path.weigh(asymmetry + lateness(place(best), sign: sign), hops: Self.stride)
        let isRivalled = other.delay.map { $0 <= Self.tolerance } ?? false
        if credit[place(best)] >= Self.believed, best > Self.tolerance || path.asymmetry > (isRivalled ? 1.5 : 0) {
            path.believe(delay: best)
        } else if let delay = path.delay, credit[place(delay)] < Self.forgotten {
            path.forget()
        }
        guard let delay = path.delay else { return }
        // A microphone that is turned up makes a leak louder, and its owner too.
        let turnedUpDb = max(0, leak.peakDb - source.peakDb)
        let isCredible = credit[place(delay)] >= Self.mature || path.mostGainDb <= Self.loudestLeakDb + turnedUpDb
        path.isOn = isCredible && (delay > Self.tolerance || path.asymmetry >= (isRivalled ? -0.75 : -4))
        var correlation: Float = 0
        for lag in max(-Self.tolerance, delay - 1)...min(Self.mostLag, delay + 1) {
            correlation = max(correlation, correlations[place(lag)])
        }
        path.learn(leak, source, correlation: correlation, isAlike: correlation >= Self.alike, hop: hop)
    }
}
