/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * IpaConnection: an IPA of the simulated camera, wherever it runs, and what the handler has to know
 * of it. IpaConnector makes one; tests give the handler a connector of their own.
 */
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/controls.h"
#include "base/glib-ptr.h"
#include "base/ipa-isolation.h"
#include "simulated-ipa-interface.h"

namespace gstcam::simulated {

struct IpaConnection {
  std::unique_ptr<Ipa> ipa;  // first to go: nothing is told after it
  IpaHostKind host = kIpaHostNone;
  std::function<int()> pid;
};

/** Called in the handler's context. */
struct IpaNotices {
  /** An async call was taken, but failed in the IPA. */
  std::function<void(std::string_view member, const Error& error)> call_failed;
  /** The IPA is gone. Once. */
  std::function<void(const Error& error)> lost;
};

/**
 * Starts an IPA; does not wait for it to be up. Events and notices come in `context`, until the IPA
 * is destroyed.
 */
using IpaConnector = std::function<Result<IpaConnection>(
    IpaIsolation isolation, GMainContext* context, IpaEvents& events, IpaNotices notices)>;

}  // namespace gstcam::simulated
