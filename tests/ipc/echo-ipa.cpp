/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipc/echo-ipa.h"

#include <poll.h>
#include <sys/syscall.h>

#include <cerrno>
#include <limits>

namespace gstcam::test {

namespace {

int32_t this_thread() {
  return static_cast<int32_t>(::syscall(SYS_gettid));
}

Result<std::string> read_all(int fd) {
  std::string content;
  char block[4096];
  for (;;) {
    const ssize_t n = ::pread(fd, block, sizeof block, static_cast<off_t>(content.size()));
    if (n == 0)
      return content;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return Error::from_errno(errno, "cannot read the tuning file");
    content.append(block, static_cast<size_t>(n));
  }
}

}  // namespace

Result<std::string> EchoIpa::init(const ipa::Settings& settings) {
  init_thread_ = this_thread();
  return read_all(settings.tuning.get());
}

Result<uint32_t> EchoIpa::start() {
  start_thread_ = this_thread();
  return ++runs_;
}

Result<void> EchoIpa::stop() {
  events_.number(std::numeric_limits<uint32_t>::max());
  return {};
}

Result<EchoNumbersReply> EchoIpa::echo_numbers(int8_t i8, uint8_t u8, int16_t i16, uint16_t u16,
                                               int32_t i32, uint32_t u32, int64_t i64, uint64_t u64,
                                               float f, double d) {
  return EchoNumbersReply{Numbers{i8, u8, i16, u16, i32, u32, i64, u64, i32, u32, f, d}, 10};
}

Result<EchoValuesReply> EchoIpa::echo_values(bool truth, const std::string& text, Colour colour,
                                             Features features) {
  return EchoValuesReply{truth, text, colour, features};
}

Result<Everything> EchoIpa::echo_everything(const Everything& everything) {
  return everything;
}

Result<EchoListsReply> EchoIpa::echo_lists(const std::array<double, 9>& matrix,
                                           const std::vector<uint16_t>& numbers,
                                           const std::vector<bool>& truths,
                                           const std::vector<double>& levels,
                                           const std::vector<std::string>& texts,
                                           const std::vector<Colour>& colours,
                                           const std::vector<Everything>& records) {
  return EchoListsReply{matrix, numbers, truths, levels, texts, colours, records};
}

Result<EchoMapsReply> EchoIpa::echo_maps(const std::map<uint32_t, std::string>& texts,
                                         const std::map<std::string, Point>& points,
                                         const std::map<Colour, double>& levels) {
  return EchoMapsReply{texts, points, levels};
}

Result<std::vector<uint8_t>> EchoIpa::echo_bytes(const std::vector<uint8_t>& bytes) {
  return bytes;
}

Result<std::vector<UniqueFd>> EchoIpa::echo_fds(const std::vector<UniqueFd>& fds) {
  return ipc::duplicate(fds);
}

Result<EchoFilesReply> EchoIpa::echo_files(const UniqueFd& fd, const Files& files) {
  Result<UniqueFd> fd_back = ipc::duplicate(fd);
  if (!fd_back)
    return fd_back.error();
  Result<Files> files_back = ipc::duplicate(files);
  if (!files_back)
    return files_back.error();
  return EchoFilesReply{std::move(*fd_back), std::move(*files_back)};
}

Result<EchoControlsReply> EchoIpa::echo_controls(const ControlList& controls,
                                                 const ControlRanges& ranges) {
  return EchoControlsReply{controls, ranges};
}

Result<IdentifyReply> EchoIpa::identify() {
  return IdentifyReply{static_cast<int32_t>(::getpid()), this_thread(), init_thread_,
                       start_thread_};
}

Result<void> EchoIpa::block(const UniqueFd& gate) {
  struct pollfd poll_fd = {gate.get(), POLLIN, 0};
  while (::poll(&poll_fd, 1, -1) < 0) {
    if (errno != EINTR)
      return Error::from_errno(errno, "cannot wait for the gate");
  }
  return {};
}

Result<void> EchoIpa::fail(const std::string& code, const std::string& message,
                           const std::string& hint) {
  return Error(error_code_from_string(code), message, hint);
}

Result<std::vector<uint32_t>> EchoIpa::recall() {
  return std::exchange(remembered_, {});
}

Result<void> EchoIpa::remember(uint32_t value) {
  remembered_.push_back(value);
  return {};
}

Result<void> EchoIpa::count(uint32_t first, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    events_.number(first + i);
  return {};
}

Result<void> EchoIpa::send_everything(const Everything& everything, const ControlList& controls) {
  events_.everything(everything, controls);
  return {};
}

Result<void> EchoIpa::send_files(const UniqueFd& fd, const Files& files) {
  events_.files(fd, files);
  return {};
}

Result<void> EchoIpa::send_bytes(const std::vector<uint8_t>& bytes) {
  events_.bytes(bytes);
  return {};
}

Result<void> EchoIpa::block_later(const UniqueFd& gate) {
  return block(gate);
}

Result<void> EchoIpa::fail_later(const std::string& message) {
  return Error(Error::Code::Failed, message);
}

}  // namespace gstcam::test
