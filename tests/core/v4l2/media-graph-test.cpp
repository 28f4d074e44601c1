/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MediaGraph and MediaDevice: graphs as drivers tell them, right and wrong, paths and links. */
#include "core/v4l2/media-graph.h"

#include <cerrno>
#include <cstring>

#include "core/v4l2/device-nodes.h"
#include "core/v4l2/media-device.h"
#include "tests/core/v4l2/seam.h"
#include "tests/core/v4l2/simulated-devices.h"

using namespace gstcam;
using namespace gstcam::v4l2;
using namespace gstcam::v4l2::test;

namespace {

/* sensor -> receiver -> { isp -> main, raw }; isp -> receiver closes a loop. */
struct Fixture {
  SimulatedKernel kernel;
  std::shared_ptr<SimulatedMedia> media =
      std::make_shared<SimulatedMedia>("isp", "Test ISP", "platform:isp");
  uint32_t sensor = media->add_entity("imx219 10-0010", MEDIA_ENT_F_CAM_SENSOR);
  uint32_t receiver = media->add_entity("csi2", MEDIA_ENT_F_VID_IF_BRIDGE);
  uint32_t isp = media->add_entity("isp", MEDIA_ENT_F_PROC_VIDEO_ISP);
  uint32_t main = media->add_entity("main", MEDIA_ENT_F_IO_V4L);
  uint32_t raw = media->add_entity("raw", MEDIA_ENT_F_IO_V4L);
  uint32_t sensor_out = media->add_pad(sensor, MEDIA_PAD_FL_SOURCE);
  uint32_t receiver_in = media->add_pad(receiver, MEDIA_PAD_FL_SINK);
  uint32_t receiver_isp = media->add_pad(receiver, MEDIA_PAD_FL_SOURCE);
  uint32_t receiver_raw = media->add_pad(receiver, MEDIA_PAD_FL_SOURCE);
  uint32_t receiver_loop = media->add_pad(receiver, MEDIA_PAD_FL_SINK);
  uint32_t isp_in = media->add_pad(isp, MEDIA_PAD_FL_SINK);
  uint32_t isp_out = media->add_pad(isp, MEDIA_PAD_FL_SOURCE);
  uint32_t isp_loop = media->add_pad(isp, MEDIA_PAD_FL_SOURCE);
  uint32_t main_in = media->add_pad(main, MEDIA_PAD_FL_SINK);
  uint32_t raw_in = media->add_pad(raw, MEDIA_PAD_FL_SINK);

  Fixture() {
    media->add_link(sensor_out, receiver_in, MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE);
    media->add_link(receiver_isp, isp_in, 0);
    media->add_link(receiver_raw, raw_in, MEDIA_LNK_FL_ENABLED);
    media->add_link(isp_out, main_in, 0);
    media->add_link(isp_loop, receiver_loop, 0);
    media->add_interface(main, MEDIA_INTF_T_V4L_VIDEO, {81, 3});
    media->add_interface(sensor, MEDIA_INTF_T_V4L_SUBDEV, {81, 4});
    kernel.plug("media2", {510, 2}, "platform/isp", media);
  }
  MediaDevice open() { return expect(MediaDevice::open(kernel, "/dev/media2")); }
};

void test_graph() {
  Fixture f;
  const LeakCheck leaks(f.kernel);
  MediaDevice device = f.open();
  expect_text(device.info().driver, "isp");
  expect_text(device.info().model, "Test ISP");
  expect_text(device.info().serial, "0001");
  expect_text(device.info().bus, "platform:isp");
  const MediaGraph graph = expect(device.graph());
  g_assert_cmpuint(graph.entities().size(), ==, 5);
  g_assert_cmpuint(graph.pads().size(), ==, 10);
  g_assert_cmpuint(graph.links().size(), ==, 5);
  g_assert_true(graph.warnings().empty());
  const size_t sensor = graph.entities_with_function(MEDIA_ENT_F_CAM_SENSOR).at(0);
  const size_t main = graph.find_entity("main").value();
  g_assert_true(graph.entities()[main].node == (DeviceNumber{81, 3}));
  g_assert_cmpuint(graph.entities()[sensor].interface_type, ==, MEDIA_INTF_T_V4L_SUBDEV);
  g_assert_false(graph.entities()[graph.find_entity("csi2").value()].node.has_value());
  g_assert_false(graph.find_entity("nobody").has_value());
  g_assert_cmpuint(graph.links_from(graph.find_entity("csi2").value()).size(), ==, 2);
  g_assert_cmpuint(graph.links_to(graph.find_entity("csi2").value()).size(), ==, 2);
  g_assert_false(graph.find_pad(main, 1).has_value());
}

void test_path() {
  Fixture f;
  MediaDevice device = f.open();
  MediaGraph graph = expect(device.graph());
  const size_t sensor = graph.find_entity("imx219 10-0010").value();
  const size_t main = graph.find_entity("main").value();
  const std::vector<size_t> path = expect(graph.find_path(sensor, main));
  g_assert_cmpuint(path.size(), ==, 3);
  expect_text(graph.describe_link(path[0]), "'imx219 10-0010':0 -> 'csi2':0");
  expect_text(graph.describe_link(path[2]), "'isp':1 -> 'main':0");
  g_assert_true(expect(graph.find_path(sensor, sensor)).empty());
  // Upstream there is no way, in a graph with a loop either.
  expect_error(graph.find_path(main, sensor), Error::Code::NotFound, "'main' to 'imx219 10-0010'");
  expect_error(graph.find_path(0, 77), Error::Code::Invalid, "no such entity");

  expect(device.enable_path(graph, path));
  g_assert_true(f.media->enabled(f.receiver_isp, f.isp_in));
  g_assert_true(f.media->enabled(f.isp_out, f.main_in));
  for (size_t link : path)
    g_assert_true(graph.links()[link].enabled);
  // What is so already is not asked for again.
  const size_t calls = f.kernel.count_of(MEDIA_IOC_SETUP_LINK);
  expect(device.enable_path(graph, path));
  g_assert_cmpuint(f.kernel.count_of(MEDIA_IOC_SETUP_LINK), ==, calls);

  expect_error(device.set_link(graph, path[0], false), Error::Code::Invalid, "hardware fixes it");
  f.media->on_setup = [] { return EBUSY; };
  expect_error(device.set_link(graph, path[1], false), Error::Code::Busy,
               "disable the link 'csi2':1 -> 'isp':0 (MEDIA_IOC_SETUP_LINK)");
  g_assert_true(graph.links()[path[1]].enabled);
  expect_error(device.set_link(graph, 99, true), Error::Code::Invalid, "no such link");
}

/* Of two ways of one length the enabled one. */
void test_enabled_path() {
  for (const bool second : {false, true}) {
    Fixture f;
    const uint32_t isp_b = f.media->add_entity("isp b", MEDIA_ENT_F_PROC_VIDEO_ISP);
    const uint32_t in = f.media->add_pad(isp_b, MEDIA_PAD_FL_SINK);
    const uint32_t out = f.media->add_pad(isp_b, MEDIA_PAD_FL_SOURCE);
    f.media->add_link(f.receiver_isp, in, 0);
    f.media->add_link(out, f.main_in, second ? MEDIA_LNK_FL_ENABLED : 0);
    MediaDevice device = f.open();
    const MediaGraph graph = expect(device.graph());
    const std::vector<size_t> path = expect(graph.find_path(
        graph.find_entity("imx219 10-0010").value(), graph.find_entity("main").value()));
    const size_t by = graph.pads()[graph.links()[path.at(2)].source].entity;
    expect_text(graph.entities()[by].name, second ? "isp b" : "isp");
  }
}

void test_garbage() {
  Fixture f;
  // Two of one id; a pad of nobody; pads without and with both directions; a pad twice.
  f.media->entities.push_back(f.media->entities[0]);
  f.media->pads.push_back(f.media->pads[0]);
  media_v2_pad pad{};
  pad.id = 900;
  pad.entity_id = 12345;
  pad.flags = MEDIA_PAD_FL_SINK;
  f.media->pads.push_back(pad);
  pad.entity_id = f.main;
  pad.index = 5;
  pad.flags = 0;
  f.media->pads.push_back(pad);
  pad.flags = MEDIA_PAD_FL_SINK | MEDIA_PAD_FL_SOURCE;
  f.media->pads.push_back(pad);
  pad.flags = MEDIA_PAD_FL_SINK;
  pad.index = 70000;
  f.media->pads.push_back(pad);
  // Links to nowhere, from a sink, into a source; an interface that is none.
  f.media->add_link(f.sensor_out, 4711, 0);
  f.media->add_link(4711, f.raw_in, 0);
  f.media->add_link(f.raw_in, f.main_in, 0);
  f.media->add_link(f.sensor_out, f.isp_out, 0);
  f.media->add_link(4711, f.main, MEDIA_LNK_FL_INTERFACE_LINK);
  // A name without its end.
  std::memset(f.media->entities[4].name, 'x', sizeof f.media->entities[4].name);
  MediaDevice device = f.open();
  const MediaGraph graph = expect(device.graph());
  g_assert_cmpuint(graph.entities().size(), ==, 5);
  g_assert_cmpuint(graph.pads().size(), ==, 10);
  g_assert_cmpuint(graph.links().size(), ==, 5);
  g_assert_cmpuint(graph.warnings().size(), ==, 11);
  g_assert_cmpuint(graph.entities()[4].name.size(), ==, sizeof f.media->entities[4].name);

  // An old kernel gives pads no numbers: they are counted.
  f.media->media_version = (4U << 16U) | (18U << 8U);
  for (media_v2_pad& p : f.media->pads)
    p.index = 0;
  const MediaGraph old = expect(f.open().graph());
  g_assert_true(old.find_pad(old.find_entity("csi2").value(), 3).has_value());
}

void test_sizes() {
  Fixture f;
  MediaDevice device = f.open();
  // A graph that grows between the two questions.
  f.kernel.fail(MEDIA_IOC_G_TOPOLOGY, 1, ENOSPC);
  g_assert_cmpuint(expect(device.graph()).entities().size(), ==, 5);
  // One that grows for ever.
  f.kernel.tamper(MEDIA_IOC_G_TOPOLOGY, [](void* argument) {
    auto& raw = *static_cast<media_v2_topology*>(argument);
    if (raw.ptr_links != 0)
      raw.num_links++;
  });
  expect_error(device.graph(), Error::Code::Busy, "changed each time");
  // One that is too large to be true.
  f.kernel.tamper(MEDIA_IOC_G_TOPOLOGY, [](void* argument) {
    static_cast<media_v2_topology*>(argument)->num_pads = UINT32_MAX;
  });
  expect_error(device.graph(), Error::Code::Protocol, "makes no sense");
  f.kernel.clear_faults();
  f.kernel.fail(MEDIA_IOC_G_TOPOLOGY, 0, ENOTTY);
  expect_error(device.graph(), Error::Code::Unsupported, "MEDIA_IOC_G_TOPOLOGY");
  f.kernel.unplug_all();
  expect_error(device.graph(), Error::Code::Lost, "/dev/media2 (Test ISP)");
  // No graph at all is a graph.
  g_assert_true(MediaGraph::build({}, {}, {}, {}, true).entities().empty());
}

void test_webcam() {
  SimulatedKernel kernel;
  const SimulatedWebcam webcam = plug_webcam(kernel);
  MediaDevice device = expect(MediaDevice::open(kernel, "/dev/media0"));
  const MediaGraph graph = expect(device.graph());
  const size_t video = graph.entities_with_function(MEDIA_ENT_F_IO_V4L).at(0);
  const size_t camera = graph.entities_with_function(MEDIA_ENT_F_CAM_SENSOR).at(0);
  g_assert_cmpuint(expect(graph.find_path(camera, video)).size(), ==, 2);
  expect_text(expect(node_path(kernel, graph.entities()[video].node.value())), "/dev/video0");
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/v4l2/media/graph", test_graph);
  g_test_add_func("/v4l2/media/path", test_path);
  g_test_add_func("/v4l2/media/enabled-path", test_enabled_path);
  g_test_add_func("/v4l2/media/garbage", test_garbage);
  g_test_add_func("/v4l2/media/sizes", test_sizes);
  g_test_add_func("/v4l2/media/webcam", test_webcam);
  return g_test_run();
}
