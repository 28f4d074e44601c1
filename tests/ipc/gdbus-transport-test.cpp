/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transport by itself: who may connect, what a peer may do, how its end is noticed; and the
 * worker program as a peer.
 */
#include "ipc/gdbus-transport.h"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "ipc/gdbus-auth.h"
#include "ipc/gdbus-message.h"
#include "ipc/worker-process.h"
#include "tests/ipc/host-fixture.h"
#include "tests/ipc/test-ipa-codec.h"

using namespace gstcam;
using namespace gstcam::ipc;
using namespace gstcam::test;
using namespace std::chrono_literals;

namespace {

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
  Pair() {
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    ours.reset(fds[0]);
    theirs.reset(fds[1]);
  }
};

GdbusTransport::Options options(std::chrono::milliseconds deadline = 5s) {
  return {.interface_name = kInterfaceName, .server = true, .handshake_deadline = deadline};
}

/* What the transport reports, from whatever thread. */
class Reports {
 public:
  void listen(Transport& transport) {
    transport.set_handlers([](Message) {},
                           [this](Error error) {
                             const std::lock_guard lock(mutex_);
                             closed_.push_back(std::move(error));
                             cond_.notify_all();
                           });
  }
  Error wait() {
    std::unique_lock lock(mutex_);
    g_assert_true(cond_.wait_for(lock, 20s, [this] { return !closed_.empty(); }));
    g_assert_cmpuint(closed_.size(), ==, 1);
    return closed_[0];
  }

 private:
  std::mutex mutex_;
  std::condition_variable cond_;
  std::vector<Error> closed_;
};

/* A peer in a thread that speaks the wire's text by itself. */
std::thread say(UniqueFd socket, std::string text, bool hang_up) {
  return std::thread([fd = std::move(socket), text = std::move(text), hang_up] {
    g_assert_cmpint(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), ==,
                    static_cast<ssize_t>(text.size()));
    char buffer[4096];
    while (!hang_up && recv(fd.get(), buffer, sizeof(buffer), 0) > 0) {
    }
  });
}

void test_peers_that_do_not_authenticate() {
  struct Case {
    std::string text;
    bool hang_up;
    Error::Code code;
  };
  const std::string nul(1, '\0');
  const Case cases[] = {
      {"", true, Error::Code::Lost},
      {"GET / HTTP/1.1\r\n\r\n", true, Error::Code::Protocol},
      {nul + "AUTH ANONYMOUS\r\nBEGIN\r\n", false, Error::Code::Protocol},
      {nul + "AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n", false, Error::Code::Protocol},
      {nul + std::string(4096, 'A'), false, Error::Code::Protocol},
      {nul + "AUTH DBUS_COOKIE_SHA1 30\r\n", false, Error::Code::Timeout},
      {nul + "AUTH EXTERNAL", false, Error::Code::Timeout},
      {"", false, Error::Code::Timeout},
  };
  for (const Case& c : cases) {
    Pair pair;
    std::thread peer = say(std::move(pair.theirs), c.text, c.hang_up);
    const auto transport = GdbusTransport::open(std::move(pair.ours), options(100ms));
    g_assert_false(transport.ok());
    ASSERT_ERROR(transport, c.code);
    peer.join();
  }
}

/* GDBus as the peer, in the same process. */
ObjectPtr<GDBusConnection> connect_bare(UniqueFd socket) {
  Result<ObjectPtr<GIOStream>> stream = make_stream(std::move(socket));
  ASSERT_OK(stream);
  auto connection = ObjectPtr<GDBusConnection>::adopt(g_dbus_connection_new_sync(
      stream->get(), nullptr, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, nullptr, nullptr,
      nullptr));
  g_assert_nonnull(connection.get());
  return connection;
}

struct Connected {
  ObjectPtr<GDBusConnection> peer;
  std::unique_ptr<GdbusTransport> transport;
  Connected() {
    Pair pair;
    std::thread thread([&] { peer = connect_bare(std::move(pair.theirs)); });
    auto opened = GdbusTransport::open(std::move(pair.ours), options());
    thread.join();
    ASSERT_OK(opened);
    transport = std::move(*opened);
  }
};

void test_a_peer_that_calls_breaks_the_protocol() {
  Connected c;
  Reports reports;
  reports.listen(*c.transport);
  g_dbus_connection_call(c.peer.get(), nullptr, "/a", "a.b", "C", nullptr, nullptr,
                         G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr, nullptr);
  const Error error = reports.wait();
  g_assert_true(error.code == Error::Code::Protocol);
  ASSERT_CONTAINS(error.message, "it made a call");
}

void test_a_peer_that_sends_too_much_breaks_the_protocol() {
  Connected c;
  Reports reports;
  reports.listen(*c.transport);
  const std::vector<uint8_t> bytes(kMaxBody + 1);
  g_dbus_connection_emit_signal(
      c.peer.get(), nullptr, kObjectPath, kInterfaceName, "Bytes",
      g_variant_new("(@ay)",
                    g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(), bytes.size(), 1)),
      nullptr);
  g_assert_true(reports.wait().code == Error::Code::Protocol);
}

void test_stream_end() {
  Connected c;
  Reports reports;
  reports.listen(*c.transport);
  g_dbus_connection_close_sync(c.peer.get(), nullptr, nullptr);
  g_assert_true(reports.wait().code == Error::Code::Lost);
  ASSERT_ERROR(c.transport->post(empty_message("It")), Error::Code::Lost);
  ASSERT_ERROR(c.transport->call(empty_message("It"), 1s), Error::Code::Lost);
}

/* Nobody runs a context here: the call itself must see the end. */
void test_stream_end_in_a_call() {
  Connected c;
  Reports reports;
  reports.listen(*c.transport);
  /* The peer has no such object, but must be kept from answering that: it reads nothing. */
  std::thread closer([&] { g_dbus_connection_close_sync(c.peer.get(), nullptr, nullptr); });
  Result<Message> result = c.transport->call(empty_message("It"), 20s);
  for (int i = 0; i < 1000 && !result && result.error().code != Error::Code::Lost; i++)
    result = c.transport->call(empty_message("It"), 20s);
  closer.join();
  ASSERT_ERROR(result, Error::Code::Lost);
}

void test_own_limits() {
  Connected c;
  Reports reports;
  reports.listen(*c.transport);
  Message large = empty_message("It");
  const std::vector<uint8_t> bytes(kMaxBody + 1);
  large.body = sink(g_variant_new(
      "(@ay)", g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(), bytes.size(), 1)));
  ASSERT_ERROR(c.transport->post(std::move(large)), Error::Code::Invalid);
  Message many = empty_message("It");
  for (size_t i = 0; i <= kMaxFds; i++)
    many.fds.emplace_back(dup(0));
  ASSERT_ERROR(c.transport->call(std::move(many), 1s), Error::Code::Invalid);
  /* Nothing of either was sent: the connection is as it was. */
  ASSERT_OK(c.transport->post(empty_message("It")));
}

void test_close_does_not_wait_for_a_peer_that_does_not_read() {
  Pair pair;
  /* Authenticates, and then never reads again. */
  std::thread peer([&] {
    const std::string text =
        std::string(1, '\0') + "AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";
    g_assert_cmpint(send(pair.theirs.get(), text.data(), text.size(), MSG_NOSIGNAL), ==,
                    static_cast<ssize_t>(text.size()));
  });
  auto transport = GdbusTransport::open(std::move(pair.ours), options());
  peer.join();
  ASSERT_OK(transport);
  Reports reports;
  reports.listen(**transport);
  const std::vector<uint8_t> bytes(1U << 20U);
  for (int i = 0; i < 16; i++) {
    Message message = empty_message("It");
    message.body = sink(g_variant_new(
        "(@ay)", g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, bytes.data(), bytes.size(), 1)));
    ASSERT_OK((*transport)->post(std::move(message)));
  }
  (*transport)->close();
}

struct WorkerPeer {
  std::unique_ptr<WorkerProcess> process;
  std::unique_ptr<GdbusTransport> transport;
  Reports reports;
  WorkerPeer() {
    Pair pair;
    WorkerProcess::Options o{
        .program = g_getenv("GST_CAMERA_IPA_WORKER"),
        .arguments = {"--fd", "3", "--module", module_path("echo")},
        .fds = {},
    };
    o.fds.emplace_back(std::move(pair.theirs), 3);
    auto started = WorkerProcess::start(std::move(o));
    ASSERT_OK(started);
    process = std::move(*started);
    auto opened = GdbusTransport::open(std::move(pair.ours), options());
    ASSERT_OK(opened);
    transport = std::move(*opened);
    reports.listen(*transport);
  }
};

void test_worker_ends_with_its_host() {
  WorkerPeer worker;
  worker.transport->close();
  g_assert_true(worker.process->wait(20s));
  g_assert_cmpint(worker.process->exit_status(), ==, 0);
}

void test_worker_ends_with_its_host_though_its_ipa_hangs() {
  WorkerPeer worker;
  GatePair gate;
  Result<Message> call = codec::encode_block_later_call(gate.theirs);
  ASSERT_OK(call);
  ASSERT_OK(worker.transport->post(std::move(*call)));
  worker.transport->close();
  g_assert_true(worker.process->wait(20s));
  /* 5 where the call was begun, 0 where the end came first. */
  g_assert_true(worker.process->exit_status() == 5 || worker.process->exit_status() == 0);
}

void test_worker_refuses_what_is_no_call_of_its() {
  WorkerPeer worker;
  const auto unknown = worker.transport->call(empty_message("NoSuchCall"), 5s);
  g_assert_false(unknown.ok());
  ASSERT_CONTAINS(unknown.error().message, "NoSuchCall");
  const auto foreign = worker.transport->call(empty_message("org.example.Foreign.It"), 5s);
  g_assert_false(foreign.ok());
  Message wrong = empty_message("EchoBytes");
  const auto typed = worker.transport->call(std::move(wrong), 5s);
  g_assert_false(typed.ok());
  const auto xml =
      worker.transport->call(empty_message("org.freedesktop.DBus.Introspectable.Introspect"), 5s);
  ASSERT_OK(xml);
  const VariantPtr text(g_variant_get_child_value(xml->body.get(), 0));
  ASSERT_CONTAINS(g_variant_get_string(text.get(), nullptr), kInterfaceName);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/transport/authentication", test_peers_that_do_not_authenticate);
  g_test_add_func("/ipc/transport/peer-calls", test_a_peer_that_calls_breaks_the_protocol);
  g_test_add_func("/ipc/transport/peer-sends-too-much",
                  test_a_peer_that_sends_too_much_breaks_the_protocol);
  g_test_add_func("/ipc/transport/stream-end", test_stream_end);
  g_test_add_func("/ipc/transport/stream-end-in-a-call", test_stream_end_in_a_call);
  g_test_add_func("/ipc/transport/own-limits", test_own_limits);
  g_test_add_func("/ipc/transport/peer-does-not-read",
                  test_close_does_not_wait_for_a_peer_that_does_not_read);
  g_test_add_func("/ipc/transport/worker-ends", test_worker_ends_with_its_host);
  g_test_add_func("/ipc/transport/worker-ends-though-hung",
                  test_worker_ends_with_its_host_though_its_ipa_hangs);
  g_test_add_func("/ipc/transport/worker-refuses", test_worker_refuses_what_is_no_call_of_its);
  return g_test_run();
}
