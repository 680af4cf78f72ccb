import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

func respond(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    json(ByteBuffer(bytes: try encoded(value)), status: status)
}

func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}

func text(_ text: String, type: String) -> Response {
    Response(status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(string: text)))
}

func json(
    _ body: ByteBuffer, status: HTTPResponse.Status, type: String = "application/json"
) -> Response {
    Response(status: status, headers: [.contentType: type], body: .init(byteBuffer: body))
}
