/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An IPA module in one file. */
#include "acme-ipa-module.h"

using gstcam::Result;

namespace {

class Acme final : public gstcam::acme::Ipa {
 public:
  explicit Acme(gstcam::acme::IpaEvents& events) : events_(events) {}

  Result<std::string> init(const gstcam::ipa::SensorInfo& sensor) override {
    return "hello, " + sensor.model;
  }
  Result<void> start() override { return {}; }
  Result<void> stop() override { return {}; }
  Result<void> tick(uint32_t frame) override {
    events_.tock(frame);
    return {};
  }

 private:
  gstcam::acme::IpaEvents& events_;
};

}  // namespace

GST_CAMERA_ACME_IPA_MODULE(Acme, "acme", "1.2.3")
