import Glibc
import Reports

/// When each event was created (`CLOCK_MONOTONIC`, nanoseconds), by its number: a file that both processes map.
///
/// One process writes a number before it publishes the event, the other reads it after it has read the event.
final class Creations {
    let path: String
    /// Events from 0 that there is room for.
    let count: Int
    private let times: UnsafeMutablePointer<Int64>

    init(path: String, count: Int) throws {
        self.path = path
        self.count = count
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let bytes = count * MemoryLayout<Int64>.stride
        guard descriptor >= 0, ftruncate(descriptor, bytes) == 0,
            let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw BenchmarkError(message: "cannot map \(path)") }
        times = memory.bindMemory(to: Int64.self, capacity: count)
    }

    deinit { munmap(times, count * MemoryLayout<Int64>.stride) }

    /// The event of this number is created now; returns the time.
    func note(_ sequence: Int) -> Int64 {
        let now = monotonicNanoseconds()
        if (0..<count).contains(sequence) { times[sequence] = now }
        return now
    }

    /// Nanoseconds from the creation of an event to `now`; nil for one that is not of the load.
    func age(of sequence: Int, at now: Int64) -> Int64? {
        (0..<count).contains(sequence) && times[sequence] > 0 ? now - times[sequence] : nil
    }
}
