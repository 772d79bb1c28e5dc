#define _GNU_SOURCE
#include "CProgramStart.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__) && defined(__GLIBC__)
#include <sys/mman.h>

// OpenBLAS starts a thread for every processor when it is loaded, each with 128 MB of addresses; where the system gives no
// thread it ends the process before main. All of that is never used: work is spread over threads of our own. The variable
// that prevents it must be set before the library is loaded, so the program is started again with it.
static void start_again(int count, char **arguments, char **environment) {
  (void)count;
  static const char variable[] = "OPENBLAS_NUM_THREADS=";
  size_t entries = 0;
  for (; environment[entries] != 0; ++entries)
    if (strncmp(environment[entries], variable, sizeof variable - 1) == 0) return;
  char *changed[entries + 2];
  memcpy(changed, environment, entries * sizeof *changed);
  changed[entries] = "OPENBLAS_NUM_THREADS=1";
  changed[entries + 1] = 0;
  // Where that cannot be, the program goes on as it is.
  execve("/proc/self/exe", arguments, changed);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(int, char **, char **) = start_again;

extern void *blas_memory_alloc(int) __attribute__((weak));
extern void blas_memory_free(void *) __attribute__((weak));

int sp_reserve_blas(int threads) {
  enum { most = 64 };
  if (blas_memory_alloc == 0 || blas_memory_free == 0) return 1;
  const int count = threads < 1 ? 1 : threads > most ? most : threads;
  // A buffer is 128 MB of addresses on 64-bit processors; another such is left for everything else.
  const size_t need = ((size_t)count + 1) << 27;
  void *room = mmap(0, need, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return 0;
  munmap(room, need);
  // Freed buffers stay with the library and are taken again.
  void *buffers[most];
  for (int i = 0; i < count; ++i) buffers[i] = blas_memory_alloc(0);
  for (int i = 0; i < count; ++i) blas_memory_free(buffers[i]);
  return 1;
}

// The C library's own allocators, whose refusals are remembered: Swift ends the process on one without a word that
// could be caught.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static volatile unsigned long refused;

static void *noted(void *place, size_t bytes) {
  if (place == 0 && bytes != 0) refused = bytes;
  return place;
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
void *malloc(size_t bytes) { return noted(__libc_malloc(bytes), bytes); }
void *calloc(size_t count, size_t bytes) {
  return noted(__libc_calloc(count, bytes), count == 0 ? 0 : bytes);
}
void *realloc(void *place, size_t bytes) { return noted(__libc_realloc(place, bytes), bytes); }
void *memalign(size_t step, size_t bytes) { return noted(__libc_memalign(step, bytes), bytes); }
void *aligned_alloc(size_t step, size_t bytes) { return noted(__libc_memalign(step, bytes), bytes); }
int posix_memalign(void **place, size_t step, size_t bytes) {
  if (step % sizeof(void *) != 0 || step == 0 || (step & (step - 1)) != 0) return EINVAL;
  void *found = noted(__libc_memalign(step, bytes), bytes);
  if (found == 0 && bytes != 0) return ENOMEM;
  *place = found;
  return 0;
}
#endif

unsigned long sp_refused_bytes(void) { return refused; }
#else
int sp_reserve_blas(int threads) {
  (void)threads;
  return 1;
}
unsigned long sp_refused_bytes(void) { return 0; }
#endif

static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGTRAP};
enum { crash_count = sizeof crashes / sizeof *crashes };
static struct sigaction before[crash_count];
static int exit_code;

static void say(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// Calls nothing that a signal handler may not call.
static void handle(int number, siginfo_t *info, void *context) {
  if (sp_refused_bytes() != 0) {
    say("spikesort: there is not enough memory: the system refused more; expected a higher limit, fewer --threads, or "
        "a shorter part of the recording (--end)\n");
    _exit(exit_code);
  }
  for (int i = 0; i < crash_count; ++i) {
    if (crashes[i] != number) continue;
    if (before[i].sa_flags & SA_SIGINFO) {
      before[i].sa_sigaction(number, info, context);
    } else if (before[i].sa_handler != SIG_DFL && before[i].sa_handler != SIG_IGN) {
      before[i].sa_handler(number);
    } else {
      signal(number, SIG_DFL);
      raise(number);
    }
  }
}

void sp_out_of_memory_exit(int code) {
  exit_code = code;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NODEFER;
  for (int i = 0; i < crash_count; ++i) sigaction(crashes[i], &action, &before[i]);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *wait_at_gate(void *nothing) {
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  return nothing;
}

int sp_threads_to_be_had(int wanted) {
  enum { most = 256 };
  pthread_t threads[most];
  int count = 0;
  pthread_mutex_lock(&gate);
  while (count < wanted && count < most && pthread_create(&threads[count], 0, wait_at_gate, 0) == 0) ++count;
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], 0);
  return wanted > most && count == most ? wanted : count;
}
