/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The IPA of the tests: implements test-ipa.h in the plainest way. Used in a stub by the codec's
 * tests, and behind each host by the tests of the border's promises.
 */
#pragma once

#include "tests/ipc/test-ipa-interface.h"

namespace gstcam::test {

class EchoIpa final : public Ipa {
 public:
  explicit EchoIpa(IpaEvents& events) : events_(events) {}

  Result<std::string> init(const ipa::Settings& settings) override;
  Result<uint32_t> start() override;
  Result<void> stop() override;
  Result<EchoNumbersReply> echo_numbers(int8_t i8, uint8_t u8, int16_t i16, uint16_t u16,
                                        int32_t i32, uint32_t u32, int64_t i64, uint64_t u64,
                                        float f, double d) override;
  Result<EchoValuesReply> echo_values(bool truth, const std::string& text, Colour colour,
                                      Features features) override;
  Result<Everything> echo_everything(const Everything& everything) override;
  Result<EchoListsReply> echo_lists(const std::array<double, 9>& matrix,
                                    const std::vector<uint16_t>& numbers,
                                    const std::vector<bool>& truths,
                                    const std::vector<double>& levels,
                                    const std::vector<std::string>& texts,
                                    const std::vector<Colour>& colours,
                                    const std::vector<Everything>& records) override;
  Result<EchoMapsReply> echo_maps(const std::map<uint32_t, std::string>& texts,
                                  const std::map<std::string, Point>& points,
                                  const std::map<Colour, double>& levels) override;
  Result<std::vector<uint8_t>> echo_bytes(const std::vector<uint8_t>& bytes) override;
  Result<std::vector<UniqueFd>> echo_fds(const std::vector<UniqueFd>& fds) override;
  Result<EchoFilesReply> echo_files(const UniqueFd& fd, const Files& files) override;
  Result<EchoControlsReply> echo_controls(const ControlList& controls,
                                          const ControlRanges& ranges) override;
  Result<IdentifyReply> identify() override;
  Result<void> block(const UniqueFd& gate) override;
  Result<void> fail(const std::string& code, const std::string& message,
                    const std::string& hint) override;
  Result<std::vector<uint32_t>> recall() override;
  Result<void> remember(uint32_t value) override;
  Result<void> count(uint32_t first, uint32_t count) override;
  Result<void> send_everything(const Everything& everything, const ControlList& controls) override;
  Result<void> send_files(const UniqueFd& fd, const Files& files) override;
  Result<void> send_bytes(const std::vector<uint8_t>& bytes) override;
  Result<void> block_later(const UniqueFd& gate) override;
  Result<void> fail_later(const std::string& message) override;

 private:
  IpaEvents& events_;
  std::vector<uint32_t> remembered_;
  uint32_t runs_ = 0;
  int32_t init_thread_ = 0;
  int32_t start_thread_ = 0;
};

}  // namespace gstcam::test
