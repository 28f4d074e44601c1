/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/request.h"

namespace gstcam {

Result<void> Request::add_buffer(FrameBuffer* buffer) {
  if (!buffer)
    return Error(Error::Code::Invalid, "no buffer to add to the request");
  if (in_flight())
    return Error(Error::Code::WrongState, "the request is queued: its buffers are the camera's");
  const uint32_t stream = buffer->stream();
  if (stream >= kMaxStreams)
    return Error(Error::Code::Invalid, "there is no stream " + std::to_string(stream) +
                                           ": a request has room for " +
                                           std::to_string(kMaxStreams));
  if (buffers_[stream])
    return Error(Error::Code::Invalid,
                 "the request has a buffer for stream " + std::to_string(stream) + " already");
  buffers_[stream] = buffer;
  return {};
}

FrameBuffer* Request::buffer(uint32_t stream) const {
  return stream < kMaxStreams ? buffers_[stream] : nullptr;
}

void Request::reuse(bool keep_buffers) {
  controls.clear();
  metadata.clear();
  status = Status::Pending;
  sequence = 0;
  timestamp = 0;
  bytes_used.fill(0);
  if (!keep_buffers)
    buffers_.fill(nullptr);
}

}  // namespace gstcam
