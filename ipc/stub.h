/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stub: the worker's end of an interface. A generated class decodes a message, calls the IPA and
 * encodes its answer; the worker program knows only this.
 */
#pragma once

#include "base/result.h"
#include "ipc/message.h"

namespace gstcam::ipc {

/** Where an IPA's events go, encoded. Thread: the IPA's. */
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void emit(Message event) = 0;
  /** An event that the IPA sent cannot be encoded (its fault): it is lost, and this is why. */
  virtual void refuse(const char* member, Error why) = 0;
};

class Stub {
 public:
  virtual ~Stub() = default;
  /** Name of the D-Bus interface of the calls. */
  [[nodiscard]] virtual const char* interface_name() const = 0;
  /** Introspection XML of calls and events. */
  [[nodiscard]] virtual const char* introspection_xml() const = 0;
  /** A call: decodes strictly, calls, encodes the reply (an empty body for async calls). */
  virtual Result<Message> dispatch(Message call) = 0;
};

}  // namespace gstcam::ipc
