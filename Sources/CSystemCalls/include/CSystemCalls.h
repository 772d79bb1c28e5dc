// System calls that Swift's view of the C library does not show.
#ifndef SPIKESORT_CSYSTEMCALLS_H
#define SPIKESORT_CSYSTEMCALLS_H

/// Exchanges two names of one file system in one step. 0, or -1 with errno where the system cannot.
int sp_exchange_names(const char *a, const char *b);

/// Renames to a name that must be free. 0, or -1 with errno, EEXIST where something has the name.
int sp_rename_new(const char *from, const char *to);

/// Whether a folder is where a file system, or a part of one, is mounted: its name can be neither changed nor exchanged.
int sp_is_mount_point(const char *path);

/// Takes memory of at least so many bytes from the system piece by piece, so that it goes back as soon as it is freed
/// instead of staying between pieces in use. Nothing where the C library has no such setting.
void sp_return_large_memory(int bytes);

// A C library that reads a damaged file may write or read where it must not, or never come back. The four functions
// below let a program end with a sentence and a code of its own then. They serve one library, entered by one thread at
// a time.

/// Says which file is read: the last one named.
void sp_damage_watch(const char *path);

/// The calling thread is in that library from here …
void sp_damage_enter(void);

/// … to here. May be nested.
void sp_damage_leave(void);

/// From now on a crash in between, a minute spent there, or 2 GB taken there (looked at every second, where the system says
/// what it holds) ends the process with one sentence on stderr and this code.
void sp_damage_exit(int code);

#endif
