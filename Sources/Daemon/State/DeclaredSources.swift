import ControlAPI
import Decode
import Kit
import Logging
import Settings

/// What the configuration declares to be attached, and what has become of each.
struct DeclaredSources {
    private struct Entry {
        let source: DeclaredSource
        /// What it was attached as; nil while it has not been.
        var id: String?
        /// When it is tried the next time (`HostClock`, nanoseconds).
        var next: Int64 = 0
        var isOpening = false
        var backoff: Backoff<SystemRandomNumberGenerator>
        /// What was wrong the last time, which is told once.
        var told: String?
    }

    private var entries: [Entry] = []

    /// Whether that is the source of a declaration.
    func isAttached(_ id: String) -> Bool { entries.contains { $0.id == id } }

    /// Takes what is declared now.
    ///
    /// - Returns: the sources that are not declared any more: session and id.
    mutating func update(_ sources: Settings.Sources) -> [(session: String, id: String)] {
        guard sources.attach != entries.map(\.source) else { return [] }
        var former = entries
        entries = sources.attach.map { source in
            if let index = former.firstIndex(where: { $0.source == source }) { return former.remove(at: index) }
            return Entry(
                source: source,
                backoff: Backoff(
                    minMilliseconds: sources.reconnectLeastMilliseconds,
                    maxMilliseconds: sources.reconnectMostMilliseconds, using: SystemRandomNumberGenerator()))
        }
        return former.compactMap { entry in entry.id.map { (entry.source.session, $0) } }
    }

    /// What is to be attached now; each of them must be answered with `settle`.
    mutating func due(now: Int64) -> [DeclaredSource] {
        var due: [DeclaredSource] = []
        for index in entries.indices
        where entries[index].id == nil && !entries[index].isOpening && entries[index].next <= now {
            entries[index].isOpening = true
            due.append(entries[index].source)
        }
        return due
    }

    /// Takes what has become of an attempt.
    ///
    /// - Returns: whether what is wrong has to be told.
    mutating func settle(_ source: DeclaredSource, _ result: Result<String, Problem>, now: Int64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.source == source && $0.isOpening }) else { return false }
        entries[index].isOpening = false
        switch result {
        case .success(let id):
            entries[index].id = id
            return false
        case .failure(let problem):
            entries[index].next = now + Int64(entries[index].backoff.next()) * 1_000_000
            defer { entries[index].told = problem.detail }
            return entries[index].told != problem.detail
        }
    }
}

extension SessionRegistry {
    /// Attaches what the configuration declares, as far as it is not; to be called now and then.
    func attachDeclared(now: Int64 = HostClock.monotonicNanoseconds()) async {
        guard isTakingCalls else { return }
        for gone in declared.update(settings.sources) {
            _ = try? await detach(session: gone.session, source: gone.id)
        }
        await withTaskGroup(of: Void.self) { group in
            for source in declared.due(now: now) { group.addTask { await self.attach(source, now: now) } }
        }
    }

    private func attach(_ source: DeclaredSource, now: Int64) async {
        let result: Result<String, Problem>
        do throws(Problem) {
            result = .success(try await attach(try source.request(), isKept: false).source)
        } catch {
            result = .failure(error)
        }
        guard declared.settle(source, result, now: now), case .failure(let problem) = result else { return }
        logger.warning(
            "a declared source can't be attached and is tried again: \(problem.detail)",
            metadata: ["session": "\(source.session)"])
    }
}

extension DeclaredSource {
    /// What it says in a request, with secrets read from their files.
    func request() throws(Problem) -> AttachRequest {
        var location = url ?? ""
        if let urlFile { location = try Self.secret(urlFile, "url_file") }
        var key: String?
        if let cryptoFile { key = try Self.secret(cryptoFile, "crypto_file") }
        return AttachRequest(
            url: location, session: session,
            tracks: tracks.map {
                AttachRequest.Track(
                    track: $0.track, ssrc: $0.ssrc, cname: $0.cname, speaker: $0.speaker, role: $0.role,
                    consent: $0.consent, video: $0.video)
            },
            consent: consent, noticeID: noticeID, crypto: key, priority: priority,
            voices: voices, facePoints: facePoints ? true : nil)
    }

    private static func secret(_ path: String, _ key: String) throws(Problem) -> String {
        let bytes: [UInt8]
        do throws(SecretFileProblem) { bytes = try readSecretFile(path, atMost: 8_192) } catch {
            let reason =
                switch error {
                case .unreadable(let why):
                    "can't be read (\(why)); check that it exists and belongs to the daemon's user"
                case .noFile: "is no file; name one"
                case .openToOthers: "may be read by others; chmod 600 it"
                case .tooLarge: "has more than 8 KiB; one line is expected"
                }
            throw Problem(status: 422, type: .invalidRequest, detail: "\(key) '\(path)' \(reason)")
        }
        guard let line = String(validating: bytes, as: UTF8.self)?.split(whereSeparator: \.isNewline).first else {
            throw Problem(status: 422, type: .invalidRequest, detail: "\(key) '\(path)' has no line of UTF-8 in it")
        }
        return String(line)
    }
}
