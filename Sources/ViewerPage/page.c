// The page's files inside the program, so that it stays one file. A file is named here twice: its bytes and its address.
#include "ViewerPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char app_js[] = {
#embed "page/app.js"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}
static const struct sp_page_file files[] = {
    FILE("index.html", index_html),
    FILE("app.js", app_js),
};

const struct sp_page_file *sp_page_file(size_t index) {
  return index < sizeof files / sizeof files[0] ? &files[index] : NULL;
}
