/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Worker: connections on one side, one IPA's stub on the other.
 *
 * GDBus's thread reads calls into a queue; run() takes them out in the main thread, so that every
 * call of the IPA is made there, in order. Answers and events go out in order. Events outside of
 * start..stop are dropped, and none is sent after the answer to stop.
 *
 * A worker ends with the connection to its host, also where the IPA hangs: an IoThread sees
 * the stream end. (Not PR_SET_PDEATHSIG: that is sent when the *thread* ends that made the worker,
 * while the host may live on.)
 */
#pragma once

#include <gio/gio.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "base/result.h"
#include "base/unique-fd.h"
#include "ipc/gdbus-message.h"
#include "ipc/io-thread.h"
#include "ipc/stub.h"

namespace gstcam::ipc {

class Worker final : public EventSink {
 public:
  Worker();
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /**
   * Serves the host at the other end of `socket`; run() returns when it hangs up. A host that
   * started us lets us in; a client of a service is let in by us, where it is user `client`.
   */
  Result<void> serve_host(UniqueFd socket, std::optional<uid_t> client);
  /** What Hello says of us, besides the interface's name. */
  struct About {
    std::string hash;    // of the interface
    std::string layers;  // of the sandbox that hold, with commas
  };
  /** Makes the calls. */
  void run(Stub& stub, About about);

  void emit(Message event) override;
  void refuse(const char* member, Error why) override;

 private:
  using ConnectionPtr = ObjectPtr<GDBusConnection>;
  struct Call {
    ConnectionPtr connection;
    ObjectPtr<GDBusMessage> message;
  };
  void add_connection(const ConnectionPtr& connection);
  void end();
  GDBusMessage* receive(GDBusConnection* connection, GDBusMessage* message);
  void serve(Stub& stub, const Call& call);
  void serve_ipa(Stub& stub, const Call& call);
  static Result<Message> dispatch(Stub& stub, Message message);
  DBusMessagePtr say_hello(GDBusMessage* call) const;
  void send_to_all(const char* interface, const std::string& member, Message message);
  void send_call_failed(const std::string& member, const Error& error);

  std::shared_ptr<IoThread> io_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Call> calls_;
  bool ended_ = false;

  std::mutex send_mutex_;  // orders events against the end of a run
  bool running_ = false;
  std::string interface_name_;
  About about_;
  std::vector<ConnectionPtr> connections_;
};

}  // namespace gstcam::ipc
