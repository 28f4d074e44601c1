/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VimcIpas: the IPAs of one vimc camera: what IpaKeeper knows of any, with vimc's interface; and
 * how a handler comes to one. There is nothing to bridge at once when one is lost: frames do not
 * wait for parameters.
 *
 * Lives in the camera's thread, except status().
 */
#pragma once

#include <memory>

#include "pipelines/ipa-life/ipa-keeper.h"
#include "pipelines/vimc/ipa-buffers.h"
#include "pipelines/vimc/ipa-talk.h"
#include "vimc-ipa-proxy.h"

namespace gstcam::vimc {

struct VimcPlatform {
  using Proxy = IpaProxy;
  using Events = IpaEvents;
  using Buffers = IpaBuffers;
  struct Relay final : IpaEvents {
    void params_computed(uint32_t frame, uint32_t params_buffer) override {
      if (to)
        to->params_computed(frame, params_buffer);
    }
    IpaEvents* to = nullptr;  // camera's thread
  };
};
using IpaReplica = IpaReplicaOf<VimcPlatform>;
using IpaConnector = IpaReplica::Connector;

/** The IpaConnector of every camera: the installed module; tests have others. */
Result<std::unique_ptr<IpaProxy>> connect_installed_ipa(const CameraOptions& options,
                                                        GMainContext* context, IpaEvents& events,
                                                        ipc::HostHandlers handlers);

class VimcIpas final : public IpaKeeper {
 public:
  /** `make` of the options is of IpaReplica. Both others outlive it. */
  VimcIpas(Options options, IpaTalk& talk, PipelineListener& listener);

  /** From then on an IPA is at work. */
  Result<void> start(const ControlList& controls);
  [[nodiscard]] IpaTalk::AtWork at_work();
  /** Of the IPA at work, or of the last one. */
  [[nodiscard]] IpaHostKind host() const { return host_; }

 protected:
  /* IpaKeeper */
  void put_to_use(CameraIpa& ipa) override;
  void attach(CameraIpa& ipa) override;
  void detach() override { talk_.detach(); }
  void abandon() override { talk_.stop(); }
  [[nodiscard]] ipc::Supervisor::GoOn go_on_from_here() const override;
  void replica_call_failed(CameraIpa& replica, std::string_view member,
                           const Error& error) override;

 private:
  IpaTalk& talk_;
  IpaHostKind host_ = kIpaHostNone;
};

}  // namespace gstcam::vimc
