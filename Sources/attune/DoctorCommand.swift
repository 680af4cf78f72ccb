import ArgumentParser
import AttuneClient
import ControlAPI
import Decode
import Foundation
import Kit
import Pipeline
import Settings
import Text
import Words

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            """
            Check the installation: libraries, protocols, speech detector, lexicon, recogniser, voices, sockets, policy, \
            time.
            """,
        discussion: "Exits with 69 where something is missing."
            + examples("attune doctor", "attune doctor --runtime-dir /run/user/1000/attune"))

    @OptionGroup var sockets: SocketOptions

    /// The configuration that the systemd unit starts the daemon with.
    private static let installedConfig = "/etc/attune/attune.yaml"

    func run() async throws {
        var isHealthy = true
        func report(_ isGood: Bool, _ what: String, _ finding: String) {
            if !isGood { isHealthy = false }
            try? say("\(isGood ? "ok  " : "FAIL") \(what): \(finding)")
        }
        report(true, "libraries", MediaLibraries.versions)
        let missing = MediaLibraries.missingProtocols
        report(
            missing.isEmpty, "protocols",
            missing.isEmpty
                ? "all of the built-in list" : "FFmpeg lacks \(missing.joined(separator: ", ")); install its full build"
        )
        do throws(SpeechWeightsError) {
            let detection = try SpeechDetection.standard()
            report(
                true, "speech detector",
                detection.file.map { "\(detection.name), weights from \($0)" }
                    ?? "\(detection.name); \(SpeechDetection.missingNote)")
        } catch {
            report(false, "speech detector", "\(error.description); fetch the weights again")
        }
        do throws(CaptionLexiconError) {
            let lexicon = try CaptionLexicon.standard()
            report(
                true, "caption lexicon",
                lexicon.map { "\($0.lexicon.count) words, from \($0.file)" } ?? CaptionLexicon.missingNote)
        } catch {
            report(
                false, "caption lexicon",
                "\(error.description); fetch it again with scripts/models/fetch-lexicon.py")
        }
        do throws(RecogniserError) {
            let model = try RecogniserModel.standard()
            try model?.files.checkContents()
            report(
                true, "recogniser",
                model.map { "\(RecogniserFiles.modelName), from \($0.files.folder)" } ?? RecogniserFiles.missingNote)
        } catch {
            report(false, "recogniser", error.description)
        }
        do throws(VoiceSeparationError) {
            let separation = try VoiceSeparation.standard()
            report(
                true, "voices",
                separation.map { "\(VoiceSeparation.modelName), from \($0.folder)" } ?? VoiceSeparation.missingNote)
        } catch {
            report(false, "voices", error.description)
        }
        do {
            let health = try await sockets.control.health()
            report(true, "daemon", "answers, version \(health.version)")
            let store = health.store
            let trouble =
                (store.dropped > 0 ? ["\(store.dropped) events not stored"] : []) + [store.failure].compactMap(\.self)
            report(trouble.isEmpty, "store", ([store.state] + trouble).joined(separator: ", "))
        } catch {
            report(false, "daemon", "\(error)")
        }
        do {
            report(true, "policy", try await policy())
        } catch {
            report(false, "policy", "\(error)")
        }
        do {
            for try await line in sockets.lines() {
                report(line.type == EventKind.hello.rawValue, "events", "the event socket says hello")
                break
            }
        } catch {
            report(false, "events", "\(error)")
        }
        // Events carry the wall clock; a clock from before this program was written is not set.
        let now = Date()
        report(now > Date(timeIntervalSince1970: 1_767_225_600), "time", now.formatted(.iso8601))
        if !isHealthy { throw ExitCode(69) }
    }

    /// The policy in force: the daemon's, or what a daemon started now would have.
    private func policy() async throws -> String {
        if let policy = try? await sockets.control.policy() { return text(of: policy) }
        let isInstalled = FileManager.default.fileExists(atPath: Self.installedConfig)
        let settings = isInstalled ? try Settings(file: Self.installedConfig) : Settings()
        return "\(settings.policy.profile), notice \(settings.policy.noticeID ?? "none") "
            + "(of \(isInstalled ? Self.installedConfig : "the defaults"); no daemon runs)"
    }

    private func text(of policy: PolicySummary) -> String {
        let classes = policy.classes.map { roleClass in
            let others = policy.classes.count > 1 ? "all others" : "everybody"
            let who = roleClass.roles?.joined(separator: ", ") ?? others
            let what =
                if !roleClass.isMeasured {
                    "not measured"
                } else if roleClass.sentiment {
                    "everything"
                } else {
                    "behaviour only"
                }
            return "\(who): \(what)"
        }
        return "\(policy.profile) (\(classes.joined(separator: "; "))), notice \(policy.noticeID ?? "none")"
    }
}
