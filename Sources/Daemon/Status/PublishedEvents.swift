import Control
import ControlAPI
import Events
import Publish

/// The events of the publisher for `/v1/events`.
struct PublishedEvents: EventBackend {
    let publisher: Publisher

    private struct Feed: EventFeed {
        let reader: EventReader

        func next() async -> [EventFeedLine]? {
            await reader.next()?.map { line in
                EventFeedLine(json: line.json, id: line.position.map { "\($0.epoch):\($0.sequence)" })
            }
        }

        func end() { reader.end() }
    }

    func events(_ query: EventQuery) async throws(Problem) -> any EventFeed {
        do throws(ErrorLine) {
            let position = query.last.map { EventPosition(epoch: $0.epoch, sequence: $0.sequence) }
            return Feed(
                reader: try publisher.reader(
                    sessions: query.sessions, speakers: query.speakers, types: query.types, fields: query.fields,
                    tickIntervalSeconds: query.tickIntervalSeconds, after: position))
        } catch {
            throw Problem(
                status: error.code.hasPrefix("too_many") ? 429 : 422, type: ProblemType(rawValue: error.code),
                detail: error.message)
        }
    }

    func history(_ request: HistoryRequest) async throws(Problem) -> [UInt8] {
        do throws(ErrorLine) {
            return try publisher.history(
                HistoryQuery(
                    session: request.session, sinceSeconds: request.sinceSeconds, fields: request.fields,
                    speakers: request.speakers))
        } catch {
            let status =
                switch error.code {
                case "no_such_session": 404
                case "history_off": 409
                default: 422
                }
            throw Problem(status: status, type: ProblemType(rawValue: error.code), detail: error.message)
        }
    }
}
