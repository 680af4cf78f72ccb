import Kit
import Testing

@Suite struct TokenBucketTests {
    @Test func theBucketHoldsASecond() {
        var bucket = TokenBucket(tokensPerSecond: 10_000, capacity: 10_000)
        var admitted = 0
        for packet in 0..<10_000 where bucket.admits(100, nowNanoseconds: Int64(packet) * 1_000_000) { admitted += 100 }
        // 10 000 a second for 10 s, and the second that was full at the start.
        #expect((109_000...110_100).contains(admitted))
        #expect(bucket.refused == UInt64(10_000 - admitted / 100))
    }

    /// However often it is asked, no part of a token is lost, and a clock that stands or jumps changes nothing.
    @Test func partsOfATokenAddUp() {
        var bucket = TokenBucket(tokensPerSecond: 4, capacity: 8)
        var admitted = 0
        for call in 0..<10_000 where bucket.admits(nowNanoseconds: Int64(call) * 1_000_000) { admitted += 1 }
        #expect((47...48).contains(admitted))
        #expect(!bucket.admits(9, nowNanoseconds: .max) && bucket.admits(8, nowNanoseconds: .max))
        let goesBack = bucket.admits(nowNanoseconds: 0)
        #expect(!goesBack)
    }
}
