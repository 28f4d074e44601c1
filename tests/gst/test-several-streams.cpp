/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* camerasrc over fake cameras: several streams of one camera, each on its pad. */
#include <gst/video/video.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/gst/element-fixture.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::test;
using Pace = FakeScript::Pace;

namespace {

constexpr GstClockTime kStateBound = 5 * GST_SECOND;

/** A camera of three streams: NV12 and BGRx, a smaller one, and a mosaic. */
std::shared_ptr<FakeScript> use_streams(Pace pace = Pace::Fast) {
  auto script = use_camera(pace);
  StreamCapabilities small = script->streams[0];
  small.modes[0].max = {320, 240};
  small.preferred = {160, 120};
  StreamCapabilities raw = script->streams[0];
  raw.modes[0].formats = {PixelFormat::Bggr8};
  raw.modes[0].min = raw.modes[0].max = raw.preferred = {640, 480};
  script->streams.push_back(small);
  script->streams.push_back(raw);
  return script;
}

/* Sinks are not async: one that loses its state by a flush, as it did by the one before, may be
 * left behind in PAUSED by GStreamer 1.22 where the pipeline is live. */
std::string branch(const std::string& pad, const std::string& sink, const std::string& caps = "") {
  return "src." + pad + " ! " + (caps.empty() ? "" : caps + " ! ") +
         "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0 ! appsink name=" + sink +
         " sync=false async=false max-buffers=4 wait-on-eos=false ";
}

std::string both(const std::string& properties = "") {
  return "camerasrc name=src " + properties + " " + branch("src", "sink") + branch("src_1", "b");
}

ObjectPtr<GstElement> element_of(const TestPipeline& p, const char* name) {
  auto element = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), name));
  g_assert_nonnull(element.get());
  return element;
}

ObjectPtr<GstPad> pad_of(const ObjectPtr<GstElement>& element, const char* name) {
  auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(element.get(), name));
  g_assert_nonnull(pad.get());
  return pad;
}

/** The next sample of an appsink; nothing at its end. */
SamplePtr pull(const ObjectPtr<GstElement>& sink) {
  SamplePtr sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), kTestTimeout));
  if (!sample && !gst_app_sink_is_eos(GST_APP_SINK(sink.get())))
    g_error("no sample came");
  return sample;
}

GstBuffer* buffer_of(const SamplePtr& sample) {
  g_assert_nonnull(sample.get());
  return gst_sample_get_buffer(sample.get());
}

int64_t taken_at(GstBuffer* buffer) {
  gint64 time = 0;
  g_assert_true(gst_structure_get_int64(
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer, "GstCameraMeta")),
      "sensor-timestamp", &time));
  return time;
}

int width_of(const SamplePtr& sample) {
  int width = 0;
  g_assert_true(gst_structure_get_int(gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0),
                                      "width", &width));
  return width;
}

/** The same frame on both. */
void check_same(const SamplePtr& a, const SamplePtr& b) {
  GstBuffer* one = buffer_of(a);
  GstBuffer* other = buffer_of(b);
  g_assert_cmpuint(GST_BUFFER_OFFSET(one), ==, GST_BUFFER_OFFSET(other));
  g_assert_cmpuint(GST_BUFFER_PTS(one), ==, GST_BUFFER_PTS(other));
  g_assert_cmpint(taken_at(one), ==, taken_at(other));
  uint8_t bytes[2] = {};
  gst_buffer_extract(one, gst_buffer_get_size(one) - 1, &bytes[0], 1);
  gst_buffer_extract(other, gst_buffer_get_size(other) - 1, &bytes[1], 1);
  g_assert_cmpuint(bytes[0], ==, bytes[1]);
}

SamplePtr pull_soon(const ObjectPtr<GstElement>& sink) {
  return SamplePtr(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 10 * GST_MSECOND));
}

/** Pulls from both until they are at the same frame again. One may have to make room first. */
void check_in_step(const ObjectPtr<GstElement>& a, const ObjectPtr<GstElement>& b) {
  const auto offset = [](const SamplePtr& sample) {
    return sample ? static_cast<int64_t>(GST_BUFFER_OFFSET(buffer_of(sample))) : -1;
  };
  const gint64 end = g_get_monotonic_time() + static_cast<gint64>(kTestTimeout / 1000);
  SamplePtr one;
  SamplePtr other;
  while (!one || offset(one) != offset(other)) {
    g_assert_cmpint(g_get_monotonic_time(), <, end);
    const bool first = offset(one) <= offset(other);
    SamplePtr sample = pull_soon(first ? a : b);
    if (sample)
      (first ? one : other) = std::move(sample);
    else if (SamplePtr room = pull_soon(first ? b : a))
      (first ? other : one) = std::move(room);
  }
  check_same(one, other);
}

/** Until the end; how many there were. */
uint32_t count_to_eos(const ObjectPtr<GstElement>& sink) {
  uint32_t count = 0;
  while (pull(sink))
    count++;
  return count;
}

/** Takes samples off a sink that nobody looks at. */
class Drain {
 public:
  explicit Drain(ObjectPtr<GstElement> sink)
      : thread_([this, s = std::move(sink)] {
          while (!ends_)
            SamplePtr(gst_app_sink_try_pull_sample(GST_APP_SINK(s.get()), 10 * GST_MSECOND));
        }) {}
  ~Drain() {
    ends_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

/** Events of one kind that went through a pad. */
class EventCount {
 public:
  EventCount(const ObjectPtr<GstPad>& pad, GstEventType type) : type_(type) {
    gst_pad_add_probe(
        pad.get(),
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                     GST_PAD_PROBE_TYPE_EVENT_FLUSH),
        [](GstPad*, GstPadProbeInfo* info, gpointer data) {
          auto* self = static_cast<EventCount*>(data);
          if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == self->type_)
            self->count_++;
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }
  [[nodiscard]] int count() const { return count_; }

 private:
  const GstEventType type_;
  std::atomic<int> count_ = 0;
};

struct ErrorText {
  GQuark domain = 0;
  int code = 0;
  std::string text;
};

ErrorText error_of(TestPipeline& p) {
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  ErrorText error;
  error.text = TestPipeline::error_of(message.get(), &error.domain, &error.code);
  return error;
}

void check_contains(const std::string& text, const char* part) {
  if (text.find(part) == std::string::npos)
    g_error("'%s' is not in '%s'", part, text.c_str());
}

void null_within_bound(TestPipeline& p) {
  const gint64 start = g_get_monotonic_time();
  g_assert_cmpint(p.set_state(GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpuint(static_cast<GstClockTime>(g_get_monotonic_time() - start) * 1000, <,
                   kStateBound);
}

void set_filter(const TestPipeline& p, const char* name, const char* text) {
  const CapsPtr caps(gst_caps_from_string(text));
  g_object_set(element_of(p, name).get(), "caps", caps.get(), nullptr);
}

}  // namespace

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
    g_assert_cmpstr(pad_name.get(), ==, ("src_" + std::to_string(stream)).c_str());
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

/* Its frames are dropped, the other pad notices nothing; linked again, it goes on. */
static void test_unlinked_while_playing() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
  for (int i = 0; i < 5; i++) {
    Drain drain(b);
    g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
    uint64_t last = GST_BUFFER_OFFSET(buffer_of(pull(p.sink)));
    for (int k = 0; k < 30; k++) {
      GstBuffer* buffer = nullptr;
      const SamplePtr sample = pull(p.sink);
      buffer = buffer_of(sample);
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer), ==, last + 1);
      g_assert_false(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT));
      last++;
    }
    g_assert_cmpint(gst_pad_link(pad.get(), peer.get()), ==, GST_PAD_LINK_OK);
  }
  check_in_step(p.sink, b);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpint(script->configured, ==, 1);

  /* And both: then there is nobody left. */
  Drain first(p.sink);
  Drain second(b);
  g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
  const auto src = pad_of(p.src, "src");
  const auto src_peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(src.get()));
  g_assert_true(gst_pad_unlink(src.get(), src_peer.get()));
  g_assert_cmpuint(error_of(p).domain, ==, GST_STREAM_ERROR);
}

/* What nobody takes any more goes when the camera starts again. */
static void test_unlinked_goes_with_restart() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  {
    Drain drain(b);
    const auto pad = pad_of(p.src, "src_1");
    const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
    g_assert_true(gst_pad_unlink(pad.get(), peer.get()));
    p.pull_some(5);
  }
  g_assert_cmpuint(script->streams_configured, ==, 3);
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
  g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
  p.pull_some(1);
  g_assert_cmpuint(script->streams_configured, ==, 1);
}

/* A pad asked for and linked while it streams: the camera is configured once more, for both. */
static void test_joins() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink"));
  p.play();
  p.pull_some(10);
  for (int i = 0; i < 5; i++) {
    const auto sink = ObjectPtr<GstElement>::ref(gst_element_factory_make("appsink", nullptr));
    g_object_set(sink.get(), "sync", FALSE, "max-buffers", 4, "async", FALSE, "wait-on-eos", FALSE,
                 nullptr);
    GstElement* queue = gst_element_factory_make("queue", nullptr);
    gst_bin_add_many(GST_BIN(p.get()), queue, sink.get(), nullptr);
    g_assert_true(gst_element_link(queue, sink.get()));
    gst_element_sync_state_with_parent(sink.get());
    gst_element_sync_state_with_parent(queue);
    const auto pad =
        ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_%u"));
    g_assert_nonnull(pad.get());
    const auto queue_sink = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(queue, "sink"));
    g_assert_cmpint(gst_pad_link(pad.get(), queue_sink.get()), ==, GST_PAD_LINK_OK);
    check_in_step(p.sink, sink);
    check_in_step(p.sink, sink);
    {
      Drain drain(sink);
      gst_element_release_request_pad(p.src.get(), pad.get());
      p.pull_some(10);
    }
    gst_element_set_state(sink.get(), GST_STATE_NULL);
    gst_element_set_state(queue, GST_STATE_NULL);
    gst_bin_remove_many(GST_BIN(p.get()), queue, sink.get(), nullptr);
  }
  p.pull_some(10);
  null_within_bound(p);
  g_assert_cmpint(script->wrong_order, ==, 0);
}

/* Released while frames are pushed on it: the other pad goes on. */
static void test_released_while_playing() {
  const auto script = use_streams();
  for (int i = 0; i < 10; i++) {
    TestPipeline p(both());
    const auto b = element_of(p, "b");
    p.play();
    check_in_step(p.sink, b);
    const auto pad = pad_of(p.src, "src_1");
    gst_element_release_request_pad(p.src.get(), pad.get());
    p.pull_some(20);
    g_assert_cmpint(script->started, ==, i + 1);
    null_within_bound(p);
  }
}

/* One pad blocks: whatever is done with the element comes to its end all the same. */
static void test_blocked() {
  for (const char* name : {"src", "src_1"}) {
    use_streams();
    TestPipeline p(both());
    const auto b = element_of(p, "b");
    p.play();
    check_in_step(p.sink, b);
    std::atomic<bool> blocked = false;
    const auto pad = pad_of(p.src, name);
    gst_pad_add_probe(
        pad.get(),
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER),
        [](GstPad*, GstPadProbeInfo*, gpointer data) {
          *static_cast<std::atomic<bool>*>(data) = true;
          return GST_PAD_PROBE_OK;  // and stay blocked
        },
        &blocked, nullptr);
    {
      Drain first(p.sink);
      Drain second(b);
      for (int i = 0; !blocked; i++) {
        g_assert_cmpint(i, <, 30000);
        g_usleep(1000);
      }
    }
    g_assert_cmpint(p.set_state(GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
    p.play();
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
    g_assert_true(gst_element_send_event(p.src.get(), gst_event_new_eos()));
    if (g_str_equal(name, "src_1")) {
      /* Released and gone, it holds nobody. */
      Drain first(p.sink);
      gst_element_release_request_pad(p.src.get(), pad.get());
      GstBus* bus = p.bus.get();
      g_assert_nonnull(bus);
    }
    null_within_bound(p);
  }
}

/* An application flushes one of the pads. */
static void test_flush_of_one() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  EventCount segments(pad, GST_EVENT_SEGMENT);
  for (int i = 0; i < 5; i++) {
    g_assert_true(gst_pad_send_event(pad.get(), gst_event_new_flush_start()));
    uint64_t last = GST_BUFFER_OFFSET(buffer_of(pull(p.sink)));
    for (int k = 0; k < 10; k++)
      g_assert_cmpuint(GST_BUFFER_OFFSET(buffer_of(pull(p.sink))), ==, ++last);
    g_assert_true(gst_pad_send_event(pad.get(), gst_event_new_flush_stop(TRUE)));
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(segments.count(), >=, 5);
  g_assert_cmpint(script->started, ==, 1);
}

/* To the pipeline, as an application should. */
static void test_flush_of_all() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  for (int i = 0; i < 5; i++) {
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_start()));
    g_assert_true(gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE)));
    for (const auto& sink : {p.sink, b})
      g_assert_true(GST_BUFFER_FLAG_IS_SET(buffer_of(pull(sink)), GST_BUFFER_FLAG_DISCONT));
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(script->started, ==, 6);
  g_assert_cmpint(script->configured, ==, 1);
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

/* Who has enough gets EOS, and the others go on; when nobody is left, that is the end. */
static void test_one_has_enough() {
  const auto script = use_streams();
  TestPipeline p("camerasrc name=src " + branch("src", "sink", "identity eos-after=100") +
                 branch("src_1", "b", "identity eos-after=5"));
  const auto b = element_of(p, "b");
  p.play();
  g_assert_cmpuint(count_to_eos(b), <=, 5);
  p.pull_some(50);
  g_assert_cmpint(script->started, ==, 1);
  g_assert_cmpuint(count_to_eos(p.sink), <=, 50);
  p.wait_for(GST_MESSAGE_EOS);
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

static void test_fails_mid_stream() {
  const auto script = use_streams();
  script->fail_at_frame = 10;
  TestPipeline p(both());
  p.play();
  const auto b = element_of(p, "b");
  {
    Drain drain(b);
    g_assert_cmpuint(count_to_eos(p.sink), <=, 10);
  }
  g_assert_cmpuint(count_to_eos(b), <=, 10);
  g_assert_cmpuint(error_of(p).domain, ==, GST_RESOURCE_ERROR);
  const MessagePtr second(gst_bus_pop_filtered(p.bus.get(), GST_MESSAGE_ERROR));
  g_assert_null(second.get());
  p.set_state(GST_STATE_NULL);
  gst_bus_set_flushing(p.bus.get(), TRUE);
  gst_bus_set_flushing(p.bus.get(), FALSE);
  script->fail_at_frame.reset();
  p.play();
  check_in_step(p.sink, b);
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

/* A pad alone may be deactivated, and come back. */
static void test_pad_deactivated() {
  const auto script = use_streams();
  TestPipeline p(both());
  const auto b = element_of(p, "b");
  p.play();
  check_in_step(p.sink, b);
  const auto pad = pad_of(p.src, "src_1");
  for (int i = 0; i < 5; i++) {
    {
      Drain drain(b);
      g_assert_true(gst_pad_set_active(pad.get(), FALSE));
      p.pull_some(10);
      g_assert_true(gst_pad_set_active(pad.get(), TRUE));
    }
    check_in_step(p.sink, b);
  }
  g_assert_cmpint(script->started, ==, 1);
}

static void test_cycles() {
  const auto script = use_streams();
  unsigned fds = 0;
  size_t mappings = 0;
  unsigned threads = 0;
  for (int i = 0; i < 50; i++) {
    {
      TestPipeline p(both());
      const auto b = element_of(p, "b");
      p.play();
      if (i % 3 == 0)
        check_in_step(p.sink, b);
      if (i % 5 == 0)
        gst_element_release_request_pad(p.src.get(), pad_of(p.src, "src_1").get());
      if (i % 2 == 0)
        p.set_state(GST_STATE_READY);
      if (i % 4 == 0)
        p.play();
      null_within_bound(p);
    }
    const Holdings now;
    if (i == 5) {
      fds = now.fds;
      mappings = now.mappings;
      threads = now.threads;
    }
  }
  const Holdings after;
  g_assert_cmpuint(after.fds, <=, fds);
  g_assert_cmpuint(after.mappings, <=, mappings);
  g_assert_cmpuint(after.threads, <=, threads + 4);  // GStreamer's pool keeps some a while
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->wrong_thread, ==, 0);
}

/** Several threads change states, send events, link and ask for pads, all at once. */
static void test_torture() {
  const auto script = use_streams(Pace::Live);
  for (StreamCapabilities& stream : script->streams)
    stream.frame_duration_preferred = 1000000;
  TestPipeline p(
      "camerasrc name=src ! queue ! fakesink sync=false async=false "
      "src.src_1 ! queue name=q ! fakesink sync=false async=false");
  const int rounds = g_test_thorough() ? 1500 : 120;
  const auto pad = pad_of(p.src, "src_1");
  const auto peer = ObjectPtr<GstPad>::adopt(gst_pad_get_peer(pad.get()));
  std::vector<std::thread> threads;
  threads.reserve(5);
  threads.emplace_back([&p, rounds] {
    std::mt19937 random(1);
    const GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
                               GST_STATE_PLAYING};
    for (int i = 0; i < rounds; i++)
      p.set_state(states[random() % 5]);
  });
  threads.emplace_back([&p, rounds] {
    for (int i = 0; i < rounds; i++) {
      gst_element_send_event(p.get(), gst_event_new_flush_start());
      gst_element_send_event(p.get(), gst_event_new_flush_stop(TRUE));
      if (i % 10 == 0)
        gst_element_send_event(p.get(), gst_event_new_eos());
    }
  });
  threads.emplace_back([&pad, &peer, rounds] {
    for (int i = 0; i < rounds; i++) {
      gst_pad_unlink(pad.get(), peer.get());
      gst_pad_link(pad.get(), peer.get());
      gst_pad_send_event(pad.get(), gst_event_new_reconfigure());
    }
  });
  threads.emplace_back([&p, rounds] {
    for (int i = 0; i < rounds; i++) {
      const auto extra =
          ObjectPtr<GstPad>::adopt(gst_element_request_pad_simple(p.src.get(), "src_%u"));
      if (!extra)
        continue;
      const CapsPtr caps(gst_pad_query_caps(extra.get(), nullptr));
      const QueryPtr latency(gst_query_new_latency());
      gst_pad_query(extra.get(), latency.get());
      gst_element_release_request_pad(p.src.get(), extra.get());
    }
  });
  for (std::thread& thread : threads)
    thread.join();
  null_within_bound(p);
  g_assert_cmpint(script->opened, ==, script->closed);
  g_assert_cmpint(script->wrong_order, ==, 0);
  g_assert_cmpint(script->wrong_thread, ==, 0);

  /* And it still works. */
  g_object_set(p.src.get(), "num-buffers", 5, nullptr);
  gst_bus_set_flushing(p.bus.get(), TRUE);
  gst_bus_set_flushing(p.bus.get(), FALSE);
  p.play();
  p.wait_for(GST_MESSAGE_EOS);
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
  g_test_add_func("/several-streams/unlinked-while-playing", test_unlinked_while_playing);
  g_test_add_func("/several-streams/unlinked-goes-with-restart", test_unlinked_goes_with_restart);
  g_test_add_func("/several-streams/joins", test_joins);
  g_test_add_func("/several-streams/released-while-playing", test_released_while_playing);
  g_test_add_func("/several-streams/blocked", test_blocked);
  g_test_add_func("/several-streams/flush-of-one", test_flush_of_one);
  g_test_add_func("/several-streams/flush-of-all", test_flush_of_all);
  g_test_add_func("/several-streams/num-buffers", test_num_buffers);
  g_test_add_func("/several-streams/eos-event", test_eos_event);
  g_test_add_func("/several-streams/one-has-enough", test_one_has_enough);
  g_test_add_func("/several-streams/impossible-caps", test_impossible_caps);
  g_test_add_func("/several-streams/shared-rate", test_shared_rate);
  g_test_add_func("/several-streams/rates-differ", test_rates_differ);
  g_test_add_func("/several-streams/not-together", test_not_together);
  g_test_add_func("/several-streams/renegotiation-of-one", test_renegotiation_of_one);
  g_test_add_func("/several-streams/reconfigure-same", test_reconfigure_same);
  g_test_add_func("/several-streams/fails-mid-stream", test_fails_mid_stream);
  g_test_add_func("/several-streams/lost-frames", test_lost_frames);
  g_test_add_func("/several-streams/greedy", test_greedy);
  g_test_add_func("/several-streams/stream-start", test_stream_start);
  g_test_add_func("/several-streams/custom-event", test_custom_event);
  g_test_add_func("/several-streams/pad-deactivated", test_pad_deactivated);
  g_test_add_func("/several-streams/cycles", test_cycles);
  g_test_add_func("/several-streams/torture", test_torture);
  return g_test_run();
}
