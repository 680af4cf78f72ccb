import Glibc
import Worker

// Started by the daemon for each source that FFmpeg or libsndfile reads; see docs/decisions/isolation.md.
exit(Worker().run())
