public import ControlAPI

/// What the control socket commands of the tokens with which browsers come.
public protocol TokenBackend: Sendable {
    /// Makes a token.
    func issue(_ request: TokenRequest) async throws(Problem) -> IssuedToken
    /// Takes back all tokens that were made so.
    func revoke() async throws(Problem) -> RevokedTokens
}
