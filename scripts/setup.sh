#!/bin/sh
# Installs the system packages that Attune is built and demonstrated with; does nothing where they are there.
# Debian 12 and Ubuntu 24.04. The Swift 6 toolchain is not a package there: see https://www.swift.org/install.
set -eu

packages="pkg-config python3 python3-pip ffmpeg socat curl jq
libavformat-dev libavcodec-dev libavutil-dev libswresample-dev libsndfile1-dev libopus-dev libsqlite3-dev libsrtp2-dev libncurses-dev zlib1g-dev"
# Servers and senders that the protocols are tested with (make test-peers), and what pictures are made with (make
# pictures); the browser is a package in Debian only.
[ "${1:-}" != --peers ] || packages="$packages
icecast2 janus openssl prometheus tmux aha pngquant fonts-inter fonts-dejavu-core chromium-headless-shell python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
# What packages are made and tried with (make deb, make test-deb).
[ "${1:-}" != --package ] || packages="$packages dpkg-dev lintian debootstrap systemd-container"
# The bus of a fleet (make fleet, make test-fleet), and what cuts a node off from it.
[ "${1:-}" != --fleet ] || packages="$packages nats-server iproute2 openssl gcc libc6-dev python3-venv"
# What the pages are built with (make docs).
[ "${1:-}" != --docs ] || packages="$packages mkdocs"
# The environment of the program that tests the control socket (make test-api).
[ "${1:-}" != --api ] || packages="$packages python3-venv"

command -v swift >/dev/null || {
    echo "setup: no swift in PATH; install the Swift 6 toolchain (https://www.swift.org/install) and try again" >&2
    exit 69
}

missing=""
for package in $packages; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
    echo "setup: no apt-get here; install what matches these Debian packages:$missing" >&2
    exit 69
}
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "setup: installing$missing"
$as_root apt-get update -qq
# Word splitting is wanted: the list is made above.
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
