import Foundation
package import Testing

/// For suites whose tests wait: for media in real time, for a program, for a blocking call.
///
/// Swift Testing runs tests on as many threads as there are cores, and a test that waits keeps one from all others.
/// These tests get threads of their own instead, and may block them. So that what they start does not swamp the
/// machine, only `most` of them run at a time.
///
/// `Task.sleep` wakes on the common threads, however long they are taken: it is not for these tests.
package struct Waiting: SuiteTrait, TestTrait, TestScoping {
    /// Tests at a time, in all suites together. On two cores half as many take half as long again, and twice as many
    /// are no sooner done.
    package static let most = 8

    package let isRecursive = true

    package func scopeProvider(for test: Test, testCase: Test.Case?) -> Waiting? {
        // The suite as well: its tests would have to queue for the common threads otherwise, before they leave them.
        test.isSuite || testCase != nil ? self : nil
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(OwnThreads.shared) {
            guard testCase != nil else { return try await function() }
            await Turns.shared.take()
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await function())
            } catch {
                outcome = .failure(error)
            }
            await Turns.shared.pass()
            try outcome.get()
        }
    }
}

extension Trait where Self == Waiting {
    /// The tests wait; see `Waiting`.
    package static var waiting: Waiting { Waiting() }
}

/// Runs each piece of a task, from one suspension to the next, on a new thread, which may block.
private final class OwnThreads: TaskExecutor {
    static let shared = OwnThreads()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Lets a number of tasks on at a time, in the order in which they came.
private actor Turns {
    static let shared = Turns(Waiting.most)

    private var free: Int
    private var queue: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { queue.append($0) }
        }
    }

    func pass() {
        if queue.isEmpty {
            free += 1
        } else {
            queue.removeFirst().resume()
        }
    }
}
