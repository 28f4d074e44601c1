/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/message-stream.h"

#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

#include "ipc/io-thread.h"

namespace gstcam::ipc {

namespace {

constexpr size_t kHeader = 16;
/* What is kept of the read buffer between messages. */
constexpr size_t kKeep = 64U << 10U;
/* How many times a peer that sends without end is read before others get their turn. */
constexpr int kReadsATurn = 64;
/* As many descriptors as Linux passes at a time. */
constexpr size_t kMaxControlFds = 253;

union ControlBuffer {
  cmsghdr align;
  std::array<char, CMSG_SPACE(kMaxControlFds * sizeof(int))> bytes;
};

struct Outgoing {
  HandlePtr<guchar, g_free> bytes;
  size_t size = 0;
  size_t sent = 0;
  ObjectPtr<GUnixFDList> fds;  // until they were sent
};

Error broken(const std::string& what) {
  return Error(Error::Code::Protocol, "the peer broke the protocol: " + what,
               "this is an error in the IPA worker or its module");
}

Error hung_up() {
  return Error(Error::Code::Lost, "the peer closed the connection");
}

}  // namespace

Result<DBusMessagePtr> parse_message(const uint8_t* bytes, size_t size, std::vector<UniqueFd> fds) {
  ErrorOut error;
  auto message = DBusMessagePtr::adopt(g_dbus_message_new_from_blob(
      const_cast<guchar*>(bytes), size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error));
  if (!message)
    return broken(std::string("what it sent is no D-Bus message: ") + error.message());
  if (fds.empty())
    return message;
  if (g_dbus_message_get_num_unix_fds(message.get()) != fds.size()) {
    return broken("a message that speaks of " +
                  std::to_string(g_dbus_message_get_num_unix_fds(message.get())) +
                  " descriptors came with " + std::to_string(fds.size()));
  }
  std::vector<int> raw;
  raw.reserve(fds.size());
  for (UniqueFd& fd : fds)
    raw.push_back(fd.release());
  const auto list = ObjectPtr<GUnixFDList>::adopt(
      g_unix_fd_list_new_from_array(raw.data(), static_cast<int>(raw.size())));
  g_dbus_message_set_unix_fd_list(message.get(), list.get());
  return message;
}

struct MessageStream::Shared : std::enable_shared_from_this<Shared> {
  UniqueFd socket;
  Limits limits{};
  std::shared_ptr<IoThread> io = IoThread::get();

  /* In the IoThread only. */
  Handlers handlers;
  SourcePtr reader;
  SourcePtr writer;
  std::vector<uint8_t> buffer;
  size_t have = 0;
  size_t needed = kHeader;
  std::vector<UniqueFd> fds;

  std::mutex mutex;
  bool closed = false;
  std::deque<Outgoing> waiting;
  size_t waiting_bytes = 0;

  using Step = void (Shared::*)();
  SourcePtr watch(GIOCondition condition, Step step);
  void read();
  void take_fds(const msghdr& message);
  Result<void> look_at_header();
  Result<void> finish_message();
  void end(const Error& error);
  void hang_up();

  enum class Wrote { All, Some, Lost };
  Wrote write(Outgoing& out) const;
  void write_waiting();
};

SourcePtr MessageStream::Shared::watch(GIOCondition condition, Step step) {
  struct Watch {
    std::weak_ptr<Shared> shared;
    Step step;
  };
  SourcePtr source(g_unix_fd_source_new(socket.get(), condition));
  g_source_set_callback(source.get(),
                        G_SOURCE_FUNC(+[](int, GIOCondition, gpointer data) -> gboolean {
                          const auto* watch = static_cast<Watch*>(data);
                          const Step what = watch->step;
                          if (const std::shared_ptr<Shared> shared = watch->shared.lock())
                            (shared.get()->*what)();
                          return G_SOURCE_CONTINUE;
                        }),
                        new Watch{weak_from_this(), step},  // NOLINT: GLib holds it
                        [](gpointer data) { delete static_cast<Watch*>(data); });  // NOLINT
  g_source_attach(source.get(), io->context());
  return source;
}

void MessageStream::Shared::take_fds(const msghdr& message) {
  for (const cmsghdr* c = CMSG_FIRSTHDR(&message); c;
       c = CMSG_NXTHDR(const_cast<msghdr*>(&message), const_cast<cmsghdr*>(c))) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      fds.emplace_back(fd);
    }
  }
}

Result<void> MessageStream::Shared::look_at_header() {
  /* -1 also for what is longer than D-Bus allows. */
  const gssize size = g_dbus_message_bytes_needed(buffer.data(), kHeader, nullptr);
  if (size < static_cast<gssize>(kHeader))
    return broken("what it sent is no D-Bus message");
  if (static_cast<size_t>(size) > limits.message_bytes) {
    return broken("a message of " + std::to_string(size) + " bytes is over the limit of " +
                  std::to_string(limits.message_bytes));
  }
  needed = static_cast<size_t>(size);
  return {};
}

Result<void> MessageStream::Shared::finish_message() {
  Result<DBusMessagePtr> message = parse_message(buffer.data(), needed, std::move(fds));
  fds.clear();
  have = 0;
  needed = kHeader;
  if (buffer.size() > kKeep) {
    buffer.resize(kKeep);
    buffer.shrink_to_fit();
  }
  if (!message)
    return message.error();
  return handlers.on_message(std::move(*message));
}

/* Reading stops at the end of every message: a descriptor belongs to the message whose bytes it
 * comes with. The buffer grows with what came, not with what was announced. */
void MessageStream::Shared::read() {
  const std::shared_ptr<Shared> self = shared_from_this();
  for (int i = 0; i < kReadsATurn && reader; i++) {
    if (buffer.size() < std::min(needed, have + kKeep))
      buffer.resize(std::min(needed, have + std::max(kKeep, have)));
    ControlBuffer control{};
    iovec part{buffer.data() + have, std::min(buffer.size(), needed) - have};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const ssize_t got = recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return;
    if (got <= 0) {
      end(hung_up());
      return;
    }
    take_fds(message);
    have += static_cast<size_t>(got);
    Result<void> good;
    if (fds.size() > limits.fds)
      good = broken("a message with more than " + std::to_string(limits.fds) + " descriptors");
    if (good && have == kHeader && needed == kHeader)
      good = look_at_header();
    if (good && have == needed)
      good = finish_message();
    if (!good) {
      end(good.error());
      return;
    }
  }
}

void MessageStream::Shared::hang_up() {
  for (SourcePtr* source : {&reader, &writer}) {
    if (*source)
      g_source_destroy(source->get());
    source->reset();
  }
  fds.clear();
  const std::lock_guard lock(mutex);
  closed = true;
  waiting.clear();
  waiting_bytes = 0;
  ::shutdown(socket.get(), SHUT_RDWR);
}

void MessageStream::Shared::end(const Error& error) {
  hang_up();
  if (const auto handler = std::exchange(handlers.on_end, nullptr))
    handler(error);
}

MessageStream::Shared::Wrote MessageStream::Shared::write(Outgoing& out) const {
  while (out.sent != out.size) {
    ControlBuffer control{};
    iovec part{out.bytes.get() + out.sent, out.size - out.sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    int count = 0;
    if (const int* raw = out.fds ? g_unix_fd_list_peek_fds(out.fds.get(), &count) : nullptr;
        raw && count > 0) {
      const size_t bytes = static_cast<size_t>(count) * sizeof(int);
      message.msg_control = control.bytes.data();
      message.msg_controllen = CMSG_SPACE(bytes);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(bytes);
      std::memcpy(CMSG_DATA(header), raw, bytes);
    }
    const ssize_t sent = sendmsg(socket.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return Wrote::Some;
    if (sent < 0)
      return Wrote::Lost;
    out.sent += static_cast<size_t>(sent);
    out.fds.reset();
  }
  return Wrote::All;
}

/* In the IoThread. That the peer is lost is what reading finds. */
void MessageStream::Shared::write_waiting() {
  const std::lock_guard lock(mutex);
  while (!closed && !waiting.empty()) {
    const Wrote wrote = write(waiting.front());
    if (wrote == Wrote::Some) {
      if (!writer)
        writer = watch(G_IO_OUT, &Shared::write_waiting);
      return;
    }
    waiting_bytes -= waiting.front().size;
    waiting.pop_front();
  }
  if (writer)
    g_source_destroy(writer.get());
  writer.reset();
}

MessageStream::MessageStream(UniqueFd socket, Limits limits) : shared_(std::make_shared<Shared>()) {
  shared_->socket = std::move(socket);
  shared_->limits = limits;
}

MessageStream::~MessageStream() {
  close();
}

void MessageStream::start(Handlers handlers) {
  shared_->io->run([&] {
    shared_->handlers = std::move(handlers);
    shared_->reader = shared_->watch(G_IO_IN, &Shared::read);
  });
}

Result<void> MessageStream::send(GDBusMessage* message) {
  Outgoing out;
  gsize size = 0;
  ErrorOut error;
  out.bytes.reset(
      g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error));
  if (!out.bytes)
    return Error(Error::Code::Failed, error.message());
  out.size = size;
  if (GUnixFDList* fds = g_dbus_message_get_unix_fd_list(message))
    out.fds = ObjectPtr<GUnixFDList>::ref(fds);

  Shared& s = *shared_;
  const std::lock_guard lock(s.mutex);
  if (s.closed)
    return hung_up();
  if (s.waiting.empty()) {
    switch (s.write(out)) {
      case Shared::Wrote::All:
        return {};
      case Shared::Wrote::Lost:
        return hung_up();
      case Shared::Wrote::Some:
        break;
    }
    s.io->post([weak = s.weak_from_this()] {
      if (const std::shared_ptr<Shared> shared = weak.lock())
        shared->write_waiting();
    });
  } else if (s.waiting_bytes >= kMaxWaiting) {
    return Error(Error::Code::Busy, std::to_string(s.waiting_bytes) + " bytes wait to be sent",
                 "the IPA module is too slow, or hangs");
  }
  s.waiting_bytes += out.size;
  s.waiting.push_back(std::move(out));
  return {};
}

void MessageStream::close() {
  shared_->io->run([this] {
    shared_->hang_up();
    shared_->handlers = {};
  });
}

}  // namespace gstcam::ipc
