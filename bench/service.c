/* The service under test: waits DELAY milliseconds, listens on PORT (0: none), prints "ready", writes a newline to the
   descriptor in NOTIFY_FD, and ends on SIGTERM.
   A static C program, so that it is not the start of a big runtime that is measured. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  long delay = argc > 1 ? atol(argv[1]) : 0;
  int port = argc > 2 ? atoi(argv[2]) : 0;
  struct timespec wait = {delay / 1000, (delay % 1000) * 1000000L};
  nanosleep(&wait, NULL);
  int listener = -1;
  if (port != 0) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0) {
      perror("listen");
      return 1;
    }
  }
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
