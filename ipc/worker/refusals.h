/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refusals: connections that are told no, in words: every call that comes over one is answered with
 * the same error. Bounded in number and time; what is more is closed without a word.
 *
 * Thread: that of the default main context.
 */
#pragma once

#include <gio/gio.h>

#include <memory>
#include <vector>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"

namespace gstcam::ipc {

class Refusals {
 public:
  static constexpr size_t kMax = 8;
  static constexpr guint kSeconds = 3;  // for the peer to ask and to read

  Refusals();
  ~Refusals();
  Refusals(const Refusals&) = delete;
  Refusals& operator=(const Refusals&) = delete;

  /** `user` is who is at the other end of `socket`. */
  void refuse(UniqueFd socket, uid_t user, const Error& why);

 private:
  struct Refusal;
  std::vector<std::shared_ptr<Refusal>> refusals_;
};

}  // namespace gstcam::ipc
