/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties made from the control table: what they are, and what becomes of values. */
#include "gst/control-properties.h"

#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

static void test_properties_follow_table() {
  const auto src = ObjectPtr<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("camerasrc", nullptr))));
  GObjectClass* klass = G_OBJECT_GET_CLASS(src.get());
  for (const ControlInfo& info : control_table()) {
    GParamSpec* pspec = g_object_class_find_property(klass, info.name);
    if (!info.writable) {
      g_assert_null(pspec);
      continue;
    }
    g_assert_nonnull(pspec);
    g_assert_cmpint(pspec->flags & GST_PARAM_CONTROLLABLE, !=, 0);
    g_assert_cmpint(pspec->flags & GST_PARAM_MUTABLE_PLAYING, !=, 0);
    g_assert_cmpstr(g_param_spec_get_nick(pspec), ==, info.nick);
    const char* blurb = g_param_spec_get_blurb(pspec);
    g_assert_nonnull(strstr(blurb, info.doc));
    g_assert_nonnull(strstr(blurb, info.unit));

    /* Reads back its default. */
    GValue value = G_VALUE_INIT;
    g_value_init(&value, pspec->value_type);
    g_object_get_property(G_OBJECT(src.get()), info.name, &value);
    const Result<ControlValue> control = control_from_gvalue(info.id, &value);
    g_assert_true(control.ok());
    g_assert_true(*control == control_default(info.id));
    g_value_unset(&value);

    if (info.type == ControlType::Enum) {
      const auto* enum_class = static_cast<GEnumClass*>(g_type_class_ref(pspec->value_type));
      g_assert_cmpuint(enum_class->n_values, ==, info.values.size());
      for (size_t i = 0; i < info.values.size(); i++)
        g_assert_cmpstr(enum_class->values[i].value_nick, ==, info.values[i].nick);
      g_type_class_unref(const_cast<GEnumClass*>(enum_class));
    }
  }
}

static void test_round_trip() {
  for (const ControlInfo& info : control_table()) {
    if (!info.writable)
      continue;
    ControlValue in = control_default(info.id);
    if (double* d = std::get_if<double>(&in))
      *d = (info.min + info.max) / 2;
    if (DoubleArray* a = std::get_if<DoubleArray>(&in))
      a->values[0] = info.max;
    GParamSpec* pspec = nullptr;
    auto* klass = static_cast<GObjectClass*>(g_type_class_ref(GST_TYPE_CAMERA_SRC));
    pspec = g_object_class_find_property(klass, info.name);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, pspec->value_type);
    control_to_gvalue(info.id, in, &value);
    const Result<ControlValue> out = control_from_gvalue(info.id, &value);
    g_assert_true(out.ok());
    g_assert_true(*out == in);
    g_value_unset(&value);
    g_type_class_unref(klass);
  }
}

static void test_wrong_values() {
  GValue text = G_VALUE_INIT;
  g_value_init(&text, G_TYPE_STRING);
  g_value_set_static_string(&text, "much");
  for (const ControlInfo& info : control_table()) {
    const Result<ControlValue> r = control_from_gvalue(info.id, &text);
    g_assert_false(r.ok());
    g_assert_true(r.error().code == Error::Code::Invalid);
  }
  g_value_unset(&text);
}

static void test_array_of_wrong_size() {
  use_camera();
  TestPipeline p(to_appsink());
  gst_util_set_object_arg(G_OBJECT(p.src.get()), "colour-gains", "<1.5,2.0,3.0>");
  const MessagePtr message = p.wait_for(GST_MESSAGE_WARNING);
  const std::string warning = TestPipeline::error_of(message.get());
  g_assert_nonnull(strstr(warning.c_str(), "colour-gains"));
}

/** Only what was set is sent: the rest is the camera's. */
static void test_only_what_was_set() {
  const auto script = use_camera();
  TestPipeline p(to_appsink("exposure-time=1234 num-buffers=3"));
  p.play();
  while (p.pull()) {
  }
  p.set_state(GST_STATE_NULL);
  g_assert_cmpuint(script->start_controls.size(), ==, 1);
  g_assert_cmpint(script->start_controls.get_or<int32_t>(ControlId::ExposureTime, 0), ==, 1234);
  g_assert_true(script->last_controls.empty());
}

static void test_set_while_playing() {
  const auto script = use_camera(FakeScript::Pace::Live);
  script->streams[0].frame_duration_preferred = 2000000;
  TestPipeline p(to_appsink());
  p.play();
  p.pull_some(2);
  for (const int us : {500, 700, 900}) {
    g_object_set(p.src.get(), "exposure-time", us, "analogue-gain", 2.0, nullptr);
    gint back = 0;
    g_object_get(p.src.get(), "exposure-time", &back, nullptr);
    g_assert_cmpint(back, ==, us);
    /* The fake says what it was asked for in the metadata of the frame. */
    bool seen = false;
    for (int i = 0; i < 100 && !seen; i++) {
      const SamplePtr sample = p.pull();
      const GstStructure* s = gst_custom_meta_get_structure(
          gst_buffer_get_custom_meta(gst_sample_get_buffer(sample.get()), "GstCameraMeta"));
      gint value = 0;
      seen = gst_structure_get_int(s, "exposure-time", &value) && value == us;
    }
    g_assert_true(seen);
  }
}

/** A controller drives a control along the stream. */
static void test_controller() {
  const auto script = use_camera(FakeScript::Pace::Live);
  script->streams[0].frame_duration_preferred = 2000000;
  TestPipeline p(to_appsink());
  const auto source = ObjectPtr<GstControlSource>::adopt(gst_interpolation_control_source_new());
  g_object_set(source.get(), "mode", GST_INTERPOLATION_MODE_LINEAR, nullptr);
  auto* values = GST_TIMED_VALUE_CONTROL_SOURCE(source.get());
  g_assert_true(gst_timed_value_control_source_set(values, 0, 1.0));
  g_assert_true(gst_timed_value_control_source_set(values, 100 * GST_SECOND, 101.0));
  g_assert_true(gst_object_add_control_binding(
      GST_OBJECT(p.src.get()), gst_direct_control_binding_new_absolute(
                                   GST_OBJECT(p.src.get()), "analogue-gain", source.get())));
  p.play();
  gdouble first = 0;
  gdouble last = 0;
  for (int i = 0; i < 20; i++) {
    const SamplePtr sample = p.pull();
    const GstStructure* s = gst_custom_meta_get_structure(
        gst_buffer_get_custom_meta(gst_sample_get_buffer(sample.get()), "GstCameraMeta"));
    g_assert_true(gst_structure_get_double(s, "analogue-gain", &last));
    if (i == 0)
      first = last;
  }
  g_assert_cmpfloat(first, >=, 1.0);
  g_assert_cmpfloat(last, >, first);
  g_assert_cmpfloat(last, <, 40.0);
}

/** What was set before is set again when the camera is opened again. */
static void test_kept_over_restart() {
  const auto script = use_camera();
  TestPipeline p(to_appsink("ae-mode=manual num-buffers=1"));
  for (int i = 0; i < 2; i++) {
    p.play();
    while (p.pull()) {
    }
    p.set_state(GST_STATE_NULL);
    g_assert_cmpint(script->start_controls.get_or<int32_t>(ControlId::AeMode, -1), ==,
                    kAeModeManual);
    script->start_controls.clear();
  }
}

static void test_unsupported_control() {
  const auto script = use_camera();
  TestPipeline p(to_appsink("saturation=0.5 num-buffers=20"));
  p.play();
  while (p.pull()) {
  }
  const MessagePtr message = p.wait_for(GST_MESSAGE_WARNING);
  const std::string text = TestPipeline::error_of(message.get());
  g_assert_nonnull(strstr(text.c_str(), "saturation"));
  g_assert_true(script->start_controls.empty());
  /* Once is enough. */
  g_object_set(p.src.get(), "saturation", 0.6, nullptr);
  g_assert_null(gst_bus_pop_filtered(p.bus.get(), GST_MESSAGE_WARNING));
}

/** Unset, a control reads as what the last frame was taken with. */
static void test_reads_effective_value() {
  const auto script = use_camera();
  TestPipeline p(to_appsink());
  p.play();
  p.pull_some(2);
  gint us = 0;
  g_object_get(p.src.get(), "exposure-time", &us, nullptr);
  g_assert_cmpint(us, ==, static_cast<int>(control_info(ControlId::ExposureTime).def));
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/control-properties/follow-table", test_properties_follow_table);
  g_test_add_func("/control-properties/round-trip", test_round_trip);
  g_test_add_func("/control-properties/wrong-values", test_wrong_values);
  g_test_add_func("/control-properties/array-of-wrong-size", test_array_of_wrong_size);
  g_test_add_func("/control-properties/only-what-was-set", test_only_what_was_set);
  g_test_add_func("/control-properties/set-while-playing", test_set_while_playing);
  g_test_add_func("/control-properties/controller", test_controller);
  g_test_add_func("/control-properties/kept-over-restart", test_kept_over_restart);
  g_test_add_func("/control-properties/unsupported-control", test_unsupported_control);
  g_test_add_func("/control-properties/reads-effective-value", test_reads_effective_value);
  return g_test_run();
}
