import CStreams
import Foundation

/// Sends streams on a thread of its own until `stop`.
final class Sender {
    // Allocated by hand, because the sending thread has them at the same time; freed after that has ended.
    private let state = UnsafeMutablePointer<bench_sender>.allocate(capacity: 1)
    private let streams: UnsafeMutableBufferPointer<bench_stream>
    private let hasEnded = DispatchSemaphore(value: 0)

    init(_ streams: [bench_stream]) {
        self.streams = .allocate(capacity: streams.count)
        _ = self.streams.initialize(from: streams)
        bench_sender_init(state)
        nonisolated(unsafe) let (state, copy) = (state, self.streams)
        let hasEnded = hasEnded
        Thread {
            _ = bench_send(state, copy.baseAddress, copy.count)
            hasEnded.signal()
        }.start()
    }

    var packets: Int { Int(bench_sender_packets(state)) }
    var refused: Int { Int(bench_sender_refused(state)) }

    /// The most that it was behind its time since the last call, ms.
    func takeMostLate() -> Double { Double(bench_sender_take_most_late_ns(state)) / 1e6 }

    func stop() {
        bench_sender_stop(state)
        hasEnded.wait()
        state.deallocate()
        streams.deallocate()
    }
}
