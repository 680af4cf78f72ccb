import Decode
import TestSupport
import Testing

@Suite(.waiting) struct RedactionTests {
    @Test(arguments: [
        ("rtsp://user:secret@host:554/a?b=1", "rtsp://***@host:554/a?b=1"),
        ("rtsp://user@host/a", "rtsp://***@host/a"),
        ("rtsp://us@er:se@cret@host/a", "rtsp://***@host/a"),
        ("rtsp://user:se/cret@host/a", "rtsp://***@host/a"),
        ("rtsp://user:se?cr#et@host/a", "rtsp://***@host/a"),
        ("http://host/@name/live", "http://host/@name/live"),
        ("http://host:8080/@name/live", "http://host:8080/@name/live"),
        ("http://[::1]:80/x@y", "http://[::1]:80/x@y"),
        ("srt://h:1?passphrase=abcdefghij&mode=caller", "srt://h:1?passphrase=***&mode=caller"),
        ("srt://h:1?streamid=room1", "srt://h:1?streamid=***"),
        (
            "https://h/x.m3u8?Token=a%20b&X-Amz-Signature=q&n=1#key=z",
            "https://h/x.m3u8?Token=***&X-Amz-Signature=***&n=1#key=***"
        ),
        ("https://h/x?url=rtsp://u:p@g/y", "https://h/x?url=rtsp://***@g/y"),
        ("/recordings/user:pass@host.wav", "/recordings/user:pass@host.wav"),
        ("rtsp://host/a\nb", "rtsp://host/a?b"),
    ])
    func credentialsAreReplaced(url: String, expected: String) {
        #expect(redactedLocation(url) == expected)
    }

    @Test func longLocationsAreCut() {
        let long = redactedLocation("data:audio/wav;base64," + String(repeating: "A", count: 10_000))
        #expect(long.count < 400)
    }

    /// The libraries quote the location in their own messages.
    @Test(arguments: [
        "rtsp", "http", "https", "rtmp", "tcp", "srt", "udp", "foo", "hls+http", "gopher", "async:http",
    ])
    func noErrorShowsCredentials(scheme: String) {
        // A port that nobody listens on.
        let port = LoopbackServer.freePort()
        let options = InputOptions(openTimeoutMilliseconds: 500)
        let url = "\(scheme)://alice:hunter22@127.0.0.1:\(port)/live?token=t0psecret&passphrase=open-sesame"
        let error = failure(url, options)
        #expect(error != nil)
        var shown = "\(String(describing: error)) "
        if let error { dump(error, to: &shown) }
        for secret in ["alice", "hunter22", "t0psecret", "open-sesame"] {
            #expect(!shown.contains(secret), "\(secret) in \(shown)")
        }
        #expect(error?.description.contains("\n") == false)
    }
}
