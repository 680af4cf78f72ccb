import CSherpa
import MediaTypes

/// A stretch of one speaker's speech, to be written down at once. Its audio is wiped when nobody has it any more.
///
/// Unchecked, because it owns memory: that is filled while it is made and only read after that.
public final class SpeechUnit: @unchecked Sendable {
    /// From the first speech to the end of the last, in hops.
    public let startHop: Int64, endHop: Int64
    /// The runs of speech in it, in hops, without the pauses between.
    public let runs: [Range<Int64>]
    /// Whether it still goes on: an open unit as far as it went, which begins where the whole one will.
    public let isPartial: Bool
    /// Whether it went out before as a partial one.
    public let hadPartials: Bool
    /// 16 kHz mono, with a little of what was before and after.
    public let samples: UnsafeBufferPointer<Float>
    private let memory: UnsafeMutableBufferPointer<Float>

    /// A unit whose audio `fill` writes; it has to write all of it.
    init(
        runs: [Range<Int64>], sampleCount: Int, isPartial: Bool = false, hadPartials: Bool = false,
        fill: (UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        self.runs = runs
        self.isPartial = isPartial
        self.hadPartials = hadPartials
        startHop = runs.first?.lowerBound ?? 0
        endHop = runs.last?.upperBound ?? startHop
        memory = .allocate(capacity: sampleCount)
        memory.initialize(repeating: 0)
        fill(memory)
        samples = UnsafeBufferPointer(memory)
    }

    deinit {
        attune_wipe(memory.baseAddress, memory.count * MemoryLayout<Float>.size)
        memory.deallocate()
    }

    /// Hops of speech.
    public var speechHops: Int64 { runs.reduce(0) { $0 + Int64($1.count) } }
    /// When it was said, seconds.
    public var startSeconds: Double { Double(startHop) / Double(AudioGrid.hopsPerSecond) }
    /// When it was said, seconds.
    public var endSeconds: Double { Double(endHop) / Double(AudioGrid.hopsPerSecond) }
}
