/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/soft-isp/late-ipa.h"

#include <glib.h>

namespace gstcam::soft {

LateIpa::LateIpa(GMainContext* context, Owner& owner)
    : owner_(owner), deadline_(context, "late ipa", [this] { silent(); }) {}

void LateIpa::owe(const IpaDebts& debts) {
  debts_ = debts;
  deadline_.signal_at(debts_.heard_at + debts_.silence_us);
}

void LateIpa::forget() {
  debts_ = {};
  deadline_.cancel();
}

/* Each word gives it the whole time for the next. */
void LateIpa::heard() {
  if (debts_.any()) {
    deadline_.signal_at(g_get_monotonic_time() + debts_.silence_us);
    return;
  }
  forget();
  owner_.late_settled(*this);
}

void LateIpa::params_computed(uint32_t frame, uint32_t params_buffer) {
  if (!debts_.any())
    return;
  if (!debts_.params || debts_.metadata || frame != debts_.params_frame ||
      params_buffer != debts_.params_buffer)
    return violation("params_computed", frame);
  debts_.params = false;
  heard();
}

void LateIpa::set_sensor_controls(uint32_t frame, const ControlList& /*controls*/) {
  if (!debts_.any())
    return;
  if (!debts_.metadata || debts_.controls_came || frame != debts_.of_frame)
    return violation("set_sensor_controls", frame);
  debts_.controls_came = true;
  heard();
}

void LateIpa::metadata_ready(uint32_t frame, const ControlList& /*metadata*/) {
  if (!debts_.any())
    return;
  if (!debts_.metadata || !debts_.controls_came || frame != debts_.of_frame)
    return violation("metadata_ready", frame);
  debts_.metadata = false;
  heard();
}

/* Another one may be ahead of it by now: its state is nobody's. */
void LateIpa::state_saved(const std::vector<uint8_t>& /*state*/) {}

void LateIpa::silent() {
  if (!debts_.any())
    return;
  const std::string call = debts_.metadata
                               ? "process_stats(" + std::to_string(debts_.of_frame) + ")"
                               : "compute_params(" + std::to_string(debts_.params_frame) + ")";
  const std::string limit = std::to_string(debts_.silence_us / 1000);
  forget();
  owner_.late_lost(
      *this, Error(Error::Code::Timeout, "no answer to " + call + " within " + limit + " ms"));
}

void LateIpa::violation(const char* event, uint32_t frame) {
  forget();
  owner_.late_lost(*this, Error(Error::Code::Protocol,
                                "the IPA sent a wrong " + std::string(event) + "(" +
                                    std::to_string(frame) + "): that frame does not await it"));
}

}  // namespace gstcam::soft
