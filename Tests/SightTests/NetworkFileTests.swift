import Synchronization
import Testing

@testable import Sight

@Suite struct NetworkFileTests {
    private final class Held: Sendable {
        let isReleased = Mutex(false)
    }

    @Test func whatIsHeldIsLetGoOnceNobodyNeedsIt() {
        let contents: [UInt8] = [3, 1, 4, 1, 5]
        let copy = NetworkFile(contents)
        withExtendedLifetime(copy) { #expect($0.bytes.elementsEqual(contents)) }
        #expect(NetworkFile([]).bytes.isEmpty)
        let held = Held()
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 64)
        do {
            let file = NetworkFile(UnsafeRawBufferPointer(bytes)) { bytes in
                held.isReleased.withLock { $0 = true }
                bytes.deallocate()
            }
            withExtendedLifetime(file) { #expect($0.bytes.count == 4 && !held.isReleased.withLock { $0 }) }
        }
        #expect(held.isReleased.withLock { $0 })
    }
}
