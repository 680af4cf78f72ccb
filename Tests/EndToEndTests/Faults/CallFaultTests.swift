import Foundation
import Programs
import TestSupport
import Testing

/// Calls of libraries and of the system that fail, one after the other (Tests/CallFaults).
@Suite(.waiting, .disabled(if: isSanitized, "before a sanitizer nothing else can be loaded")) struct CallFaultTests {
    /// What makes calls of `function` fail, from one of them on.
    private func failing(_ function: String, from call: Int = 1) -> [String: String] {
        ["LD_PRELOAD": Place.command("libCallFaults.so").path, "ATTUNE_FAULT": "\(function) \(call)"]
    }

    private static let decoding = [
        "avformat_alloc_context", "avformat_open_input", "avformat_find_stream_info", "avio_alloc_context",
        "av_read_frame", "av_packet_alloc", "av_frame_alloc", "av_malloc", "av_dict_set", "avcodec_find_decoder",
        "avcodec_alloc_context3", "avcodec_parameters_to_context", "avcodec_open2", "avcodec_send_packet",
        "avcodec_receive_frame", "swr_alloc_set_opts2", "swr_init", "swr_get_out_samples", "swr_convert", "sf_open",
        "sf_readf_float",
    ]

    /// Two seconds of a tone, in a container that FFmpeg reads and in one that libsndfile does.
    private func media(in folder: TemporaryFolder) throws -> [String] {
        try ["m4a", "flac"].map { ending in
            let path = folder.path + "/tone." + ending
            let made = try run(
                ffmpeg,
                ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=300:r=44100:d=2", "-ac", "2", "-y", path])
            try #require(made.status == 0, "\(made.errors)")
            return path
        }
    }

    /// Whatever fails, the command says so in a line and ends; it never breaks down, and never hangs.
    @Test(arguments: decoding) func aCallThatFailsIsTold(function: String) throws {
        let folder = try TemporaryFolder()
        for path in try media(in: folder) {
            let whole = try run(Place.command("attune"), ["features", path])
            try #require(whole.status == 0)
            for call in [1, 2, 5] {
                let finished = try run(
                    URL(fileURLWithPath: "/usr/bin/timeout"), ["60", Place.command("attune").path, "features", path],
                    environment: failing(function, from: call))
                let what = "\(function), call \(call), \(path): \(finished.status) \(finished.errors)"
                if finished.status == 0 {
                    // It was not called so often, or what it would have given was not needed.
                    #expect(finished.output.split(separator: "\n").count <= whole.output.split(separator: "\n").count)
                } else {
                    #expect([65, 66, 69, 70, 71].contains(finished.status), "\(what)")
                    #expect(finished.errors.contains("tone."), "\(what)")
                }
            }
        }
    }

    /// A daemon that gets no threads for its sources refuses them with the remedy, and serves everybody else.
    @Test func withoutThreadsTheDaemonStillAnswers() throws {
        let daemon = try RunningDaemon(environment: failing("pthread_create"))
        let path = try #require(try media(in: daemon.folder).first)
        let refused = try daemon.attune("attach", path, "--session", "s", "--speaker", "a", "--consent", "granted")
        #expect(refused.status == 69 && refused.errors.contains("no thread") && refused.errors.contains("TasksMax"))
        let description = try daemon.folder.file("call.sdp", "v=0\nm=audio 5004 RTP/AVP 0\n")
        let unread = try daemon.attune(
            "attach", description, "--session", "s", "--speaker", "a", "--consent", "granted")
        #expect(unread.status == 69 && unread.errors.contains("no thread"), "\(unread.errors)")
        _ = try daemon.attachRTP(session: "s", speaker: "b")
        #expect(try daemon.attune("doctor").output.contains("ok   daemon"))
        #expect(daemon.terminate() == 0)
    }
}
