/* A service that writes BYTES bytes as numbered lines of 100 bytes: lines BYTES TIMES GO. It begins when the file GO is there, writes
   down itself how long it took, in milliseconds, into the file TIMES, and ends when GO is gone. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  while (access(argv[3], F_OK) != 0) usleep(1000);
  long count = atol(argv[1]) / 100;
  double began = now();
  for (long at = 0; at < count; at += 1)
    if (printf("%010ld %88s\n", at, "what a service has to say") != 100) return 1;
  if (fflush(stdout) != 0) return 1;
  double took = now() - began;
  FILE *times = fopen(argv[2], "w");
  if (times == NULL || fprintf(times, "%.3f\n", took) < 0 || fclose(times) != 0) return 1;
  while (access(argv[3], F_OK) == 0) usleep(10000);
  return 0;
}
