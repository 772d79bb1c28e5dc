#include "CSystemCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int depth;
static char watched[4096];
static int exit_code;

// Longer than any one call takes on a file that is whole; some damage makes the library turn in a circle for ever.
static const int most_seconds = 60;
// More than any one call takes; in some circles the library takes memory for ever.
static const long most_bytes = 2L << 30;

// Whether a call is under way, the seconds it has lasted, and the memory held when the first of them had passed.
static volatile sig_atomic_t inside;
static volatile sig_atomic_t ticks;
static volatile long held;

void sp_damage_watch(const char *path) {
  strncpy(watched, path, sizeof watched - 1);
}

void sp_damage_enter(void) {
  if (depth++ != 0 || exit_code == 0) return;
  ticks = 0;
  inside = 1;
  alarm(1);
}

void sp_damage_leave(void) {
  if (--depth != 0 || exit_code == 0) return;
  inside = 0;
  alarm(0);
}

static void say(const char *text) {
  // Nothing is left to be done where stderr takes no more.
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// The memory the process holds, in bytes; 0 where the system does not say.
static long memory(void) {
  char text[128];
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  const char *place = text;
  while (*place != 0 && *place != ' ') ++place;
  long pages = 0;
  for (place += *place == ' '; *place >= '0' && *place <= '9'; ++place) pages = 10 * pages + (*place - '0');
  return pages * sysconf(_SC_PAGESIZE);
}

// Whether a call has lasted, and taken, no more than one on a whole file does.
static int may_go_on(void) {
  if (!inside) return 1;
  ticks += 1;
  const long now = memory();
  if (ticks == 1) held = now;
  if (ticks >= most_seconds || now - held > most_bytes) return 0;
  alarm(1);
  return 1;
}

// Calls nothing that a signal handler may not call.
static void handle(int number) {
  // What was interrupted goes on, and may be about to read errno.
  const int error = errno;
  if (number == SIGALRM && may_go_on()) {
    errno = error;
    return;
  }
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
  action.sa_flags = SA_RESTART;
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) sigaction(numbers[i], &action, 0);
}
