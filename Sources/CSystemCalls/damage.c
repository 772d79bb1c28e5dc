#include "CSystemCalls.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int depth;
static char watched[4096];
static int exit_code;

// Longer than any one call takes on a file that is whole; some damage makes the library turn in a circle for ever.
static const unsigned seconds = 60;

void sp_damage_watch(const char *path) {
  strncpy(watched, path, sizeof watched - 1);
}

void sp_damage_enter(void) {
  if (depth++ == 0 && exit_code != 0) alarm(seconds);
}

void sp_damage_leave(void) {
  if (--depth == 0 && exit_code != 0) alarm(0);
}

static void say(const char *text) {
  // Nothing is left to be done where stderr takes no more.
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// Calls nothing that a signal handler may not call.
static void handle(int number) {
  // The clock's signal comes to any thread.
  if (depth == 0 && number != SIGALRM) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  say("spikesort: ");
  say(watched);
  say(": found damage that its library cannot cope with, expected a whole file\n");
  _exit(exit_code);
}

void sp_damage_exit(int code) {
  exit_code = code;
  const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) sigaction(numbers[i], &action, 0);
}
