/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/payload.h"

#include <linux/usb/video.h>

#include <algorithm>
#include <utility>

namespace gstcam::webcam {

void PayloadCutter::begin(Bytes picture, uint32_t max_payload, uint32_t time, bool still) {
  picture_ = std::move(picture);
  max_payload_ = max_payload;
  time_ = time;
  still_ = still;
  sent_ = payload_sent_ = 0;
  odd_ = !odd_;
  done_ = false;
}

Bytes PayloadCutter::header(bool last) const {
  Bytes out;
  put(out,
      {kPayloadHeaderBytes, UVC_STREAM_EOH | UVC_STREAM_PTS | (odd_ ? UVC_STREAM_FID : 0U) |
                                (last ? UVC_STREAM_EOF : 0U) | (still_ ? UVC_STREAM_STI : 0U)});
  put32(out, time_);
  return out;
}

Bytes PayloadCutter::next(size_t room) {
  const bool bulk = transfer_ == Transfer::Bulk;
  const size_t limit = std::min<size_t>(room, max_payload_ - (bulk ? payload_sent_ : 0));
  const bool starts = !bulk || payload_sent_ == 0;
  const size_t overhead = starts ? kPayloadHeaderBytes : 0;
  if (limit < overhead)
    return {};  // no room for anything; the picture waits
  const size_t piece = std::min(limit - overhead, picture_.size() - sent_);
  const bool last = sent_ + piece == picture_.size();

  Bytes out;
  if (starts)
    out = header(bulk || last);  // in bulk a payload holds the end of its picture
  put(out, ByteSpan(picture_).subspan(sent_, piece));
  sent_ += piece;
  payload_sent_ += out.size();
  done_ = bulk ? last && (out.size() < room || payload_sent_ == max_payload_) : last;
  return out;
}

}  // namespace gstcam::webcam
