import ControlAPI
import Foundation
import Hummingbird
import NIOCore

/// Reads the bodies of requests, within their limits.
struct RequestBodies: Sendable {
    /// A body must be there within so long.
    let seconds: Int64

    /// Largest body, in bytes.
    private static let maxBytes = 64 * 1024

    /// Reads the body as JSON.
    ///
    /// - Throws: `Problem` where it is none, is too large, or does not come.
    func decode<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
        let body = try await body(of: request)
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw Problem(status: 400, type: .malformedRequest, detail: explain(error))
        }
    }

    private func body(of request: Request) async throws -> Data {
        let tooLarge = Problem(
            status: 413, type: .tooLarge, detail: "the body is over \(Self.maxBytes) bytes; send less")
        return try await withThrowingTaskGroup(of: Data.self) { group in
            group.addTask {
                do {
                    return Data(try await request.body.collect(upTo: Self.maxBytes).readableBytesView)
                } catch is NIOTooManyBytesError {
                    throw tooLarge
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // The connection broke off, or what came is no body: nothing that less of it would mend.
                    throw Problem(
                        status: 400, type: .malformedRequest,
                        detail: "the body could not be read; send it as the header says")
                }
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Problem(
                    status: 408, type: .tooSlow,
                    detail: "the body did not come within \(seconds) s; send it at once")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? Data()
        }
    }

    private func explain(_ error: any Error) -> String {
        let remedy = "; see docs/control.md for the fields"
        switch error as? DecodingError {
        case .keyNotFound(let key, _): return "the field '\(key.stringValue)' is missing\(remedy)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\(path.isEmpty ? "the body" : "the field '\(path)'") has the wrong type\(remedy)"
        default: return "the body is not JSON\(remedy)"
        }
    }
}
