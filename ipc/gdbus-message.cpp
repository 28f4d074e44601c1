/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/gdbus-message.h"

#include <gio/gunixfdlist.h>

#include <cctype>
#include <vector>

#include "ipc/transport.h"

namespace gstcam::ipc {

namespace {

constexpr std::string_view kErrorPrefix = "org.freedesktop.GstCamera.Error.";

/* Stands between message and hint of an error. */
constexpr std::string_view kHint = "\nHint: ";

/* How much of a peer's text goes into an error of ours. */
constexpr size_t kMaxErrorText = 4096;

std::string size_text(const Message& message, size_t size) {
  return "a message '" + message.member + "' of " + std::to_string(size) + " bytes and " +
         std::to_string(message.fds.size()) + " fds is over the limit of " +
         std::to_string(kMaxBody) + " bytes and " + std::to_string(kMaxFds) + " fds";
}

}  // namespace

Result<void> check_limits(const Message& message) {
  const size_t size = message.body ? g_variant_get_size(message.body.get()) : 0;
  if (size > kMaxBody || message.fds.size() > kMaxFds)
    return Error(Error::Code::Invalid, size_text(message, size));
  return {};
}

void fill_message(GDBusMessage* out, Message message) {
  if (message.body)
    g_dbus_message_set_body(out, message.body.get());
  if (message.fds.empty())
    return;
  std::vector<int> raw;
  raw.reserve(message.fds.size());
  for (UniqueFd& fd : message.fds)
    raw.push_back(fd.release());
  const auto list = ObjectPtr<GUnixFDList>::adopt(
      g_unix_fd_list_new_from_array(raw.data(), static_cast<int>(raw.size())));
  g_dbus_message_set_unix_fd_list(out, list.get());
}

Result<Message> take_message(GDBusMessage* from, std::string member) {
  Message message;
  message.member = std::move(member);
  if (GUnixFDList* list = g_dbus_message_get_unix_fd_list(from)) {
    int count = 0;
    const HandlePtr<int, g_free> fds(g_unix_fd_list_steal_fds(list, &count));
    message.fds.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; i++)
      message.fds.emplace_back(fds.get()[i]);
  } else if (g_dbus_message_get_num_unix_fds(from) != 0) {
    /* The kernel dropped them: this process has no room for more descriptors. */
    return Error(Error::Code::Protocol,
                 "the fds of a message '" + message.member + "' did not arrive",
                 "raise the limit of open files (ulimit -n)");
  }
  /* GDBus parses the wire strictly (lengths, UTF-8, booleans, signatures, depth) and makes its
   * values with GVariant's constructors: what it hands out is in normal form. */
  message.normal = true;
  if (GVariant* body = g_dbus_message_get_body(from))
    message.body = VariantPtr(g_variant_ref(body));
  else
    message.body = sink(g_variant_new_tuple(nullptr, 0));
  if (Result<void> checked = check_limits(message); !checked)
    return Error(Error::Code::Protocol, checked.error().message);
  return message;
}

std::string dbus_error_name(Error::Code code) {
  std::string name(kErrorPrefix);
  bool upper = true;
  for (const char* p = to_string(code); *p; p++) {
    if (*p == '-') {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(*p))) : *p;
    upper = false;
  }
  return name;
}

DBusMessagePtr make_error_reply(GDBusMessage* call, const Error& error) {
  /* One string, which is what D-Bus tools show of an error. It has to be valid UTF-8; an IPA may
   * have quoted anything. */
  const std::string text =
      error.hint.empty() ? error.message : error.message + std::string(kHint) + error.hint;
  const CharPtr valid(g_utf8_make_valid(text.c_str(), -1));
  return DBusMessagePtr::adopt(g_dbus_message_new_method_error_literal(
      call, dbus_error_name(error.code).c_str(), valid.get()));
}

Error error_from_reply(GDBusMessage* reply) {
  const char* name = g_dbus_message_get_error_name(reply);
  Error::Code code = Error::Code::Failed;
  if (name && std::string_view(name).starts_with(kErrorPrefix)) {
    std::string word;
    for (const char* p = name + kErrorPrefix.size(); *p; p++) {
      const auto c = static_cast<unsigned char>(*p);
      if (std::isupper(c) && !word.empty())
        word += '-';
      word += static_cast<char>(std::tolower(c));
    }
    code = error_code_from_string(word);
    /* These mean that the host has to give its peer up; one that answers may not say that. */
    if (code == Error::Code::Lost || code == Error::Code::Timeout || code == Error::Code::Protocol)
      code = Error::Code::Failed;
  }
  std::string message;
  std::string hint;
  GVariant* body = g_dbus_message_get_body(reply);
  if (body && g_variant_is_of_type(body, G_VARIANT_TYPE("(s)"))) {
    const VariantPtr child(g_variant_get_child_value(body, 0));
    message = std::string(g_variant_get_string(child.get(), nullptr)).substr(0, kMaxErrorText);
    const size_t at = message.rfind(kHint);
    if (at != std::string::npos) {
      hint = message.substr(at + kHint.size());
      message.resize(at);
    }
  }
  if (message.empty())
    message = name ? name : "the peer answered with an error that says nothing";
  return Error(code, std::move(message), std::move(hint));
}

}  // namespace gstcam::ipc
