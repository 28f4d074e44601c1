/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc over fake cameras: several streams of one camera, each on its pad. */
#include "tests/gst/several-streams.h"

using namespace gstcam;
using namespace gstcam::test;

static void test_in_step() {
  const auto script = use_streams();
  TestPipeline p(both("num-buffers=100"));
  const auto b = element_of(p, "b");
  p.play();
  for (uint64_t i = 0; i < 100; i++) {
    const SamplePtr one = pull(p.sink);
    const SamplePtr other = pull(b);
    check_same(one, other);
    g_assert_cmpuint(GST_BUFFER_OFFSET(buffer_of(one)), ==, i);
    g_assert_cmpint(width_of(one), ==, 320);
    g_assert_cmpint(width_of(other), ==, 160);
  }
  g_assert_null(pull(p.sink).get());
  g_assert_null(pull(b).get());
  p.wait_for(GST_MESSAGE_EOS);
  g_assert_cmpint(script->configured, ==, 1);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpuint(script->streams_configured, ==, 3);
}

static void test_three() {
  const auto script = use_streams();
  TestPipeline p(both() + branch("src_2", "c"));
  const auto b = element_of(p, "b");
  const auto c = element_of(p, "c");
  p.play();
  for (int i = 0; i < 30; i++) {
    const SamplePtr one = pull(p.sink);
    check_same(one, pull(b));
    const SamplePtr raw = pull(c);
    check_same(one, raw);
    g_assert_true(gst_structure_has_name(gst_caps_get_structure(gst_sample_get_caps(raw.get()), 0),
                                         "video/x-bayer"));
  }
  g_assert_cmpuint(script->streams_configured, ==, 7);
}

/* A pad that is not linked takes no stream, requested or not. */
static void test_alone() {
  const auto script = use_streams();
  {
    TestPipeline p("camerasrc name=src " + branch("src_1", "sink"));
    p.play();
    const SamplePtr sample = p.pull();
    g_assert_cmpint(width_of(sample), ==, 160);
    p.pull_some(20);
    g_assert_cmpuint(script->streams_configured, ==, 2);
  }
  {
    TestPipeline p("camerasrc name=src " + branch("src", "sink"));
    const auto idle =
        ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_%u"));
    g_assert_nonnull(idle.get());
    p.play();
    p.pull_some(20);
    g_assert_cmpuint(script->streams_configured, ==, 1);
    gst_element_release_request_pad(p.src.get(), idle.get());
  }
}

static void test_none_linked() {
  use_streams();
  TestPipeline p("camerasrc name=src fakesink");
  const auto idle = ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_1"));
  p.play_or_fail();
  g_assert_cmpuint(error_of(p).domain, ==, GST_STREAM_ERROR);
  null_within_bound(p);
}

/* Whichever pad is linked first. */
static void test_order() {
  use_streams();
  TestPipeline p("camerasrc name=src num-buffers=20 " + branch("src_2", "c") +
                 branch("src_1", "b") + branch("src", "sink"));
  const auto b = element_of(p, "b");
  const auto c = element_of(p, "c");
  p.play();
  for (int i = 0; i < 20; i++) {
    const SamplePtr one = pull(p.sink);
    check_same(one, pull(b));
    check_same(one, pull(c));
  }
}

/* gst-launch without names: the first free stream. */
static void test_without_names() {
  const auto script = use_streams();
  TestPipeline p(
      "camerasrc name=src num-buffers=10 ! queue ! fakesink sync=false "
      "src. ! queue ! fakesink sync=false src. ! queue ! fakesink sync=false");
  p.play();
  p.wait_for(GST_MESSAGE_EOS);
  g_assert_cmpuint(script->streams_configured, ==, 7);
}

static void check_refused(TestPipeline& p, const char* name, const char* why) {
  const auto pad = ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), name));
  g_assert_null(pad.get());
  const MessagePtr message = p.wait_for(GST_MESSAGE_WARNING);
  check_contains(TestPipeline::error_of(message.get()), why);
}

static void test_names() {
  use_streams();
  TestPipeline p("camerasrc name=src fakesink");
  const auto number = [&p](const char* name) {
    const auto pad = ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), name));
    g_assert_nonnull(pad.get());
    guint stream = 99;
    g_object_get(pad.get(), "stream", &stream, nullptr);
    const CharPtr pad_name(gst_pad_get_name(pad.get()));
    const std::string expected = "src_" + std::to_string(stream);
    g_assert_cmpstr(pad_name.get(), ==, expected.c_str());
    return stream;
  };
  /* No camera yet: any that a camera may have. */
  g_assert_cmpuint(number("src_2"), ==, 2);
  g_assert_cmpuint(number("src_%u"), ==, 1);
  check_refused(p, "src_0", "'src'");
  check_refused(p, "src_4", "'src_4'");
  p.set_state(GST_STATE_READY);
  check_refused(p, "src_3", "fake/0");
  check_refused(p, "src_%u", "every stream has a pad");
  const auto pad = pad_of(p.src, "src_1");
  gst_element_release_request_pad(p.src.get(), pad.get());
  g_assert_cmpuint(number("src_%u"), ==, 1);
}

static void test_no_such_stream() {
  use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink") + branch("src_3", "d"));
  g_assert_cmpint(p.set_state(GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  const ErrorText error = error_of(p);
  g_assert_cmpuint(error.domain, ==, GST_RESOURCE_ERROR);
  g_assert_cmpint(error.code, ==, GST_RESOURCE_ERROR_NOT_FOUND);
  check_contains(error.text, "src_3");
  check_contains(error.text, "streams 0 to 2");
  null_within_bound(p);
}

static void test_num_buffers() {
  use_streams();
  TestPipeline p(both("num-buffers=7"));
  const auto b = element_of(p, "b");
  p.play();
  g_assert_cmpuint(count_to_eos(p.sink), ==, 7);
  g_assert_cmpuint(count_to_eos(b), ==, 7);
  p.wait_for(GST_MESSAGE_EOS);
}

static void test_eos_event() {
  use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  {
    Drain first(p.sink);
    Drain second(b);
    g_assert_true(gst_element_send_event(p.src.get(), gst_event_new_eos()));
    p.wait_for(GST_MESSAGE_EOS);
  }
}

static void test_impossible_caps() {
  use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink") +
                 branch("src_1", "b", "video/x-raw,width=640"));
  p.play_or_fail();
  const ErrorText error = error_of(p);
  g_assert_cmpuint(error.domain, ==, GST_STREAM_ERROR);
  g_assert_cmpint(error.code, ==, GST_STREAM_ERROR_FORMAT);
  check_contains(error.text, "pad 'src_1' (stream 1)");
  check_contains(error.text, "16x16 to 320x240");
  g_assert_cmpuint(count_to_eos(p.sink), ==, 0);
  g_assert_cmpuint(count_to_eos(element_of(p, "b")), ==, 0);
}

/* One frame for all: the rate that one pad insists on is the others' too. */
static void test_shared_rate() {
  use_streams();
  for (const bool first : {true, false}) {
    const char* slow = "video/x-raw,framerate=25/1";
    const char* most = "video/x-raw,framerate=[1/1,30/1]";
    TestPipeline p("camerasrc name=src num-buffers=3 " +
                   branch("src", "sink", first ? slow : most) +
                   branch("src_1", "b", first ? "" : slow) + branch("src_2", "c"));
    p.play();
    for (const char* name : {"sink", "b", "c"}) {
      const SamplePtr sample = pull(element_of(p, name));
      int n = 0;
      int d = 0;
      g_assert_true(gst_structure_get_fraction(
          gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0), "framerate", &n, &d));
      g_assert_cmpint(n, ==, 25);
      g_assert_cmpint(d, ==, 1);
    }
  }
}

static void test_rates_differ() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink", "video/x-raw,framerate=25/1") +
                 branch("src_1", "b", "video/x-raw,framerate=30/1"));
  p.play_or_fail();
  const ErrorText error = error_of(p);
  g_assert_cmpuint(error.domain, ==, GST_STREAM_ERROR);
  check_contains(error.text, "pad 'src_1' (stream 1)");
  check_contains(error.text, "frame rate");
  g_assert_cmpint(script->configured, ==, 0);
}

/* The camera can do each of them, and not both. */
static void test_not_together() {
  const auto script = use_streams();
  script->together_error = Error(Error::Code::Busy, "one scaler is there", "Take one of them");
  {
    TestPipeline p(both());
    p.play_or_fail();
    const ErrorText error = error_of(p);
    g_assert_cmpuint(error.domain, ==, GST_RESOURCE_ERROR);
    g_assert_cmpint(error.code, ==, GST_RESOURCE_ERROR_BUSY);
    check_contains(error.text, "pad 'src' (stream 0), pad 'src_1' (stream 1) together");
    check_contains(error.text, "one scaler is there. Take one of them");
    count_to_eos(p.sink);
    /* Usable afterwards, with one. */
    p.set_state(GST_STATE_NULL);
    gst_bus_set_flushing(p.bus.get(), TRUE);
    gst_bus_set_flushing(p.bus.get(), FALSE);
    const auto pad = pad_of(p.src, "src_1");
    gst_element_release_request_pad(p.src.get(), pad.get());
    p.play();
    p.pull_some(10);
  }
}

/* Other caps on one pad: new frames on both, new caps on that one alone. */
static void test_renegotiation_of_one() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink") +
                 branch("src_1", "b", "capsfilter name=filter caps=video/x-raw,width=160"));
  const auto b = element_of(p, "b");
  EventCount caps(pad_of(p.src, "src"), GST_EVENT_CAPS);
  EventCount segments(pad_of(p.src, "src"), GST_EVENT_SEGMENT);
  EventCount own_caps(pad_of(p.src, "src_1"), GST_EVENT_CAPS);
  p.play();
  check_in_step(p.sink, b);
  int width = 160;
  for (int i = 0; i < 6; i++) {
    width = width == 160 ? 80 : 160;
    set_filter(p, "filter", width == 80 ? "video/x-raw,width=80" : "video/x-raw,width=160");
    bool changed = false;
    for (int k = 0; k < 1000 && !changed; k++) {
      p.pull_some(1);
      changed = width_of(pull(b)) == width;
    }
    g_assert_true(changed);
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(caps.count(), ==, 1);
  g_assert_cmpint(segments.count(), ==, 1);
  g_assert_cmpint(own_caps.count(), ==, 7);
  g_assert_cmpint(script->configured, ==, 7);
}

static void test_reconfigure_same() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  for (int i = 0; i < 20; i++) {
    check_in_step(p.sink, b);
    for (const char* name : {"src", "src_1"})
      g_assert_true(gst_pad_send_event(pad_of(p.src, name).get(), gst_event_new_reconfigure()));
  }
  check_in_step(p.sink, b);
  g_assert_cmpint(script->configured, ==, 1);
  g_assert_cmpint(script->started, ==, 1);
}

/* Lost frames are lost on every pad, and each says so. */
static void test_lost_frames() {
  const auto script = use_streams();
  script->lost_frames = {3, 4};
  TestPipeline p(both("num-buffers=5"));
  const auto b = element_of(p, "b");
  p.play();
  for (const auto& sink : {p.sink, b}) {
    for (const uint64_t offset : {0, 1, 2, 5, 6}) {
      const SamplePtr sample = pull(sink);
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer_of(sample)), ==, offset);
      g_assert_cmpint(GST_BUFFER_FLAG_IS_SET(buffer_of(sample), GST_BUFFER_FLAG_DISCONT), ==,
                      offset == 0 || offset == 5);
    }
  }
  std::string told;
  for (int i = 0; i < 2; i++) {
    const MessagePtr message = p.wait_for(GST_MESSAGE_QOS);
    g_assert_true(GST_MESSAGE_SRC(message.get()) == GST_OBJECT(p.src.get()));
    told += gst_structure_get_string(gst_message_get_structure(message.get()), "pad");
    guint64 dropped = 0;
    gst_message_parse_qos_stats(message.get(), nullptr, nullptr, &dropped);
    g_assert_cmpuint(dropped, ==, 2);
  }
  g_assert_cmpstr(told.c_str(), ==, "srcsrc_1");
}

/* Downstream of one pad keeps all it gets: frames are copied for it, and nobody waits. */
static void test_greedy() {
  const auto script = use_streams();
  script->buffer_limit = 6;
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  std::vector<SamplePtr> kept;
  for (int i = 0; i < 60; i++) {
    const SamplePtr one = pull(p.sink);
    kept.push_back(pull(b));
    check_same(one, kept.back());
  }
  /* Then both. */
  for (int i = 0; i < 60; i++) {
    kept.push_back(pull(p.sink));
    kept.push_back(pull(b));
  }
  for (const SamplePtr& sample : kept) {
    uint8_t byte = 0;
    gst_buffer_extract(buffer_of(sample), 100, &byte, 1);
    g_assert_cmpuint(byte, ==, GST_BUFFER_OFFSET(buffer_of(sample)) & 0xffU);
  }
  GstStructure* stats = nullptr;
  g_object_get(pad_of(p.src, "src_1").get(), "frame-stats", &stats, nullptr);
  guint64 copied = 0;
  g_assert_true(gst_structure_get_uint64(stats, "copied", &copied));
  gst_structure_free(stats);
  g_assert_cmpuint(copied, >, 20);
}

static void test_stream_start() {
  use_streams();
  TestPipeline p(both());
  p.play();
  check_in_step(p.sink, element_of(p, "b"));
  guint groups[2] = {};
  std::string ids[2];
  for (int i = 0; i < 2; i++) {
    const auto pad = pad_of(p.src, i == 0 ? "src" : "src_1");
    const EventPtr event(gst_pad_get_sticky_event(pad.get(), GST_EVENT_STREAM_START, 0));
    g_assert_nonnull(event.get());
    const gchar* id = nullptr;
    gst_event_parse_stream_start(event.get(), &id);
    ids[i] = id;
    g_assert_true(gst_event_parse_group_id(event.get(), &groups[i]));
  }
  g_assert_cmpuint(groups[0], ==, groups[1]);
  g_assert_cmpstr(ids[0].c_str(), ==, "camera/fake/0/0");
  g_assert_cmpstr(ids[1].c_str(), ==, "camera/fake/0/1");
}

static void test_custom_event() {
  use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  EventCount first(pad_of(p.src, "src"), GST_EVENT_CUSTOM_DOWNSTREAM);
  EventCount second(pad_of(p.src, "src_1"), GST_EVENT_CUSTOM_DOWNSTREAM);
  p.play();
  check_in_step(p.sink, b);
  g_assert_true(gst_element_send_event(
      p.src.get(),
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("test-mark"))));
  for (int i = 0; (first.count() == 0 || second.count() == 0) && i < 1000; i++)
    check_in_step(p.sink, b);
  g_assert_cmpint(first.count(), ==, 1);
  g_assert_cmpint(second.count(), ==, 1);
}

int main(int argc, char** argv) {
  init_element_test(&argc, &argv);
  g_test_add_func("/several-streams/in-step", test_in_step);
  g_test_add_func("/several-streams/three", test_three);
  g_test_add_func("/several-streams/alone", test_alone);
  g_test_add_func("/several-streams/none-linked", test_none_linked);
  g_test_add_func("/several-streams/order", test_order);
  g_test_add_func("/several-streams/without-names", test_without_names);
  g_test_add_func("/several-streams/names", test_names);
  g_test_add_func("/several-streams/no-such-stream", test_no_such_stream);
  g_test_add_func("/several-streams/num-buffers", test_num_buffers);
  g_test_add_func("/several-streams/eos-event", test_eos_event);
  g_test_add_func("/several-streams/impossible-caps", test_impossible_caps);
  g_test_add_func("/several-streams/shared-rate", test_shared_rate);
  g_test_add_func("/several-streams/rates-differ", test_rates_differ);
  g_test_add_func("/several-streams/not-together", test_not_together);
  g_test_add_func("/several-streams/renegotiation-of-one", test_renegotiation_of_one);
  g_test_add_func("/several-streams/reconfigure-same", test_reconfigure_same);
  g_test_add_func("/several-streams/lost-frames", test_lost_frames);
  g_test_add_func("/several-streams/greedy", test_greedy);
  g_test_add_func("/several-streams/stream-start", test_stream_start);
  g_test_add_func("/several-streams/custom-event", test_custom_event);
  return g_test_run();
}
