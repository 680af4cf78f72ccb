/// A heap buffer of fixed size, allocated once and freed with its owner.
///
/// Sound because it is the only owner of its memory (`~Copyable`), the memory is initialised at once, and
/// elements are trivial types that need no destruction.
@frozen
public struct FixedBuffer<Element: BitwiseCopyable>: ~Copyable {
    /// The elements, all initialised.
    public let memory: UnsafeMutableBufferPointer<Element>

    /// A buffer of `count` elements that are `value`.
    @inlinable
    public init(repeating value: Element, count: Int) {
        memory = .allocate(capacity: count)
        memory.initialize(repeating: value)
    }

    @inlinable
    deinit {
        memory.deallocate()
    }

    /// Number of elements.
    @inlinable
    public var count: Int { memory.count }
}
