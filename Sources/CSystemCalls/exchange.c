#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__linux__)
#include <fcntl.h>

int sp_exchange_names(const char *a, const char *b) {
  return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static int rename_exclusively(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}
#elif defined(__APPLE__)
int sp_exchange_names(const char *a, const char *b) { return renamex_np(a, b, RENAME_SWAP); }

static int rename_exclusively(const char *from, const char *to) { return renamex_np(from, to, RENAME_EXCL); }
#else
int sp_exchange_names(const char *a, const char *b) {
  errno = ENOSYS;
  return -1;
}

static int rename_exclusively(const char *from, const char *to) {
  errno = ENOSYS;
  return -1;
}
#endif

int sp_rename_new(const char *from, const char *to) {
  if (rename_exclusively(from, to) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return -1;
  // The file system cannot look and rename in one step. A folder's rename still replaces nothing but an empty one.
  struct stat status;
  if (lstat(to, &status) == 0) {
    errno = EEXIST;
    return -1;
  }
  return rename(from, to);
}

int sp_is_mount_point(const char *path) {
#if defined(__linux__) && defined(STATX_ATTR_MOUNT_ROOT)
  // Also tells a folder of the same file system that is mounted over another.
  struct statx there;
  if (statx(AT_FDCWD, path, 0, STATX_INO, &there) == 0 && (there.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
    return (there.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#endif
  char above[4096];
  if (strlen(path) + 4 > sizeof above) return 0;
  snprintf(above, sizeof above, "%s/..", path);
  struct stat own, parent;
  if (stat(path, &own) != 0 || stat(above, &parent) != 0) return 0;
  return own.st_dev != parent.st_dev || own.st_ino == parent.st_ino;
}
