/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes GStreamer write its registry (GST_REGISTRY). */
#include <gst/gst.h>

int main(int argc, char** argv) {
  GError* error = NULL;
  if (!gst_init_check(&argc, &argv, &error)) {
    g_printerr("GStreamer cannot start: %s\n", error ? error->message : "no reason is given");
    g_clear_error(&error);
    return 1;
  }
  return 0;
}
