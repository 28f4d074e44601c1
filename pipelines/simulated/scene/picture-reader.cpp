/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/scene/picture-reader.h"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <algorithm>

namespace gstcam::simulated {

namespace {

constexpr int kSideMax = 16384;
constexpr GstClockTime kDeadline = 10 * GST_SECOND;
constexpr int64_t kFrameDuration = 40 * GST_MSECOND;  // of a last frame that does not know its own
constexpr int64_t kPassMin = GST_MSECOND;             // a loop must get on

/*
 * The first filter keeps absurd sizes from the scaler before anything of that size is allocated,
 * and asks for memory the processor can read.
 */
constexpr char kPipeline[] =
    "uridecodebin name=source caps=video/x-raw expose-all-streams=false ! "
    "video/x-raw,width=[1,16384],height=[1,16384] ! videoconvert ! aspectratiocrop name=crop ! "
    "videoscale method=bilinear2 add-borders=false ! capsfilter name=filter ! "
    "appsink name=sink sync=false max-buffers=3 qos=false";

using MessagePtr = HandlePtr<GstMessage, gst_message_unref>;
using CapsPtr = HandlePtr<GstCaps, gst_caps_unref>;

int64_t pts_of(const GstBuffer* buffer) {
  return GST_BUFFER_PTS_IS_VALID(buffer) ? static_cast<int64_t>(GST_BUFFER_PTS(buffer)) : 0;
}

int64_t duration_of(const GstBuffer* buffer) {
  const bool known = GST_BUFFER_DURATION_IS_VALID(buffer) && GST_BUFFER_DURATION(buffer) > 0;
  return known ? static_cast<int64_t>(GST_BUFFER_DURATION(buffer)) : kFrameDuration;
}

}  // namespace

Error PictureReader::failure(const std::string& what) const {
  return Error(Error::Code::Invalid, "cannot decode '" + source_ + "': " + what,
               "play it with 'gst-play-1.0' to see whether GStreamer can; a decoder may have to be "
               "installed");
}

Result<void> PictureReader::open(const std::string& source, Size size) {
  close();
  source_ = source;
  std::string uri = source;
  if (source.find("://") == std::string::npos) {
    if (!g_file_test(source.c_str(), G_FILE_TEST_IS_REGULAR))
      return Error(Error::Code::NotFound, "there is no picture or video '" + source + "'",
                   "check the scene's 'file' in the camera's description");
    ErrorOut error;
    CharPtr converted(gst_filename_to_uri(source.c_str(), &error));
    if (!converted)
      return failure(error.message());
    uri = converted.get();
  }
  ErrorOut error;
  pipeline_.reset(gst_parse_launch_full(kPipeline, nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  if (!pipeline_)
    return Error(Error::Code::NotFound,
                 std::string("cannot build a decoder for pictures: ") + error.message(),
                 "install gstreamer1.0-plugins-base and gstreamer1.0-plugins-good");
  auto element = [this](const char* name) {
    return ElementPtr(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  };
  const ElementPtr decoder = element("source");
  g_object_set(decoder.get(), "uri", uri.c_str(), nullptr);
  g_signal_connect(decoder.get(), "autoplug-continue", G_CALLBACK(continue_decoding), this);
  g_object_set(element("crop").get(), "aspect-ratio", static_cast<int>(size.width),
               static_cast<int>(size.height), nullptr);
  CapsPtr caps(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB", "width",
                                   G_TYPE_INT, static_cast<int>(size.width), "height", G_TYPE_INT,
                                   static_cast<int>(size.height), "pixel-aspect-ratio",
                                   GST_TYPE_FRACTION, 1, 1, nullptr));
  g_object_set(element("filter").get(), "caps", caps.get(), nullptr);
  sink_ = element("sink");

  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  Result<BufferPtr> first = pull();
  if (!first)
    return first.error();
  if (!*first)
    return failure("it has no picture");
  current_ = std::move(*first);
  first_pts_ = pts_of(current_.get());
  Result<BufferPtr> second = pull();
  if (!second)
    return second.error();
  if (!*second) {
    // A still: nothing more will come.
    BufferPtr still = std::move(current_);
    close();
    current_ = std::move(still);
    return {};
  }
  next_ = std::move(*second);
  next_start_ = std::max(pts_of(next_.get()) - first_pts_, int64_t{1});
  return {};
}

/* Before a decoder is made for what a parser found: in one of GStreamer's threads. */
gboolean PictureReader::continue_decoding(GstElement*, GstPad*, GstCaps* caps,
                                          PictureReader* self) {
  for (guint i = 0; caps && i < gst_caps_get_size(caps); i++) {
    const GstStructure* structure = gst_caps_get_structure(caps, i);
    for (const char* side : {"width", "height"}) {
      int pixels = 0;
      if (gst_structure_get_int(structure, side, &pixels) && (pixels < 1 || pixels > kSideMax)) {
        self->too_large_ = true;
        return FALSE;
      }
    }
  }
  return TRUE;
}

void PictureReader::close() {
  if (pipeline_)
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  current_.reset();
  next_.reset();
  sink_.reset();
  pipeline_.reset();
  too_large_ = false;
  loop_start_ = 0;
  first_pts_ = 0;
  current_start_ = 0;
  next_start_ = 0;
}

Result<PictureReader::BufferPtr> PictureReader::pull() {
  // An error on the bus leaves the sink waiting: look at both in turn.
  constexpr GstClockTime kStep = 20 * GST_MSECOND;
  HandlePtr<GstBus, gst_object_unref> bus(gst_element_get_bus(pipeline_.get()));
  for (GstClockTime waited = 0; waited < kDeadline; waited += kStep) {
    // The sample is given back at once: appsink 1.22 writes to the last one after a seek.
    GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), kStep);
    if (sample) {
      GstBuffer* buffer = gst_sample_get_buffer(sample);
      BufferPtr frame(buffer ? gst_buffer_ref(buffer) : nullptr);
      gst_sample_unref(sample);
      return frame;
    }
    MessagePtr message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    if (message && too_large_)
      return failure("the picture is larger than " + std::to_string(kSideMax) + " pixels a side");
    if (message) {
      ErrorOut error;
      gst_message_parse_error(message.get(), &error, nullptr);
      /* Of a file with sound alone GStreamer says that a plug-in is missing, not for what. */
      if (g_error_matches(error.get(), GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN))
        return failure("GStreamer finds no picture in it that it has a decoder for");
      return failure(error.message());
    }
    if (gst_app_sink_is_eos(GST_APP_SINK(sink_.get())))
      return BufferPtr();
  }
  return Error(Error::Code::Timeout, "decoding '" + source_ + "' gave no picture in 10 s",
               "use a local file");
}

Result<void> PictureReader::rewind() {
  constexpr auto kFlags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
  if (!gst_element_seek_simple(pipeline_.get(), GST_FORMAT_TIME, kFlags, 0))
    return failure("it cannot be played again from its beginning");
  Result<BufferPtr> first = pull();
  if (!first)
    return first.error();
  if (!*first)
    return failure("it is empty when played again");
  current_ = std::move(*first);
  current_start_ = 0;
  Result<BufferPtr> second = pull();
  if (!second)
    return second.error();
  next_ = std::move(*second);
  next_start_ = next_ ? std::max(pts_of(next_.get()) - first_pts_, int64_t{1})
                      : std::max(duration_of(current_.get()), kPassMin);
  return {};
}

Result<bool> PictureReader::seek(int64_t time_ns) {
  if (!moves())
    return false;
  bool changed = false;
  const int64_t time = std::max(time_ns, int64_t{0});
  if (time < loop_start_ + current_start_) {  // a new run began
    loop_start_ = 0;
    if (Result<void> r = rewind(); !r)
      return r.error();
    changed = true;
  }
  while (time >= loop_start_ + next_start_) {
    changed = true;
    if (!next_) {
      // The pass is over; its length is known now: leave out passes nobody will see.
      const int64_t pass = std::max(next_start_, kPassMin);
      loop_start_ += (time - loop_start_) / pass * pass;
      if (Result<void> r = rewind(); !r)
        return r.error();
      continue;
    }
    current_ = std::move(next_);
    current_start_ = next_start_;
    Result<BufferPtr> following = pull();
    if (!following)
      return following.error();
    next_ = std::move(*following);
    // Time stamps that stand still or fall must not stop us.
    next_start_ = next_ ? std::max(pts_of(next_.get()) - first_pts_, current_start_ + 1)
                        : current_start_ + duration_of(current_.get());
  }
  return changed;
}

}  // namespace gstcam::simulated
