/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RawSource: where raw frames come from: a sensor with its raw buffers, as FrameScheduler sees it.
 *
 * Frames come in the order of their sequence numbers, which may have gaps. A frame that started is
 * exposed later, unless the source fails or stops. Its raw buffer is lent until release_raw(); a
 * source starts no more frames than FrameScheduler::kRawFrames that were not released.
 *
 * Everything in the handler's context.
 */
#pragma once

#include <cstdint>

#include "base/controls.h"
#include "base/result.h"
#include "core/isp/software-isp.h"
#include "core/request.h"

namespace gstcam::soft {

class RawSource {
 public:
  struct Frame {
    uint32_t sequence = 0;
    Request* request = nullptr;
    int64_t timestamp = 0;         // start of exposure, CLOCK_MONOTONIC ns
    int64_t sensor_timestamp = 0;  // the same in the sensor's clock
    int64_t duration = 0;          // to the start of the next frame, as far as is known, ns
    int64_t wanted_at = 0;         // when its parameters should be there, in a live camera, ns
    uint32_t raw = 0;              // index of the raw buffer
  };

  class Events {
   public:
    virtual ~Events() = default;
    /** A frame starts; it has taken the request. */
    virtual void frame_started(const Frame& frame) = 0;
    /**
     * Its raw buffer is filled. `taken_with`: exposure-time, analogue-gain and frame-duration, as
     * far as the source knows them.
     */
    virtual void frame_exposed(uint32_t sequence, const ControlList& taken_with) = 0;
    /** No frame follows; also of a source that does not run, and will not any more. */
    virtual void source_failed(const Error& error) = 0;
  };

  virtual ~RawSource() = default;

  /**
   * What came of frame `sequence`, for the frames after it; in the sensor's range. Once for each
   * frame that was exposed, in their order; an empty list leaves things as they are.
   */
  virtual void set_controls(uint32_t sequence, const ControlList& controls) = 0;
  [[nodiscard]] virtual RawFrame raw(uint32_t index) const = 0;
  virtual void release_raw(uint32_t index) = 0;
};

}  // namespace gstcam::soft
