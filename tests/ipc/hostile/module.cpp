/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hostile module: a small IPA of the simulated camera that behaves, until it comes to the call
 * in which it was ordered to do something else (order.h).
 *
 * Orders for a call of a frame are done in frame kFrame, so that a stream runs before it, and a
 * worker that takes this one's place later does not do them again. What an attempt came to is
 * reported in the metadata of the frames after it: lux is 500 where it worked, else 1000 + errno.
 */
#include <csignal>
#include <map>
#include <optional>
#include <thread>

#include "core/isp/parameters.h"
#include "ipc/gdbus-message.h"
#include "simulated-ipa-module.h"
#include "tests/ipc/hostile/deeds.h"
#include "tests/ipc/hostile/order.h"

namespace gstcam::hostile {

/* Not constant: the compiler must not know what is in it. */
extern "C" {
extern volatile char gst_camera_hostile_order[kOrderSize];
__attribute__((used)) volatile char gst_camera_hostile_order[kOrderSize] =
    "GST-CAMERA-HOSTILE-ORDER=";
}

std::string_view ordered(std::string_view call) {
  const auto* text = const_cast<const char*>(gst_camera_hostile_order);
  const std::string_view order(text + sizeof(kOrderMark) - 1);
  const size_t slash = order.find('/');
  return slash != std::string_view::npos && order.substr(0, slash) == call ? order.substr(slash + 1)
                                                                           : std::string_view();
}

namespace {

using simulated::IpaEvents;

constexpr uint32_t kFrame = 10;

/* Of an attempt: 0 worked, else the errno. */
std::optional<int> result_of_attempt;

void attempt_now(std::string_view deed) {
  int error = 0;
  if (attempt(deed, error))
    result_of_attempt = error;
}

/* A deed that is possible anywhere. */
void obey(std::string_view call) {
  const std::string_view deed = ordered(call);
  if (deed.empty() || end_process(deed))
    return;
  attempt_now(deed);
}

__attribute__((constructor)) void on_load() {
  obey("constructor");
}

class HostileIpa final : public simulated::Ipa {
 public:
  explicit HostileIpa(IpaEvents& events, ipc::EventSink& sink) : events_(events), sink_(sink) {
    obey("create");
  }
  ~HostileIpa() override { obey("destructor"); }

  Result<ControlRanges> init(const ipa::Settings&, const ipa::SensorInfo&) override {
    obey("init");
    return ControlRanges();
  }
  Result<ControlRanges> configure(const ipa::SensorInfo&,
                                  const std::vector<ipa::StreamConfiguration>&) override {
    obey("configure");
    return ControlRanges();
  }
  Result<void> map_buffers(const std::vector<ipa::Buffer>& buffers) override {
    obey("map_buffers");
    for (const ipa::Buffer& buffer : buffers) {
      Result<UniqueFd> fd = UniqueFd::duplicate(buffer.fd.get());
      if (!fd)
        return fd.error();
      Result<SharedMemory> memory = SharedMemory::map(
          std::move(*fd), buffer.size,
          buffer.writable ? SharedMemory::Access::ReadWrite : SharedMemory::Access::ReadOnly);
      if (!memory)
        return memory.error();
      buffers_[buffer.id] = std::move(*memory);
    }
    return {};
  }
  Result<void> unmap_buffers(const std::vector<uint32_t>& ids) override {
    for (const uint32_t id : ids)
      buffers_.erase(id);
    return {};
  }
  Result<ControlList> start(const ControlList&) override {
    obey("start");
    return ControlList();
  }
  Result<void> stop() override {
    obey("stop");
    if (ordered("stop") == "late-events")
      send_late_events();
    return {};
  }
  Result<void> queue_request(uint32_t frame, const ControlList&) override {
    if (frame == kFrame)
      obey("queue_request");
    return {};
  }
  Result<void> compute_params(uint32_t frame, uint32_t buffer) override {
    auto* params = reinterpret_cast<GstCameraIspParameters*>(buffers_.at(buffer).data());
    *params = neutral_isp_parameters();
    params->frame = frame;
    const std::string_view deed = ordered("compute_params");
    if (frame == kFrame && !deed.empty()) {
      const Stage stage{&events_, &sink_, frame, buffer, 0, &buffers_};
      if (lie(deed, stage))
        return {};
      int error = 0;
      if (attempt_on_buffers(deed, stage, error))
        result_of_attempt = error;
      else if (!lie_in_params(deed, stage))
        obey("compute_params");
    }
    events_.params_computed(frame, buffer);
    return {};
  }
  Result<void> process_stats(uint32_t frame, uint32_t buffer, const ControlList&) override {
    const std::string_view deed = ordered("process_stats");
    if (frame == kFrame && !deed.empty()) {
      if (lie(deed, {&events_, &sink_, frame, 0, buffer, &buffers_}))
        return {};
      obey("process_stats");
    }
    ControlList metadata;
    if (result_of_attempt)
      metadata.set(ControlId::Lux, *result_of_attempt == 0 ? 500.0 : 1000.0 + *result_of_attempt);
    events_.set_sensor_controls(frame, {});
    events_.metadata_ready(frame, metadata);
    return {};
  }

 private:
  /* After the reply to stop() went out, below the worker program that would hold them back. */
  static void send_late_events() {
    std::thread([] {
      const auto message = ipc::DBusMessagePtr::adopt(
          g_dbus_message_new_signal(ipc::kObjectPath, simulated::kInterfaceName, "ParamsComputed"));
      g_dbus_message_set_body(message.get(), g_variant_new("(uu)", kFrame, 1U));
      g_dbus_message_set_serial(message.get(), 1);
      g_usleep(20000);
      for (int i = 0; i < 50; i++)
        say_raw(message.get());
    }).detach();
  }

  IpaEvents& events_;
  ipc::EventSink& sink_;
  std::map<uint32_t, SharedMemory> buffers_;
};

/* The generated stub, with a say in what is answered. */
class HostileStub final : public ipc::Stub {
 public:
  explicit HostileStub(ipc::EventSink& sink) {
    /* The generated stub makes its IPA through a plain function. */
    sink_of_ipa = &sink;
    stub_ = std::make_unique<simulated::IpaStub>(
        sink, [](IpaEvents& events) -> std::unique_ptr<simulated::Ipa> {
          return std::make_unique<HostileIpa>(events, *sink_of_ipa);
        });
  }
  [[nodiscard]] const char* interface_name() const override { return stub_->interface_name(); }
  [[nodiscard]] const char* introspection_xml() const override {
    return stub_->introspection_xml();
  }
  Result<ipc::Message> dispatch(ipc::Message call) override {
    static const std::map<std::string, std::string_view> names = {{"Init", "init"},
                                                                  {"Configure", "configure"},
                                                                  {"MapBuffers", "map_buffers"},
                                                                  {"Start", "start"},
                                                                  {"Stop", "stop"}};
    const auto name = names.find(call.member);
    Result<ipc::Message> reply = stub_->dispatch(std::move(call));
    if (name != names.end())
      lie_in_reply(ordered(name->second), reply);
    return reply;
  }

 private:
  static inline ipc::EventSink* sink_of_ipa = nullptr;
  std::unique_ptr<simulated::IpaStub> stub_;
};

void* create(void*) {
  return nullptr;
}
void destroy(void*) {}
void* create_stub(void* sink) {
  return static_cast<ipc::Stub*>(
      std::make_unique<HostileStub>(*static_cast<ipc::EventSink*>(sink)).release());
}
void destroy_stub(void* stub) {
  std::unique_ptr<ipc::Stub>(static_cast<ipc::Stub*>(stub)).reset();
}

}  // namespace
}  // namespace gstcam::hostile

extern "C" __attribute__((visibility("default"))) const GstCameraIpaModule gst_camera_ipa_module;
const GstCameraIpaModule gst_camera_ipa_module = {
    GST_CAMERA_IPA_MODULE_ABI,
    sizeof(GstCameraIpaModule),
    gstcam::simulated::kInterfaceName,
    gstcam::simulated::kInterfaceHash,
    "hostile",
    "1.0",
    gstcam::hostile::create,
    gstcam::hostile::destroy,
    gstcam::hostile::create_stub,
    gstcam::hostile::destroy_stub,
};
