import CKernels
import MediaTypes

extension Voice {
    /// The same voice saying the same clips for the same time on one note.
    public func onOneNote() -> Voice {
        let speech = sentences.map { PitchMarks($0.samples) }
        let periods = speech.flatMap(\.periods).filter { $0 > 0 }.sorted()
        guard !periods.isEmpty else { return self }
        let period = periods[periods.count / 2]
        var voice = self
        voice.name = "\(name), on one note"
        voice.sentences = zip(sentences, speech).map { clip, speech in
            Clip(samples: speech.rendered { _ in period }, speech: clip.speech)
        }
        return voice
    }
}

/// Moves the periods of a voice, and leaves everything else (TD-PSOLA: Moulines & Charpentier, 1990).
struct PitchMarks {
    /// 60 to 350 Hz.
    private static let lags = 46...266
    /// Samples that are correlated.
    private static let width = 480
    /// Distance of marks where there is no voice.
    private static let step = 80

    private struct Mark {
        var sample: Int
        var isVoiced: Bool
    }

    /// Samples per period by hop; 0 where there is no voice.
    let periods: [Int]
    private let samples: [Float]
    private var marks: [Mark] = []

    init(_ samples: [Float]) {
        self.samples = samples
        let least = Self.leastEnergy(samples)
        periods = (0..<samples.count / AudioGrid.hopSamples).map {
            Self.period(samples, around: $0 * AudioGrid.hopSamples + AudioGrid.hopSamples / 2, leastEnergy: least)
        }
        var sample = Self.step
        while sample < samples.count {
            let period = periods[min(sample / AudioGrid.hopSamples, periods.count - 1)]
            if period > 0 { sample = refined(sample, period) }
            marks.append(Mark(sample: sample, isVoiced: period > 0))
            sample += period > 0 ? period : Self.step
        }
    }

    /// Energy of `width` samples below which there is no voice: 30 dB below the loudest.
    private static func leastEnergy(_ samples: [Float]) -> Float {
        samples.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, buffer.count >= width else { return 0 }
            // The stride ends before the last `width` samples.
            let loudest = stride(from: 0, through: buffer.count - width, by: width)
                .map { ck_dot(base + $0, base + $0, width) }.max()
            return 1e-3 * (loudest ?? 0)
        }
    }

    /// The shortest lag that repeats the signal nearly as well as any (normalised correlation).
    private static func period(_ samples: [Float], around centre: Int, leastEnergy: Float) -> Int {
        let first = centre - (width + lags.upperBound) / 2
        guard first >= 0, first + width + lags.upperBound <= samples.count else { return 0 }
        return samples.withUnsafeBufferPointer { buffer in
            // The guard above keeps every lag inside the samples.
            guard let base = buffer.baseAddress.map({ $0 + first }) else { return 0 }
            let energy = ck_dot(base, base, width)
            guard energy > leastEnergy else { return 0 }
            let likeness = lags.map { lag in
                ck_dot(base, base + lag, width) / (energy * ck_dot(base + lag, base + lag, width) + 1e-9).squareRoot()
            }
            let best = likeness.max() ?? 0
            guard best > 0.7, let index = likeness.firstIndex(where: { $0 > 0.92 * best }) else { return 0 }
            // From the flank of that peak to its top.
            let peak = likeness[index..<min(index + 20, likeness.count)].max() ?? 0
            return lags.lowerBound + (likeness[index...].firstIndex(of: peak) ?? index)
        }
    }

    /// Where about `sample` the signal is most like that about the mark before; the highest sample of the first period.
    private func refined(_ sample: Int, _ period: Int) -> Int {
        guard let last = marks.last, last.isVoiced else {
            let range = sample..<min(sample + period, samples.count)
            return range.max { samples[$0] < samples[$1] } ?? sample
        }
        let half = period / 2
        let reach = period / 6
        guard last.sample >= half, sample + reach + half <= samples.count else { return sample }
        return samples.withUnsafeBufferPointer { buffer in
            // The guard above keeps both stretches inside the samples.
            guard let base = buffer.baseAddress else { return sample }
            func likeness(_ at: Int) -> Float { ck_dot(base + last.sample - half, base + at - half, 2 * half) }
            return (sample - reach...sample + reach).max { likeness($0) < likeness($1) } ?? sample
        }
    }

    /// The speech with other periods wherever there is voice.
    ///
    /// - Parameter newPeriod: is given a period and returns the one in its place, in samples.
    func rendered(_ newPeriod: (Int) -> Int) -> [Float] {
        guard marks.count > 2 else { return samples }
        var sums = [Float](repeating: 0, count: samples.count)
        var target = marks[1].sample
        var index = 1
        while target < samples.count, index < marks.count - 1 {
            while index < marks.count - 2, abs(marks[index + 1].sample - target) <= abs(marks[index].sample - target) {
                index += 1
            }
            let mark = marks[index]
            let left = mark.sample - marks[index - 1].sample
            let right = marks[index + 1].sample - mark.sample
            for offset in -left..<right {
                let place = target + offset
                guard sums.indices.contains(place) else { continue }
                let weight = 1 - Float(abs(offset)) / Float(offset < 0 ? left : right)
                sums[place] += weight * samples[mark.sample + offset]
            }
            if index == marks.count - 2, target >= mark.sample { break }
            target += mark.isVoiced ? max(1, newPeriod((left + right) / 2)) : right
        }
        return sums
    }
}
