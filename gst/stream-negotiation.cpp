/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StreamPad's negotiation: caps, configuration of the camera, allocation. All in the task. */
#include <algorithm>

#include "gst/debug.h"
#include "gst/dmabuf-caps.h"
#include "gst/element-error.h"
#include "gst/stream-pad.h"

namespace gstcam {

namespace {

/* Frames held downstream beyond what it said it needs: a queue, a last sample, an encoder. */
constexpr uint32_t kSpareBuffers = 8;
constexpr uint32_t kMaxBuffers = 64;
constexpr size_t kMaxBytes = size_t{256} << 20U;

std::string short_text(const GstCaps* caps) {
  constexpr size_t kMax = 300;
  const CharPtr text(gst_caps_to_string(caps));
  std::string s = text.get();
  if (s.size() > kMax)
    s = s.substr(0, kMax) + "...";
  return s;
}

}  // namespace

bool StreamPad::negotiate() {
  GST_DEBUG_OBJECT(pad_, "negotiating");
  CapsPtr caps = choose_caps();
  if (!caps)
    return false;
  if (caps_ && gst_caps_is_equal(caps.get(), caps_.get()))
    return decide_allocation();
  return apply_caps(std::move(caps));
}

/** Any thread. */
CapsPtr StreamPad::our_caps(const Camera& camera) const {
  CapsPtr caps = caps_of(camera.capabilities(stream_));
  return dmabufs_refused_ ? without_dmabufs(std::move(caps)) : std::move(caps);
}

/** In the order of downstream: it knows what costs it least, to us all formats are alike. */
CapsPtr StreamPad::common_caps(GstCaps* ours) {
  const CapsPtr theirs(gst_pad_peer_query_caps(pad_, ours));
  CapsPtr common(gst_caps_intersect_full(theirs.get(), ours, GST_CAPS_INTERSECT_FIRST));
  if (!has_dmabufs(common.get()))
    return common;
  /* Many elements answer in the order of the question, where dmabufs are last: which they would
   * have chosen is in what they say unasked. */
  const CapsPtr unasked(gst_pad_peer_query_caps(pad_, nullptr));
  CapsPtr chosen(gst_caps_intersect_full(unasked.get(), ours, GST_CAPS_INTERSECT_FIRST));
  return begins_with_dmabufs(chosen.get()) ? std::move(chosen) : std::move(common);
}

/** Fixed caps; nothing when the stream ended because there are none. */
CapsPtr StreamPad::choose_caps() {
  const std::shared_ptr<Camera> camera = capture_->camera();
  if (!camera) {
    fail(Error(Error::Code::WrongState, "the pad is active but no camera is open",
               "Set the element, not only its pad, to PAUSED."));
    return {};
  }
  const StreamCapabilities& can = camera->capabilities(stream_);
  const CapsPtr ours = our_caps(*camera);
  CapsPtr common = common_caps(ours.get());
  if (!gst_caps_is_empty(common.get())) {
    /* What runs goes on where it may: changing it would interrupt the stream. */
    if (caps_ && gst_caps_can_intersect(caps_.get(), common.get()))
      return CapsPtr(gst_caps_ref(caps_.get()));
    return fixate(std::move(common), can);
  }
  if (GST_PAD_IS_FLUSHING(pad_)) {
    gst_pad_mark_reconfigure(pad_);
    end(GST_FLOW_FLUSHING);
    return {};
  }
  const CapsPtr wanted(gst_pad_peer_query_caps(pad_, nullptr));
  stop_camera();
  gst_pad_pause_task(pad_);
  const bool no_dmabufs = has_dmabufs(wanted.get()) && !has_dmabufs(ours.get());
  GST_ELEMENT_ERROR(element_, STREAM, FORMAT,
                    ("Camera '%s' cannot deliver what is asked for. It can do %s%s. Change the "
                     "caps after camerasrc, or put videoconvert and videoscale before them.",
                     camera->id().c_str(), describe(can).c_str(),
                     no_dmabufs ? ", in system memory, not as dmabufs" : ""),
                    ("downstream accepts %s", short_text(wanted.get()).c_str()));
  push_segment();
  gst_pad_push_event(pad_, gst_event_new_eos());
  return {};
}

bool StreamPad::apply_caps(CapsPtr caps) {
  const std::shared_ptr<Camera> camera = capture_->camera();
  GST_INFO_OBJECT(pad_, "caps %" GST_PTR_FORMAT, static_cast<void*>(caps.get()));
  const CapsPtr plain = in_system_memory(caps.get());
  Result<StreamConfiguration> wanted = configuration_of(plain.get(), camera->capabilities(stream_));
  if (!wanted) {
    fail(wanted.error());
    return false;
  }
  stop_camera();
  close_pools();
  wanted->id = stream_;
  std::vector<StreamConfiguration> streams{*wanted};
  if (Result<void> configured = camera->configure(streams); !configured) {
    fail(configured.error());
    return false;
  }
  if (streams.size() != 1 || !gst_video_info_from_caps(&info_, plain.get())) {
    fail(Error(Error::Code::Failed, "camera '" + camera->id() + "' configured other streams"));
    return false;
  }
  config_ = streams.front();
  dmabufs_ = has_dmabufs(caps.get());
  if (dmabufs_ && !config_.dmabufs) {
    GST_INFO_OBJECT(pad_, "frames are no dmabufs after all");
    dmabufs_refused_ = true;
    return negotiate();
  }
  raw_ = GST_VIDEO_INFO_FORMAT(&info_) != GST_VIDEO_FORMAT_ENCODED;
  Result<ControlRanges> ranges = camera->controls();
  if (!ranges) {
    fail(ranges.error());
    return false;
  }
  ranges_ = *ranges;
  latency_.reset(config_.frame_duration);
  frame_duration_ = config_.frame_duration;
  slots_ = std::clamp<uint32_t>(config_.buffer_count, kMinQueued, Capture::kMaxSlots);
  /* Until now a latency query was answered with the camera's preferred rate. */
  int64_t promised = latency_min_.exchange(latency_.min());
  if (promised == 0)
    promised = camera->capabilities(stream_).frame_duration_preferred;
  if (promised != latency_.min())
    gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
  caps_ = std::move(caps);
  /* Where downstream does not take them after all, pushing says so. */
  gst_pad_push_event(pad_, gst_event_new_caps(caps_.get()));
  return decide_allocation();
}

bool StreamPad::decide_allocation() {
  const QueryPtr query(gst_query_new_allocation(caps_.get(), TRUE));
  if (!gst_pad_peer_query(pad_, query.get()))
    GST_DEBUG_OBJECT(pad_, "nobody answers the allocation query");
  const bool knows_meta =
      gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr) != FALSE;
  copy_layout_ = raw_ && !dmabufs_ && !knows_meta && !is_default_layout(config_.layout, info_);

  guint size = 0;
  guint min = 0;
  guint max = 0;
  GstBufferPool* theirs = nullptr;
  if (gst_query_get_n_allocation_pools(query.get()) > 0)
    gst_query_parse_nth_allocation_pool(query.get(), 0, &theirs, &size, &min, &max);
  const auto proposed = ObjectPtr<GstBufferPool>::adopt(theirs);

  /* A frame is born in the camera's memory, so a pool of downstream's serves for copies only. */
  if (copy_pool_)
    gst_buffer_pool_set_active(copy_pool_.get(), FALSE);
  copy_pool_.reset();
  const bool use_theirs = copy_layout_ && proposed && max == 0;
  if (raw_ && !dmabufs_)
    make_copy_pool(use_theirs ? proposed : nullptr, size, knows_meta);

  /* Buffers are made when they are needed, so a generous limit costs nothing. */
  const size_t by_memory = kMaxBytes / std::max<size_t>(config_.layout.size, 1);
  auto limit = static_cast<uint32_t>(std::min<size_t>(kMaxBuffers, by_memory));
  if (config_.buffer_limit > 0)
    limit = std::min(limit, config_.buffer_limit);
  const uint32_t slots = slots_;
  const uint32_t least = config_.buffer_limit > 0 ? limit : slots + 1;
  const uint32_t wanted = std::max(std::min(slots + min + kSpareBuffers, limit), least);
  GST_DEBUG_OBJECT(pad_,
                   "video meta %d, copying for layout %d, downstream holds %u, at most %u buffers",
                   knows_meta, copy_layout_, min, wanted);
  if (pool_ && wanted <= max_buffers_)
    return true;
  return make_pool(wanted);
}

/** Downstream's pool, or one of video buffers, for frames that must be copied. */
void StreamPad::make_copy_pool(const ObjectPtr<GstBufferPool>& theirs, guint size, bool with_meta) {
  auto copies = theirs ? theirs : ObjectPtr<GstBufferPool>::adopt(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(copies.get());
  gst_buffer_pool_config_set_params(config, caps_.get(),
                                    std::max(size, static_cast<guint>(info_.size)), 0, 0);
  if (with_meta)
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (gst_buffer_pool_set_config(copies.get(), config) &&
      gst_buffer_pool_set_active(copies.get(), TRUE))
    copy_pool_ = copies;
}

bool StreamPad::make_pool(uint32_t max_buffers) {
  FramePoolSetup setup{capture_->camera(), config_, info_, max_buffers, dmabufs_, capture_};
  Result<GstBufferPool*> pool = frame_pool_new(setup, caps_.get());
  if (!pool) {
    fail(pool.error());
    return false;
  }
  if (pool_)
    frame_pool_close(pool_.get());
  pool_ = ObjectPtr<GstBufferPool>::adopt(*pool);
  max_buffers_ = max_buffers;
  return true;
}

void StreamPad::close_pools() {
  if (!capture_->running())
    capture_->drop_buffers();
  if (copy_pool_)
    gst_buffer_pool_set_active(copy_pool_.get(), FALSE);
  copy_pool_.reset();
  if (pool_)
    frame_pool_close(pool_.get());
  pool_.reset();
  max_buffers_ = 0;
}

}  // namespace gstcam
