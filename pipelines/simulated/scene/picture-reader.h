/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PictureReader: frames of any picture or video that GStreamer decodes, as 8 bit sRGB of one size.
 *
 * The picture is cropped to the size's aspect ratio and scaled. A video is a loop: the frame at a
 * time is that of the time modulo the video's duration, whatever the speed of decoding. Not thread
 * safe; decoding goes on in GStreamer's threads. Every wait has a deadline. gst_init() must have
 * been called.
 */
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "core/pixel-format.h"

namespace gstcam::simulated {

class PictureReader {
 public:
  PictureReader() = default;
  PictureReader(const PictureReader&) = delete;
  PictureReader& operator=(const PictureReader&) = delete;
  ~PictureReader() { close(); }

  /** `source` is a path or a URI. Decodes the first frame. */
  Result<void> open(const std::string& source, Size size);
  void close();

  /**
   * Moves to the frame at this time (0 or more). True where it is another one than before. The
   * buffer stays valid until the next call.
   */
  Result<bool> seek(int64_t time_ns);
  /** The current frame: RGB in the size of open(). Never null after a successful open(). */
  [[nodiscard]] GstBuffer* frame() const { return current_.get(); }
  /** False for a still picture. */
  [[nodiscard]] bool moves() const { return pipeline_ != nullptr; }

 private:
  struct BufferUnref {  // gst_buffer_unref() is a static function: no template argument
    void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  };
  using BufferPtr = std::unique_ptr<GstBuffer, BufferUnref>;
  using ElementPtr = HandlePtr<GstElement, gst_object_unref>;

  /** The next frame, or null at the end of the stream. */
  Result<BufferPtr> pull();
  Result<void> rewind();
  Error failure(const std::string& what) const;
  static gboolean continue_decoding(GstElement*, GstPad*, GstCaps* caps, PictureReader* self);

  std::string source_;
  std::atomic<bool> too_large_ = false;
  ElementPtr pipeline_;
  ElementPtr sink_;
  BufferPtr current_;
  BufferPtr next_;             // null where the current one is the last
  int64_t loop_start_ = 0;     // time at which this pass through the video began
  int64_t first_pts_ = 0;      // of the stream's first frame
  int64_t current_start_ = 0;  // relative to the pass
  int64_t next_start_ = 0;     // the same: or the end of the pass
};

}  // namespace gstcam::simulated
