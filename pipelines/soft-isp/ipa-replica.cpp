/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/ipa-replica.h"

#include <fcntl.h>

namespace gstcam::soft {

namespace {

gstcam::ipa::SensorInfo to_ipa(const SensorInfo& info) {
  gstcam::ipa::SensorInfo out;
  out.model = info.model;
  out.width = info.width;
  out.height = info.height;
  out.cfa_order = static_cast<gstcam::ipa::CfaOrder>(info.cfa_order);
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

}  // namespace

Result<std::unique_ptr<IpaReplica>> IpaReplica::make(const Place& place,
                                                     const IpaJournal& journal) {
  Result<IpaBuffers> buffers = IpaBuffers::create();
  if (!buffers)
    return buffers.error();
  std::unique_ptr<IpaReplica> replica(new IpaReplica(std::move(*buffers)));  // NOLINT: private
  ipc::HostHandlers handlers;
  handlers.on_call_failed = [owner = place.owner, self = replica.get()](std::string_view member,
                                                                        const Error& error) {
    owner->replica_call_failed(*self, member, error);
  };
  handlers.on_lost = [owner = place.owner, self = replica.get()](const Error& error) {
    self->lost_ = true;
    owner->replica_lost(*self, error);
  };
  Result<std::unique_ptr<IpaProxy>> ipa =
      place.connect(place.options, place.context, replica->relay_, std::move(handlers));
  if (!ipa)
    return ipa.error();
  replica->ipa_ = std::move(ipa).value();
  Result<void> ready = replica->init(journal);
  if (ready && journal.configuration)
    ready = replica->configure(journal);
  if (!ready)
    return ready.error();
  return replica;
}

Result<void> IpaReplica::init(const IpaJournal& journal) {
  gstcam::ipa::Settings settings;
  // A description of its own each time: an offset is shared with whoever else has the descriptor.
  const std::string again = "/proc/self/fd/" + std::to_string(journal.tuning->fd.get());
  settings.tuning.reset(::open(again.c_str(), O_RDONLY | O_CLOEXEC));
  if (!settings.tuning.valid())
    return Error::from_errno(errno, "cannot open tuning file '" + journal.tuning->path + "' again");
  settings.tuning_name = journal.tuning->path;
  Result<ControlRanges> ranges = ipa_->init(settings, to_ipa(journal.sensor));
  if (!ranges)
    return ranges.error();
  ranges_ = *ranges;
  return {};
}

Result<void> IpaReplica::configure(const IpaJournal& journal) {
  Result<ControlRanges> ranges =
      ipa_->configure(to_ipa(journal.configuration->mode), journal.configuration->streams);
  if (!ranges)
    return ranges.error();
  ranges_ = *ranges;
  if (mapped_)
    return {};
  Result<std::vector<gstcam::ipa::Buffer>> descriptions = buffers_.descriptions();
  if (!descriptions)
    return descriptions.error();
  if (Result<void> r = ipa_->map_buffers(*descriptions); !r)
    return r;
  mapped_ = true;
  return {};
}

void IpaReplica::condemn(const Error& why) {
  lost_ = true;
  if (ipc::Host* host = ipa_->host())
    host->condemn(why);
}

std::string IpaReplica::last_words() {
  ipc::Host* host = ipa_->host();
  return host ? host->last_words() : std::string();
}

}  // namespace gstcam::soft
