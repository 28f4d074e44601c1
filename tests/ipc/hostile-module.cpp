/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A module that breaks its promises: it implements the test interface at the level of messages, so
 * that it can say what no generated stub would. The name of the tuning file tells it what to do, in
 * init() ("exit", "crash" ...) or, with "start-" before it, in start().
 */
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "ipa/module.h"
#include "ipc/stub.h"
#include "tests/ipc/test-ipa-interface.h"

namespace {

using gstcam::Error;
using gstcam::Result;
using gstcam::UniqueFd;
using gstcam::ipc::EventSink;
using gstcam::ipc::Message;

constexpr uint32_t kFlood = 200000;

class HostileStub final : public gstcam::ipc::Stub {
 public:
  explicit HostileStub(EventSink& sink) : sink_(sink) {}
  const char* interface_name() const override { return gstcam::test::kInterfaceName; }
  const char* introspection_xml() const override { return "<node></node>"; }

  Result<Message> dispatch(Message call) override {
    if (call.member == "Init") {
      const gstcam::VariantPtr settings(g_variant_get_child_value(call.body.get(), 0));
      const gstcam::VariantPtr name(g_variant_get_child_value(settings.get(), 1));
      behaviour_ = g_variant_get_string(name.get(), nullptr);
      if (!behaviour_.starts_with("start-"))
        return behave(behaviour_, "(s)", g_variant_new("(s)", "tuning"));
      return reply(g_variant_new("(s)", "tuning"));
    }
    if (call.member == "Start") {
      const std::string behaviour =
          behaviour_.starts_with("start-") ? behaviour_.substr(6) : std::string();
      return behave(behaviour, "(u)", g_variant_new("(u)", 1U));
    }
    return reply(g_variant_new("()"));
  }

 private:
  static Message reply(GVariant* body) { return Message{"", gstcam::sink(body), {}}; }
  void emit(const char* member, GVariant* body) {
    sink_.emit(Message{member, gstcam::sink(body), {}});
  }

  Result<Message> behave(const std::string& how, const char*, GVariant* good) {
    Message answer = reply(good);
    if (how == "exit") {
      std::fprintf(stderr, "first words\nlast words\n");
      _exit(7);
    } else if (how == "crash") {
      std::signal(SIGSEGV, SIG_DFL);  // a sanitizer would exit instead
      raise(SIGSEGV);
    } else if (how == "talk") {
      for (int i = 0; i < 20000; i++)
        std::fprintf(stderr, "line %d of many, more than a pipe holds \xff\x01\n", i);
      _exit(8);
    } else if (how == "hang-up") {
      shutdown(3, SHUT_RDWR);
      pause();
    } else if (how == "wrong-reply") {
      return reply(g_variant_new("(d)", 1.0));
    } else if (how == "large-reply") {
      std::string text(17U << 20U, 'x');
      return reply(g_variant_new("(s)", text.c_str()));
    } else if (how == "many-fds") {
      for (int i = 0; i < 65; i++)
        answer.fds.emplace_back(dup(2));
    } else if (how == "extra-fd") {
      answer.fds.emplace_back(dup(2));
    } else if (how == "unknown-event") {
      emit("NoSuchEvent", g_variant_new("(u)", 1U));
    } else if (how == "wrong-event") {
      emit("Number", g_variant_new("(s)", "one"));
    } else if (how == "flood") {
      for (uint32_t i = 0; i < kFlood; i++)
        emit("Number", g_variant_new("(u)", i));
    } else if (how == "leak") {
      static_cast<void>(g_strdup("nobody has this"));
    } else if (how == "throw") {
      throw 42;
    }
    return answer;
  }

  EventSink& sink_;
  std::string behaviour_;
};

void* create(void*) {
  return nullptr;
}
void destroy(void*) {}
void* create_stub(void* sink) {
  return static_cast<gstcam::ipc::Stub*>(
      std::make_unique<HostileStub>(*static_cast<EventSink*>(sink)).release());
}
void destroy_stub(void* stub) {
  std::unique_ptr<gstcam::ipc::Stub>(static_cast<gstcam::ipc::Stub*>(stub)).reset();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const GstCameraIpaModule gst_camera_ipa_module;
const GstCameraIpaModule gst_camera_ipa_module = {
    GST_CAMERA_IPA_MODULE_ABI,
    sizeof(GstCameraIpaModule),
    gstcam::test::kInterfaceName,
    gstcam::test::kInterfaceHash,
    "hostile",
    "1.0",
    create,
    destroy,
    create_stub,
    destroy_stub,
};
