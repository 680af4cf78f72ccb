/// A fixed-size owned block of values: the only place of this module where memory is managed by hand.
///
/// Sendable although it holds a pointer: the memory is reached through its one owner only (the type cannot
/// be copied and never hands the pointer to anything that outlives a call), so moving the owner moves it.
struct OwnedBuffer<Element: Sendable>: ~Copyable, @unchecked Sendable {
    /// First value. Valid for `count` values for as long as the buffer lives.
    let base: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int, filledWith value: Element) {
        self.count = count
        base = .allocate(capacity: count)
        base.initialize(repeating: value, count: count)
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// The value at `index`; the callers keep it inside `0 ..< count`, which debug builds check.
    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    /// Drops the oldest (first) `length` values and appends as many new ones.
    func append(_ values: UnsafePointer<Element>, length: Int) {
        assert(length <= count)
        base.update(from: base + length, count: count - length)
        (base + (count - length)).update(from: values, count: length)
    }

    func fill(with value: Element) {
        base.update(repeating: value, count: count)
    }
}

typealias FloatBuffer = OwnedBuffer<Float>

extension OwnedBuffer<Float> {
    /// `count` zeros.
    init(count: Int) {
        self.init(count: count, filledWith: 0)
    }

    /// A copy of `values`.
    init(_ values: [Float]) {
        self.init(count: values.count, filledWith: 0)
        for (index, value) in values.enumerated() { self[index] = value }
    }
}
