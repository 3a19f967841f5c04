/* Writes LINES numbered lines, RATE a second in steps of ten milliseconds, each filled up to LENGTH bytes; then "done", and lives
   on until it gets a signal. It does nothing else, so that a hundred of them are load for who keeps their logs and for nobody
   else. Where it could not keep up it hurries: the number of lines is what counts.  writes-lines LINES RATE LENGTH */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void write_all(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(1, bytes, length);
    if (written < 0) _exit(1);
    bytes += written;
    length -= (size_t)written;
  }
}

int main(int argc, char **argv) {
  long lines = argc > 1 ? atol(argv[1]) : 1000;
  long rate = argc > 2 ? atol(argv[2]) : 1000;
  int length = argc > 3 ? atoi(argv[3]) : 64;
  static char block[1 << 20];
  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  long each = rate / 100 < 1 ? 1 : rate / 100;
  for (long line = 1; line <= lines;) {
    size_t used = 0;
    for (long step = 0; step < each && line <= lines && used + (size_t)length + 32 < sizeof block; step += 1, line += 1) {
      int digits = sprintf(block + used, "%ld ", line);
      int fill = length - digits - 1 < 0 ? 0 : length - digits - 1;
      memset(block + used + digits, '.', (size_t)fill);
      used += (size_t)(digits + fill);
      block[used++] = '\n';
    }
    write_all(block, used);
    next.tv_nsec += 10 * 1000 * 1000;
    if (next.tv_nsec >= 1000000000L) {
      next.tv_nsec -= 1000000000L;
      next.tv_sec += 1;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
  write_all("done\n", 5);
  for (;;) pause();
}
