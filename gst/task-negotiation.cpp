/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* StreamTask's part of negotiation: one configuration of the camera for all pads. All in the task.
 */
#include <algorithm>
#include <numeric>
#include <utility>

#include "gst/debug.h"
#include "gst/element-error.h"
#include "gst/shared-rate.h"
#include "gst/stream-task.h"

namespace gstcam {

namespace {

StreamPad& stream_of(const ObjectPtr<GstPad>& pad) {
  return StreamPad::of(pad.get());
}

std::string names_of(const std::vector<StreamPad*>& pads) {
  std::string names;
  for (const StreamPad* pad : pads)
    names += (names.empty() ? "" : ", ") + pad->name();
  return names;
}

}  // namespace

bool StreamTask::negotiate_where_needed() {
  asking_.clear();
  for (const PadRef& pad : current_) {
    StreamPad& stream = stream_of(pad);
    if (stream.wanted() && stream.takes_renegotiation())
      asking_.push_back(&stream);
  }
  return asking_.empty() || negotiate(false);
}

/** False when the stream has ended, for what was posted. */
bool StreamTask::negotiate(bool drop_unused) {
  GST_DEBUG_OBJECT(element_, "negotiating");
  const std::shared_ptr<Camera> camera = capture_->camera();
  Result<void> result = camera ? check_streams() : Error(Error::Code::WrongState, "no camera");
  while (result) {
    std::vector<Choice> choices;
    if (!choose(*camera, choices))
      return false;
    if (runs(choices) && (!drop_unused || choices.size() == configured_.size())) {
      result = allocate();
      break;
    }
    Result<bool> configured = configure(*camera, choices);
    if (!configured)
      result = configured.error();
    else if (*configured) {
      result = allocate();
      break;
    }
    /* Else once more: it turned out to have no dmabufs. */
  }
  if (!result)
    fail(result.error());
  return result.ok();
}

/** Fixed caps for every pad that is wanted; false when the stream has ended, as some have none. */
bool StreamTask::choose(const Camera& camera, std::vector<Choice>& choices) {
  std::vector<StreamPad*> pads;
  std::vector<CapsPtr> possible;
  for (const PadRef& pad : current_) {
    StreamPad& stream = stream_of(pad);
    CapsPtr caps = stream.wanted() ? stream.possible_caps(camera) : CapsPtr();
    if (!caps)
      continue;
    if (gst_caps_is_empty(caps.get())) {
      stop_camera();
      stream.post_impossible(camera);
      give_up();
      return false;
    }
    pads.push_back(&stream);
    possible.push_back(std::move(caps));
  }
  if (pads.size() > 1 && !share_rates(possible)) {
    post_rates_differ(camera, pads);
    return false;
  }
  /* What runs goes on, and says the rate to those that join. */
  std::vector<size_t> order(pads.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_partition(order.begin(), order.end(),
                        [&](size_t i) { return pads[i]->keeps_caps(possible[i]); });
  for (size_t i = 0; i < order.size(); i++) {
    CapsPtr& mine = possible[order[i]];
    if (gst_caps_is_empty(mine.get())) {
      post_rates_differ(camera, pads);
      return false;
    }
    CapsPtr caps = pads[order[i]]->choose_caps(std::move(mine), camera);
    for (size_t k = i + 1; k < order.size(); k++)
      possible[order[k]] = at_rate_of(std::move(possible[order[k]]), caps.get());
    choices.push_back({pads[order[i]], std::move(caps)});
  }
  return true;
}

void StreamTask::post_rates_differ(const Camera& camera, const std::vector<StreamPad*>& pads) {
  stop_camera();
  GST_ELEMENT_ERROR(
      element_, STREAM, FORMAT,
      ("A frame of camera '%s' is taken once for all of its streams, and there is no "
       "frame rate that is right for each of %s. Ask for the same one on all of them.",
       camera.id().c_str(), names_of(pads).c_str()),
      (nullptr));
  give_up();
}

/** Whether the camera is configured to them (and perhaps to more). */
bool StreamTask::runs(const std::vector<Choice>& choices) const {
  return !choices.empty() && std::ranges::all_of(choices, [this](const Choice& choice) {
    return std::ranges::any_of(configured_, [&choice](const PadRef& pad) {
      return &stream_of(pad) == choice.pad && choice.pad->caps() &&
             gst_caps_is_equal(choice.pad->caps().get(), choice.caps.get());
    });
  });
}

/** False where other caps are to be chosen: not all of it can be after all. */
Result<bool> StreamTask::configure(Camera& camera, const std::vector<Choice>& choices) {
  stop_camera();
  const auto chosen = [&choices](const StreamPad& stream) {
    return std::ranges::any_of(choices, [&](const Choice& c) { return c.pad == &stream; });
  };
  for (const PadRef& pad : configured_) {
    if (!chosen(stream_of(pad)))
      stream_of(pad).unconfigure();
  }
  const std::vector<PadRef> before = std::exchange(configured_, {});
  capture_->drop_buffers();
  if (choices.empty())
    return true;
  std::vector<StreamPad*> pads;
  for (const Choice& choice : choices) {
    choice.pad->close_pool();
    pads.push_back(choice.pad);
  }
  Result<bool> applied = apply(camera, choices);
  if (!applied) {
    for (StreamPad* pad : pads)
      pad->unconfigure();
    return pads.size() == 1 ? applied.error()
                            : applied.error().within(names_of(pads) + " together");
  }
  if (!*applied)
    return false;
  for (const PadRef& pad : current_) {
    if (chosen(stream_of(pad)))
      configured_.push_back(pad);
  }
  Result<ControlRanges> ranges = camera.controls();
  if (!ranges)
    return ranges.error();
  ranges_ = *ranges;
  promise_latency(camera);
  return true;
}

Result<bool> StreamTask::apply(Camera& camera, const std::vector<Choice>& choices) {
  std::vector<StreamConfiguration> streams;
  for (const Choice& choice : choices) {
    Result<StreamConfiguration> wanted =
        choice.pad->configuration_of_caps(choice.caps.get(), camera);
    if (!wanted)
      return wanted.error();
    streams.push_back(*wanted);
  }
  if (Result<void> configured = camera.configure(streams); !configured)
    return configured.error();
  bool all = true;
  for (const Choice& choice : choices) {
    const auto stream = std::ranges::find(streams, choice.pad->stream(), &StreamConfiguration::id);
    if (stream == streams.end() || streams.size() != choices.size())
      return Error(Error::Code::Failed, "camera '" + camera.id() + "' configured other streams");
    Result<bool> applied = choice.pad->apply_caps(choice.caps, *stream);
    if (!applied)
      return applied.error();
    all = all && *applied;
  }
  return all;
}

/** What the configured streams take together. */
void StreamTask::promise_latency(const Camera& camera) {
  int64_t duration = 0;
  int64_t preferred = 0;
  uint32_t slots = kMinQueued;
  for (const PadRef& pad : configured_) {
    const StreamConfiguration& config = stream_of(pad).configuration();
    duration = std::max(duration, config.frame_duration);
    slots = std::max(slots, config.buffer_count);
    preferred = std::max(preferred, camera.capabilities(config.id).frame_duration_preferred);
  }
  latency_.reset(duration);
  frame_duration_ = duration;
  slots_ = std::min(slots, Capture::kMaxSlots);
  /* Until now a latency query was answered with the camera's preferred rate. */
  const int64_t before = latency_min_.exchange(latency_.min());
  if ((before == 0 ? preferred : before) != latency_.min())
    gst_element_post_message(element_, gst_message_new_latency(GST_OBJECT_CAST(element_)));
}

Result<void> StreamTask::allocate() {
  for (const PadRef& pad : configured_) {
    StreamPad& stream = stream_of(pad);
    if (Result<void> r = stream.allocate(slots_, std::ranges::count(asking_, &stream) > 0); !r)
      return r;
  }
  return {};
}

void StreamTask::unconfigure() {
  stop_camera();
  capture_->drop_buffers();
  for (const PadRef& pad : std::exchange(configured_, {}))
    stream_of(pad).unconfigure();
  latency_min_ = 0;
}

}  // namespace gstcam
