import Testing

@testable import Decode

@Suite struct InputProtocolTests {
    @Test func locationsHaveTheProtocolOfTheirConnection() {
        let expected: [(String, InputProtocol?)] = [
            ("rtsp://h/x", .rtsp), ("RTSPS://h/x", .rtsp), ("rtmps://h/x", .rtmp), ("srt://h:1", .srt),
            ("http://h/x.m3u8?y=1", .hls), ("hls+https://h/x", .hls), ("https://h/live", .http),
            ("tcp://h:1", .tcp), ("tls://h:1", .tcp), ("udp://h:1", .udp), ("/x/y.wav", nil), ("file:///x", nil),
            ("unix:/x", nil), ("-", nil), ("nosuch://h", nil),
        ]
        for (location, kind) in expected { #expect(InputProtocol(location: location) == kind, "\(location)") }
    }

    private func plan(_ text: String, bufferBytes: Int? = nil) -> (plan: OpenPlan, options: [String: String]) {
        var options = InputOptions()
        if let bufferBytes { options.bufferBytes = bufferBytes }
        let plan = OpenPlan(.url(scheme: Location.scheme(of: text) ?? ""), text: text, options: options)
        return (plan, Dictionary(uniqueKeysWithValues: plan.entries))
    }

    @Test func certificatesAreVerifiedUnlessTheURLSaysOtherwise() {
        #expect(plan("https://h/x").plan.verifiesCertificates)
        let (unverified, _) = plan("https://h/x?a=1&tls_verify=0&b=2")
        #expect(!unverified.verifiesCertificates && unverified.url == "https://h/x?a=1&b=2")
        #expect(plan("https://h/x?tls_verify=1").plan.verifiesCertificates)
    }

    @Test func buffersKeepToTheirShares() {
        let usual = plan("udp://h:1").options
        #expect(usual["probesize"] == "5000000" && usual["indexmem"] == "1048576" && usual["fifo_size"] == "28672")
        let small = plan("udp://h:1", bufferBytes: 4 << 20).options
        #expect(small["probesize"] == "1048576" && small["indexmem"] == "262144" && small["fifo_size"] == "5577")
    }
}
