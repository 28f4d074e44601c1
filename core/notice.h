/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notice and IpaStatus: what a handler has to tell about its IPA beside frames and failure.
 *
 * A notice is something that happened ("camera-ipa-lost"); an application sees it as an element
 * message of that name. The status is what there is now, to be read at any time. Both are lists of
 * named fields, so that a handler or a host may tell more without a change to what is between.
 * Names are in kebab case. Values own their memory.
 */
#pragma once

#include <optional>
#include <string>

#include "base/fields.h"
#include "base/result.h"

namespace gstcam {

struct Notice {
  std::string name;
  Fields fields;
  /** Something people should know of: becomes a warning on the bus, beside the message. */
  std::optional<Error> warning;
};

struct IpaStatus {
  int pid = 0;                  // of the process the IPA runs in; 0 where there is none now
  std::string isolation_level;  // layers that hold, comma separated; empty where there are none
  Fields stats;                 // counters since the camera was acquired
};

}  // namespace gstcam
