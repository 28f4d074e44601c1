/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Peers that break the limits of a stream of messages, byte by byte: noticed at once, with the
 * cause named, and without the memory they ask for.
 */
#include "ipc/message-stream.h"

#include <gio/gunixfdlist.h>
#include <sys/socket.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "ipc/gdbus-transport.h"
#include "tests/ipc/host-fixture.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

constexpr char kInterface[] = "org.example.It";

/* A transport, and a peer that authenticated and then says whatever the test wants. */
class RawPeer {
 public:
  RawPeer() {
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    peer_.reset(fds[1]);
    const std::string text =
        std::string(1, '\0') + "AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
    g_assert_true(say(text.data(), text.size()));
    auto opened = GdbusTransport::open(
        UniqueFd(fds[0]), {.interface_name = kInterface, .max_message = size_t{1} << 20U});
    ASSERT_OK(opened);
    transport_ = std::move(*opened);
    transport_->set_handlers([this](Message message) { take(std::move(message)); },
                             [this](Error error) { end(std::move(error)); });
  }
  ~RawPeer() { transport_->close(); }

  /* False when nobody listens any more. */
  bool say(const void* bytes, size_t size, int count = 0) {
    iovec part{const_cast<void*>(bytes), size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))]{};
    if (count > 0) {
      const std::vector<int> raw(static_cast<size_t>(count), peer_.get());
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(raw.size() * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(raw.size() * sizeof(int));
      memcpy(CMSG_DATA(header), raw.data(), raw.size() * sizeof(int));
    }
    return sendmsg(peer_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
  }
  bool say(GDBusMessage* message, int count = 0) {
    gsize size = 0;
    g_dbus_message_set_serial(message, 1);
    const HandlePtr<guchar, g_free> bytes(
        g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, nullptr));
    g_assert_nonnull(bytes.get());
    return say(bytes.get(), size, count);
  }
  Error wait_end() {
    std::unique_lock lock(mutex_);
    g_assert_true(changed_.wait_for(lock, 20s, [this] { return ended_.has_value(); }));
    return *ended_;
  }
  Message wait_event() {
    std::unique_lock lock(mutex_);
    g_assert_true(changed_.wait_for(lock, 20s, [this] { return !events_.empty(); }));
    Message event = std::move(events_.front());
    events_.erase(events_.begin());
    return event;
  }
  void expect_broken(const char* text) {
    const Error error = wait_end();
    g_assert_cmpstr(to_string(error.code), ==, "protocol");
    ASSERT_CONTAINS(error.message, text);
    /* Nobody listens: it hung up too. */
    char byte = 0;
    while (recv(peer_.get(), &byte, 1, 0) > 0) {
    }
    ASSERT_ERROR(transport_->post(empty_message("It")), Error::Code::Lost);
  }

 private:
  static Message empty_message(const char* member) {
    return Message{member, sink(g_variant_new_tuple(nullptr, 0)), {}};
  }
  void take(Message message) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(message));
    changed_.notify_all();
  }
  void end(Error error) {
    const std::lock_guard lock(mutex_);
    g_assert_false(ended_.has_value());
    ended_ = std::move(error);
    changed_.notify_all();
  }
  UniqueFd peer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Message> events_;
  std::optional<Error> ended_;
  std::unique_ptr<GdbusTransport> transport_;
};

DBusMessagePtr signal(const char* member, GVariant* body) {
  auto message =
      DBusMessagePtr::adopt(g_dbus_message_new_signal("/org/example", kInterface, member));
  g_dbus_message_set_body(message.get(), body);
  return message;
}

size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:"))
      return std::stoul(line.substr(6));
  }
  return 0;
}

/* The fixed part of a message that says how long it is. */
std::string header_of(uint32_t body, uint32_t fields) {
  std::string text("l\4\1\1", 4);
  for (const uint32_t number : {body, 1U, fields})
    text.append(reinterpret_cast<const char*>(&number), sizeof(number));
  return text;
}

void test_what_is_right_comes_through() {
  RawPeer peer;
  g_assert_true(peer.say(signal("One", g_variant_new("(u)", 7U)).get()));
  const Message one = peer.wait_event();
  g_assert_cmpstr(one.member.c_str(), ==, "One");
  /* In pieces, each alone in its packet. */
  gsize size = 0;
  const DBusMessagePtr three = signal("Three", g_variant_new("(u)", 1U));
  g_dbus_message_set_serial(three.get(), 3);
  const HandlePtr<guchar, g_free> bytes(
      g_dbus_message_to_blob(three.get(), &size, G_DBUS_CAPABILITY_FLAGS_NONE, nullptr));
  for (size_t i = 0; i < size; i++)
    g_assert_true(peer.say(bytes.get() + i, 1));
  const Message last = peer.wait_event();
  g_assert_cmpstr(last.member.c_str(), ==, "Three");
}

void test_large_is_refused_by_its_header() {
  for (const std::string& header :
       {header_of(100U << 20U, 64), header_of(16, 60U << 20U), header_of(1U << 20U, 1)}) {
    RawPeer peer;
    const size_t before = resident_kib();
    g_assert_true(peer.say(header.data(), header.size()));
    const std::vector<char> more(1U << 16U);
    for (int i = 0; i < 2048 && peer.say(more.data(), more.size()); i++) {
    }
    peer.expect_broken("over the limit of 1048576");
    g_assert_cmpuint(resident_kib(), <, before + 4096);
  }
}

/* What was announced is not allocated before it comes. */
void test_announced_is_not_allocated() {
  std::vector<std::unique_ptr<RawPeer>> peers;
  const std::string header = header_of((1U << 20U) - 128, 64);
  const size_t before = resident_kib();
  for (int i = 0; i < 32; i++) {
    peers.push_back(std::make_unique<RawPeer>());
    g_assert_true(peers.back()->say(header.data(), header.size()));
    g_assert_true(peers.back()->say("x", 1));
  }
  peers.clear();
  g_assert_cmpuint(resident_kib(), <, before + 16384);
}

void test_garbage() {
  const std::string garbage[] = {std::string(64, '\0'), std::string(64, '\xff'),
                                 "GET / HTTP/1.1\r\n\r\n", header_of(0xffffffffU, 0xffffffffU),
                                 header_of(0, 8) + std::string(8, '\xee')};
  for (const std::string& text : garbage) {
    RawPeer peer;
    g_assert_true(peer.say(text.data(), text.size()));
    peer.expect_broken("no D-Bus message");
  }
}

void test_descriptors() {
  const int before = count_fds();
  {
    RawPeer peer;
    const DBusMessagePtr message = signal("It", g_variant_new("(u)", 1U));
    g_assert_true(peer.say(message.get(), 3));
    peer.expect_broken("speaks of 0 descriptors came with 3");
  }
  {
    RawPeer peer;
    const DBusMessagePtr message = signal("It", g_variant_new("(u)", 1U));
    g_assert_true(peer.say(message.get(), 100));
    peer.expect_broken("more than 64 descriptors");
  }
  {
    /* One with every byte of a message that never ends. */
    RawPeer peer;
    const std::string header = header_of(1U << 16U, 8);
    g_assert_true(peer.say(header.data(), header.size()));
    for (int i = 0; i < 200 && peer.say("x", 1, 1); i++) {
    }
    peer.expect_broken("more than 64 descriptors");
  }
  {
    /* Fewer than it speaks of. */
    RawPeer peer;
    const DBusMessagePtr message = signal("It", g_variant_new("(hh)", 0, 1));
    const auto list = ObjectPtr<GUnixFDList>::adopt(g_unix_fd_list_new());
    g_assert_cmpint(g_unix_fd_list_append(list.get(), 0, nullptr), ==, 0);
    g_assert_cmpint(g_unix_fd_list_append(list.get(), 0, nullptr), ==, 1);
    g_dbus_message_set_unix_fd_list(message.get(), list.get());
    g_assert_true(peer.say(message.get(), 1));
    peer.expect_broken("speaks of 2 descriptors came with 1");
  }
  g_assert_cmpint(count_fds(), ==, before);
}

void test_answer_to_nothing() {
  RawPeer peer;
  const DBusMessagePtr call =
      DBusMessagePtr::adopt(g_dbus_message_new_method_call(nullptr, "/a", "a.b", "C"));
  g_dbus_message_set_serial(call.get(), 77);
  const DBusMessagePtr reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(call.get()));
  g_assert_true(peer.say(reply.get()));
  peer.expect_broken("does not wait for an answer");
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/message-stream/right", test_what_is_right_comes_through);
  g_test_add_func("/ipc/message-stream/large", test_large_is_refused_by_its_header);
  g_test_add_func("/ipc/message-stream/announced", test_announced_is_not_allocated);
  g_test_add_func("/ipc/message-stream/garbage", test_garbage);
  g_test_add_func("/ipc/message-stream/descriptors", test_descriptors);
  g_test_add_func("/ipc/message-stream/answer-to-nothing", test_answer_to_nothing);
  return g_test_run();
}
