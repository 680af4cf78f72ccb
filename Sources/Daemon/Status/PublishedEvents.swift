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
                    sessions: query.sessions, speakers: query.speakers, types: query.types,
                    tickIntervalSeconds: query.tickIntervalSeconds, after: position))
        } catch {
            throw Problem(
                status: error.code == "too_many_clients" ? 429 : 422, type: ProblemType(rawValue: error.code),
                detail: error.message)
        }
    }
}
