/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/ipa-life/camera-ipa.h"

#include <fcntl.h>

namespace gstcam {

ipa::SensorInfo IpaJournal::to_ipa(const SensorInfo& info) {
  ipa::SensorInfo out;
  out.model = info.model;
  out.width = info.width;
  out.height = info.height;
  out.cfa_order = static_cast<ipa::CfaOrder>(info.cfa_order);
  out.bits_per_sample = info.bits_per_sample;
  out.black_level = info.black_level;
  out.line_duration = info.line_duration;
  out.exposure_time_min = info.exposure_time_min;
  out.exposure_time_max = info.exposure_time_max;
  out.analogue_gain_min = info.analogue_gain_min;
  out.analogue_gain_max = info.analogue_gain_max;
  out.frame_duration_min = info.frame_duration_min;
  out.frame_duration_max = info.frame_duration_max;
  out.exposure_delay = info.exposure_delay;
  out.gain_delay = info.gain_delay;
  return out;
}

Result<ipa::Settings> IpaJournal::settings() const {
  ipa::Settings settings;
  // A description of its own each time: an offset is shared with whoever else has the descriptor.
  const std::string again = "/proc/self/fd/" + std::to_string(tuning->fd.get());
  settings.tuning.reset(::open(again.c_str(), O_RDONLY | O_CLOEXEC));
  if (!settings.tuning.valid())
    return Error::from_errno(errno, "cannot open tuning file '" + tuning->path + "' again");
  settings.tuning_name = tuning->path;
  return settings;
}

ipc::HostHandlers CameraIpa::handlers(Owner* owner) {
  ipc::HostHandlers handlers;
  handlers.on_call_failed = [owner, this](std::string_view member, const Error& error) {
    owner->replica_call_failed(*this, member, error);
  };
  handlers.on_lost = [owner, this](const Error& error) {
    mark_lost();
    owner->replica_lost(*this, error);
  };
  return handlers;
}

void CameraIpa::condemn(const Error& why) {
  mark_lost();
  if (ipc::Host* h = host())
    h->condemn(why);
}

std::string CameraIpa::last_words() {
  ipc::Host* h = host();
  return h ? h->last_words() : std::string();
}

}  // namespace gstcam
