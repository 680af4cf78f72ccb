import Glibc
import Kit

/// The process that writes down speech: a worker in another role. It loads the model, gives up what a worker gives up
/// (and every file), and decodes some units at a time. What comes from it is taken as input from a stranger.
///
/// Used on one thread.
public final class RecogniserProcess {
    /// What the process says.
    public enum Answer: Equatable {
        /// Nothing in that time.
        case nothing
        /// The model is loaded; what it is confined by.
        case ready(confinement: String)
        /// What is said in the unit of this slot, masked; nil where it could not be decoded. And the CPU time it took.
        case text(slot: Int, String?, milliseconds: Int)
    }

    /// How long an answer is waited for.
    public struct Patience: Sendable {
        /// For the model to be loaded, and for a unit, in milliseconds.
        public var loadMilliseconds: Int64, unitMilliseconds: Int64

        /// So long; what is given is enough for a busy machine.
        public init(loadMilliseconds: Int64 = 60_000, unitMilliseconds: Int64 = 30_000) {
            self.loadMilliseconds = loadMilliseconds
            self.unitMilliseconds = unitMilliseconds
        }
    }

    private static let memoryMebibytes = 1_024

    /// Units that it decodes at a time.
    public let slots: Int
    /// Which of the slots have a unit.
    public private(set) var isBusy: [Bool]
    /// Whether the model is loaded.
    public private(set) var isReady = false

    let process: WorkerProcess
    private let patience: Patience
    private let buffer: UnsafeMutableRawBufferPointer
    private var waitingSince = HostClock.monotonicNanoseconds()
    private var allowedSeconds = 60.0

    /// Starts it; it says when it is ready.
    ///
    /// - Parameters:
    ///   - program: path of `attuned-worker`.
    ///   - folder: the model's files.
    ///   - patience: after which it is ended where it says nothing.
    public init(
        program: String, folder: String, slots: Int, patience: Patience = Patience()
    ) throws(RecogniserFailure) {
        self.patience = patience
        self.slots = max(1, min(RecogniserAnswer.maxSlots, slots))
        isBusy = Array(repeating: false, count: self.slots)
        buffer = .allocate(byteCount: BlockMessage.maxBytes, alignment: 16)
        do throws(SystemError) {
            process = try WorkerProcess(path: program)
        } catch {
            buffer.deallocate()
            throw RecogniserFailure("\(program) cannot be started: \(String(cString: strerror(-error.code)))")
        }
        let order = RecogniserOrder(folder: folder, memoryMebibytes: Self.memoryMebibytes, slots: self.slots)
        _ = process.send(order.encoded())
    }

    deinit { buffer.deallocate() }

    /// A slot without a unit, where there is one and the model is loaded.
    public var freeSlot: Int? { isReady ? isBusy.firstIndex(of: false) : nil }

    /// Has a unit of 16 kHz mono decoded in a free slot; nothing of it is kept here.
    public func decode(_ samples: UnsafeBufferPointer<Float>, in slot: Int) throws(RecogniserFailure) {
        precondition(isReady && isBusy.indices.contains(slot) && !isBusy[slot])
        let count = min(samples.count, UnitMessage.maxUnitSamples)
        guard count > 0 else { return }
        if !isBusy.contains(true) { waitingSince = HostClock.monotonicNanoseconds() }
        isBusy[slot] = true
        allowedSeconds += 5 + Double(count) / 16_000
        process.allow(cpuSeconds: allowedSeconds)
        var place = 0
        while place < count {
            let end = min(count, place + UnitMessage.maxSamples)
            let message = UnitMessage.encode(
                slot: slot, isLast: end == count, samples: UnsafeBufferPointer(rebasing: samples[place..<end]),
                into: buffer)
            guard process.sendWaiting(message, milliseconds: Int32(clamping: patience.unitMilliseconds)) else {
                throw ended()
            }
            place = end
        }
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// Waits for what it says next, or until there is something to be read from `other`.
    ///
    /// - Throws: `RecogniserFailure` where it will not say anything any more; it is ended then.
    public func receive(milliseconds: Int32, or other: Int32 = -1) throws(RecogniserFailure) -> Answer {
        switch process.receive(milliseconds: milliseconds, or: other) {
        case .nothing:
            let limit = isReady ? patience.unitMilliseconds : patience.loadMilliseconds
            let waited = (HostClock.monotonicNanoseconds() - waitingSince) / 1_000_000
            guard !isReady || isBusy.contains(true), waited >= limit else { return .nothing }
            process.kill()
            throw RecogniserFailure("the recogniser gave no answer for \(waited / 1_000) s")
        case .closed: throw ended()
        case .message(let bytes):
            waitingSince = HostClock.monotonicNanoseconds()
            do throws(WireError) {
                return try take(try RecogniserAnswer(decoding: bytes))
            } catch {
                process.kill()
                throw RecogniserFailure("what the recogniser said makes no sense")
            }
        }
    }

    private func take(_ answer: RecogniserAnswer) throws(WireError) -> Answer {
        switch answer {
        case .ready(let landlock, let isFiltered):
            guard !isReady else { throw WireError() }
            isReady = true
            return .ready(confinement: confinementText(landlock: landlock, isFiltered: isFiltered))
        case .text(let slot, let text, let milliseconds):
            guard isBusy.indices.contains(slot), isBusy[slot] else { throw WireError() }
            isBusy[slot] = false
            return .text(slot: slot, text, milliseconds: milliseconds)
        case .failed(let reason):
            failure = reason
            return .nothing
        }
    }

    /// What it said was wrong, before it ended.
    private var failure: String?

    private func ended() -> RecogniserFailure {
        if let failure { return RecogniserFailure(failure) }
        switch process.waitForEnd(milliseconds: 1_000) {
        case .signal(let number): return RecogniserFailure("the recogniser was ended by signal \(number)")
        case .exit(let code): return RecogniserFailure("the recogniser ended with code \(code)")
        case nil: return RecogniserFailure("the recogniser closed its connection")
        }
    }
}

/// The recogniser can't work, or not any more: one line.
public struct RecogniserFailure: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let description: String

    init(_ description: String) { self.description = description }
}
