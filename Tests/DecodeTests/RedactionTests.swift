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
        // Credentials in the path, as cameras have them.
        (
            "rtsp://h:554/user=admin&password=S1&channel=1&stream=0.sdp?",
            "rtsp://h:554/user=***&password=***&channel=1&stream=0.sdp?"
        ),
        (
            "rtsp://h:554/user=admin_password=S2_x_channel=1_stream=0.sdp?real_stream",
            "rtsp://h:554/user=***_password=***_channel=1_stream=0.sdp?real_stream"
        ),
        ("rtsp://h/user=a&password=p@s/s&w&channel=1", "rtsp://h/user=***&password=***&channel=1"),
        ("rtsp://h/channel=1_password=", "rtsp://h/channel=1_password=***"),
        ("rtsp://h/cam?channel=1_password=S3", "rtsp://h/cam?channel=1_password=***"),
        (
            "http://h/video.cgi?usr=admin&pwd=S4&loginpas=S5&pw=S6",
            "http://h/video.cgi?usr=***&pwd=***&loginpas=***&pw=***"
        ),
        ("https://h/hls/access_token=S7/live.m3u8", "https://h/hls/access_token=***"),
        ("https://h/hls/hdnts=exp=1~hmac=S8/live.m3u8", "https://h/hls/hdnts=exp=1~hmac=***"),
        ("https://h/token%3DS9/live.m3u8", "https://h/token%3D***"),
        ("/recordings/token=S10.wav", "/recordings/token=***"),
        // The key of a stream.
        ("rtmp://h/live/S11", "rtmp://h/live/***"), ("rtmps://h:443/app/in/S12/", "rtmps://h:443/app/in/***/"),
        ("RTMP://h/S13", "RTMP://h/***"), ("rtmp://h/", "rtmp://h/"), ("rtmp://h", "rtmp://h"),
        ("rtmp://u:p@h/live/S14?sig=S15&n=1", "rtmp://***@h/live/***?sig=***&n=1"),
        ("rtmp://h/live/S16 playpath=S17 live=1", "rtmp://h/live/*** playpath=*** live=1"),
        ("srt://h:1?streamid=#!::u=alice,m=request,s=S18&mode=caller", "srt://h:1?streamid=***&mode=caller"),
        ("http://h/x?pass=a;b#c&n=1", "http://h/x?pass=***&n=1"),
        // A location within a location.
        ("http://proxy/rtsp://u:S19@h/x?token=S20", "http://proxy/rtsp://***@h/x?token=***"),
        ("http://h/x?url=rtsp%3A%2F%2Fu%3AS21%40h%2Fy&n=1", "http://h/x?url=***&n=1"),
        // The word that admits a call.
        ("audiosocket:40325ec2-5efd-4bd3-805f-53576e581d13", "audiosocket:40325ec2***"),
        // What is no credential stays.
        ("rtsp://h/Streaming/Channels/101", "rtsp://h/Streaming/Channels/101"),
        ("rtsp://h/cam/realmonitor?channel=1&subtype=0", "rtsp://h/cam/realmonitor?channel=1&subtype=0"),
        ("rtsp://h/h264_stream_1", "rtsp://h/h264_stream_1"), ("/calls/2026=11/a_b=c.wav", "/calls/2026=11/a_b=c.wav"),
        ("rtp://127.0.0.1:5004?codec=l16&rate=16000", "rtp://127.0.0.1:5004?codec=l16&rate=16000"),
        ("http://h/a?b==&=c&&", "http://h/a?b==&=c&&"), ("", ""), ("=", "="), ("://", "://"), ("pass=", "pass=***"),
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
        "rtsp", "http", "https", "rtmp", "rtmps", "tcp", "srt", "udp", "foo", "hls+http", "gopher", "async:http",
    ])
    func noErrorShowsCredentials(scheme: String) {
        // A port that nobody listens on.
        let port = LoopbackServer.freePort()
        let options = InputOptions(openTimeoutMilliseconds: 500)
        let url =
            "\(scheme)://alice:hunter22@127.0.0.1:\(port)/live/user=alice&password=hunter22/n0body"
            + "?token=t0psecret&passphrase=open-sesame"
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
