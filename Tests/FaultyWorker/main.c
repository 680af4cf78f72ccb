// Stands in for attuned-worker where tests want one that fails. What it is told to read says how.

#define _GNU_SOURCE

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(const void *bytes, size_t count) { send(1, bytes, count, MSG_NOSIGNAL); }

#define IS(name) (strncmp(mode, name, strlen(name)) == 0)

static const unsigned char started[] = {1, 4, 0, 0, 0, 0};

/// One track of pictures, and no sound.
static const unsigned char opened_pictures[] = {2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/// What was seen on the first track of pictures, of which there is none.
static const unsigned char face[63] = {7};

/// One finite track without a name.
static const unsigned char opened[] = {2, 1, 1, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0x80, 0x3e, 0, 0, 1, 0, 0, 0,
                                       0, 0, 0, 0, 0, 0, 0, 0};

/// A block of `count` samples that begins at `start`.
static void say_block(uint16_t track, int64_t start, size_t count) {
    static unsigned char block[1 << 17];
    memset(block, 0, sizeof block);
    block[0] = 6;
    memcpy(block + 2, &track, sizeof track);
    memcpy(block + 8, &start, sizeof start);
    say(block, 16 + 4 * count);
}

static void say_read(unsigned char outcome, uint32_t errors) {
    unsigned char message[6] = {4, outcome};
    memcpy(message + 2, &errors, sizeof errors);
    say(message, sizeof message);
}

/// Says what is said in the unit of a slot.
static void say_text(unsigned char slot, const char *text) {
    unsigned char message[256] = {2, slot, 1, 7, 0, 0, 0, (unsigned char)strlen(text), 0};
    memcpy(message + 9, text, strlen(text));
    say(message, 9 + strlen(text));
}

/// Stands in for the recogniser: `mode` says how, and what it says of every unit.
static int recognise(const char *mode) {
    static unsigned char piece[1 << 17];
    static const unsigned char ready[] = {1, 1, 0x52, 0, 0, 0};
    if (IS("failed")) {
        say("\3\4\0oops", 7);
        return 69;
    }
    if (IS("garbage-first")) say("\x7f garbage", 9);
    say(ready, sizeof ready);
    if (IS("ready-twice")) say(ready, sizeof ready);
    if (IS("unasked")) say_text(0, "nobody asked");
    while (recv(1, piece, sizeof piece, 0) > 0) {
        if (!piece[1]) continue;
        if (IS("killed")) raise(SIGKILL);
        if (IS("silent")) continue;
        if (IS("other-slot")) say_text(1, "of another");
        if (IS("undecoded")) {
            const unsigned char message[] = {2, piece[0], 0, 0, 0, 0, 0, 0, 0};
            say(message, sizeof message);
            continue;
        }
        // Until the file is there whose path stands behind the mode.
        while (IS("held") && access(strchr(mode, ' ') + 1, F_OK) != 0) usleep(10000);
        // One answer, and then the end, of whoever is started in its place too: a file tells that there was one.
        if (IS("once")) {
            int made = open(strchr(mode, ' ') + 1, O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (made < 0) return 1;
            close(made);
        }
        say_text(piece[0], strchr(mode, ' ') ? strchr(mode, ' ') + 1 : mode);
    }
    return 0;
}

int main(void) {
    static char order[1 << 16];
    ssize_t count = recv(1, order, sizeof order - 1, 0);
    if (count <= 0) return 64;
    // The location stands behind the version and its length.
    const char *mode = count > 4 ? order + 4 : order;
    if (count > 4 && order[0] == 1 && order[1] == 0x52) {
        order[count - 5] = 0;  // memory and slots stand behind the folder
        return recognise(mode);
    }
    if (IS("garbage-first")) say("\x7f garbage", 9);
    if (IS("empty-first")) say("", 0);
    if (IS("other-version")) say("\1\1\0\0\0\0", 6);
    if (IS("exit-first")) return 3;
    if (IS("silent-first")) pause();
    say(started, sizeof started);
    // What a trap of Swift ends in.
    if (IS("crash-opening")) raise(SIGILL);
    if (IS("-")) {
        // Takes some of the pictures that are sent, and dies of them, or says what nobody can have seen.
        static char piece[1 << 10];
        static unsigned char early[sizeof face] = {7};
        const int64_t time = 3600 * 16000;
        say(opened_pictures, sizeof opened_pictures);
        if (read(0, piece, sizeof piece - 1) <= 0) return 0;
        if (!memmem(piece, sizeof piece, "V_VP8", 5)) raise(SIGKILL);
        memcpy(early + 3, &time, sizeof time);
        say(early, sizeof early);
        for (;;) pause();
    }
    if (IS("no-tracks")) say("\2\1\0\0\0\0", 6);
    say(opened, sizeof opened);
    say_block(0, 0, 160);
    say_read(0, 0);
    if (IS("garbage-later")) say("\6\0\0\0 garbage of some length", 27);
    if (IS("face-of-nobody")) say(face, sizeof face);
    if (IS("truncated")) say("\4\0\0", 3);
    if (IS("time-back")) say_block(0, 80, 160);
    if (IS("time-leaps")) say_block(0, INT64_MAX - 100, 160);
    if (IS("other-track")) say_block(1, 160, 160);
    if (IS("too-long")) say_block(0, 160, 8001);
    if (IS("odd-length")) say("\6\0\0\0\0\0\0\0\240\0\0\0\0\0\0\0\1\2", 18);
    if (IS("errors-shrink")) {
        say_read(1, 5);
        say_read(1, 4);
    }
    if (IS("opened-twice")) say(opened, sizeof opened);
    if (IS("killed")) raise(SIGKILL);
    if (IS("spins")) {
        volatile int turns = 0;
        for (;;) turns++;
    }
    if (IS("silent-later")) {
        // Deaf to everything that can be ignored, too.
        for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
        for (;;) pause();
    }
    return 0;
}
