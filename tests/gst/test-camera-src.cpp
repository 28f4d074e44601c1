/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc over fake cameras: streaming, end of stream, events, errors. */
#include <gst/video/video.h>

#include "gst/gst-camera-meta.h"
#include "tests/gst/element-fixture.h"

using namespace gstcam;
using namespace gstcam::test;

static void test_num_buffers() {
  const auto script = use_camera();
  TestPipeline p(to_appsink("num-buffers=5"));
  p.play();
  for (uint64_t i = 0; i < 5; i++) {
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, i);
    g_assert_cmpuint(GST_BUFFER_OFFSET_END(buffer), ==, i + 1);
    g_assert_cmpuint(GST_BUFFER_DURATION(buffer), ==, 10 * GST_MSECOND);
    g_assert_true(GST_BUFFER_PTS_IS_VALID(buffer));
    g_assert_false(GST_BUFFER_DTS_IS_VALID(buffer));
    g_assert_cmpint(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT), ==, i == 0);
    uint8_t byte = 0xff;
    gst_buffer_extract(buffer, 0, &byte, 1);
    g_assert_cmpuint(byte, ==, i);
    const GstSegment* segment = gst_sample_get_segment(sample.get());
    g_assert_cmpint(segment->format, ==, GST_FORMAT_TIME);
  }
  g_assert_null(p.pull().get());
  p.wait_for(GST_MESSAGE_EOS);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpint(script->stopped, ==, 1);
}

static void test_num_buffers_zero() {
  use_camera();
  TestPipeline p(to_appsink("num-buffers=0"));
  p.play();
  g_assert_null(p.pull().get());
  p.wait_for(GST_MESSAGE_EOS);
}

static void test_eos_event() {
  use_camera();
  TestPipeline p("camerasrc name=src ! fakesink name=sink sync=false");
  p.play();
  p.wait_for(GST_MESSAGE_STREAM_START);
  GstEvent* eos = gst_event_new_eos();
  const guint32 seqnum = gst_event_get_seqnum(eos);
  g_assert_true(gst_element_send_event(p.src.get(), eos));
  const MessagePtr message = p.wait_for(GST_MESSAGE_EOS);
  g_assert_cmpuint(gst_message_get_seqnum(message.get()), ==, seqnum);
}

static void test_eos_event_while_hanging() {
  const auto script = use_camera(FakeScript::Pace::Hold);
  TestPipeline p(to_appsink());
  p.play();
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_eos()));
  p.wait_for(GST_MESSAGE_EOS);
}

static void test_eos_event_not_active() {
  use_camera();
  TestPipeline p(to_appsink());
  p.set_state(GST_STATE_READY);
  g_assert_false(gst_element_send_event(p.src.get(), gst_event_new_eos()));
}

static void test_custom_event() {
  use_camera();
  TestPipeline p(to_appsink());
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.sink.get(), "sink"));
  std::atomic<int> seen = 0;
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
        if (GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_DOWNSTREAM &&
            gst_event_has_name(event, "test-mark"))
          (*static_cast<std::atomic<int>*>(data))++;
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  p.play();
  p.pull_some(1);
  g_assert_true(gst_element_send_event(
      p.src.get(),
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("test-mark"))));
  for (int i = 0; seen == 0 && i < 1000; i++)
    p.pull_some(1);
  g_assert_cmpint(seen, ==, 1);
}

/* Flushes go to the pipeline: gst_element_send_event() holds the state lock of what it is called
 * on, and a sink's answer to a flush may need the pipeline's. */
static void test_flush() {
  const auto script = use_camera();
  TestPipeline p(to_appsink());
  p.play();
  p.pull_some(3);
  for (int i = 0; i < 5; i++) {
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
    const SamplePtr sample = p.pull();
    g_assert_true(
        GST_BUFFER_FLAG_IS_SET(gst_sample_get_buffer(sample.get()), GST_BUFFER_FLAG_DISCONT));
    p.pull_some(2);
  }
  /* Offsets go on over restarts of the camera. */
  g_assert_cmpint(script->started, ==, 6);
  g_assert_false(gst_element_send_event(p.src.get(), gst_event_new_flush_stop(TRUE)));
}

static void test_flush_after_eos() {
  use_camera();
  TestPipeline p(to_appsink());
  p.play();
  p.pull_some(2);
  g_assert_true(gst_element_send_event(p.src.get(), gst_event_new_eos()));
  while (p.pull()) {
  }
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
  p.pull_some(3);
}

static void test_upstream_events() {
  use_camera();
  TestPipeline p(to_appsink());
  p.play();
  p.pull_some(1);
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
  g_assert_true(gst_pad_send_event(
      pad.get(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, GST_SECOND)));
  g_assert_false(gst_element_seek_simple(p.src.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  p.pull_some(1);
}

static void test_unknown_camera() {
  use_camera();
  TestPipeline p(to_appsink("camera-name=nowhere"));
  g_assert_cmpint(p.set_state(GST_STATE_PLAYING), ==, GST_STATE_CHANGE_FAILURE);
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  GQuark domain = 0;
  int code = 0;
  const std::string text = TestPipeline::error_of(message.get(), &domain, &code);
  g_assert_cmpuint(domain, ==, GST_RESOURCE_ERROR);
  g_assert_cmpint(code, ==, GST_RESOURCE_ERROR_NOT_FOUND);
  g_assert_nonnull(strstr(text.c_str(), "nowhere"));
  g_assert_nonnull(strstr(text.c_str(), "fake/0"));
  /* Usable afterwards. */
  p.set_state(GST_STATE_NULL);
  g_object_set(p.src.get(), "camera-name", "Fake camera", nullptr);
  p.play();
  p.pull_some(2);
}

static void test_no_camera() {
  use_cameras({});
  TestPipeline p(to_appsink());
  g_assert_cmpint(p.set_state(GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  p.wait_for(GST_MESSAGE_ERROR);
}

static void test_two_cameras() {
  auto first = std::make_shared<FakeScript>();
  auto second = std::make_shared<FakeScript>();
  first->id = "fake/first";
  second->id = "fake/second";
  use_cameras({first, second});
  TestPipeline p(
      "camerasrc name=src num-buffers=5 ! fakesink sync=false "
      "camerasrc camera-name=fake/second num-buffers=5 ! fakesink sync=false");
  p.play();
  p.wait_for(GST_MESSAGE_EOS);
  g_assert_cmpint(first->started, ==, 1);
  g_assert_cmpint(second->started, ==, 1);
}

static void test_busy_camera() {
  use_camera();
  TestPipeline first(to_appsink());
  first.play();
  first.pull_some(1);
  TestPipeline second(to_appsink());
  g_assert_cmpint(second.set_state(GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  const MessagePtr message = second.wait_for(GST_MESSAGE_ERROR);
  GQuark domain = 0;
  int code = 0;
  TestPipeline::error_of(message.get(), &domain, &code);
  g_assert_cmpuint(domain, ==, GST_RESOURCE_ERROR);
  g_assert_cmpint(code, ==, GST_RESOURCE_ERROR_BUSY);
  /* The first does not notice. */
  first.pull_some(3);
  first.set_state(GST_STATE_NULL);
  second.play();
  second.pull_some(1);
}

static void test_options() {
  const auto script = use_camera();
  TestPipeline p(
      to_appsink("ipa-isolation=worker ipa-sandbox=prefer tuning-file=/some/where.yaml"));
  p.play();
  p.pull_some(1);
  g_assert_true(script->isolation == IpaIsolation::Worker);
  g_assert_true(script->sandbox == SandboxPolicy::Prefer);
  g_assert_cmpstr(script->tuning_file.c_str(), ==, "/some/where.yaml");
}

static void test_open_fails() {
  const auto script = use_camera();
  script->open_error = Error(Error::Code::NotFound, "the module is gone", "Install it.");
  TestPipeline p(to_appsink());
  g_assert_cmpint(p.set_state(GST_STATE_READY), ==, GST_STATE_CHANGE_FAILURE);
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  const std::string text = TestPipeline::error_of(message.get());
  g_assert_cmpstr(text.c_str(), ==, "the module is gone. Install it.");
}

/** Fails at `frame`, is told to work, and works. */
static void check_fails_and_recovers(const std::shared_ptr<FakeScript>& script, GQuark domain,
                                     int code) {
  TestPipeline p(to_appsink());
  p.play();
  while (p.pull()) {
  }
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  GQuark got_domain = 0;
  int got_code = 0;
  TestPipeline::error_of(message.get(), &got_domain, &got_code);
  g_assert_cmpuint(got_domain, ==, domain);
  g_assert_cmpint(got_code, ==, code);
  p.set_state(GST_STATE_NULL);
  gst_bus_set_flushing(p.bus.get(), TRUE);
  gst_bus_set_flushing(p.bus.get(), FALSE);
  script->fail_at_frame.reset();
  script->start_error.reset();
  script->configure_error.reset();
  script->fail_in_start = false;
  p.play();
  p.pull_some(5);
}

static void test_fails_mid_stream() {
  const auto script = use_camera();
  script->fail_at_frame = 10;
  check_fails_and_recovers(script, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
}

/* Somebody downstream holds the streaming thread, and the camera is unplugged: said at once. */
static void test_fails_while_blocked() {
  const auto script = use_camera();
  script->fail_at_frame = 1;
  /* Not async: a pipeline with an error goes no further, and the sink is to play. */
  TestPipeline p(to_appsink() + " async=false");
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
  const gulong block = gst_pad_add_probe(
      pad.get(), static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
  p.play();
  /* No frame gets through before this, and there is one before the failure. */
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  gst_pad_remove_probe(pad.get(), block);
  while (p.pull()) {
  }
  const MessagePtr second(gst_bus_pop_filtered(p.bus.get(), GST_MESSAGE_ERROR));
  g_assert_null(second.get());
}

static void test_start_fails() {
  const auto script = use_camera();
  script->start_error = Error(Error::Code::Timeout, "the sensor does not answer");
  check_fails_and_recovers(script, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
}

static void test_fails_in_start() {
  const auto script = use_camera();
  script->fail_in_start = true;
  check_fails_and_recovers(script, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
}

static void test_configure_fails() {
  const auto script = use_camera();
  script->configure_error = Error(Error::Code::NoSpace, "no memory for frames");
  check_fails_and_recovers(script, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

static void test_lost_frames() {
  const auto script = use_camera();
  script->lost_frames = {3, 4, 7};
  TestPipeline p(to_appsink("num-buffers=6"));
  p.play();
  const uint64_t offsets[] = {0, 1, 2, 5, 6, 8};
  for (const uint64_t offset : offsets) {
    const SamplePtr sample = p.pull();
    GstBuffer* buffer = gst_sample_get_buffer(sample.get());
    g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, offset);
    g_assert_cmpint(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT), ==,
                    offset == 0 || offset == 5 || offset == 8);
  }
  const MessagePtr message = p.wait_for(GST_MESSAGE_QOS);
  GstFormat format = GST_FORMAT_UNDEFINED;
  guint64 processed = 0;
  guint64 dropped = 0;
  gst_message_parse_qos_stats(message.get(), &format, &processed, &dropped);
  g_assert_cmpint(format, ==, GST_FORMAT_BUFFERS);
  g_assert_cmpuint(processed, ==, 3);
  g_assert_cmpuint(dropped, ==, 2);
}

static void test_not_linked() {
  use_camera();
  TestPipeline p("camerasrc name=src fakesink");
  p.set_state(GST_STATE_PLAYING);
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  GQuark domain = 0;
  TestPipeline::error_of(message.get(), &domain);
  g_assert_cmpuint(domain, ==, GST_STREAM_ERROR);
}

static void test_stream_start() {
  use_camera();
  std::string ids[2];
  guint groups[2] = {};
  for (int i = 0; i < 2; i++) {
    TestPipeline p(to_appsink());
    p.play();
    p.pull_some(1);
    const auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(p.src.get(), "src"));
    const EventPtr event(gst_pad_get_sticky_event(pad.get(), GST_EVENT_STREAM_START, 0));
    g_assert_nonnull(event.get());
    const gchar* id = nullptr;
    gst_event_parse_stream_start(event.get(), &id);
    ids[i] = id;
    g_assert_true(gst_event_parse_group_id(event.get(), &groups[i]));
  }
  g_assert_cmpstr(ids[0].c_str(), ==, ids[1].c_str());
  g_assert_nonnull(strstr(ids[0].c_str(), "fake/0"));
  g_assert_cmpuint(groups[0], !=, groups[1]);
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/camera-src/num-buffers", test_num_buffers);
  g_test_add_func("/camera-src/num-buffers-zero", test_num_buffers_zero);
  g_test_add_func("/camera-src/eos-event", test_eos_event);
  g_test_add_func("/camera-src/eos-event-while-hanging", test_eos_event_while_hanging);
  g_test_add_func("/camera-src/eos-event-not-active", test_eos_event_not_active);
  g_test_add_func("/camera-src/custom-event", test_custom_event);
  g_test_add_func("/camera-src/flush", test_flush);
  g_test_add_func("/camera-src/flush-after-eos", test_flush_after_eos);
  g_test_add_func("/camera-src/upstream-events", test_upstream_events);
  g_test_add_func("/camera-src/unknown-camera", test_unknown_camera);
  g_test_add_func("/camera-src/no-camera", test_no_camera);
  g_test_add_func("/camera-src/two-cameras", test_two_cameras);
  g_test_add_func("/camera-src/busy-camera", test_busy_camera);
  g_test_add_func("/camera-src/options", test_options);
  g_test_add_func("/camera-src/open-fails", test_open_fails);
  g_test_add_func("/camera-src/fails-mid-stream", test_fails_mid_stream);
  g_test_add_func("/camera-src/fails-while-blocked", test_fails_while_blocked);
  g_test_add_func("/camera-src/start-fails", test_start_fails);
  g_test_add_func("/camera-src/fails-in-start", test_fails_in_start);
  g_test_add_func("/camera-src/configure-fails", test_configure_fails);
  g_test_add_func("/camera-src/lost-frames", test_lost_frames);
  g_test_add_func("/camera-src/not-linked", test_not_linked);
  g_test_add_func("/camera-src/stream-start", test_stream_start);
  return g_test_run();
}
