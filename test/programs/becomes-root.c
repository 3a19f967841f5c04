/* Owned by root and setuid: becomes root altogether, says "root PID" and stays, so that no other user can end it. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
  if (setuid(0) != 0 || getuid() != 0) {
    printf("no root\n");
    return 1;
  }
  printf("root %d\n", (int)getpid());
  fflush(stdout);
  sleep(600);
  return 0;
}
