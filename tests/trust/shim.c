/* What a process asks of the files below one folder, written down, and failed on demand: for LD_PRELOAD.
 *
 * TRUST_FOLDER names the folder. With TRUST_LOG each call that changes a file is appended to that file once it has
 * succeeded, data and all (read by recorded.py). `trust_fail` makes calls fail; `trust_calls` counts them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE, TRUNCATE, SYNC, CREATE, RENAME };
enum { SHORT = -1 };

struct entry {
    uint32_t kind, durable, path_bytes, data_bytes;
    uint64_t offset;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int nth, error, lasting, calls;

/* From now on the n-th call fails with `code` (SHORT: a write leaves off half way), and all later ones if `for_good`. */
void trust_fail(int n, int code, int for_good) {
    calls = 0, nth = n, error = code, lasting = for_good;
}

int trust_calls(void) { return calls; }

static int below(const char *path) {
    const char *folder = getenv("TRUST_FOLDER");
    size_t length = folder ? strlen(folder) : 0;
    return length && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* The path of a descriptor, if it is one below the folder. */
static int named(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

/* The path that a name stands for: whoever passes one passes an absolute one, or the shim leaves it alone. */
static int watched(const char *name) { return name && below(name); }

static int fails(void) {
    if (!nth) return 0;
    int call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    return call == nth || (lasting && call > nth);
}

/* Whether a call that is no write fails, with errno set. */
static int refused(void) {
    if (!fails() || error == SHORT) return 0;
    errno = error;
    return 1;
}

static void note(int kind, int durable, const char *path, uint64_t offset, const void *data, size_t bytes) {
    const char *log = getenv("TRUST_LOG");
    if (!log) return;
    struct entry entry = {kind, durable, strlen(path), bytes, offset};
    struct iovec parts[] = {{&entry, sizeof entry}, {(void *)path, entry.path_bytes}, {(void *)data, bytes}};
    int before = errno, fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || syscall(SYS_writev, fd, parts, 3) != (long)(sizeof entry + entry.path_bytes + bytes)) abort();
    syscall(SYS_close, fd);
    errno = before;
}

static int synchronous(int fd) { return (fcntl(fd, F_GETFL) & O_DSYNC) != 0; }

static ssize_t put(int fd, const void *data, size_t bytes, off_t offset, int placed) {
    char path[PATH_MAX];
    int ours = named(fd, path);
    if (ours && fails()) {
        if (error != SHORT) return errno = error, -1;
        bytes /= 2;
    }
    if (!ours) return placed ? syscall(SYS_pwrite64, fd, data, bytes, offset) : syscall(SYS_write, fd, data, bytes);
    pthread_mutex_lock(&turn);
    if (!placed) offset = fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
    ssize_t done = placed ? syscall(SYS_pwrite64, fd, data, bytes, offset) : syscall(SYS_write, fd, data, bytes);
    if (done > 0) note(WRITE, synchronous(fd), path, offset, data, done);
    pthread_mutex_unlock(&turn);
    return done;
}

static ssize_t put_all(int fd, const struct iovec *parts, int count, off_t offset, int placed) {
    ssize_t total = 0;
    for (int i = 0; i < count; i++) {
        ssize_t done = put(fd, parts[i].iov_base, parts[i].iov_len, offset + total, placed);
        if (done < 0) return total ? total : done;
        total += done;
        if (done < (ssize_t)parts[i].iov_len) break;
    }
    return total;
}

ssize_t write(int fd, const void *data, size_t bytes) { return put(fd, data, bytes, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return put(fd, data, bytes, offset, 1); }
ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t offset) { return put(fd, data, bytes, offset, 1); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return put_all(fd, parts, count, 0, 0); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return put_all(fd, parts, count, offset, 1);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
    return put_all(fd, parts, count, offset, 1);
}

static ssize_t take(int fd, void *data, size_t bytes, off_t offset) {
    char path[PATH_MAX];
    if (named(fd, path) && fails()) {
        if (error != SHORT) return errno = error, -1;
        bytes /= 2;
    }
    return syscall(SYS_pread64, fd, data, bytes, offset);
}

ssize_t pread(int fd, void *data, size_t bytes, off_t offset) { return take(fd, data, bytes, offset); }
ssize_t pread64(int fd, void *data, size_t bytes, off_t offset) { return take(fd, data, bytes, offset); }

int ftruncate(int fd, off_t length) {
    char path[PATH_MAX];
    int ours = named(fd, path);
    if (ours && refused()) return -1;
    int result = syscall(SYS_ftruncate, fd, length);
    if (ours && !result) note(TRUNCATE, 0, path, length, "", 0);
    return result;
}
int ftruncate64(int fd, off_t length) { return ftruncate(fd, length); }

static int synced(int fd, long call) {
    char path[PATH_MAX];
    int ours = named(fd, path);
    if (ours && refused()) return -1;
    int result = syscall(call, fd);
    if (ours && !result) note(SYNC, 1, path, 0, "", 0);
    return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* Nothing here writes through a map: a test that sees this call has to learn how to log it. */
int msync(void *address, size_t bytes, int flags) {
    (void)address, (void)bytes, (void)flags;
    abort();
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    int ours = watched(path);
    if (ours && refused()) return -1;
    struct stat status;
    int new = ours && (flags & O_CREAT) && stat(path, &status);
    int fd = syscall(SYS_openat, folder, path, flags, mode);
    if (ours && fd >= 0 && new) note(CREATE, 0, path, 0, "", 0);
    if (ours && fd >= 0 && !new && (flags & O_TRUNC)) note(TRUNCATE, 0, path, 0, "", 0);
    return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; }

#define OPEN(folder)                       \
    va_list rest;                          \
    va_start(rest, flags);                 \
    mode_t mode = mode_of(flags, rest);    \
    va_end(rest);                          \
    return opened(folder, path, flags, mode)

int open(const char *path, int flags, ...) { OPEN(AT_FDCWD); }
int open64(const char *path, int flags, ...) { OPEN(AT_FDCWD); }
int openat(int folder, const char *path, int flags, ...) { OPEN(folder); }
int openat64(int folder, const char *path, int flags, ...) { OPEN(folder); }

int mkdir(const char *path, mode_t mode) {
    if (watched(path) && refused()) return -1;
    int result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (watched(path) && !result) note(CREATE, 0, path, 1, "", 0);
    return result;
}

int rename(const char *from, const char *to) {
    if (watched(from) && refused()) return -1;
    int result = syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (watched(from) && !result) note(RENAME, 0, from, 0, to, strlen(to));
    return result;
}
