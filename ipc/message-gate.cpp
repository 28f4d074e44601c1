/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/message-gate.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <mutex>

#include "base/glib-ptr.h"
#include "ipc/io-thread.h"
#include "ipc/message-pump.h"

namespace gstcam::ipc {

struct MessageGate::Shared {
  Shared(UniqueFd o, UniqueFd i, bool peer_is_client, Limits limits)
      : outer(std::move(o)),
        inner(std::move(i)),
        inwards(outer.get(), inner.get(), peer_is_client, limits),
        outwards(inner.get(), outer.get(), !peer_is_client, {SIZE_MAX, SIZE_MAX}) {}

  std::shared_ptr<IoThread> io;
  UniqueFd outer;  // to the peer
  UniqueFd inner;  // to GDBus
  MessagePump inwards;
  MessagePump outwards;
  ViolationHandler on_violation;  // in the IoThread only
  GSource* source = nullptr;      // not owned; in the IoThread only
  gpointer outer_tag = nullptr;
  gpointer inner_tag = nullptr;

  void attach(const std::shared_ptr<Shared>& self);
  void detach();
  bool move();
  void poll(gpointer& tag, int fd, unsigned wanted) const;
};

namespace {

struct GateSource {
  GSource source;
  void* shared;  // std::shared_ptr<Shared>*
};

bool make_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) >= 0;
}

}  // namespace

/* A descriptor of which nothing is wanted is not polled: its hang-up would be reported for ever. */
void MessageGate::Shared::poll(gpointer& tag, int fd, unsigned wanted) const {
  if (wanted == 0) {
    if (tag)
      g_source_remove_unix_fd(source, tag);
    tag = nullptr;
  } else if (tag) {
    g_source_modify_unix_fd(source, tag, static_cast<GIOCondition>(wanted));
  } else {
    tag = g_source_add_unix_fd(source, fd, static_cast<GIOCondition>(wanted));
  }
}

/* False when there is nothing left to do. */
bool MessageGate::Shared::move() {
  const MessagePump::State in = inwards.run();
  if (in == MessagePump::State::Broken) {
    if (const ViolationHandler handler = std::exchange(on_violation, nullptr))
      handler(inwards.violation());
    return false;
  }
  const MessagePump::State out = outwards.run();
  /* Either side hung up, or GDBus said what it would not understand itself: it is over. */
  if (in == MessagePump::State::Ended || out == MessagePump::State::Ended ||
      out == MessagePump::State::Broken)
    return false;
  /* The condition that is waited for, where this side is read and where the other is written. */
  const auto wanted = [](MessagePump::State reading, MessagePump::State writing) {
    return (reading == MessagePump::State::Reads ? unsigned{G_IO_IN} : 0U) |
           (writing == MessagePump::State::Writes ? unsigned{G_IO_OUT} : 0U);
  };
  poll(outer_tag, outer.get(), wanted(in, out));
  poll(inner_tag, inner.get(), wanted(out, in));
  return true;
}

void MessageGate::Shared::detach() {
  on_violation = nullptr;
  if (!source)
    return;
  g_source_destroy(std::exchange(source, nullptr));
  /* What was sent before still arrives. */
  ::shutdown(outer.get(), SHUT_RDWR);
  ::shutdown(inner.get(), SHUT_RDWR);
}

void MessageGate::Shared::attach(const std::shared_ptr<Shared>& self) {
  static GSourceFuncs functions = {
      nullptr,
      nullptr,
      [](GSource* of, GSourceFunc, gpointer) -> gboolean {
        const std::shared_ptr<Shared> shared =
            *static_cast<std::shared_ptr<Shared>*>(reinterpret_cast<GateSource*>(of)->shared);
        if (shared->source && !shared->move())
          shared->detach();
        return G_SOURCE_CONTINUE;
      },
      [](GSource* of) {
        delete static_cast<std::shared_ptr<Shared>*>(  // NOLINT: made below, GLib holds it
            reinterpret_cast<GateSource*>(of)->shared);
      },
      nullptr,
      nullptr,
  };
  source = g_source_new(&functions, sizeof(GateSource));
  reinterpret_cast<GateSource*>(source)->shared = new std::shared_ptr<Shared>(self);  // NOLINT
  g_source_set_name(source, "gst-camera-message-gate");
  poll(outer_tag, outer.get(), G_IO_IN);
  poll(inner_tag, inner.get(), G_IO_IN);
  g_source_attach(source, io->context());
  g_source_unref(source);
}

Result<std::unique_ptr<MessageGate>> MessageGate::open(UniqueFd outer, bool peer_is_client,
                                                       Limits limits,
                                                       ViolationHandler on_violation) {
  std::array<int, 2> pair{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0)
    return Error::from_errno(errno, "cannot make a socket");
  UniqueFd ours(pair[0]);
  UniqueFd inner(pair[1]);
  if (!make_nonblocking(outer.get()) || !make_nonblocking(ours.get()))
    return Error::from_errno(errno, "cannot watch the socket of an IPA worker");
  auto shared = std::make_shared<Shared>(std::move(outer), std::move(ours), peer_is_client, limits);
  shared->io = IoThread::get();
  shared->on_violation = std::move(on_violation);
  shared->io->run([&] { shared->attach(shared); });
  return std::unique_ptr<MessageGate>(  // NOLINT: the constructor is private
      new MessageGate(std::move(shared), std::move(inner)));
}

MessageGate::MessageGate(std::shared_ptr<Shared> shared, UniqueFd inner)
    : shared_(std::move(shared)), inner_(std::move(inner)) {}

MessageGate::~MessageGate() {
  shared_->io->run([this] { shared_->detach(); });
}

UniqueFd MessageGate::take_inner() {
  return std::move(inner_);
}

}  // namespace gstcam::ipc
