/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Message: one call, reply or event on its way: (member, body, fds).
 *
 * `body` is a tuple GVariant; an `h` in it is an index into `fds`. A message owns its fds. It knows
 * no camera: what members and bodies mean is the generated codec's business.
 */
#pragma once

#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

struct Message {
  std::string member;
  VariantPtr body;
  std::vector<UniqueFd> fds;
  /** The body is known to be in GVariant's normal form: a transport says so of what its own parser
   * made. Finding out costs 11 ns a byte. */
  bool normal = false;
};

}  // namespace gstcam::ipc
