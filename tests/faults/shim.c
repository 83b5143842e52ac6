/* Faults of a file system, injected into a program's own calls: LD_PRELOAD=libfaults.so.
 *
 * VRP_FAULTS holds rules divided by ';', each CALLS:PATTERN:AFTER:COUNT:ACTION, for example
 *   write,pwrite:*unit-*.part-*:2:1:ENOSPC     the third write to such a file fails, later ones do
 * not write:*units.journal:100B:*:EDQUOT         every write behind the first 100 bytes fails
 *   open,read,stat:*:0:*:delay=200             every such call takes 200 ms longer
 *   read,write:*:0:*:short                     reads and writes move a third of what was asked
 *   write:*events.jsonl:1:1:until=/tmp/go      the second write waits until that file is there
 *   finalize:*:0:*:until=/tmp/go               so does the end of MPI (MPI_Finalize)
 * CALLS are open read write fsync close rename link stat mkdir flock list finalize, or * for all.
 * PATTERN is a shell pattern for the whole path (of rename and link: the new name). COUNT * means
 * always. Calls are counted per process. Every fault is one line in the file VRP_FAULTS_LOG: "CALL
 * PATH ACTION". VRP_FAULTS_RANK limits them to one rank of an Open MPI job.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { kMostRules = 16 };

struct Rule {
  char calls[128], pattern[PATH_MAX], action[PATH_MAX];
  long after, count, seen;
  int in_bytes, forever;
};

static struct Rule rules[kMostRules];
static int rule_count = 0;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static const struct {
  const char* name;
  int number;
} kErrors[] = {
    {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS},   {"ESTALE", ESTALE},
    {"EIO", EIO},       {"EINTR", EINTR},   {"EAGAIN", EAGAIN}, {"ETIMEDOUT", ETIMEDOUT},
    {"ENOLCK", ENOLCK}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM},   {"EOPNOTSUPP", EOPNOTSUPP},
    {"EACCES", EACCES}, {"EINVAL", EINVAL}, {"EEXIST", EEXIST}};

static void die(const char* what, const char* text) {
  fprintf(stderr, "faults: %s: %s\n", what, text);
  _exit(99);
}

static void read_rule(char* text) {
  struct Rule* rule = &rules[rule_count++];
  char after[32], count[32];
  if (sscanf(text, "%127[^:]:%4095[^:]:%31[^:]:%31[^:]:%4095s", rule->calls, rule->pattern, after,
             count, rule->action) != 5)
    die("not CALLS:PATTERN:AFTER:COUNT:ACTION", text);
  char* end = after;
  rule->after = strtol(after, &end, 10);
  rule->in_bytes = *end == 'B';
  rule->forever = strcmp(count, "*") == 0;
  rule->count = rule->forever ? LONG_MAX : strtol(count, NULL, 10);
}

static void read_rules(void) {
  const char* text = getenv("VRP_FAULTS");
  const char* rank = getenv("VRP_FAULTS_RANK");
  const char* mine = getenv("OMPI_COMM_WORLD_RANK");
  if (text == NULL || (rank != NULL && (mine == NULL || strcmp(rank, mine) != 0))) return;
  char* copy = strdup(text);
  char* rest = copy;
  for (char* part; (part = strsep(&rest, ";")) != NULL;) {
    if (*part == '\0') continue;
    if (rule_count == kMostRules) die("too many rules", text);
    read_rule(part);
  }
  free(copy);
}

static int has_word(const char* list, const char* word) {
  const size_t n = strlen(word);
  for (const char* at = list; (at = strstr(at, word)) != NULL; at += n) {
    if ((at == list || at[-1] == ',') && (at[n] == '\0' || at[n] == ',')) return 1;
  }
  return strcmp(list, "*") == 0;
}

static void note(const char* call, const char* path, const char* action) {
  const char* log = getenv("VRP_FAULTS_LOG");
  char line[PATH_MAX + 64];
  if (log == NULL) return;
  const int n = snprintf(line, sizeof line, "%s %s %s\n", call, path, action);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0644);
  syscall(SYS_write, fd, line, (size_t)n);
  syscall(SYS_close, fd);
}

/* The action for this call, or NULL. `bytes` is what a write is about to add. */
static const char* fault(const char* call, const char* path, size_t bytes) {
  pthread_once(&once, read_rules);
  for (int i = 0; i < rule_count; ++i) {
    struct Rule* rule = &rules[i];
    if (!has_word(rule->calls, call) || fnmatch(rule->pattern, path, 0) != 0) continue;
    pthread_mutex_lock(&mutex);
    rule->seen += rule->in_bytes ? (long)bytes : 1;
    const int hit = rule->seen > rule->after && rule->count > 0;
    if (hit && !rule->forever) --rule->count;
    pthread_mutex_unlock(&mutex);
    if (!hit) continue;
    if (strncmp(rule->action, "until=", 6) == 0) {
      note(call, path, "until");
      const struct timespec pause = {0, 10 * 1000000};
      while (syscall(SYS_faccessat, AT_FDCWD, rule->action + 6, F_OK) != 0) nanosleep(&pause, NULL);
      continue;
    }
    if (strncmp(rule->action, "delay=", 6) != 0) {
      note(call, path, rule->action);
      return rule->action;
    }
    const long ms = strtol(rule->action + 6, NULL, 10);
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    note(call, path, rule->action);
    nanosleep(&pause, NULL);
  }
  return NULL;
}

/* Sets errno and returns 1 when the action is an error. */
static int fails(const char* action) {
  if (action == NULL || strcmp(action, "short") == 0) return 0;
  for (size_t i = 0; i < sizeof kErrors / sizeof kErrors[0]; ++i) {
    if (strcmp(action, kErrors[i].name) == 0) {
      errno = kErrors[i].number;
      return 1;
    }
  }
  die("unknown action", action);
  return 0;
}

static const char* path_of(int fd, char* into) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, into, PATH_MAX - 1);
  into[n > 0 ? n : 0] = '\0';
  return into;
}

static size_t amount(const char* action, size_t asked) {
  return action != NULL && asked > 1 ? (asked + 2) / 3 : asked;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Functions that name a file, and those that hold one. */
#define NAMED(call, path, bad, ...)              \
  do {                                           \
    if (fails(fault(call, path, 0))) return bad; \
    return __VA_ARGS__;                          \
  } while (0)
#define HELD(call, fd, bytes, bad, ...)                         \
  do {                                                          \
    char name[PATH_MAX];                                        \
    const char* action = fault(call, path_of(fd, name), bytes); \
    if (fails(action)) return bad;                              \
    (void)action;                                               \
    return __VA_ARGS__;                                         \
  } while (0)

#define MODE(mode, flags, last)          \
  mode_t mode = 0;                       \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list more;                        \
    va_start(more, last);                \
    mode = va_arg(more, mode_t);         \
    va_end(more);                        \
  }

int open(const char* path, int flags, ...) {
  MODE(mode, flags, flags)
  NAMED("open", path, -1, REAL(open)(path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  MODE(mode, flags, flags)
  NAMED("open", path, -1, REAL(open64)(path, flags, mode));
}
int openat(int at, const char* path, int flags, ...) {
  MODE(mode, flags, flags)
  NAMED("open", path, -1, REAL(openat)(at, path, flags, mode));
}
FILE* fopen(const char* path, const char* mode) {
  NAMED("open", path, NULL, REAL(fopen)(path, mode));
}
FILE* fopen64(const char* path, const char* mode) {
  NAMED("open", path, NULL, REAL(fopen64)(path, mode));
}
DIR* opendir(const char* path) { NAMED("list", path, NULL, REAL(opendir)(path)); }
int stat(const char* path, struct stat* facts) { NAMED("stat", path, -1, REAL(stat)(path, facts)); }
int stat64(const char* path, struct stat64* facts) {
  NAMED("stat", path, -1, REAL(stat64)(path, facts));
}
int rename(const char* from, const char* to) { NAMED("rename", to, -1, REAL(rename)(from, to)); }
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
  NAMED("rename", to, -1, REAL(renameat2)(a, from, b, to, flags));
}
int link(const char* from, const char* to) { NAMED("link", to, -1, REAL(link)(from, to)); }
int mkdir(const char* path, mode_t mode) { NAMED("mkdir", path, -1, REAL(mkdir)(path, mode)); }

ssize_t read(int fd, void* to, size_t n) {
  HELD("read", fd, 0, -1, REAL(read)(fd, to, amount(action, n)));
}
ssize_t pread(int fd, void* to, size_t n, off_t at) {
  HELD("read", fd, 0, -1, REAL(pread)(fd, to, amount(action, n), at));
}
ssize_t pread64(int fd, void* to, size_t n, off64_t at) {
  HELD("read", fd, 0, -1, REAL(pread64)(fd, to, amount(action, n), at));
}
ssize_t write(int fd, const void* from, size_t n) {
  HELD("write", fd, n, -1, REAL(write)(fd, from, amount(action, n)));
}
ssize_t pwrite(int fd, const void* from, size_t n, off_t at) {
  HELD("write", fd, n, -1, REAL(pwrite)(fd, from, amount(action, n), at));
}
ssize_t pwrite64(int fd, const void* from, size_t n, off64_t at) {
  HELD("write", fd, n, -1, REAL(pwrite64)(fd, from, amount(action, n), at));
}
ssize_t writev(int fd, const struct iovec* parts, int n) {
  HELD("write", fd, 1, -1, REAL(writev)(fd, parts, n));
}
int fstat(int fd, struct stat* facts) { HELD("stat", fd, 0, -1, REAL(fstat)(fd, facts)); }
int fstat64(int fd, struct stat64* facts) { HELD("stat", fd, 0, -1, REAL(fstat64)(fd, facts)); }
int fsync(int fd) { HELD("fsync", fd, 0, -1, REAL(fsync)(fd)); }
int fdatasync(int fd) { HELD("fsync", fd, 0, -1, REAL(fdatasync)(fd)); }
int flock(int fd, int how);
int flock(int fd, int how) { HELD("flock", fd, 0, -1, REAL(flock)(fd, how)); }

/* Of MPI, which this library does not know: a program without it never calls this. */
int MPI_Finalize(void);
int MPI_Finalize(void) { NAMED("finalize", "mpi", 1, REAL(MPI_Finalize)()); }

/* A close that fails has closed the file all the same. */
int close(int fd) {
  char name[PATH_MAX];
  const char* action = fault("close", path_of(fd, name), 0);
  const int code = REAL(close)(fd);
  return fails(action) ? -1 : code;
}

size_t fread(void* to, size_t size, size_t n, FILE* file) {
  char name[PATH_MAX];
  const int fd = fileno(file);
  if (fd >= 0 && fails(fault("read", path_of(fd, name), 0))) {
    file->_flags |= 0x20; /* _IO_ERR_SEEN: what ferror() looks at */
    return 0;
  }
  return REAL(fread)(to, size, n, file);
}
