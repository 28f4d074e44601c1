/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/host.h"

namespace gstcam::ipc {

Error error_of_ipa(Error error) {
  if (error.code == Error::Code::Lost || error.code == Error::Code::Timeout ||
      error.code == Error::Code::Protocol)
    error.code = Error::Code::Failed;
  return error;
}

HostState::HostState(GMainContext* context, HostHandlers handlers)
    : handlers_(std::move(handlers)), events_(context) {}

Error HostState::wrong_state(const char* member, State state) const {
  const auto refuse = [member](const char* why, const char* hint) {
    return Error(Error::Code::WrongState, std::string(member) + "() is refused: " + why, hint);
  };
  switch (state) {
    case State::New:
      return refuse("the IPA is not initialised", "call init() first");
    case State::Initialising:
      return refuse("init() has not succeeded", "init() is called once; make a new IPA");
    case State::Ready:
      return refuse("the IPA does not run", "call it between start() and stop()");
    case State::Starting:
    case State::Running:
      return refuse("the IPA runs", "call stop() first");
    case State::Stopping:
      return refuse("the IPA is being stopped", "call start() after stop() returned");
    case State::Lost:
      break;
  }
  return loss_ ? *loss_ : Error(Error::Code::Lost, "the IPA is lost");
}

Result<void> HostState::enter(CallKind kind, const char* member) {
  {
    const std::lock_guard lock(mutex_);
    const State state = state_.load();
    switch (kind) {
      case CallKind::Init:
        if (state != State::New) {
          return state == State::Lost ? *loss_
                                      : Error(Error::Code::WrongState,
                                              std::string(member) + "() is refused: it was called",
                                              "an IPA is initialised once; make a new one");
        }
        state_ = State::Initialising;
        return {};
      case CallKind::Start:
        if (state != State::Ready)
          return wrong_state(member, state);
        state_ = State::Starting;
        events_.begin_run();
        return {};
      case CallKind::Stop:
        if (state != State::Running && state != State::Lost)
          return wrong_state(member, state);
        if (state == State::Running) {
          state_ = State::Stopping;
          return {};
        }
        break;
      case CallKind::Sync:
      case CallKind::Async:
        if (state == State::New || state == State::Initialising || state == State::Lost)
          return wrong_state(member, state);
        return {};
    }
  }
  /* stop() of a lost IPA: there is nobody to ask, but its run is over all the same. */
  events_.end_run();
  return loss();
}

void HostState::leave(CallKind kind, bool ok) {
  bool run_over = false;
  {
    const std::lock_guard lock(mutex_);
    const State state = state_.load();
    if (kind == CallKind::Init && ok && state == State::Initialising) {
      state_ = State::Ready;
    } else if (kind == CallKind::Start) {
      run_over = !ok;
      if (state == State::Starting)
        state_ = ok ? State::Running : State::Ready;
    } else if (kind == CallKind::Stop) {
      run_over = true;  // whatever the IPA said
      if (state == State::Stopping)
        state_ = State::Ready;
    }
  }
  if (run_over)
    events_.end_run();
}

Result<std::unique_lock<std::mutex>> HostState::enter_async(const char* member) {
  std::unique_lock lock(mutex_);
  const State state = state_.load();
  if (state != State::Running)
    return state == State::Starting
               ? Error(Error::Code::WrongState,
                       std::string(member) + "() is refused: start() has not returned")
               : wrong_state(member, state);
  return lock;
}

Error HostState::loss() const {
  const std::lock_guard lock(mutex_);
  return loss_ ? *loss_ : Error(Error::Code::WrongState, "the IPA is not lost");
}

bool HostState::running() const {
  const State state = state_.load();
  return state == State::Starting || state == State::Running || state == State::Stopping;
}

Error HostState::lose(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (state_.load() == State::Lost)
      return *loss_;
    loss_ = error;
    state_ = State::Lost;
  }
  events_.push_last([this, handler = handlers_.on_lost] {
    if (handler)
      handler(loss());
  });
  return error;
}

void HostState::blame(Error error) {
  const std::lock_guard lock(mutex_);
  if (state_.load() == State::Lost)
    loss_ = std::move(error);
}

Error HostState::flooded() {
  return Error(Error::Code::Protocol,
               "the IPA sends events faster than they can be handled: " +
                   std::to_string(EventQueue::kMaxEvents) + " events or " +
                   std::to_string(EventQueue::kMaxCost >> 20U) + " MiB wait",
               "this is an error in the IPA module");
}

void HostState::call_failed(std::string member, Error error) {
  if (!offer_call_failed(std::move(member), std::move(error)))
    lose(flooded());
}

bool HostState::offer_call_failed(std::string member, Error error) {
  const size_t size = member.size() + error.message.size() + error.hint.size();
  return offer(size, [handler = handlers_.on_call_failed, member = std::move(member),
                      error = std::move(error)] {
    if (handler)
      handler(member, error);
  });
}

}  // namespace gstcam::ipc
