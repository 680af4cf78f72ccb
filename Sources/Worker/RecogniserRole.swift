import CPlatform
import CSandbox
import Glibc
import Isolation
import Synchronization
import Words

/// What `attuned-worker` does as the recogniser: loads the model, gives up everything but the socket to its parent, and
/// decodes the units that come on it, each on a thread of its own.
struct RecogniserRole {
    let parent: ParentSocket
    let order: RecogniserOrder

    /// Works until the parent is gone.
    ///
    /// - Returns: the code to exit with, after sysexits.
    func run() -> Int32 {
        let recogniser: MoonshineRecogniser
        do throws(RecogniserError) {
            let files = RecogniserFiles(folder: order.folder)
            // A damaged model would end this process without a word.
            try files.checkContents()
            recogniser = try MoonshineRecogniser(files)
        } catch {
            return fail(error.description)
        }
        return run(recogniser)
    }

    private func fail(_ reason: String) -> Int32 {
        _ = parent.post(RecogniserAnswer.failed(reason).encoded())
        return EX_UNAVAILABLE
    }

    private func run(_ recogniser: some Recogniser) -> Int32 {
        // One heap for all threads, which gives back what it does not need after each unit: with one each, what is left
        // of long units stays in both.
        attune_share_heap()
        // Words may come late, ticks may not. Where it isn't allowed, all are alike.
        _ = setpriority(__priority_which_t(0), 0, 10)
        // The model is in memory: no file is wanted any more, and no network ever.
        var state = attune_sandbox_state()
        let result = attune_sandbox_limit(UInt64(max(64, order.memoryMebibytes)) << 20, 60, 16)
        guard result == 0, attune_sandbox_enter(nil, 0, 0, &state) == 0 else {
            return fail("the recogniser cannot be confined; what it would hear it shall not hear")
        }
        let slots = (0..<order.slots).map { UnitSlot($0, parent: parent, recogniser: recogniser) }
        guard slots.allSatisfy({ $0.start() }) else { return fail("no thread for the recogniser") }
        let ready = RecogniserAnswer.ready(landlock: Int(state.landlock_version), isFiltered: state.has_filter != 0)
        guard parent.post(ready.encoded()) else { return EX_UNAVAILABLE }
        while let message = parent.receive() {
            guard let piece = try? UnitMessage(decoding: message), slots.indices.contains(piece.slot),
                slots[piece.slot].take(piece)
            else { return EX_DATAERR }
            parent.wipe()
        }
        return EX_OK
    }
}

/// A thread that decodes, and the unit that it has.
///
/// Unchecked: while `isDecoding` the buffer is the thread's, otherwise of who takes in pieces; the flag is set and
/// cleared under the lock.
private final class UnitSlot: @unchecked Sendable {
    private let number: Int
    private let parent: ParentSocket
    private let recogniser: any Recogniser
    private let buffer: UnsafeMutableBufferPointer<Float>
    private var count = 0
    private let isDecoding = Mutex(false)
    private let wanted: UnsafeMutablePointer<sem_t>

    init(_ number: Int, parent: ParentSocket, recogniser: some Recogniser) {
        self.number = number
        self.parent = parent
        self.recogniser = recogniser
        buffer = .allocate(capacity: UnitMessage.maxUnitSamples)
        buffer.initialize(repeating: 0)
        wanted = .allocate(capacity: 1)
        sem_init(wanted, 0, 0)
    }

    deinit {
        buffer.deallocate()
        sem_destroy(wanted)
        wanted.deallocate()
    }

    /// Takes in a piece of a unit; the last one has it decoded.
    ///
    /// - Returns: whether it may come.
    func take(_ piece: UnitMessage) -> Bool {
        guard !isDecoding.withLock({ $0 }), count + piece.samples.count <= buffer.count else { return false }
        _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: piece.samples)
        count += piece.samples.count
        guard piece.isLast else { return true }
        isDecoding.withLock { $0 = true }
        sem_post(wanted)
        return true
    }

    func start() -> Bool {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<UnitSlot>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, argument.toOpaque())
        if code != 0 { argument.release() }
        return code == 0
    }

    private func work() {
        while true {
            while sem_wait(wanted) != 0 {}
            let began = Self.threadMilliseconds()
            let text = recogniser.text(of: UnsafeBufferPointer(rebasing: buffer[..<count])).map(Masking.masked)
            // Nothing of what was said stays here.
            buffer.initialize(repeating: 0)
            count = 0
            attune_return_free_memory()
            let answer = RecogniserAnswer.text(slot: number, text, milliseconds: Self.threadMilliseconds() - began)
            isDecoding.withLock { $0 = false }
            // Where nobody listens any more, the thread that receives ends the process.
            _ = parent.post(answer.encoded())
        }
    }

    private static func threadMilliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
