/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For tests of camerasrc with several streams: a camera of three, pipelines with a sink for each,
 * and what is the same frame on two of them.
 */
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "tests/gst/element-fixture.h"

namespace gstcam::test {

inline constexpr GstClockTime kStateBound = 5 * GST_SECOND;

/** A camera of three streams: NV12 and BGRx, a smaller one, and a mosaic. */
inline std::shared_ptr<FakeScript> use_streams(FakeScript::Pace pace = FakeScript::Pace::Fast) {
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
inline std::string branch(const std::string& pad, const std::string& sink,
                          const std::string& caps = "") {
  return "src." + pad + " ! " + (caps.empty() ? "" : caps + " ! ") +
         "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0 ! appsink name=" + sink +
         " sync=false async=false max-buffers=4 wait-on-eos=false ";
}

inline std::string both(const std::string& properties = "") {
  return "camerasrc name=src " + properties + " " + branch("src", "sink") + branch("src_1", "b");
}

inline ObjectPtr<GstElement> element_of(const TestPipeline& p, const char* name) {
  auto element = ObjectPtr<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(p.get()), name));
  g_assert_nonnull(element.get());
  return element;
}

inline ObjectPtr<GstPad> pad_of(const ObjectPtr<GstElement>& element, const char* name) {
  auto pad = ObjectPtr<GstPad>::adopt(gst_element_get_static_pad(element.get(), name));
  g_assert_nonnull(pad.get());
  return pad;
}

/** The next sample of an appsink; nothing at its end. */
inline SamplePtr pull(const ObjectPtr<GstElement>& sink) {
  SamplePtr sample(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), kTestTimeout));
  if (!sample && !gst_app_sink_is_eos(GST_APP_SINK(sink.get())))
    g_error("no sample came");
  return sample;
}

inline GstBuffer* buffer_of(const SamplePtr& sample) {
  g_assert_nonnull(sample.get());
  return gst_sample_get_buffer(sample.get());
}

inline int64_t taken_at(GstBuffer* buffer) {
  gint64 time = 0;
  g_assert_true(gst_structure_get_int64(
      gst_custom_meta_get_structure(gst_buffer_get_custom_meta(buffer, "GstCameraMeta")),
      "sensor-timestamp", &time));
  return time;
}

inline int width_of(const SamplePtr& sample) {
  int width = 0;
  g_assert_true(gst_structure_get_int(gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0),
                                      "width", &width));
  return width;
}

/** The same frame on both. */
inline void check_same(const SamplePtr& a, const SamplePtr& b) {
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

inline SamplePtr pull_soon(const ObjectPtr<GstElement>& sink) {
  return SamplePtr(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 10 * GST_MSECOND));
}

/** Pulls from both until they are at the same frame again. One may have to make room first. */
inline void check_in_step(const ObjectPtr<GstElement>& a, const ObjectPtr<GstElement>& b) {
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
inline uint32_t count_to_eos(const ObjectPtr<GstElement>& sink) {
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

inline ErrorText error_of(TestPipeline& p) {
  const MessagePtr message = p.wait_for(GST_MESSAGE_ERROR);
  ErrorText error;
  error.text = TestPipeline::error_of(message.get(), &error.domain, &error.code);
  return error;
}

inline void check_contains(const std::string& text, const char* part) {
  if (text.find(part) == std::string::npos)
    g_error("'%s' is not in '%s'", part, text.c_str());
}

inline void null_within_bound(TestPipeline& p) {
  const gint64 start = g_get_monotonic_time();
  g_assert_cmpint(p.set_state(GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpuint(static_cast<GstClockTime>(g_get_monotonic_time() - start) * 1000, <,
                   kStateBound);
}

inline void set_filter(const TestPipeline& p, const char* name, const char* text) {
  const CapsPtr caps(gst_caps_from_string(text));
  g_object_set(element_of(p, name).get(), "caps", caps.get(), nullptr);
}

}  // namespace gstcam::test
