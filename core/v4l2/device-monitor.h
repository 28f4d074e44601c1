/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DeviceMonitor: device nodes of the kernel that come, go and change, by libudev.
 *
 * Where udevd runs its announcements are heard, which come when a node has its permissions; where
 * it does not (containers), the kernel's own. They come in bursts, as a webcam has two nodes or
 * more: the function is called once for all that are there when the context has nothing more
 * urgent to do. It tells that something changed; what there is then is for an enumeration to find
 * out, as announcements may have been lost.
 *
 * Made, used and destroyed in the context's thread; the function may not destroy it.
 */
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "core/pipeline-handler.h"

struct udev;
struct udev_monitor;

namespace gstcam::v4l2 {

struct DeviceEvent {
  enum class Action : uint8_t { Added, Removed, Changed };
  Action action = Action::Changed;
  std::string path;  // "/dev/video0"; empty: announcements were lost, anything may have happened
};

class DeviceMonitor final : public CameraWatch {
 public:
  enum class Source : uint8_t { Udev, Kernel };
  using Function = std::function<void(const std::vector<DeviceEvent>&)>;

  /** udevd's announcements where it runs. */
  static Source source_there_is();
  /** Of all of `subsystems` ("video4linux", "media"). Nothing is missed from here on. */
  static Result<std::unique_ptr<DeviceMonitor>> create(GMainContext* context, Source source,
                                                       const std::vector<std::string>& subsystems,
                                                       Function function);
  ~DeviceMonitor() override;
  DeviceMonitor(const DeviceMonitor&) = delete;
  DeviceMonitor& operator=(const DeviceMonitor&) = delete;

 private:
  explicit DeviceMonitor(Function function);
  static gboolean announced(int fd, GIOCondition condition, gpointer self);
  static gboolean settled(gpointer self);
  void take_announcements();

  struct Unref {
    void operator()(udev* p) const;
    void operator()(udev_monitor* p) const;
  };
  const Function function_;
  std::unique_ptr<udev, Unref> udev_;
  std::unique_ptr<udev_monitor, Unref> monitor_;
  GMainContext* context_ = nullptr;  // outlives the sources in it
  SourcePtr announced_;
  SourcePtr settled_;  // while events_ wait
  std::vector<DeviceEvent> events_;
};

/**
 * What PipelineFactory::watch() of a platform of kernel devices is: `changed` is called when a
 * video node, subdevice or media device came, went or changed.
 */
Result<std::unique_ptr<CameraWatch>> watch_cameras(GMainContext* context,
                                                   const std::function<void()>& changed);

}  // namespace gstcam::v4l2
