/// A heap buffer of fixed size, allocated once and freed with its owner.
///
/// Sound because it is the only owner of its memory (`~Copyable`), the memory is initialised at once, and
/// elements are trivial types that need no destruction.
struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    let memory: UnsafeMutableBufferPointer<Element>

    init(repeating value: Element, count: Int) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: value)
    }

    deinit {
        memory.deallocate()
    }

    var count: Int { memory.count }
}
