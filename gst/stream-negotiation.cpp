/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StreamPad's part of negotiation: its caps, and its allocation. All in the task. */
#include <algorithm>

#include "gst/debug.h"
#include "gst/dmabuf-caps.h"
#include "gst/stream-caps.h"
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

bool StreamPad::takes_renegotiation() {
  return gst_pad_check_reconfigure(pad_) != FALSE || !caps_;
}

/** Any thread. */
CapsPtr StreamPad::our_caps(const Camera& camera) const {
  CapsPtr caps = caps_of(camera.capabilities(stream_));
  return dmabufs_refused_ ? without_dmabufs(std::move(caps)) : std::move(caps);
}

/** In the order of downstream: it knows what costs it least, to us all formats are alike. */
CapsPtr StreamPad::common_caps(GstCaps* ours) const {
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

CapsPtr StreamPad::possible_caps(const Camera& camera) const {
  CapsPtr common = common_caps(our_caps(camera).get());
  if (!GST_PAD_IS_FLUSHING(pad_))
    return common;
  /* Nobody was asked: then as it is, and again when it is over. */
  gst_pad_mark_reconfigure(pad_);
  return CapsPtr(caps_ ? gst_caps_ref(caps_.get()) : nullptr);
}

bool StreamPad::keeps_caps(const CapsPtr& possible) const {
  /* What runs goes on where it may: changing it would interrupt the stream. */
  return caps_ && gst_caps_can_intersect(caps_.get(), possible.get());
}

CapsPtr StreamPad::choose_caps(CapsPtr possible, const Camera& camera) const {
  if (keeps_caps(possible))
    return CapsPtr(gst_caps_ref(caps_.get()));
  return fixate(std::move(possible), camera.capabilities(stream_));
}

void StreamPad::post_impossible(const Camera& camera) const {
  const CapsPtr wanted(gst_pad_peer_query_caps(pad_, nullptr));
  const bool no_dmabufs = has_dmabufs(wanted.get()) && !has_dmabufs(our_caps(camera).get());
  GST_ELEMENT_ERROR(
      element_, STREAM, FORMAT,
      ("Camera '%s' cannot deliver what is asked for on %s. It can do %s%s. Change "
       "the caps after camerasrc, or put videoconvert and videoscale before them.",
       camera.id().c_str(), name().c_str(), describe(camera.capabilities(stream_)).c_str(),
       no_dmabufs ? ", in system memory, not as dmabufs" : ""),
      ("downstream accepts %s", short_text(wanted.get()).c_str()));
}

Result<StreamConfiguration> StreamPad::configuration_of_caps(const GstCaps* caps,
                                                             const Camera& camera) const {
  Result<StreamConfiguration> config =
      configuration_of(in_system_memory(caps).get(), camera.capabilities(stream_));
  if (config)
    config->id = stream_;
  return config;
}

Result<bool> StreamPad::apply_caps(const CapsPtr& caps, const StreamConfiguration& config) {
  GST_INFO_OBJECT(pad_, "caps %" GST_PTR_FORMAT, static_cast<void*>(caps.get()));
  if (!gst_video_info_from_caps(&info_, in_system_memory(caps.get()).get()))
    return Error(Error::Code::Failed, "caps that GStreamer cannot read").within(name());
  config_ = config;
  dmabufs_ = has_dmabufs(caps.get());
  if (dmabufs_ && !config_.dmabufs) {
    GST_INFO_OBJECT(pad_, "frames are no dmabufs after all");
    dmabufs_refused_ = true;
    caps_.reset();
    return false;
  }
  raw_ = GST_VIDEO_INFO_FORMAT(&info_) != GST_VIDEO_FORMAT_ENCODED;
  need_caps_ = need_caps_ || !caps_ || !gst_caps_is_equal(caps_.get(), caps.get());
  caps_.reset(gst_caps_ref(caps.get()));
  return true;
}

void StreamPad::unconfigure() {
  close_pool();
  close_copy_pool();
  caps_.reset();
  need_caps_ = false;
}

Result<void> StreamPad::allocate(uint32_t slots, bool asked) {
  const bool asks = need_caps_ || asked;
  push_caps();
  return asks ? decide_allocation(slots) : make_pool(slots);
}

Result<void> StreamPad::decide_allocation(uint32_t slots) {
  const QueryPtr query(gst_query_new_allocation(caps_.get(), TRUE));
  if (!gst_pad_peer_query(pad_, query.get()))
    GST_DEBUG_OBJECT(pad_, "nobody answers the allocation query");
  knows_meta_ =
      gst_query_find_allocation_meta(query.get(), GST_VIDEO_META_API_TYPE, nullptr) != FALSE;
  copy_layout_ = raw_ && !dmabufs_ && !knows_meta_ && !is_default_layout(config_.layout, info_);

  guint size = 0;
  guint min = 0;
  guint max = 0;
  GstBufferPool* theirs = nullptr;
  if (gst_query_get_n_allocation_pools(query.get()) > 0)
    gst_query_parse_nth_allocation_pool(query.get(), 0, &theirs, &size, &min, &max);
  const auto proposed = ObjectPtr<GstBufferPool>::adopt(theirs);
  downstream_holds_ = min;

  /* A frame is born in the camera's memory, so a pool of downstream's serves for copies only. */
  close_copy_pool();
  const bool use_theirs = copy_layout_ && proposed && max == 0;
  if (raw_ && !dmabufs_)
    make_copy_pool(use_theirs ? proposed : nullptr, size);
  return make_pool(slots);
}

/** Downstream's pool, or one of video buffers, for frames that must be copied. */
void StreamPad::make_copy_pool(const ObjectPtr<GstBufferPool>& theirs, guint size) {
  auto copies = theirs ? theirs : ObjectPtr<GstBufferPool>::adopt(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(copies.get());
  gst_buffer_pool_config_set_params(config, caps_.get(),
                                    std::max(size, static_cast<guint>(info_.size)), 0, 0);
  if (knows_meta_)
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (gst_buffer_pool_set_config(copies.get(), config) &&
      gst_buffer_pool_set_active(copies.get(), TRUE))
    copy_pool_ = copies;
}

void StreamPad::close_copy_pool() {
  if (copy_pool_)
    gst_buffer_pool_set_active(copy_pool_.get(), FALSE);
  copy_pool_.reset();
}

Result<void> StreamPad::make_pool(uint32_t slots) {
  copy_layout_ = raw_ && !dmabufs_ && !knows_meta_ && !is_default_layout(config_.layout, info_);
  /* Buffers are made when they are needed, so a generous limit costs nothing. */
  const size_t by_memory = kMaxBytes / std::max<size_t>(config_.layout.size, 1);
  auto limit = static_cast<uint32_t>(std::min<size_t>(kMaxBuffers, by_memory));
  if (config_.buffer_limit > 0)
    limit = std::min(limit, config_.buffer_limit);
  const uint32_t least = config_.buffer_limit > 0 ? limit : slots + 1;
  const uint32_t wanted =
      std::max(std::min(slots + downstream_holds_ + kSpareBuffers, limit), least);
  GST_DEBUG_OBJECT(pad_,
                   "video meta %d, copying for layout %d, downstream holds %u, at most %u buffers",
                   knows_meta_, copy_layout_, downstream_holds_, wanted);
  if (pool_ && wanted <= max_buffers_)
    return {};
  FramePoolSetup setup{capture_->camera(), config_, info_, wanted, dmabufs_, capture_};
  Result<GstBufferPool*> pool = frame_pool_new(setup, caps_.get());
  if (!pool)
    return pool.error();
  close_pool();
  pool_ = ObjectPtr<GstBufferPool>::adopt(*pool);
  max_buffers_ = wanted;
  return {};
}

void StreamPad::close_pool() {
  if (pool_)
    frame_pool_close(pool_.get());
  pool_.reset();
  max_buffers_ = 0;
}

}  // namespace gstcam
