/* Its first thread ends while another works on: the system shows the process as a zombie though it is alive. */
#include <pthread.h>
#include <unistd.h>

static void *work(void *unused) {
  (void)unused;
  sleep(600);
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, work, 0);
  pthread_exit(0);
}
