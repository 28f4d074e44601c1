/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VimcIpa: the IPA of the kernel's vimc driver.
 *
 * A value counts from its request on until another replaces it; the parameters of a frame are what
 * its controls are in the driver's numbers. There is nothing to measure, so there is no state
 * beside the controls, and what goes out depends only on the calls that came in. All calls come in
 * one thread; calls of every frame allocate nothing of their own.
 */
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ipa/shared/buffer-map.h"
#include "ipa/vimc-parameters.h"
#include "ipa/vimc/tuning.h"
#include "vimc-ipa-interface.h"

namespace gstcam::vimc {

class VimcIpa : public Ipa {
 public:
  explicit VimcIpa(IpaEvents& events);
  ~VimcIpa() override = default;

  Result<ControlRanges> init(const ipa::Settings& settings, const ipa::SensorInfo& sensor) override;
  Result<ControlRanges> configure(const ipa::SensorInfo& sensor,
                                  const std::vector<ipa::StreamConfiguration>& streams) override;
  Result<void> map_buffers(const std::vector<ipa::Buffer>& buffers) override;
  Result<void> unmap_buffers(const std::vector<uint32_t>& ids) override;
  Result<void> start(const ControlList& controls) override;
  Result<void> stop() override;
  Result<void> queue_request(uint32_t frame, const ControlList& controls) override;
  Result<void> compute_params(uint32_t frame, uint32_t params_buffer) override;

 private:
  [[nodiscard]] Result<void> take(const ControlList& controls);
  [[nodiscard]] double value(ControlId id) const;

  IpaEvents& events_;
  std::optional<Tuning> tuning_;
  std::string model_;
  ControlRanges ranges_;
  ipa::BufferMap buffers_{{.writable = sizeof(GstCameraVimcParameters)}};
  bool configured_ = false;
  bool running_ = false;
  ControlList current_;
  std::optional<uint32_t> queued_;  // the frame of the last request
};

}  // namespace gstcam::vimc
