/* The limit: a program that knows the graph and does nothing else. floor GRAPH, whose lines are "PROGRAM NAME DELAY PORT EVENTS a,b"
   (or "-" for nobody), dependencies before dependents. Starts each service when the last one that it needs has printed a line; ends
   them on SIGTERM and waits for them. */
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
enum { most = 2048 };
struct service {
  char program[300], name[100], delay[20], port[20], events[300], needs[2000];
  int isReady, out;
  pid_t pid;
};
static struct service *all;
static int count;
static volatile sig_atomic_t isOver;

static void end(int signal) { isOver = signal; }

static int mayStart(struct service *one) {
  if (strcmp(one->needs, "-") == 0) return 1;
  char needs[2000];
  strcpy(needs, one->needs);
  for (char *name = strtok(needs, ","); name != NULL; name = strtok(NULL, ","))
    for (int at = 0; at < count; at += 1)
      if (strcmp(all[at].name, name) == 0 && !all[at].isReady) return 0;
  return 1;
}

static void start(struct service *one) {
  int ends[2];
  if (pipe(ends) != 0) exit(1);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  char *arguments[] = {one->program, one->name, one->delay, one->port, one->events, NULL};
  if (posix_spawn(&one->pid, one->program, &actions, NULL, arguments, environ) != 0) exit(1);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  one->out = ends[0];
}

int main(int argc, char **argv) {
  all = calloc(most, sizeof *all);
  FILE *graph = argc < 2 ? NULL : fopen(argv[1], "r");
  if (graph == NULL) return 2;
  struct service one = {0};
  while (count < most && fscanf(graph, "%299s %99s %19s %19s %299s %1999s", one.program, one.name, one.delay, one.port, one.events, one.needs) == 6)
    all[count++] = one;
  struct sigaction action = {0};
  action.sa_handler = end;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  struct pollfd *polled = calloc(most, sizeof *polled);
  int isNews = 1;
  while (!isOver) {
    for (int at = 0; isNews && at < count; at += 1)
      if (all[at].pid == 0 && mayStart(&all[at])) start(&all[at]);
    isNews = 0;
    for (int at = 0; at < count; at += 1) polled[at] = (struct pollfd){all[at].pid == 0 ? -1 : all[at].out, POLLIN, 0};
    if (poll(polled, (nfds_t)count, -1) < 0) continue;
    char buffer[4096];
    for (int at = 0; at < count; at += 1) {
      if (polled[at].revents == 0) continue;
      if (read(all[at].out, buffer, sizeof buffer) <= 0) {
        close(all[at].out);
        all[at].out = -1;
      } else if (!all[at].isReady) all[at].isReady = isNews = 1;
    }
  }
  for (int at = 0; at < count; at += 1)
    if (all[at].pid != 0) kill(all[at].pid, SIGTERM);
  for (int at = 0; at < count; at += 1)
    if (all[at].pid != 0) waitpid(all[at].pid, NULL, 0);
  return 0;
}
