/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cameradeviceprovider: probed and watched, devices as cameras come and go, elements of devices. */
#include <algorithm>
#include <string>
#include <vector>

#include "gst/device-provider.h"
#include "tests/gst/element-fixture.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

using DevicePtr = ObjectPtr<GstDevice>;
using Devices = std::vector<DevicePtr>;
using Strings = std::vector<std::string>;

std::shared_ptr<FakeScript> camera(const char* id, const char* model = "Fake camera") {
  auto script = std::make_shared<FakeScript>();
  script->id = id;
  script->model = model;
  return script;
}

std::shared_ptr<FakeScript> stand_in(const char* id) {
  auto script = camera(id, "Not a camera");
  script->properties.stand_in = true;
  return script;
}

/** From now on the cameras are those in the port. */
std::shared_ptr<FakePort> use_port(std::vector<std::shared_ptr<FakeScript>> scripts = {}) {
  auto port = std::make_shared<FakePort>(std::move(scripts));
  set_pipeline_factories([port] {
    std::vector<std::unique_ptr<PipelineFactory>> factories;
    factories.push_back(std::make_unique<FakePortFactory>(port));
    return factories;
  });
  return port;
}

Devices take(GList* list) {
  Devices devices;
  for (GList* item = list; item; item = item->next)
    devices.push_back(DevicePtr::adopt(GST_DEVICE(item->data)));
  g_list_free(list);
  return devices;
}

std::string property_of(GstDevice* device, const char* field) {
  GstStructure* properties = gst_device_get_properties(device);
  g_assert_nonnull(properties);
  const char* text = gst_structure_get_string(properties, field);
  std::string result = text ? text : "";
  gst_structure_free(properties);
  return result;
}

/** For what a call returns: g_assert_cmpstr() would look at it when it is gone. */
void expect_text(const std::string& text, const std::string& expected) {
  g_assert_cmpstr(text.c_str(), ==, expected.c_str());
}

/** Degrees; -1 where the device has none. */
int orientation_of(GstDevice* device) {
  GstStructure* properties = gst_device_get_properties(device);
  int degrees = -1;
  gst_structure_get_int(properties, "camera.orientation", &degrees);
  gst_structure_free(properties);
  return degrees;
}

std::string id_of(GstDevice* device) {
  return property_of(device, "camera.id");
}

Strings ids_of(const Devices& devices) {
  Strings ids;
  for (const DevicePtr& device : devices)
    ids.push_back(id_of(device.get()));
  std::ranges::sort(ids);
  return ids;
}

ObjectPtr<GstDeviceProvider> provider() {
  return ObjectPtr<GstDeviceProvider>::adopt(
      gst_device_provider_factory_get_by_name("cameradeviceprovider"));
}

/* A monitor as applications have it. */
class Monitor {
 public:
  Monitor() : monitor_(ObjectPtr<GstDeviceMonitor>::adopt(gst_device_monitor_new())) {
    bus_ = ObjectPtr<GstBus>::adopt(gst_device_monitor_get_bus(monitor_.get()));
    g_assert_cmpuint(gst_device_monitor_add_filter(monitor_.get(), "Video/Source", nullptr), !=, 0);
    g_assert_true(gst_device_monitor_start(monitor_.get()));
  }
  ~Monitor() { gst_device_monitor_stop(monitor_.get()); }
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  [[nodiscard]] Devices devices() const {
    return take(gst_device_monitor_get_devices(monitor_.get()));
  }
  /** "+id" or "-id": the next message. */
  [[nodiscard]] std::string next() const {
    const MessagePtr message(gst_bus_timed_pop_filtered(
        bus_.get(), kTestTimeout,
        static_cast<GstMessageType>(GST_MESSAGE_DEVICE_ADDED | GST_MESSAGE_DEVICE_REMOVED)));
    if (!message)
      g_error("no device came or went");
    const bool added = GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_DEVICE_ADDED;
    GstDevice* device = nullptr;
    if (added)
      gst_message_parse_device_added(message.get(), &device);
    else
      gst_message_parse_device_removed(message.get(), &device);
    const DevicePtr owned = DevicePtr::adopt(device);
    return (added ? "+" : "-") + id_of(device);
  }
  /** Messages of the beginning: every device is announced then, too. */
  void skip(int count) const {
    for (int i = 0; i < count; i++)
      g_assert_true(next().starts_with("+"));
  }

 private:
  ObjectPtr<GstDeviceMonitor> monitor_;
  ObjectPtr<GstBus> bus_;
};

void test_probe() {
  auto script = camera("fake/0", "Desk");
  script->properties = {.driver = "fakevideo",
                        .path = "/dev/video9",
                        .vendor = "Some Vendor",
                        .product = "Some Product",
                        .serial = "A1",
                        .location = "front",
                        .orientation = 270};
  auto broken = camera("fake/1");
  broken->streams.clear();  // could not be asked
  const auto port = use_port({script, broken});
  const Devices devices = take(gst_device_provider_get_devices(provider().get()));
  g_assert_true(ids_of(devices) == Strings({"fake/0", "fake/1"}));
  GstDevice* device = devices[0].get();
  expect_text(id_of(device), "fake/0");
  const CharPtr name(gst_device_get_display_name(device));
  g_assert_cmpstr(name.get(), ==, "Desk");
  g_assert_true(gst_device_has_classes(device, "Video/Source"));
  const std::pair<const char*, const char*> expected[] = {
      {"device.api", "camera"},
      {"device.path", "/dev/video9"},
      {"device.vendor.name", "Some Vendor"},
      {"device.product.name", "Some Product"},
      {"device.serial", "A1"},
      {"camera.model", "Desk"},
      {"camera.driver", "fakevideo"},
      {"camera.location", "front"},
  };
  for (const auto& [field, text] : expected)
    expect_text(property_of(device, field), text);
  g_assert_cmpint(orientation_of(device), ==, 270);
  const CapsPtr caps(gst_device_get_caps(device));
  const CapsPtr possible(gst_caps_from_string("video/x-raw,format=NV12,width=640,height=480"));
  const CapsPtr impossible(gst_caps_from_string("video/x-raw,format=NV12,width=1920,height=1080"));
  g_assert_true(gst_caps_can_intersect(caps.get(), possible.get()));
  g_assert_false(gst_caps_can_intersect(caps.get(), impossible.get()));
  /* What is not known is not there, and a broken camera is listed as one that may do anything. */
  expect_text(property_of(devices[1].get(), "device.serial"), "");
  g_assert_cmpint(orientation_of(devices[1].get()), ==, -1);
  const CapsPtr any(gst_device_get_caps(devices[1].get()));
  g_assert_true(gst_caps_can_intersect(any.get(), impossible.get()));
  /* Nobody watches, nothing is open. */
  g_assert_cmpuint(port->ears(), ==, 0);
  g_assert_cmpint(script->opened, ==, 0);
}

void test_platform_error() {
  const auto port = use_port({camera("fake/0")});
  port->set_error(Error(Error::Code::Failed, "broken platform"));
  g_assert_true(take(gst_device_provider_get_devices(provider().get())).empty());
  const Monitor monitor;
  g_assert_true(monitor.devices().empty());
  port->set_error(std::nullopt);
  expect_text(monitor.next(), "+fake/0");
}

void test_hides_v4l2() {
  const auto p = provider();
  char** hidden = gst_device_provider_get_hidden_providers(p.get());
  g_assert_true(g_strv_contains(hidden, "v4l2deviceprovider"));
  g_strfreev(hidden);
  const auto ours = ObjectPtr<GstDeviceProviderFactory>::adopt(
      gst_device_provider_factory_find("cameradeviceprovider"));
  const auto v4l2 = ObjectPtr<GstDeviceProviderFactory>::adopt(
      gst_device_provider_factory_find("v4l2deviceprovider"));
  if (!v4l2) {
    g_test_skip("there is no v4l2deviceprovider");
    return;
  }
  g_assert_cmpuint(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(ours.get())), >,
                   gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(v4l2.get())));
}

void test_monitor() {
  const auto port = use_port({camera("fake/0")});
  const Monitor monitor;
  g_assert_true(ids_of(monitor.devices()) == Strings({"fake/0"}));
  monitor.skip(1);
  port->plug(camera("fake/1"));
  expect_text(monitor.next(), "+fake/1");
  g_assert_true(ids_of(monitor.devices()) == Strings({"fake/0", "fake/1"}));
  port->unplug("fake/0");
  expect_text(monitor.next(), "-fake/0");
  g_assert_true(ids_of(monitor.devices()) == Strings({"fake/1"}));
  port->plug(camera("fake/0"));
  expect_text(monitor.next(), "+fake/0");
  /* What changed for no camera is told to nobody. */
  const int before = port->enumerated;
  port->unplug("fake/7");
  port->plug(camera("fake/2"));
  expect_text(monitor.next(), "+fake/2");
  g_assert_cmpint(port->enumerated, >, before);
}

void test_stand_in() {
  const auto port = use_port({stand_in("fake/chart")});
  g_assert_true(ids_of(take(gst_device_provider_get_devices(provider().get()))) ==
                Strings({"fake/chart"}));
  const Monitor monitor;
  monitor.skip(1);
  port->plug(camera("fake/0"));
  expect_text(monitor.next(), "-fake/chart");
  expect_text(monitor.next(), "+fake/0");
  g_assert_true(ids_of(monitor.devices()) == Strings({"fake/0"}));
  port->unplug("fake/0");
  expect_text(monitor.next(), "-fake/0");
  expect_text(monitor.next(), "+fake/chart");
}

void test_create_element() {
  const auto one = camera("fake/0", "Same name");
  const auto two = camera("fake/1", "Same name");
  const auto port = use_port({one, two});
  const Monitor monitor;
  const Devices devices = monitor.devices();
  g_assert_cmpuint(devices.size(), ==, 2);
  const auto device =
      std::ranges::find_if(devices, [](const DevicePtr& d) { return id_of(d.get()) == "fake/1"; });
  const auto element = ObjectPtr<GstElement>::adopt(static_cast<GstElement*>(
      gst_object_ref_sink(gst_device_create_element(device->get(), "cam"))));
  g_assert_nonnull(element.get());
  g_assert_cmpstr(GST_OBJECT_NAME(element.get()), ==, "cam");
  g_assert_cmpint(gst_element_set_state(element.get(), GST_STATE_READY), ==,
                  GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint(one->opened, ==, 0);
  g_assert_cmpint(two->opened, ==, 1);
  /* One that has a camera does not change it; one in NULL does. */
  g_assert_false(gst_device_reconfigure_element(devices[0].get(), element.get()));
  gst_element_set_state(element.get(), GST_STATE_NULL);
  for (const DevicePtr& d : devices) {
    g_assert_true(gst_device_reconfigure_element(d.get(), element.get()));
    char* name = nullptr;
    g_object_get(element.get(), "camera-name", &name, nullptr);
    const CharPtr owned(name);
    expect_text(name, id_of(d.get()));
  }
  const auto other = ObjectPtr<GstElement>::adopt(
      static_cast<GstElement*>(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  g_assert_false(gst_device_reconfigure_element(devices[0].get(), other.get()));
}

/* The device of a camera that went makes an element that says so. */
void test_create_element_gone() {
  const auto port = use_port({camera("fake/0")});
  const Monitor monitor;
  monitor.skip(1);
  const Devices devices = monitor.devices();
  port->unplug("fake/0");
  expect_text(monitor.next(), "-fake/0");
  const auto element = ObjectPtr<GstElement>::adopt(static_cast<GstElement*>(
      gst_object_ref_sink(gst_device_create_element(devices[0].get(), nullptr))));
  g_assert_cmpint(gst_element_set_state(element.get(), GST_STATE_READY), ==,
                  GST_STATE_CHANGE_FAILURE);
}

/* A camera in use that comes and goes: each life of it is streamed from by a new element. */
void test_streams_between() {
  const auto port = use_port();
  const Monitor monitor;
  for (int i = 0; i < 5; i++) {
    const auto script = camera("fake/0");
    script->properties.path = "/dev/video" + std::to_string(i);
    port->plug(script);
    expect_text(monitor.next(), "+fake/0");
    TestPipeline p(to_appsink("camera-name=fake/0"));
    p.play();
    p.pull_some(2);
    g_assert_cmpint(script->opened, ==, 1);
    port->unplug("fake/0");
    expect_text(monitor.next(), "-fake/0");
    p.pull_some(2);  // whoever has it keeps it
  }
}

ObjectPtr<GstTracer> leaks_tracer() {
  GList* tracers = gst_tracing_get_active_tracers();
  ObjectPtr<GstTracer> found;
  for (GList* item = tracers; item; item = item->next) {
    if (g_strcmp0(G_OBJECT_TYPE_NAME(item->data), "GstLeaksTracer") == 0)
      found = ObjectPtr<GstTracer>::ref(GST_TRACER(item->data));
  }
  g_list_free_full(tracers, gst_object_unref);
  return found;
}

void cycle(FakePort& port) {
  const Monitor monitor;
  monitor.skip(1);
  port.plug(camera("fake/1"));
  expect_text(monitor.next(), "+fake/1");
  g_assert_cmpuint(monitor.devices().size(), ==, 2);
  port.unplug("fake/1");
  expect_text(monitor.next(), "-fake/1");
}

void test_leaks() {
  const ObjectPtr<GstTracer> tracer = leaks_tracer();
  const auto port = use_port({camera("fake/0")});
  cycle(*port);
  const Holdings before;
  if (tracer)
    g_signal_emit_by_name(tracer.get(), "activity-start-tracking");
  for (int i = 0; i < 50; i++) {
    cycle(*port);
    (void)take(gst_device_provider_get_devices(provider().get()));
  }
  const Holdings after;
  g_assert_cmpuint(after.fds, ==, before.fds);
  /* Each of the 50 had a thread. The last is joined before /proc has forgotten it. */
  g_assert_cmpuint(after.threads, <=, before.threads + 4);
  g_assert_cmpuint(port->ears(), ==, 0);
  if (!tracer)
    return;
  GstStructure* info = nullptr;
  g_signal_emit_by_name(tracer.get(), "activity-get-checkpoint", &info);
  const guint created =
      gst_value_list_get_size(gst_structure_get_value(info, "objects-created-list"));
  const guint removed =
      gst_value_list_get_size(gst_structure_get_value(info, "objects-removed-list"));
  gst_structure_free(info);
  g_signal_emit_by_name(tracer.get(), "activity-stop-tracking");
  g_assert_cmpuint(created, >, 150);
  g_assert_cmpuint(removed, ==, created);
}

}  // namespace

int main(int argc, char** argv) {
  g_setenv("GST_TRACERS", "leaks", TRUE);
  init_element_test(&argc, &argv);
  g_assert_true(gst_camera_device_provider_register(nullptr));
  g_test_add_func("/device-provider/probe", test_probe);
  g_test_add_func("/device-provider/platform-error", test_platform_error);
  g_test_add_func("/device-provider/hides-v4l2", test_hides_v4l2);
  g_test_add_func("/device-provider/monitor", test_monitor);
  g_test_add_func("/device-provider/stand-in", test_stand_in);
  g_test_add_func("/device-provider/create-element", test_create_element);
  g_test_add_func("/device-provider/create-element-gone", test_create_element_gone);
  g_test_add_func("/device-provider/streams-between", test_streams_between);
  g_test_add_func("/device-provider/leaks", test_leaks);
  return g_test_run();
}
