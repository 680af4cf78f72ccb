import Synchronization
import Testing

@testable import Sight

@Suite struct NetworkFileTests {
    private final class Held: Sendable {
        let isReleased = Mutex(false)
    }

    @Test func whatIsHeldIsLetGoOnceNobodyNeedsIt() {
        let contents = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(NetworkFile(contents).bytes.elementsEqual(contents))
        #expect(NetworkFile([]).bytes.isEmpty)
        let held = Held()
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 64)
        do {
            let file = NetworkFile(UnsafeRawBufferPointer(bytes)) { bytes in
                held.isReleased.withLock { $0 = true }
                bytes.deallocate()
            }
            let other = file
            #expect(other.bytes.count == 4 && !held.isReleased.withLock { $0 })
        }
        #expect(held.isReleased.withLock { $0 })
    }
}
