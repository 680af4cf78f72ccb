import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import Control

/// Bodies of requests that do not come as they should.
@Suite struct BodyTests {
    private struct Broken: Error {}

    private func problem(_ body: RequestBody, seconds: Int64 = 86_400) async -> Problem? {
        let request = Request(
            head: HTTPRequest(method: .put, scheme: nil, authority: nil, path: "/"), body: body)
        return await #expect(throws: Problem.self) {
            _ = try await RequestBodies(seconds: seconds).decode(ConsentRequest.self, from: request)
        }
    }

    /// Only what is too large is told to be that.
    @Test func whatBreaksOffIsNotTooLarge() async {
        let broken = AsyncThrowingStream<ByteBuffer, any Error> { stream in
            stream.yield(ByteBuffer(string: "{"))
            stream.finish(throwing: Broken())
        }
        let brokenOff = await problem(RequestBody(asyncSequence: broken))
        #expect(brokenOff?.status == 400 && brokenOff?.type == .malformedRequest)
        let large = await problem(RequestBody(buffer: ByteBuffer(repeating: 0x20, count: 65_537)))
        #expect(large?.status == 413 && large?.type == .tooLarge)
        let none = await problem(RequestBody(buffer: ByteBuffer()))
        #expect(none?.status == 400)
        let (silent, waiting) = AsyncStream.makeStream(of: ByteBuffer.self)
        let slow = await problem(RequestBody(asyncSequence: silent), seconds: 0)
        #expect(slow?.status == 408 && slow?.type == .tooSlow)
        waiting.finish()
    }
}
