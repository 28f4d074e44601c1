/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GstCameraMeta: what is in it, that it is kept by copies and elements, that it costs no memory. */
#include "gst/camera-meta.h"

#include "gst/gst-camera-meta.h"
#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

static ControlList some_metadata() {
  ControlList list;
  list.set(ControlId::ExposureTime, int32_t{12345});
  list.set(ControlId::AnalogueGain, 2.5);
  list.set(ControlId::ColourGains, DoubleArray{1.75, 1.25});
  list.set(ControlId::SensorTimestamp, int64_t{9876543210});
  list.set(ControlId::AeState, int32_t{kAlgorithmConverged});
  list.set(ControlId::IpaHost, int32_t{kIpaHostWorker});
  return list;
}

static void check_metadata(GstBuffer* buffer) {
  const GstStructure* s = gst_buffer_get_camera_meta(buffer);
  g_assert_nonnull(s);
  g_assert_cmpint(gst_structure_n_fields(s), ==, 6);
  gint us = 0;
  g_assert_true(gst_structure_get_int(s, "exposure-time", &us));
  g_assert_cmpint(us, ==, 12345);
  gdouble gain = 0;
  g_assert_true(gst_structure_get_double(s, "analogue-gain", &gain));
  g_assert_cmpfloat(gain, ==, 2.5);
  gint64 ns = 0;
  g_assert_true(gst_structure_get_int64(s, "sensor-timestamp", &ns));
  g_assert_cmpint(ns, ==, 9876543210);
  g_assert_cmpstr(gst_structure_get_string(s, "ae-state"), ==, "converged");
  g_assert_cmpstr(gst_structure_get_string(s, "ipa-host"), ==, "worker");
  const GValue* gains = gst_structure_get_value(s, "colour-gains");
  g_assert_nonnull(gains);
  g_assert_cmpuint(gst_value_array_get_size(gains), ==, 2);
  g_assert_cmpfloat(g_value_get_double(gst_value_array_get_value(gains, 0)), ==, 1.75);
  g_assert_cmpfloat(g_value_get_double(gst_value_array_get_value(gains, 1)), ==, 1.25);
}

static void test_content() {
  const BufferPtr buffer(gst_buffer_new_allocate(nullptr, 16, nullptr));
  g_assert_null(gst_buffer_get_camera_meta(buffer.get()));
  write_camera_meta(buffer.get(), some_metadata());
  check_metadata(buffer.get());
}

/** Every row of the table, and values from outside that are no known nick. */
static void test_every_field() {
  const BufferPtr buffer(gst_buffer_new());
  ControlList all;
  for (const ControlInfo& info : control_table()) {
    switch (info.type) {
      case ControlType::Bool:
        all.set(info.id, true);
        break;
      case ControlType::Int32:
      case ControlType::Enum:
        all.set(info.id, int32_t{1000});
        break;
      case ControlType::Int64:
        all.set(info.id, int64_t{1000});
        break;
      case ControlType::Double:
        all.set(info.id, 0.5);
        break;
      case ControlType::DoubleArray:
        all.set(info.id, DoubleArray{1, 2, 3});
        break;
    }
  }
  write_camera_meta(buffer.get(), all);
  const GstStructure* s = gst_buffer_get_camera_meta(buffer.get());
  for (const ControlInfo& info : control_table())
    g_assert_cmpint(gst_structure_has_field(s, info.name), ==, info.metadata);
  g_assert_cmpstr(gst_structure_get_string(s, "ae-state"), ==, "unknown");
}

/** Written again: the same fields with new values, fields that come and go. */
static void test_overwrite() {
  const BufferPtr buffer(gst_buffer_new());
  ControlList other = some_metadata();
  other.set(ControlId::ExposureTime, int32_t{1});
  other.set(ControlId::ColourGains, DoubleArray{9, 9});
  other.set(ControlId::Lux, 100.0);
  other.erase(ControlId::IpaHost);
  write_camera_meta(buffer.get(), other);
  const GstStructure* first = gst_buffer_get_camera_meta(buffer.get());
  g_assert_false(gst_structure_has_field(first, "ipa-host"));
  write_camera_meta(buffer.get(), some_metadata());
  check_metadata(buffer.get());
  /* In place: still the one structure. */
  g_assert_true(gst_buffer_get_camera_meta(buffer.get()) == first);
}

/** Somebody with the buffer may have written anything into the structure. */
static void test_overwrite_foreign_fields() {
  const BufferPtr buffer(gst_buffer_new());
  write_camera_meta(buffer.get(), some_metadata());
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer.get(), GST_CAMERA_META_NAME);
  gst_structure_set(gst_custom_meta_get_structure(meta), "exposure-time", G_TYPE_STRING, "long",
                    "colour-gains", G_TYPE_INT, 7, "note", G_TYPE_STRING, "mine", nullptr);
  write_camera_meta(buffer.get(), some_metadata());
  check_metadata(buffer.get());
}

static void test_copy() {
  const BufferPtr buffer(gst_buffer_new_allocate(nullptr, 16, nullptr));
  write_camera_meta(buffer.get(), some_metadata());
  const BufferPtr copy(gst_buffer_copy(buffer.get()));
  const BufferPtr deep(gst_buffer_copy_deep(buffer.get()));
  write_camera_meta(buffer.get(), {});
  check_metadata(copy.get());
  check_metadata(deep.get());
}

/** From the camera through elements that make new buffers. */
static void check_kept(const char* elements) {
  use_camera();
  TestPipeline p(to_appsink("exposure-time=1500 num-buffers=3", elements));
  p.play();
  for (int i = 0; i < 3; i++) {
    const SamplePtr sample = p.pull();
    g_assert_nonnull(sample.get());
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    const GstStructure* s = gst_buffer_get_camera_meta(buffer);
    g_assert_nonnull(s);
    g_assert_true(gst_structure_has_name(s, GST_CAMERA_META_NAME));
    g_assert_true(gst_structure_has_field(s, "sensor-timestamp"));
    g_assert_cmpstr(gst_structure_get_string(s, "ipa-state"), ==, "ok");
    g_assert_cmpstr(gst_structure_get_string(s, "ipa-host"), ==, "none");
  }
}

static void test_through_elements() {
  check_kept("queue");
  check_kept("video/x-raw,format=BGRx ! videoconvert ! video/x-raw,format=I420");
  check_kept("videoscale ! video/x-raw,width=100,height=75");
  check_kept("videoconvert ! videoflip method=clockwise");
  check_kept("videoconvert ! jpegenc");
}

/** The meta of a pooled buffer stays, its values are of the new frame. */
static void test_pooled() {
  use_camera();
  TestPipeline p(to_appsink("num-buffers=50"));
  p.play();
  gint64 last = -1;
  while (const SamplePtr sample = p.pull()) {
    const GstStructure* s = gst_buffer_get_camera_meta(gst_sample_get_buffer(sample.get()));
    gint64 now = 0;
    g_assert_true(gst_structure_get_int64(s, "sensor-timestamp", &now));
    g_assert_cmpint(now, >, last);
    last = now;
  }
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  register_camera_meta();
  g_test_add_func("/camera-meta/content", test_content);
  g_test_add_func("/camera-meta/every-field", test_every_field);
  g_test_add_func("/camera-meta/overwrite", test_overwrite);
  g_test_add_func("/camera-meta/overwrite-foreign-fields", test_overwrite_foreign_fields);
  g_test_add_func("/camera-meta/copy", test_copy);
  g_test_add_func("/camera-meta/through-elements", test_through_elements);
  g_test_add_func("/camera-meta/pooled", test_pooled);
  return g_test_run();
}
