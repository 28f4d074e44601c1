/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * capture(): some frames of a source, each looked at in the streaming thread and let go at once.
 *
 * What every live source has to keep is checked for every frame: offsets and timestamps rise, a gap
 * in the offsets is marked DISCONT, the duration is that of the rate. Blocks until the end of the
 * stream; a source that is silent for a minute has hung.
 */
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

#include "base/result.h"
#include "gst/mini-object-ptr.h"

namespace gstcam::test {

struct CapturedFrame {
  GstBuffer* buffer;
  GstCaps* caps;
  uint64_t offset;
  int64_t timestamp;  // CLOCK_MONOTONIC ns, of what the source says
  int64_t arrived;
};

/** In the streaming thread; its error ends the capture. */
using FrameCheck = std::function<Result<void>(const CapturedFrame&)>;

struct Captured {
  CapsPtr caps;
  uint64_t frames = 0;
  uint64_t lost = 0;    // gaps in the offsets
  int64_t span = 0;     // ns from the first frame's timestamp to the last one's
  int64_t slowest = 0;  // ns, the longest from a frame's timestamp to its arrival
  /** ns from one frame's timestamp to the next one's, in the middle; 0: no two frames follow. */
  int64_t interval = 0;
  /* What camerasrc itself counted. */
  uint64_t said_lost = 0;
  uint64_t copied = 0;
};

/** `source` ! `filter` ! fakesink for `count` frames of `frame_duration`. */
Result<Captured> capture(GstElement* source, const GstCaps* filter, uint64_t count,
                         int64_t frame_duration, const FrameCheck& check = {});

/** The same of camerasrc, whose own account has to fit, without a copy. */
Result<Captured> capture_uncopied(const std::string& camera, const GstCaps* filter, uint64_t count,
                                  int64_t frame_duration, const FrameCheck& check = {});

/**
 * Caps of the same mode from two sources: whatever both say has to be the same. What only one says
 * is returned, for people.
 */
Result<std::string> compare_caps(const GstCaps* ours, const GstCaps* theirs);

}  // namespace gstcam::test
