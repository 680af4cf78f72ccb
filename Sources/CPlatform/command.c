#define _GNU_SOURCE

#include "attune_command.h"
#include "attune_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool is_ours(const struct stat *info) { return info->st_uid == 0 || info->st_uid == geteuid(); }

static bool others_write(const struct stat *info) { return (info->st_mode & (S_IWGRP | S_IWOTH)) != 0; }

enum attune_trust attune_command_trust(const char *folder, const char *name) {
    char real[PATH_MAX], path[PATH_MAX];
    struct stat info;
    if (strchr(name, '/') || !realpath(folder, real) || stat(real, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return ATTUNE_NOT_THERE;
    }
    int length = snprintf(path, sizeof path, "%s/%s", real, name);
    // A link would lead to a file whose folders nobody has looked at.
    if (length < 0 || length >= (int)sizeof path || lstat(path, &info) != 0 || !S_ISREG(info.st_mode) ||
        !(info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))) {
        return ATTUNE_NOT_THERE;
    }
    if (!is_ours(&info) || others_write(&info)) return ATTUNE_OF_OTHERS;
    if (stat(real, &info) != 0 || !is_ours(&info) || others_write(&info)) return ATTUNE_OF_OTHERS;
    // Who may write to a folder above may put another one in its place, unless it is sticky.
    for (char *slash; (slash = strrchr(real, '/')) != NULL;) {
        slash[slash == real] = '\0';
        if (stat(real, &info) != 0 || !is_ours(&info)) return ATTUNE_OF_OTHERS;
        if (others_write(&info) && !(info.st_mode & S_ISVTX)) return ATTUNE_OF_OTHERS;
        if (slash == real) break;
    }
    return ATTUNE_TRUSTED;
}

static int spawn(const char *path, const char *name, int input, int output, pid_t *pid) {
    char argument[NAME_MAX + 1];
    snprintf(argument, sizeof argument, "%s", name);
    char *arguments[] = {argument, NULL};
    char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    const int descriptors[3] = {input, output, output};
    return attune_spawn(path, arguments, environment, descriptors, "/", pid);
}

static int close_both(const int *ends, int error) {
    close(ends[0]);
    close(ends[1]);
    return error;
}

int attune_command_start(const char *path, const char *name, int *input, int *output, pid_t *pid) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return -errno;
    if (pipe2(out, O_CLOEXEC) != 0) return close_both(in, -errno);
    // Only this end: the program's own would be non-blocking for it, too, if they were one.
    int error = 0;
    if (fcntl(in[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0) error = -errno;
    // Busy is a file that is being written, or was a moment ago: a child of another thread has the descriptor until it
    // executes what it is to be.
    const struct timespec moment = {0, 2000000};
    for (int round = 0; !error && round < 50; round++) {
        error = spawn(path, name, in[0], out[1], pid);
        if (error != -ETXTBSY) break;
        if (round < 49) error = 0;
        nanosleep(&moment, NULL);
    }
    if (error) return close_both(in, close_both(out, error));
    close(in[0]);
    close(out[1]);
    *input = in[1];
    *output = out[0];
    return 0;
}

int attune_command_has_ended(pid_t pid) {
    siginfo_t info = {0};
    int result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return result != 0 ? errno != EINTR : info.si_pid == pid;
}

int attune_command_end(pid_t pid, struct attune_worker_end *end) {
    // Before it is buried: afterwards the number might be that of others.
    kill(-pid, SIGKILL);
    const struct timespec moment = {0, 2000000};
    for (int round = 0; round < 1000; round++) {
        int error = attune_worker_end(pid, end);
        if (error || end->has_ended) return error;
        nanosleep(&moment, NULL);
    }
    return -ETIMEDOUT;
}
