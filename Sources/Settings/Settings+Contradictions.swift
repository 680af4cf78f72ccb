import Conversation

extension Settings {
    /// Checks what concerns more than one key.
    ///
    /// - Returns: the path of each key to blame and what is wrong.
    func contradictions() -> [(path: String, message: String)] {
        var found: [(path: String, message: String)] = []
        let points = conversation.engagement.pointSum
        if abs(points - 50) > 1e-6 {
            found.append(
                (
                    "engagement.talk_ratio_points",
                    "the …_points of engagement add up to \(points); make them add up to 50"
                ))
        }
        if conversation.engagement.provisionalSpeechSeconds > conversation.engagement.settledSpeechSeconds {
            found.append(
                (
                    "engagement.settled_speech_s",
                    "settled_speech_s is below provisional_speech_s; make it as long or longer"
                ))
        }
        for rule in conversation.cues where !rule.fits(windowsSeconds: conversation.windowsSeconds) {
            let windows = conversation.windowsSeconds.map(String.init).joined(separator: ", ")
            found.append(
                (
                    "cues.rules",
                    "cue '\(rule.id)' looks at a window of \(rule.windowSeconds) s; take one of conversation.windows_s: \(windows)"
                ))
        }
        found += contradictionsOfTrackers()
        found += contradictionsOfBus()
        if case .command = cues.onRaise?.target, cues.commandsDirectory == nil {
            found.append(("cues.on_raise", "cues.on_raise names a command; say in cues.commands_dir where it is"))
        }
        if sources.reconnectLeastMilliseconds > sources.reconnectMostMilliseconds {
            found.append(
                (
                    "sources.reconnect_max_s", "reconnect_max_s is below reconnect_min_s; make it as long or longer"
                ))
        }
        if let name = sources.protocols?.first(where: ["pipe", "fd"].contains) {
            found.append(
                (
                    "sources.protocols",
                    "'\(name)' would read descriptors of the daemon; leave it out and attach the path of a FIFO"
                ))
        }
        if events.clientQueueKibibytes > events.ringMebibytes * 1024 {
            found.append(
                (
                    "events.client_queue_kib",
                    "client_queue_kib is over ring_mib, which holds the events of all clients; "
                        + "make it smaller or the ring larger"
                ))
        }
        if sockets.events == sockets.control {
            found.append(("sockets.control", "both sockets have the same path; give each its own"))
        }
        found += Self.transportFaults(
            "sockets.http", listen: sockets.http, certificate: sockets.httpCertificate, key: sockets.httpKey,
            risk: "everybody between could read along", otherwise: "listen on 127.0.0.1")
        found += Self.transportFaults(
            "sources.websocket", listen: sources.webSocket, certificate: sources.webSocketCertificate,
            key: sources.webSocketKey, risk: "everybody between could listen in",
            otherwise: "listen on 127.0.0.1 behind a proxy")
        return found
    }

    /// What is wrong with how a server is protected.
    private static func transportFaults(
        _ path: String, listen: ListenAddress?, certificate: String?, key: String?, risk: String, otherwise: String
    ) -> [(path: String, message: String)] {
        let name = path.split(separator: ".").last.map(String.init) ?? path
        var found: [(path: String, message: String)] = []
        if (certificate == nil) != (key == nil) {
            found.append(
                (
                    path + (key == nil ? "_certificate" : "_key"),
                    "of \(name)_certificate and \(name)_key only one is given; give both, or neither"
                ))
        }
        if let listen, !listen.isLoopback, certificate == nil {
            found.append(
                (
                    path,
                    "'\(listen.urlHost):\(listen.port)' is reached from other machines, and without TLS \(risk); "
                        + "give \(name)_certificate and \(name)_key, or \(otherwise)"
                ))
        }
        return found
    }
}
