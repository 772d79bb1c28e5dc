#ifndef VIEWER_PAGE_H
#define VIEWER_PAGE_H

#include <stddef.h>

/// A file of the viewer's page, as it was when the program was built.
struct sp_page_file {
  const char *_Nonnull name;
  const unsigned char *_Nonnull bytes;
  size_t size;
};

/// The file at a place; NULL beyond the last.
const struct sp_page_file *_Nullable sp_page_file(size_t index);

#endif
