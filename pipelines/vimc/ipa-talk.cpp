/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/vimc/ipa-talk.h"

#include <glib.h>

namespace gstcam::vimc {

IpaTalk::IpaTalk(GMainContext* context, Owner& owner, int64_t deadline_us)
    : owner_(owner),
      deadline_us_(deadline_us),
      deadline_(context, "ipa deadline", [this] { deadline_passed(); }) {}

void IpaTalk::start(const DriverLimits& limits, const ControlList& controls,
                    const AtWork& at_work) {
  limits_ = limits;
  at_work_ = at_work;
  running_ = true;
  awaited_.reset();
  in_force_ = controls;
  unsent_.clear();
}

void IpaTalk::stop() {
  running_ = false;
  awaited_.reset();
  deadline_.cancel();
}

void IpaTalk::attach(const AtWork& at_work) {
  at_work_ = at_work;
  if (running_ && awaited_)
    send();
}

void IpaTalk::detach() {
  at_work_ = {};
  deadline_.cancel();
}

void IpaTalk::ask(uint32_t frame, const ControlList& controls) {
  skip(controls);
  if (!ready())
    return;
  awaited_ = frame;
  send();
}

void IpaTalk::skip(const ControlList& controls) {
  unsent_.merge(controls);
  in_force_.merge(controls);
}

void IpaTalk::send() {
  asked_at_ = g_get_monotonic_time();
  deadline_.signal_at(asked_at_ + deadline_us_);
  Result<void> sent = at_work_.ipa->queue_request(*awaited_, unsent_);
  unsent_.clear();
  if (sent)
    sent = at_work_.ipa->compute_params(*awaited_, IpaBuffers::id(*awaited_));
  if (!sent)
    lose(sent.error());
}

void IpaTalk::params_computed(uint32_t frame, uint32_t params_buffer) {
  if (!running_ || !at_work_.ipa)
    return;
  if (awaited_ != frame)
    return violation(frame, "that frame does not await it");
  if (params_buffer != IpaBuffers::id(frame))
    return violation(frame,
                     "buffer " + std::to_string(params_buffer) + " is not the one it was given");
  at_work_.buffers->copy(params_buffer, parameters_);
  if (Result<void> checked = check_vimc_parameters(parameters_, limits_); !checked)
    return violation(frame, checked.error().message);
  if (parameters_.frame != frame)
    return violation(frame,
                     "the parameters are those of frame " + std::to_string(parameters_.frame));
  awaited_.reset();
  deadline_.cancel();
  owner_.ipa_answered(g_get_monotonic_time() - asked_at_);
  owner_.parameters_came(parameters_);
}

void IpaTalk::deadline_passed() {
  if (!running_ || !at_work_.ipa || !awaited_)
    return;
  lose(Error(Error::Code::Timeout, "no answer to compute_params(" + std::to_string(*awaited_) +
                                       ") within " + std::to_string(deadline_us_ / 1000) + " ms"));
}

void IpaTalk::call_failed(std::string_view member, const Error& error) {
  if (running_ && at_work_.ipa)
    lose(error.within(member));
}

void IpaTalk::violation(uint32_t frame, const std::string& what) {
  lose(Error(Error::Code::Protocol,
             "the IPA sent a wrong params_computed(" + std::to_string(frame) + "): " + what));
}

void IpaTalk::lose(const Error& error) {
  deadline_.cancel();
  owner_.ipa_lost(error);
}

}  // namespace gstcam::vimc
