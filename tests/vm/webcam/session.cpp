/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/vm/webcam/session.h"

#include <poll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace gstcam::webcam {
namespace {

int64_t monotonic_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/** The camera's clock at that time. */
uint32_t clock_at(int64_t ns) {
  return static_cast<uint32_t>(static_cast<uint64_t>(ns) * (kClockHz / 1'000'000) / 1000);
}

}  // namespace

Session::Session(UsbipLink link, Model model, uint64_t frames)
    : link_(std::move(link)),
      camera_(std::move(model)),
      frames_(frames),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

Result<void> Session::run() {
  if (!timer_.valid())
    return Error(Error::Code::NoSpace, "cannot make a timer");
  while (frames_ == 0 || camera_.frames() < frames_ || camera_.has_data()) {
    std::array<pollfd, 2> fds = {pollfd{link_.fd(), POLLIN, 0}, pollfd{timer_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR)
        continue;
      return Error::from_errno(errno, "cannot wait for the host");
    }
    if (fds[0].revents != 0) {
      if (auto served = serve_command(); !served)
        return served;
    }
    uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) == sizeof expirations) {
      if (auto exposed = tick(expirations); !exposed)
        return exposed;
    }
    if (auto delivered = deliver(); !delivered)
      return delivered;
  }
  return {};
}

Result<void> Session::tick(uint64_t expirations) {
  ticks_ += expirations;
  const uint32_t number = camera_.number();
  const int64_t now = monotonic_ns();
  camera_.expose(clock_at(now));
  if (!log_.valid() || camera_.number() == number)
    return {};
  if (::dprintf(log_.get(), "%" PRIu32 " %" PRId64 " %" PRIu64 "\n", number, now, ticks_) < 0)
    return Error::from_errno(errno, "cannot write the log");
  return {};
}

Result<void> Session::serve_command() {
  auto header = link_.read(usbip::kHeaderBytes);
  if (!header)
    return header.error();
  auto command = usbip::parse_command(*header);
  if (!command)
    return command.error();
  if (command->kind == usbip::Command::Kind::Unlink)
    return withdraw(*command);
  return submit(*command);
}

Result<void> Session::submit(const usbip::Command& command) {
  auto data = link_.read(command.in ? 0 : command.length);
  if (!data)
    return data.error();
  auto packets = link_.read(command.packets * usbip::kPacketBytes);
  if (!packets)
    return packets.error();
  if (command.endpoint == 0) {
    const auto answer = camera_.control(command.setup, *data);
    const Bytes nothing;
    if (auto written = link_.write(usbip::reply(
            command, answer ? 0 : -EPIPE, answer ? *answer : nothing, answer ? command.length : 0));
        !written)
      return written;
    return follow_stream();
  }
  if (!command.in || command.endpoint != (kVideoEndpoint & 0x0f))
    return link_.write(usbip::reply(command, -EPIPE, {}));
  waiting_.push_back({command, usbip::parse_packets(*packets)});
  return {};
}

Result<void> Session::withdraw(const usbip::Command& command) {
  const auto found = std::ranges::find_if(
      waiting_, [&](const Waiting& one) { return one.command.sequence == command.unlink; });
  const bool waits = found != waiting_.end();
  if (waits)
    waiting_.erase(found);
  return link_.write(usbip::unlink_reply(command, waits));
}

Result<void> Session::deliver() {
  while (!waiting_.empty() && camera_.has_data()) {
    Waiting transfer = std::move(waiting_.front());
    waiting_.pop_front();
    if (auto delivered = deliver_to(transfer); !delivered)
      return delivered;
  }
  return {};
}

Result<void> Session::deliver_to(Waiting& transfer) {
  if (transfer.packets.empty())
    return link_.write(
        usbip::reply(transfer.command, 0, camera_.next_data(transfer.command.length)));
  Bytes data;
  for (usbip::Packet& packet : transfer.packets) {
    if (!camera_.has_data())
      break;  // what follows stays empty
    const Bytes piece = camera_.next_data(packet.length);
    packet.actual = static_cast<uint32_t>(piece.size());
    put(data, piece);
  }
  return link_.write(usbip::iso_reply(transfer.command, data, transfer.packets));
}

Result<void> Session::follow_stream() {
  if (generation_ == camera_.stream_generation())
    return {};
  generation_ = camera_.stream_generation();
  ticks_ = 0;
  const uint64_t ns = uint64_t{camera_.interval()} * 100;
  const timespec period = {static_cast<time_t>(ns / 1'000'000'000),
                           static_cast<long>(ns % 1'000'000'000)};
  const itimerspec setting = {period, period};  // all zero: off
  if (::timerfd_settime(timer_.get(), 0, &setting, nullptr) != 0)
    return Error::from_errno(errno, "cannot set the camera's clock");
  return {};
}

}  // namespace gstcam::webcam
