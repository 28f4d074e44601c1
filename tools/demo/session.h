/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One run of `camerasrc` as any application would do it, with what came out of it.
 */
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace gstcam::demo {

struct SamplePtr {
  SamplePtr() = default;
  explicit SamplePtr(GstSample* s) : sample(s, gst_sample_unref) {}
  std::shared_ptr<GstSample> sample;
};

struct Session {
  unsigned frames = 0;
  unsigned lost = 0;       // gaps in the frame numbers
  double seconds = 0;      // from the first to the last frame
  double first_frame = 0;  // seconds from PLAYING asked for to the first frame
  std::string caps;
  int ipa_pid = 0;
  std::string ipa_host;
  /* Of the last frame. */
  double exposure_ms = 0;
  double gain = 0;
  int colour_temperature = 0;
  std::string ae_state;
  std::string awb_state;
  SamplePtr last;
};

/** Streams for `seconds`; `isolation` is "thread", "worker" or "auto". */
Result<Session> stream(const std::string& isolation, double seconds);
/** Records `frames` frames as H.264 in MP4. */
Result<void> record_video(const std::string& path, unsigned frames);
/** Writes a sample as PNG. */
Result<void> save_picture(const SamplePtr& sample, const std::string& path);

}  // namespace gstcam::demo
