/* The service under test: service DELAY PORT [http]. Waits DELAY milliseconds, listens on PORT (0: none), prints "ready", writes a
   newline to the descriptor in NOTIFY_FD, and ends on SIGTERM. With "http" each request is answered with 200, one after the other.
   A static C program, so that it is not the start of a big runtime that is measured. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const char response[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nup\n";

/* Who sends no head of 16 KiB at most, or pauses in it for a second, gets no answer. */
static void answer(int client) {
  struct timeval longest = {1, 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  char head[16385];
  size_t length = 0;
  head[0] = '\0';
  while (strstr(head, "\r\n\r\n") == NULL) {
    ssize_t got = length < sizeof head - 1 ? read(client, head + length, sizeof head - 1 - length) : 0;
    if (got <= 0) return;
    length += (size_t)got;
    head[length] = '\0';
  }
  send(client, response, sizeof response - 1, MSG_NOSIGNAL);
}

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
    if (client < 0) continue;
    if (argc > 3 && strcmp(argv[3], "http") == 0) answer(client);
    close(client);
  }
}
