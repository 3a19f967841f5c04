/* The service that every tool starts: service NAME DELAY PORT EVENTS. Waits DELAY milliseconds, listens on PORT (0: none), prints
   "ready", writes a newline to the descriptor in NOTIFY_FD, and ends on SIGTERM. It writes down itself when it began and was ready, on
   the monotonic clock, so that no tool's own account of it is trusted.
   "service --asks PORT" ends with 0 if somebody listens there. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000LL + at.tv_nsec;
}

static void tell(int events, const char *what, const char *name) {
  char line[200];
  int length = snprintf(line, sizeof line, "%s %s %d %lld\n", what, name, getpid(), now());
  if (events >= 0 && write(events, line, (size_t)length) != length) _exit(1);
}

static struct sockaddr_in toAddress(const char *port) {
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)atoi(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--asks") == 0) {
    struct sockaddr_in address = toAddress(argv[2]);
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) != 0;
  }
  if (argc < 5) return 2;
  int events = open(argv[4], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  tell(events, "start", argv[1]);
  long delay = atol(argv[2]);
  struct timespec wait = {delay / 1000, (delay % 1000) * 1000000L};
  nanosleep(&wait, NULL);
  int listener = -1;
  if (atoi(argv[3]) != 0) {
    struct sockaddr_in address = toAddress(argv[3]);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) {
      tell(events, "busy", argv[1]);
      perror("listen");
      return 1;
    }
  }
  tell(events, "ready", argv[1]);
  if (write(1, "ready\n", 6) != 6) return 1;
  const char *notify = getenv("NOTIFY_FD");
  if (notify != NULL && write(atoi(notify), "\n", 1) == 1) close(atoi(notify));
  for (;;) {
    if (listener < 0) {
      pause();
      continue;
    }
    int client = accept(listener, NULL, NULL);
    if (client >= 0) close(client);
  }
}
