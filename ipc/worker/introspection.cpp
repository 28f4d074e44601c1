/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipc/worker/introspection.h"

namespace gstcam::ipc {

namespace {

constexpr std::string_view kOwnInterfaces =
    R"xml(  <interface name="org.freedesktop.GstCamera.Worker">
    <method name="Sync"/>
    <method name="Hello">
      <arg name="interface" type="s" direction="out"/>
      <arg name="hash" type="s" direction="out"/>
      <arg name="pid" type="i" direction="out"/>
      <arg name="layers" type="s" direction="out"/>
    </method>
    <signal name="CallFailed">
      <arg name="member" type="s"/>
      <arg name="code" type="s"/>
      <arg name="message" type="s"/>
      <arg name="hint" type="s"/>
    </signal>
  </interface>
  <interface name="org.freedesktop.DBus.Introspectable">
    <method name="Introspect">
      <arg name="xml_data" type="s" direction="out"/>
    </method>
  </interface>
  <interface name="org.freedesktop.DBus.Peer">
    <method name="Ping"/>
    <method name="GetMachineId">
      <arg name="machine_uuid" type="s" direction="out"/>
    </method>
  </interface>
)xml";

DBusMessagePtr reply_with(GDBusMessage* call, GVariant* body) {
  auto reply = DBusMessagePtr::adopt(g_dbus_message_new_method_reply(call));
  g_dbus_message_set_body(reply.get(), body);
  return reply;
}

DBusMessagePtr dbus_error(GDBusMessage* call, const char* name, const std::string& text) {
  return DBusMessagePtr::adopt(g_dbus_message_new_method_error_literal(call, name, text.c_str()));
}

}  // namespace

std::string introspect(std::string_view path, std::string_view ipa_xml) {
  constexpr std::string_view kEnd = "</node>";
  const std::string_view object = kObjectPath;
  if (path == object) {
    const size_t end = ipa_xml.rfind(kEnd);
    if (end == std::string_view::npos)
      return {};
    return std::string(ipa_xml.substr(0, end)) + std::string(kOwnInterfaces) + std::string(kEnd) +
           "\n";
  }
  const std::string folder = path == "/" ? "/" : std::string(path) + "/";
  if (!object.starts_with(folder))
    return {};
  const std::string_view rest = object.substr(folder.size());
  return "<node>\n  <node name=\"" + std::string(rest.substr(0, rest.find('/'))) +
         "\"/>\n</node>\n";
}

DBusMessagePtr answer_standard_call(GDBusMessage* call, std::string_view ipa_xml) {
  const auto text = [](const char* s) { return std::string_view(s ? s : ""); };
  const std::string_view interface = text(g_dbus_message_get_interface(call));
  const std::string_view member = text(g_dbus_message_get_member(call));
  const std::string_view path = text(g_dbus_message_get_path(call));

  if (interface == "org.freedesktop.DBus" && member == "Hello") {
    /* busctl and gdbus speak to a bus only; for them we are one, of a single name. */
    return reply_with(call, g_variant_new("(s)", ":1.1"));
  }
  const std::string xml = introspect(path, ipa_xml);
  if (xml.empty()) {
    return dbus_error(call, "org.freedesktop.DBus.Error.UnknownObject",
                      "no object at " + std::string(path) + "; the IPA is " + kObjectPath);
  }
  if (interface == "org.freedesktop.DBus.Introspectable" && member == "Introspect")
    return reply_with(call, g_variant_new("(s)", xml.c_str()));
  if (interface == "org.freedesktop.DBus.Properties" && member == "GetAll")
    return reply_with(call, g_variant_new("(a{sv})", nullptr));
  return dbus_error(call, "org.freedesktop.DBus.Error.UnknownMethod",
                    "no method " + std::string(interface) + "." + std::string(member));
}

}  // namespace gstcam::ipc
