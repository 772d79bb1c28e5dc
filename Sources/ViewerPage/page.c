// The page's files inside the program, so that it stays one file. A file is named here twice: its bytes and its address.
#include "ViewerPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "page/index.html"
};
static const unsigned char style_css[] = {
#embed "page/style.css"
};
static const unsigned char actions_js[] = {
#embed "page/actions.js"
};
static const unsigned char amplitudes_js[] = {
#embed "page/amplitudes.js"
};
static const unsigned char api_js[] = {
#embed "page/api.js"
};
static const unsigned char app_js[] = {
#embed "page/app.js"
};
static const unsigned char channels_js[] = {
#embed "page/channels.js"
};
static const unsigned char clock_js[] = {
#embed "page/clock.js"
};
static const unsigned char colours_js[] = {
#embed "page/colours.js"
};
static const unsigned char correlograms_js[] = {
#embed "page/correlograms.js"
};
static const unsigned char dialogs_js[] = {
#embed "page/dialogs.js"
};
static const unsigned char dom_js[] = {
#embed "page/dom.js"
};
static const unsigned char excluded_js[] = {
#embed "page/excluded.js"
};
static const unsigned char features_js[] = {
#embed "page/features.js"
};
static const unsigned char history_js[] = {
#embed "page/history.js"
};
static const unsigned char keys_js[] = {
#embed "page/keys.js"
};
static const unsigned char mixture_js[] = {
#embed "page/mixture.js"
};
static const unsigned char pairs_js[] = {
#embed "page/pairs.js"
};
static const unsigned char point_view_js[] = {
#embed "page/point-view.js"
};
static const unsigned char points_js[] = {
#embed "page/points.js"
};
static const unsigned char scatter_js[] = {
#embed "page/scatter.js"
};
static const unsigned char store_js[] = {
#embed "page/store.js"
};
static const unsigned char svg_js[] = {
#embed "page/svg.js"
};
static const unsigned char tabs_js[] = {
#embed "page/tabs.js"
};
static const unsigned char trace_js[] = {
#embed "page/trace.js"
};
static const unsigned char units_js[] = {
#embed "page/units.js"
};
static const unsigned char waveforms_js[] = {
#embed "page/waveforms.js"
};

#define FILE(name, bytes) {name, bytes, sizeof bytes}
static const struct sp_page_file files[] = {
    FILE("index.html", index_html),
    FILE("style.css", style_css),
    FILE("actions.js", actions_js),
    FILE("amplitudes.js", amplitudes_js),
    FILE("api.js", api_js),
    FILE("app.js", app_js),
    FILE("channels.js", channels_js),
    FILE("clock.js", clock_js),
    FILE("colours.js", colours_js),
    FILE("correlograms.js", correlograms_js),
    FILE("dialogs.js", dialogs_js),
    FILE("dom.js", dom_js),
    FILE("excluded.js", excluded_js),
    FILE("features.js", features_js),
    FILE("history.js", history_js),
    FILE("keys.js", keys_js),
    FILE("mixture.js", mixture_js),
    FILE("pairs.js", pairs_js),
    FILE("point-view.js", point_view_js),
    FILE("points.js", points_js),
    FILE("scatter.js", scatter_js),
    FILE("store.js", store_js),
    FILE("svg.js", svg_js),
    FILE("tabs.js", tabs_js),
    FILE("trace.js", trace_js),
    FILE("units.js", units_js),
    FILE("waveforms.js", waveforms_js),
};

const struct sp_page_file *sp_page_file(size_t index) {
  return index < sizeof files / sizeof files[0] ? &files[index] : NULL;
}
