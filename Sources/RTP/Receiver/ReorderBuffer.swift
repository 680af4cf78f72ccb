import Kit

/// What the receiver keeps of a packet besides its payload.
struct PacketTag: BitwiseCopyable {
    /// Unwrapped sequence number.
    var sequence: Int64 = 0
    /// Unwrapped timestamp.
    var timestamp: Int64 = 0
    var arrivalNanoseconds: Int64 = 0
    var payloadType: UInt8 = 0
    /// Whether the sender says that the packet is silent.
    var isSilent = false
    /// Whether it is of a digit, which is no audio.
    var isEvent = false
    /// What the caller of the receiver noted of the packet.
    var mark: UInt64 = 0
}

/// Packets that came before their turn, and what is known of the sequence around the next one.
///
/// Holds at most `capacity` packets, all within `capacity` sequence numbers from `next` on. Payloads are
/// copied into slots of a fixed slab; slots are reused last-in first-out, so that a stream that is rarely out
/// of order touches few of its pages.
struct ReorderBuffer: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var tag = PacketTag()
        var length = 0
        /// Slot in the slab, or -1 where this place of the ring is empty.
        var slot = -1
    }

    let capacity: Int
    private let slotBytes: Int
    private let ring: FixedBuffer<Entry>
    /// Raw and never cleared, so that pages of slots never used cost nothing; read only where it was written.
    private let slab: UnsafeMutableRawBufferPointer
    private let freeSlots: FixedBuffer<Int>

    /// Unwrapped sequence number whose turn it is.
    private(set) var next: Int64 = 0
    /// Packets held.
    private(set) var heldCount = 0
    /// Bit n: whether packet `next - 1 - n` came in time.
    private var past: UInt128 = 0

    init(capacity: Int, slotBytes: Int) {
        self.capacity = capacity
        self.slotBytes = slotBytes
        ring = FixedBuffer(repeating: Entry(), count: capacity)
        slab = .allocate(byteCount: capacity * slotBytes, alignment: 16)
        freeSlots = FixedBuffer(repeating: 0, count: capacity)
        for index in 0..<capacity { freeSlots.memory[index] = capacity - 1 - index }
    }

    deinit {
        slab.deallocate()
    }

    /// Begins a sequence at `sequence`; the buffer must be empty.
    mutating func start(at sequence: Int64) {
        next = sequence
        past = 0
    }

    /// Whether a packet before `next` came in time.
    func isInPast(_ sequence: Int64) -> Bool {
        let distance = next - 1 - sequence
        return (0..<128).contains(distance) && past >> distance & 1 == 1
    }

    /// Whether `sequence`, from `next` up to `next + capacity`, is held.
    func holds(_ sequence: Int64) -> Bool {
        let entry = ring.memory[place(sequence)]
        return entry.slot >= 0 && entry.tag.sequence == sequence
    }

    /// Keeps a copy of a packet that is not held yet; `next < tag.sequence < next + capacity`, and the
    /// payload has at most `slotBytes`.
    mutating func hold(_ tag: PacketTag, payload: RawSpan) {
        let slot = freeSlots.memory[capacity - heldCount - 1]
        heldCount += 1
        let target = UnsafeMutableRawBufferPointer(rebasing: slab[(slot * slotBytes)...].prefix(slotBytes))
        payload.withUnsafeBytes { target.copyMemory(from: $0) }
        ring.memory[place(tag.sequence)] = Entry(tag: tag, length: payload.byteCount, slot: slot)
    }

    /// Moves on by one packet that was passed on without being held.
    mutating func advance() {
        next += 1
        past = past << 1 | 1
    }

    /// Moves on by `count` packets that never came; none of them may be held.
    mutating func skip(_ count: Int64) {
        next += count
        past <<= count
    }

    /// Takes out the packet whose turn it is and moves on; returns false if it is not held.
    mutating func takeNext(_ body: (PacketTag, RawSpan) -> Void) -> Bool {
        guard holds(next) else { return false }
        let index = place(next)
        let entry = ring.memory[index]
        // The slot goes back before the call: nothing can be held meanwhile, `self` being in use.
        ring.memory[index].slot = -1
        heldCount -= 1
        freeSlots.memory[capacity - heldCount - 1] = entry.slot
        advance()
        let bytes = UnsafeRawBufferPointer(rebasing: slab[(entry.slot * slotBytes)...].prefix(entry.length))
        body(entry.tag, bytes.bytes)
        return true
    }

    /// How many packets are missing before the first one held; nil if none is held.
    func missingCount() -> Int64? {
        guard heldCount > 0 else { return nil }
        var sequence = next
        while !holds(sequence) { sequence += 1 }
        return sequence - next
    }

    /// When the packet arrived that has been held longest; nil if none is held.
    func oldestArrival() -> Int64? {
        guard heldCount > 0 else { return nil }
        var oldest = Int64.max
        for entry in ring.memory where entry.slot >= 0 {
            oldest = min(oldest, entry.tag.arrivalNanoseconds)
        }
        return oldest
    }

    private func place(_ sequence: Int64) -> Int {
        Int(sequence & (Int64.max)) % capacity
    }
}
