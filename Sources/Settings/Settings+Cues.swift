import Foundation
import Yams

extension Settings {
    /// What happens on this host when a cue is raised.
    public struct Cues: Sendable, Equatable {
        /// Who is told; nil for nobody.
        public var onRaise: CueAction?
        /// The folder of the executables that may be started; nil for none.
        public var commandsDirectory: String?

        /// Who is told, and the folder of commands.
        public init(onRaise: CueAction? = nil, commandsDirectory: String? = nil) {
            self.onRaise = onRaise
            self.commandsDirectory = commandsDirectory
        }
    }

    /// Who is told of a cue that is raised.
    public struct CueAction: Sendable, Equatable {
        /// Where the cue goes.
        public enum Target: Sendable, Equatable {
            /// A server on this machine, and path and query of the request.
            case url(LoopbackAddress, target: String)
            /// Name of an executable in the folder of commands.
            case command(String)
        }

        /// Where the cue goes.
        public var target: Target
        /// How long it may take, milliseconds.
        public var timeoutMilliseconds = 5_000

        /// An action.
        public init(target: Target) {
            self.target = target
        }
    }
}

extension SettingsValue {
    /// `{command: NAME}` or `{url: http://127.0.0.1:PORT/PATH}`, with `timeout_s`; nothing for nobody.
    func cueAction() throws(ExpectedValue) -> Settings.CueAction? {
        if try isNothing() { return nil }
        let expected = ExpectedValue(
            what:
                "{command: NAME} or {url: http://127.0.0.1:PORT/PATH}, with timeout_s where 5 s are not it, or nothing")
        guard let mapping = node.mapping else { throw expected }
        var action: Settings.CueAction?
        var timeout = 5_000
        for (key, value) in mapping {
            let reader = SettingsValue(node: value)
            switch key.scalar?.string {
            case "command" where action == nil: action = Settings.CueAction(target: try reader.commandName())
            case "url" where action == nil: action = Settings.CueAction(target: try reader.loopbackURL())
            case "timeout_s": timeout = try reader.milliseconds(0.1...60)
            default: throw expected
            }
        }
        guard var action else { throw expected }
        action.timeoutMilliseconds = timeout
        return action
    }

    private func isNothing() throws(ExpectedValue) -> Bool {
        node.scalar != nil ? try optionalText() == nil : false
    }

    private func commandName() throws(ExpectedValue) -> Settings.CueAction.Target {
        let isName: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard let name = node.scalar?.string, (1...64).contains(name.utf8.count), name.allSatisfy(isName),
            !name.hasPrefix(".")
        else {
            throw ExpectedValue(
                what: "a command by its name in cues.commands_dir: letters, digits, '.', '_' and '-', without a path")
        }
        return .command(name)
    }

    /// Only this machine is told: what is said of a person leaves it over nobody's network.
    private func loopbackURL() throws(ExpectedValue) -> Settings.CueAction.Target {
        let hosts = ["127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "[::1]": "::1", "::1": "::1"]
        guard let text = node.scalar?.string, text.utf8.count <= 1_000,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let url = URLComponents(string: text),
            url.scheme == "http", url.user == nil, url.password == nil, url.fragment == nil,
            let host = url.host.flatMap({ hosts[$0] }), let port = UInt16(exactly: url.port ?? 80), port > 0
        else {
            throw ExpectedValue(
                what:
                    "a URL on this machine, such as http://127.0.0.1:8080/cue; hosts are 127.0.0.1, localhost and [::1]"
            )
        }
        let path = url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath
        return .url(
            Settings.LoopbackAddress(host: host, port: Int(port)),
            target: path + (url.percentEncodedQuery.map { "?" + $0 } ?? ""))
    }
}
