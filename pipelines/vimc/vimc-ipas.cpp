/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/vimc-ipas.h"

#include <utility>

#include "pipelines/ipa-life/ipa-options.h"

namespace gstcam::vimc {

namespace {

IpaReplica& mine(CameraIpa& ipa) {
  return static_cast<IpaReplica&>(ipa);
}

}  // namespace

Result<std::unique_ptr<IpaProxy>> connect_installed_ipa(const CameraOptions& wanted,
                                                        GMainContext* context, IpaEvents& events,
                                                        ipc::HostHandlers handlers) {
  return create_ipa(ipa_options(wanted), context, events, std::move(handlers));
}

VimcIpas::VimcIpas(Options options, IpaTalk& talk, PipelineListener& listener)
    : IpaKeeper(std::move(options), listener), talk_(talk) {}

Result<void> VimcIpas::start(const ControlList& controls) {
  Result<void> started =
      with_ipa([&controls](CameraIpa& ipa) { return mine(ipa).ipa().start(controls); });
  if (started)
    runs();
  return started;
}

IpaTalk::AtWork VimcIpas::at_work() {
  return {&mine(*ipa()).ipa(), &mine(*ipa()).buffers()};
}

void VimcIpas::put_to_use(CameraIpa& ipa) {
  mine(ipa).set_events(&talk_);
  host_ = ipa.kind();
}

void VimcIpas::attach(CameraIpa& /*ipa*/) {
  talk_.attach(at_work());
}

ipc::Supervisor::GoOn VimcIpas::go_on_from_here() const {
  return [controls = talk_.controls_in_force()](ipc::Replica& replica) {
    return static_cast<IpaReplica&>(replica).ipa().start(controls);
  };
}

void VimcIpas::replica_call_failed(CameraIpa& replica, std::string_view member,
                                   const Error& error) {
  if (&replica == ipa())
    talk_.call_failed(member, error);
}

}  // namespace gstcam::vimc
