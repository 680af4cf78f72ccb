import ControlAPI
import Foundation
import Testing

@testable import Daemon

/// What one node asks another to take over, which may come from anybody on the bus.
@Suite struct CallMoveTests {
    private static func request(_ url: String, session: String = "acme") -> AttachRequest {
        AttachRequest(
            url: url, session: session, tracks: [AttachRequest.Track(track: nil, speaker: "ana", role: nil)],
            consent: "granted", noticeID: "n")
    }

    private static func read(_ sources: [AttachRequest]) throws -> CallMove? {
        CallMove(try JSONEncoder().encode(CallMove(sources: sources)))
    }

    @Test func onlyWhatAnyNodeCanFetchIsTaken() throws {
        for url in [
            "rtms:wss://zoom.example?meeting_uuid=a&rtms_stream_id=b", "rtsp://camera.example/1",
            "RTMP://a.example/live", "srt://a.example:9000", "https://a.example/live.m3u8?quality=listen",
        ] {
            #expect(CallMove.isFetched(url))
            #expect(try Self.read([Self.request(url)])?.sources == [Self.request(url)])
        }
        for url in [
            "/etc/passwd", "file:///etc/passwd", "call.wav", "pipe:0", "-", "rtp://127.0.0.1:0", "call.sdp",
            "udp://0.0.0.0:1", "tcp://a.example:1", "srt://:9000?mode=listener", "rtmp://0.0.0.0/live?a=b&listen=1",
            "concat:http://a|http://b", " http://a.example/", "",
        ] {
            #expect(!CallMove.isFetched(url), "\(url)")
            #expect(try Self.read([Self.request(url)]) == nil, "\(url)")
        }
    }

    @Test func whatIsNoSuchOrderIsNone() throws {
        let good = Self.request("rtsp://camera.example/1")
        #expect(try Self.read([]) == nil)
        #expect(try Self.read([good, Self.request("rtsp://camera.example/2", session: "other")]) == nil)
        #expect(try Self.read([good, Self.request("/etc/passwd")]) == nil)
        #expect(try Self.read(Array(repeating: good, count: CallMove.maxSources))?.sources.count == CallMove.maxSources)
        #expect(try Self.read(Array(repeating: good, count: CallMove.maxSources + 1)) == nil)
        let long = "rtsp://camera.example/" + String(repeating: "a", count: CallMove.maxBytes)
        #expect(try Self.read([Self.request(long)]) == nil)
        for text in ["", "{", "null", "[]", #"{"sources":7}"#, #"{"sources":[{}]}"#, "\u{FFFD}"] {
            #expect(CallMove(Array(text.utf8)) == nil, "\(text)")
        }
    }
}
