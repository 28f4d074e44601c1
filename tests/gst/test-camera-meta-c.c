/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst-camera-meta.h as an application in C uses it. */
#include "gst/gst-camera-meta.h"

static void test_without_camera(void) {
  GstBuffer* buffer = gst_buffer_new();

  /* Nobody has registered the meta: no warning, no meta. */
  g_assert_null(gst_buffer_get_camera_meta(buffer));
  gst_buffer_unref(buffer);
}

static void test_with_meta(void) {
  const gchar* tags[] = {NULL};
  GstBuffer* buffer = gst_buffer_new();
  GstCustomMeta* meta;
  const GstStructure* s;
  gint us = 0;

  gst_meta_register_custom(GST_CAMERA_META_NAME, tags, NULL, NULL, NULL);
  g_assert_null(gst_buffer_get_camera_meta(buffer));
  meta = gst_buffer_add_custom_meta(buffer, GST_CAMERA_META_NAME);
  gst_structure_set(gst_custom_meta_get_structure(meta), "exposure-time", G_TYPE_INT, 1234, NULL);
  s = gst_buffer_get_camera_meta(buffer);
  g_assert_nonnull(s);
  g_assert_true(gst_structure_get_int(s, "exposure-time", &us));
  g_assert_cmpint(us, ==, 1234);
  gst_buffer_unref(buffer);
}

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, NULL);
  gst_init(&argc, &argv);
  g_test_add_func("/camera-meta-c/without-camera", test_without_camera);
  g_test_add_func("/camera-meta-c/with-meta", test_with_meta);
  return g_test_run();
}
