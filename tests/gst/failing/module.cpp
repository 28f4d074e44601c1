/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The IPA of the simulated camera, which fails at its 20th frame in the way that the name of its
 * tuning file says: a sandbox leaves no other way to tell it. One that takes over, and so is given
 * a state, is sound; "always" spoils that one too, at its 4th frame.
 */
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "ipa/simulated/simulated.h"
#include "simulated-ipa-module.h"

namespace gstcam::test {

class FailingIpa final : public simulated::SimulatedIpa {
 public:
  explicit FailingIpa(simulated::IpaEvents& events) : SimulatedIpa(events), events_(events) {}

  Result<ControlRanges> init(const ipa::Settings& settings,
                             const ipa::SensorInfo& sensor) override {
    const size_t begin = settings.tuning_name.rfind('/') + 1;
    order_ = settings.tuning_name.substr(begin, settings.tuning_name.rfind('.') - begin);
    return SimulatedIpa::init(settings, sensor);
  }
  Result<void> restore_state(const std::vector<uint8_t>& state) override {
    restored_ = true;
    return SimulatedIpa::restore_state(state);
  }
  Result<void> compute_params(uint32_t frame, uint32_t params_buffer) override {
    frames_++;
    const bool always = order_ == "always";
    if (frames_ == (always && restored_ ? 4 : 20) && (always || !restored_))
      fail(frame, params_buffer);
    return SimulatedIpa::compute_params(frame, params_buffer);
  }

 private:
  void fail(uint32_t frame, uint32_t params_buffer) {
    if (order_ == "dies" || order_ == "always") {
      std::fputs("the lens is foggy\n", stderr);
      std::signal(SIGSEGV, SIG_DFL);
      (void)std::raise(SIGSEGV);
    }
    while (order_ == "hangs")
      pause();
    if (order_ == "lies")
      events_.params_computed(frame + 1000, params_buffer);
    for (int i = 0; order_ == "floods" && i < 20000; i++)
      events_.state_saved({1});
    if (order_ == "babbles") {
      // Beside its work: it is not silent.
      std::thread([] {
        for (;;)
          std::fputs("what a wonderful picture, and what a long line it is worth\n", stderr);
      }).detach();
    }
  }

  simulated::IpaEvents& events_;
  std::string order_;
  bool restored_ = false;
  int frames_ = 0;
};

}  // namespace gstcam::test

GST_CAMERA_SIMULATED_IPA_MODULE(gstcam::test::FailingIpa, "failing", "1.0")
