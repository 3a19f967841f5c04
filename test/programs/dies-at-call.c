/*
 * For LD_PRELOAD: SIGKILL for the process in the instant before one of its threads makes its nth call of a kind, "rename:3" in
 * $DIES_AT. $CALLS_TO: at its end it writes there how many of each kind that thread made that made most of them, a line
 * "rename 3" each. What the process starts knows nothing of all this.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { FSYNC, RENAME, LINK, UNLINK, TRUNCATE, MKDIR, PWRITE, BIND, LISTEN, CLONE, KILL, WRITE, KINDS };
static const char *const names[KINDS] = {"fsync",  "rename", "link",  "unlink", "truncate", "mkdir", "pwrite",
                                         "bind",   "listen", "clone", "kill",   "write"};

/* Also a handler of a signal writes: no memory may have to be found first. */
static __thread int made[KINDS] __attribute__((tls_model("initial-exec")));
static int most[KINDS];
static int wanted = KINDS, nth;
static char *calls_to;
static pid_t own;

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("DIES_AT"), *to = getenv("CALLS_TO");
  const char *colon = at == NULL ? NULL : strchr(at, ':');
  for (int kind = 0; colon != NULL && kind < KINDS; kind++)
    if (strlen(names[kind]) == (size_t)(colon - at) && strncmp(at, names[kind], colon - at) == 0) wanted = kind;
  if (colon != NULL) nth = atoi(colon + 1);
  if (to != NULL) calls_to = strdup(to);
  own = getpid();
  unsetenv("DIES_AT");
  unsetenv("CALLS_TO");
  unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void) {
  FILE *file = calls_to == NULL || getpid() != own ? NULL : fopen(calls_to, "w");
  if (file == NULL) return;
  for (int kind = 0; kind < KINDS; kind++)
    if (most[kind] > 0) fprintf(file, "%s %d\n", names[kind], most[kind]);
  fclose(file);
}

static void meet(enum kind kind) {
  int count = ++made[kind];
  for (int seen = most[kind]; count > seen && !__sync_bool_compare_and_swap(&most[kind], seen, count); seen = most[kind]) continue;
  if ((int)kind == wanted && count == nth && getpid() == own) syscall(SYS_kill, own, SIGKILL);
}

#define BEFORE(kind, result, name, parameters, arguments)                      \
  result name parameters {                                                     \
    static result(*next) parameters;                                           \
    if (next == NULL) next = (result(*) parameters)dlsym(RTLD_NEXT, #name);    \
    meet(kind);                                                                \
    return next arguments;                                                     \
  }

BEFORE(FSYNC, int, fsync, (int fd), (fd))
BEFORE(RENAME, int, rename, (const char *from, const char *to), (from, to))
BEFORE(LINK, int, link, (const char *from, const char *to), (from, to))
BEFORE(UNLINK, int, unlink, (const char *path), (path))
BEFORE(TRUNCATE, int, ftruncate64, (int fd, off64_t size), (fd, size))
BEFORE(MKDIR, int, mkdir, (const char *path, mode_t mode), (path, mode))
BEFORE(PWRITE, ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
BEFORE(BIND, int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size))
BEFORE(LISTEN, int, listen, (int fd, int backlog), (fd, backlog))
BEFORE(KILL, int, kill, (pid_t pid, int signal), (pid, signal))
BEFORE(WRITE, ssize_t, write, (int fd, const void *data, size_t size), (fd, data, size))
BEFORE(WRITE, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
BEFORE(CLONE, int, pthread_create,
       (pthread_t * thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument),
       (thread, attributes, body, argument))

pid_t fork(void) {
  static pid_t (*next)(void);
  if (next == NULL) next = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
  meet(CLONE);
  return next();
}
