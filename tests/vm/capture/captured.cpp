/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/capture/captured.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/glib-ptr.h"
#include "tests/vm/capture/mode.h"

namespace gstcam::test {

namespace {

using MessagePtr = MiniObjectPtr<GstMessage>;

constexpr int64_t kSilence = 60 * GST_SECOND;  // only a hang takes it

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

/** What is seen of one capture; the streaming thread's until the end of the stream. */
class Watcher {
 public:
  Watcher(GstElement* source, int64_t frame_duration, const FrameCheck& check)
      : source_(source), frame_duration_(frame_duration), check_(check) {}

  static void handoff(GstElement* /*sink*/, GstBuffer* buffer, GstPad* pad, gpointer self) {
    auto* watcher = static_cast<Watcher*>(self);
    watcher->last_arrival_ = monotonic();
    if (watcher->error_)
      return;
    if (Result<void> r = watcher->take(buffer, pad); !r) {
      watcher->error_ = r.error();
      watcher->failed_ = true;
    }
  }
  static int64_t monotonic() { return g_get_monotonic_time() * 1000; }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool silent() const { return monotonic() - last_arrival_ > kSilence; }
  [[nodiscard]] uint64_t frames() const { return captured_.frames; }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /** After the end. */
  Captured& captured() {
    if (!intervals_.empty()) {
      const auto middle = intervals_.begin() + static_cast<std::ptrdiff_t>(intervals_.size() / 2);
      std::ranges::nth_element(intervals_, middle);
      captured_.interval = *middle;
    }
    return captured_;
  }

 private:
  Result<void> take(GstBuffer* buffer, GstPad* pad) {
    if (!captured_.caps)
      captured_.caps.reset(gst_pad_get_current_caps(pad));
    const CapturedFrame frame{
        buffer, captured_.caps.get(), GST_BUFFER_OFFSET(buffer),
        static_cast<int64_t>(GST_BUFFER_PTS(buffer) + gst_element_get_base_time(source_)),
        monotonic()};
    if (!GST_BUFFER_PTS_IS_VALID(buffer) || frame.timestamp > frame.arrived)
      return wrong("a frame has no timestamp, or one of the future");
    if (std::llabs(static_cast<int64_t>(GST_BUFFER_DURATION(buffer)) - frame_duration_) > 1000)
      return wrong("a frame lasts " + std::to_string(GST_BUFFER_DURATION(buffer)) + " ns, not " +
                   std::to_string(frame_duration_));
    if (captured_.frames == 0) {
      first_timestamp_ = frame.timestamp;
    } else if (frame.offset < next_offset_ || frame.timestamp <= last_timestamp_) {
      return wrong("frame " + std::to_string(frame.offset) + " at " +
                   std::to_string(frame.timestamp) + " comes after " +
                   std::to_string(next_offset_ - 1) + " at " + std::to_string(last_timestamp_));
    } else {
      if ((frame.offset > next_offset_) !=
          static_cast<bool>(GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT)))
        return wrong("a gap that is not marked, or a mark without a gap, before frame " +
                     std::to_string(frame.offset));
      captured_.lost += frame.offset - next_offset_;
      if (frame.offset == next_offset_)
        intervals_.push_back(frame.timestamp - last_timestamp_);
    }
    next_offset_ = frame.offset + 1;
    last_timestamp_ = frame.timestamp;
    captured_.slowest = std::max(captured_.slowest, frame.arrived - frame.timestamp);
    captured_.span = frame.timestamp - first_timestamp_;
    captured_.frames++;
    return check_ ? check_(frame) : Result<void>();
  }

  GstElement* const source_;
  const int64_t frame_duration_;
  const FrameCheck& check_;
  Captured captured_;
  std::vector<int64_t> intervals_;
  uint64_t next_offset_ = 0;
  int64_t first_timestamp_ = 0;
  int64_t last_timestamp_ = 0;
  std::optional<Error> error_;
  std::atomic<int64_t> last_arrival_ = monotonic();
  std::atomic<bool> failed_ = false;
};

/** Until the end of the stream. */
Result<void> wait_for_end(GstBus* bus, const Watcher& watcher) {
  for (;;) {
    const MessagePtr message(gst_bus_timed_pop_filtered(
        bus, GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS)
      return {};
    if (message) {
      ErrorOut error;
      gchar* debug = nullptr;
      gst_message_parse_error(message.get(), &error, &debug);
      const CharPtr owned(debug);
      return wrong(std::string(error.message()) + " (" + (debug ? debug : "") + ")");
    }
    if (watcher.failed())
      return {};
    if (watcher.silent())
      return wrong("no frame for a minute");
  }
}

bool value_of_one(GQuark field, const GValue* value, gpointer data) {
  auto& [other, odd, differing] =
      *static_cast<std::tuple<const GstStructure*, std::string, std::string>*>(data);
  const GValue* theirs = gst_structure_id_get_value(other, field);
  const CharPtr text(gst_value_serialize(value));
  const std::string told = std::string(g_quark_to_string(field)) + "=" + text.get();
  if (!theirs) {
    odd += " " + told;
  } else if (gst_value_compare(value, theirs) != GST_VALUE_EQUAL) {
    const CharPtr their_text(gst_value_serialize(theirs));
    differing += " " + told + " instead of " + their_text.get();
  }
  return true;
}

}  // namespace

Result<Captured> capture(GstElement* source, const GstCaps* filter, uint64_t count,
                         int64_t frame_duration, const FrameCheck& check) {
  const auto pipeline = ObjectPtr<GstElement>::adopt(
      static_cast<GstElement*>(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  GstElement* caps = gst_element_factory_make("capsfilter", nullptr);
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(source, "num-buffers", static_cast<int>(count), nullptr);
  g_object_set(caps, "caps", filter, nullptr);
  g_object_set(sink, "sync", FALSE, "signal-handoffs", TRUE, "enable-last-sample", FALSE, nullptr);
  gst_bin_add_many(GST_BIN(pipeline.get()), source, caps, sink, nullptr);
  if (!gst_element_link_many(source, caps, sink, nullptr))
    return wrong("the source cannot be linked");
  Watcher watcher(source, frame_duration, check);
  g_signal_connect(sink, "handoff", G_CALLBACK(Watcher::handoff), &watcher);
  const auto bus = ObjectPtr<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Result<void> ended = wait_for_end(bus.get(), watcher);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  gst_bin_remove(GST_BIN(pipeline.get()), source);
  if (watcher.error())
    return *watcher.error();
  if (!ended)
    return ended.error();
  if (watcher.frames() != count)
    return wrong(std::to_string(watcher.frames()) + " frames instead of " + std::to_string(count));
  return std::move(watcher.captured());
}

Result<Captured> capture_uncopied(const std::string& camera, const GstCaps* filter, uint64_t count,
                                  int64_t frame_duration, const FrameCheck& check) {
  const auto source = make_source("camerasrc", "camera-name", camera);
  Result<Captured> captured = capture(source.get(), filter, count, frame_duration, check);
  if (!captured)
    return captured;
  GstStructure* s = nullptr;
  g_object_get(source.get(), "frame-stats", &s, nullptr);
  guint64 delivered = 0;
  guint64 lost = 0;
  guint64 copied = 0;
  const bool told =
      gst_structure_get(s, "delivered", G_TYPE_UINT64, &delivered, "lost", G_TYPE_UINT64, &lost,
                        "copied", G_TYPE_UINT64, &copied, nullptr) != FALSE;
  gst_structure_free(s);
  captured->said_lost = lost;
  captured->copied = copied;
  /* Before the first frame there may be lost ones, too, which no gap shows. */
  if (!told || delivered != captured->frames || lost < captured->lost || copied != 0)
    return wrong("camerasrc counts " + std::to_string(delivered) + " frames, " +
                 std::to_string(lost) + " lost, " + std::to_string(copied) + " copied; seen were " +
                 std::to_string(captured->frames) + " and " + std::to_string(captured->lost) +
                 " lost");
  return captured;
}

Result<std::string> compare_caps(const GstCaps* ours, const GstCaps* theirs) {
  const GstStructure* a = gst_caps_get_structure(ours, 0);
  const GstStructure* b = gst_caps_get_structure(theirs, 0);
  if (!gst_structure_has_name(a, gst_structure_get_name(b)))
    return wrong(std::string(gst_structure_get_name(a)) + " instead of " +
                 gst_structure_get_name(b));
  std::tuple<const GstStructure*, std::string, std::string> mine(b, "", "");
  std::tuple<const GstStructure*, std::string, std::string> yours(a, "", "");
  const auto each = [](GQuark field, const GValue* value, gpointer data) {
    return value_of_one(field, value, data) ? TRUE : FALSE;
  };
  gst_structure_foreach(a, each, &mine);
  gst_structure_foreach(b, each, &yours);
  if (const std::string& differing = std::get<2>(mine); !differing.empty())
    return wrong("caps differ:" + differing);
  std::string odd;
  if (!std::get<1>(mine).empty())
    odd += "only ours:" + std::get<1>(mine);
  if (!std::get<1>(yours).empty())
    odd += (odd.empty() ? "" : "; ") + std::string("only theirs:") + std::get<1>(yours);
  return odd;
}

}  // namespace gstcam::test
