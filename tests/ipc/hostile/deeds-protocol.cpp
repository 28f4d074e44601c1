/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lies to the host: in the IPA's language, in that of the stub below it, and on the wire below
 * that. */
#include <gio/gunixfdlist.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "ipc/gdbus-message.h"
#include "tests/ipc/hostile/deeds.h"

namespace gstcam::hostile {

namespace {

constexpr uint32_t kFlood = 200000;
constexpr int kMaxFds = 250;

using ipc::DBusMessagePtr;

using Deed = void (*)(const Stage&);
struct Lie {
  const char* name;
  Deed deed;
};

void emit(const Stage& s, const char* member, GVariant* body, int fds = 0) {
  ipc::Message event{member, sink(body), {}};
  for (int i = 0; i < fds; i++)
    event.fds.emplace_back(dup(2));
  s.sink->emit(std::move(event));
}

/* An event whose one control the codec would refuse to write. */
void emit_control(const Stage& s, const char* member, const char* name, GVariant* value) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sv}"));
  g_variant_builder_add(&builder, "{sv}", name, value);
  emit(s, member, g_variant_new("(ua{sv})", s.frame, &builder));
}

void set_control(const Stage& s, const char* name, GVariant* value) {
  emit_control(s, "SetSensorControls", name, value);
}
void meta_control(const Stage& s, const char* name, GVariant* value) {
  s.events->set_sensor_controls(s.frame, {});
  emit_control(s, "MetadataReady", name, value);
}

DBusMessagePtr signal(const char* member, GVariant* body) {
  auto message = DBusMessagePtr::adopt(
      g_dbus_message_new_signal(ipc::kObjectPath, simulated::kInterfaceName, member));
  g_dbus_message_set_body(message.get(), body);
  g_dbus_message_set_serial(message.get(), 1);
  return message;
}

DBusMessagePtr reply_to(uint32_t serial, GVariant* body) {
  const auto call =
      DBusMessagePtr::adopt(g_dbus_message_new_method_call(nullptr, "/a", "a.b", "C"));
  g_dbus_message_set_serial(call.get(), serial);
  auto reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(call.get()));
  g_dbus_message_set_body(reply.get(), body);
  g_dbus_message_set_serial(reply.get(), 1);
  return reply;
}

void say_announced(uint32_t body) {
  std::vector<char> bytes(64U << 10U, 'x');
  const uint32_t words[] = {body, 1, 64};
  std::memcpy(bytes.data(), "l\4\1\1", 4);
  std::memcpy(bytes.data() + 4, words, sizeof(words));
  while (say_raw(bytes.data(), bytes.size())) {
  }
}

void say_half() {
  say_raw("l\4\1\1\20\0\0\0\1\0\0\0\100\0\0\0ab", 18);
  shutdown(find_socket(), SHUT_WR);
  while (true)
    pause();
}

void say_without_end(const char* member, GVariant* body) {
  const DBusMessagePtr message = signal(member, body);
  while (say_raw(message.get())) {
  }
}

/* Many small values in one message: a parser makes far more of them than their bytes. */
GVariant* many_variants(size_t count) {
  GVariantBuilder builder;
  g_variant_builder_init(&builder, G_VARIANT_TYPE("av"));
  for (size_t i = 0; i < count; i++)
    g_variant_builder_add(&builder, "v", g_variant_new_byte(1));
  return g_variant_new("(@av)", g_variant_builder_end(&builder));
}

const double kNan = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

void good_answer(const Stage& s) {
  s.events->params_computed(s.frame, s.params_buffer);
}

/* Instead of params_computed. */
/* clang-format off: mostly one line each */
const Lie kLies[] = {
    {"silent", [](const Stage&) {}},
    {"unknown-frame",
     [](const Stage& s) { s.events->params_computed(s.frame + 1000, s.params_buffer); }},
    {"past-frame", [](const Stage& s) { s.events->params_computed(s.frame - 1, s.params_buffer); }},
    {"unknown-buffer", [](const Stage& s) { s.events->params_computed(s.frame, 0xffffffffU); }},
    {"stats-buffer",
     [](const Stage& s) { s.events->params_computed(s.frame, s.buffers->rbegin()->first); }},
    {"answer-twice",
     [](const Stage& s) {
       good_answer(s);
       good_answer(s);
     }},
    {"metadata-too-early", [](const Stage& s) { s.events->metadata_ready(s.frame, {}); }},
    {"controls-too-early", [](const Stage& s) { s.events->set_sensor_controls(s.frame, {}); }},
    {"flood-events",
     [](const Stage& s) {
       for (uint32_t i = 0; i < kFlood; i++)
         s.events->params_computed(s.frame + 1, s.params_buffer);
     }},
    {"flood-raw-events",
     [](const Stage& s) { say_without_end("ParamsComputed", g_variant_new("(uu)", s.frame, 1U)); }},
    {"flood-call-failed",
     [](const Stage& s) {
       for (uint32_t i = 0; i < kFlood; i++)
         s.sink->refuse("ComputeParams", Error(Error::Code::Failed, "again"));
     }},
    {"wrong-type",
     [](const Stage& s) { emit(s, "ParamsComputed", g_variant_new("(ss)", "one", "two")); }},
    {"too-short", [](const Stage& s) { emit(s, "ParamsComputed", g_variant_new("(u)", s.frame)); }},
    {"too-long",
     [](const Stage& s) {
       emit(s, "ParamsComputed", g_variant_new("(uuu)", s.frame, s.params_buffer, 1U));
     }},
    {"no-body", [](const Stage& s) { emit(s, "ParamsComputed", g_variant_new("()")); }},
    {"unknown-event", [](const Stage& s) { emit(s, "NoSuchEvent", g_variant_new("(u)", 1U)); }},
    {"surplus-fd",
     [](const Stage& s) {
       emit(s, "ParamsComputed", g_variant_new("(uu)", s.frame, s.params_buffer), 1);
     }},
    {"fds-in-event",
     [](const Stage& s) {
       emit(s, "ParamsComputed", g_variant_new("(uu)", s.frame, s.params_buffer), 60);
     }},
    {"stderr-bomb",
     [](const Stage&) {
       const std::string line(1023, '!');
       while (true)
         std::fprintf(stderr, "%s\n", line.c_str());
     }},
    {"stderr-binary",
     [](const Stage& s) {
       std::fputs("\x1b[2J\xff\xfe\a%n%s\n", stderr);
       good_answer(s);
     }},
    {"hang-up",
     [](const Stage&) {
       shutdown(find_socket(), SHUT_RDWR);
       while (true)
         pause();
     }},
    {"close-socket",
     [](const Stage&) {
       close(find_socket());
       while (true)
         pause();
     }},
    {"half-close",
     [](const Stage&) {
       shutdown(find_socket(), SHUT_WR);
       while (true)
         pause();
     }},
    /* Below the stub. */
    {"raw-garbage",
     [](const Stage&) {
       const std::string text(4096, '\xa5');
       say_raw(text.data(), text.size());
     }},
    {"raw-zeros",
     [](const Stage&) {
       const std::string text(4096, '\0');
       say_raw(text.data(), text.size());
     }},
    {"raw-http", [](const Stage&) { say_raw("GET / HTTP/1.1\r\n\r\n", 18); }},
    {"raw-half-message", [](const Stage&) { say_half(); }},
    /* What is said before the end counts, though the end may be noticed first. */
    {"raw-garbage-and-exit",
     [](const Stage&) {
       const std::string text(4096, '\xa5');
       say_raw(text.data(), text.size());
       _exit(9);
     }},
    {"raw-wrong-type-and-exit",
     [](const Stage&) {
       say_raw(signal("ParamsComputed", g_variant_new("(ss)", "one", "two")).get());
       _exit(9);
     }},
    {"raw-unknown-frame-and-exit",
     [](const Stage& s) {
       say_raw(signal("ParamsComputed", g_variant_new("(uu)", s.frame + 1000, 1U)).get());
       _exit(9);
     }},
    {"raw-256-mib", [](const Stage&) { say_announced(256U << 20U); }},
    {"raw-100-mib", [](const Stage&) { say_announced(100U << 20U); }},
    {"raw-many-variants",
     [](const Stage&) { say_raw(signal("ParamsComputed", many_variants(200000)).get()); }},
    {"raw-many-fds",
     [](const Stage& s) {
       say_raw(signal("ParamsComputed", g_variant_new("(uu)", s.frame, s.params_buffer)).get(),
               kMaxFds);
     }},
    {"raw-surplus-fds",
     [](const Stage& s) {
       say_raw(signal("ParamsComputed", g_variant_new("(uu)", s.frame, s.params_buffer)).get(), 2);
     }},
    {"raw-missing-fds",
     [](const Stage& s) {
       const DBusMessagePtr message =
           signal("ParamsComputed", g_variant_new("(uu)", s.frame, s.params_buffer));
       const auto list = ObjectPtr<GUnixFDList>::adopt(g_unix_fd_list_new());
       for (int i = 0; i < 3; i++)
         g_unix_fd_list_append(list.get(), 2, nullptr);
       g_dbus_message_set_unix_fd_list(message.get(), list.get());
       say_raw(message.get());
     }},
    {"raw-call",
     [](const Stage&) {
       const auto call = DBusMessagePtr::adopt(g_dbus_message_new_method_call(
           nullptr, ipc::kObjectPath, simulated::kInterfaceName, "ComputeParams"));
       g_dbus_message_set_serial(call.get(), 1);
       say_raw(call.get());
     }},
    {"raw-reply-to-nothing",
     [](const Stage&) { say_raw(reply_to(0x7fffffffU, g_variant_new("()")).get()); }},
    {"raw-replies-again",
     [](const Stage&) {
       for (uint32_t serial = 1; serial < 64; serial++)
         say_raw(reply_to(serial, g_variant_new("()")).get());
     }},
    {"raw-other-interface",
     [](const Stage&) {
       const auto message = DBusMessagePtr::adopt(
           g_dbus_message_new_signal("/a", "org.freedesktop.DBus", "NameAcquired"));
       g_dbus_message_set_serial(message.get(), 1);
       say_raw(message.get());
     }},
    {"raw-wrong-call-failed",
     [](const Stage&) {
       const auto message = DBusMessagePtr::adopt(g_dbus_message_new_signal(
           ipc::kObjectPath, ipc::kWorkerInterface, ipc::kWorkerCallFailed));
       g_dbus_message_set_serial(message.get(), 1);
       g_dbus_message_set_body(message.get(), g_variant_new("(u)", 1U));
       say_raw(message.get());
     }},
    /* Instead of set_sensor_controls and metadata_ready. */
    {"controls-nan-gain",
     [](const Stage& s) { set_control(s, "analogue-gain", g_variant_new_double(kNan)); }},
    {"controls-infinite-gain",
     [](const Stage& s) { set_control(s, "analogue-gain", g_variant_new_double(kInfinity)); }},
    {"controls-huge-gain",
     [](const Stage& s) { set_control(s, "analogue-gain", g_variant_new_double(1e300)); }},
    {"controls-negative-exposure",
     [](const Stage& s) { set_control(s, "exposure-time", g_variant_new_int32(-5)); }},
    {"controls-wrong-type",
     [](const Stage& s) { set_control(s, "exposure-time", g_variant_new_string("long")); }},
    {"controls-unknown",
     [](const Stage& s) { set_control(s, "self-destruct", g_variant_new_int32(1)); }},
    {"controls-not-the-sensor's",
     [](const Stage& s) { set_control(s, "saturation", g_variant_new_double(1)); }},
    {"controls-zero-duration",
     [](const Stage& s) { set_control(s, "frame-duration", g_variant_new_int64(0)); }},
    {"metadata-nan", [](const Stage& s) { meta_control(s, "lux", g_variant_new_double(kNan)); }},
    {"metadata-out-of-range",
     [](const Stage& s) { meta_control(s, "lux", g_variant_new_double(-1)); }},
    {"metadata-unknown-enum",
     [](const Stage& s) { meta_control(s, "ae-state", g_variant_new_int32(4711)); }},
    {"metadata-unknown",
     [](const Stage& s) { meta_control(s, "password", g_variant_new_string("secret")); }},
    {"metadata-no-controls", [](const Stage& s) { s.events->metadata_ready(s.frame, {}); }},
    {"metadata-twice",
     [](const Stage& s) {
       s.events->set_sensor_controls(s.frame, {});
       s.events->metadata_ready(s.frame, {});
       s.events->metadata_ready(s.frame, {});
     }},
    {"controls-twice",
     [](const Stage& s) {
       s.events->set_sensor_controls(s.frame, {});
       s.events->set_sensor_controls(s.frame, {});
     }},
    {"metadata-other-frame",
     [](const Stage& s) {
       s.events->set_sensor_controls(s.frame, {});
       s.events->metadata_ready(s.frame + 7, {});
     }},
    /* In range of the table, out of the sensor's: moved into it. */
    {"controls-beyond-sensor",
     [](const Stage& s) {
       ControlList list;
       list.set(ControlId::ExposureTime, int32_t{60000000});
       list.set(ControlId::AnalogueGain, 256.0);
       s.events->set_sensor_controls(s.frame, list);
       s.events->metadata_ready(s.frame, {});
     }},
};

/* clang-format on */

struct ReplyLie {
  const char* name;
  void (*deed)(Result<ipc::Message>&);
};

void set_body(Result<ipc::Message>& reply, GVariant* body) {
  reply = ipc::Message{"", sink(body), {}};
}

/* clang-format off */
const ReplyLie kReplyLies[] = {
    {"reply-wrong-type", [](auto& reply) { set_body(reply, g_variant_new("(d)", 1.0)); }},
    {"reply-too-short", [](auto& reply) { set_body(reply, g_variant_new("()")); }},
    {"reply-too-long", [](auto& reply) { set_body(reply, g_variant_new("(uuuuuuuu)", 1, 2, 3, 4, 5, 6, 7, 8)); }},
    {"reply-17-mib", [](auto& reply) { set_body(reply, g_variant_new("(s)", std::string(17U << 20U, 'x').c_str())); }},
    {"reply-256-mib", [](auto&) { say_announced(256U << 20U); }},
    {"reply-surplus-fd", [](auto& reply) { if (reply) reply->fds.emplace_back(dup(2)); }},
    {"reply-65-fds", [](auto& reply) { for (int i = 0; reply && i < 65; i++) reply->fds.emplace_back(dup(2)); }},
    {"reply-error", [](auto& reply) { reply = Error(Error::Code::Failed, std::string(100000, 'e')); }},
    {"reply-lost", [](auto& reply) { reply = Error(Error::Code::Lost, "I am lost"); }},
    {"reply-never", [](auto&) { while (true) pause(); }},
    {"reply-throws", [](auto&) { throw 42; }},
    {"reply-garbage", [](auto&) { const std::string text(4096, '\xa5'); say_raw(text.data(), text.size()); }},
    {"reply-half-message", [](auto&) { say_half(); }},
    {"reply-wrong-serial", [](auto&) { say_raw(reply_to(0x7fffffffU, g_variant_new("()")).get()); }},
    {"reply-twice", [](auto&) { for (uint32_t serial = 1; serial < 64; serial++) say_raw(reply_to(serial, g_variant_new("(d)", 1.0)).get()); }},
    {"reply-stderr-bomb", [](auto&) { while (true) std::fprintf(stderr, "%0100d\n", 1); }},
    {"reply-event-flood", [](auto&) { say_without_end("ParamsComputed", g_variant_new("(uu)", 1U, 1U)); }},
};
/* clang-format on */

}  // namespace

bool lie(std::string_view deed, const Stage& stage) {
  for (const Lie& one : kLies) {
    if (deed != one.name)
      continue;
    one.deed(stage);
    return true;
  }
  return false;
}

bool lie_in_reply(std::string_view deed, Result<ipc::Message>& reply) {
  for (const ReplyLie& one : kReplyLies) {
    if (deed != one.name)
      continue;
    one.deed(reply);
    return true;
  }
  return false;
}

int find_socket() {
  for (int fd = 3; fd < 1024; fd++) {
    int domain = 0;
    int type = 0;
    socklen_t size = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && domain == AF_UNIX &&
        type == SOCK_STREAM)
      return fd;
  }
  return -1;
}

bool say_raw(const void* bytes, size_t size, int fds) {
  const int socket = find_socket();
  size_t sent = 0;
  while (sent < size) {
    iovec part{static_cast<char*>(const_cast<void*>(bytes)) + sent, size - sent};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))]{};
    if (fds > 0 && sent == 0) {
      const std::vector<int> raw(static_cast<size_t>(fds), 2);
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(raw.size() * sizeof(int));
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(raw.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), raw.data(), raw.size() * sizeof(int));
    }
    const ssize_t done = sendmsg(socket, &message, MSG_NOSIGNAL);
    if (done > 0) {
      sent += static_cast<size_t>(done);
    } else if (errno == EAGAIN) {
      pollfd entry{socket, POLLOUT, 0};
      poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool say_raw(GDBusMessage* message, int fds) {
  gsize size = 0;
  const HandlePtr<guchar, g_free> bytes(
      g_dbus_message_to_blob(message, &size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, nullptr));
  return bytes && say_raw(bytes.get(), size, fds);
}

}  // namespace gstcam::hostile
