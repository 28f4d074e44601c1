/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PipelineHandler: what a platform implements to drive one camera; and the registry of platforms.
 *
 * Every method is called in the camera's thread (whose GMainContext is the thread default), in the
 * order that Camera's state machine allows. queue_request() and what follows it must not block; the
 * others may, up to time_limit(). core knows handlers only through this class.
 */
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/camera.h"

namespace gstcam {

/** The Camera's ear: how a handler reports. Called in the camera's thread. */
class PipelineListener {
 public:
  virtual ~PipelineListener() = default;
  /**
   * status (Complete or Cancelled), sequence, timestamp and metadata are set. Requests complete in
   * the order of queueing, but for those put back. The camera may queue requests before this
   * returns.
   */
  virtual void request_completed(Request& request) = 0;
  /**
   * The frame of the oldest request that the handler has was no good: the request stays the
   * handler's, which takes another frame into it after those of its other requests.
   */
  virtual void request_put_back(const Request& request) = 0;
  /**
   * The handler cannot go on until it is closed and opened again. It keeps its requests: the camera
   * calls stop() soon after (never from inside of this) and so gets them back. First report counts.
   */
  virtual void failed(const Error& error) = 0;
  /** Something the application may want to know; also from inside of open(). */
  virtual void notice(const Notice& notice) = 0;
};

class PipelineHandler {
 public:
  virtual ~PipelineHandler() = default;

  /** What a device has for a call: GStreamer's changes of state are to take no more than 5 s. */
  static constexpr std::chrono::milliseconds kDeviceTime{4500};

  /* Fixed for the life of the handler; any thread. */
  [[nodiscard]] virtual const std::string& id() const = 0;
  [[nodiscard]] virtual const std::string& model() const = 0;
  [[nodiscard]] virtual const std::vector<StreamCapabilities>& streams() const = 0;
  [[nodiscard]] virtual const CameraProperties& properties() const {
    static const CameraProperties kUnknown;
    return kUnknown;
  }
  /** Of one call. What takes longer hangs: nobody waits for it any more (see Camera). */
  [[nodiscard]] virtual std::chrono::milliseconds time_limit() const { return kDeviceTime; }

  /** On an error nothing is open. The listener outlives close(). */
  virtual Result<void> open(const CameraOptions& options, PipelineListener& listener) = 0;
  virtual void close() = 0;
  /**
   * Opened and not started. Each stream is there at most once and passed
   * check_stream_configuration(); the handler checks what is left, and fills in what
   * StreamConfiguration says it does. After an error nothing is configured.
   */
  virtual Result<void> configure(std::vector<StreamConfiguration>& streams) = 0;
  /** From open() on; of the current configuration after configure(). */
  [[nodiscard]] virtual const ControlRanges& controls() const = 0;
  virtual Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) = 0;
  /** After an error nothing runs. Controls are checked and in range. */
  virtual Result<void> start(const ControlList& controls) = 0;
  /** Gives every queued request back (completed or cancelled) before it returns. */
  virtual void stop() = 0;
  /** Between start() and stop(). Has a large enough buffer for every configured stream. */
  virtual void queue_request(Request* request) = 0;
  [[nodiscard]] virtual int ipa_pid() const = 0;
  /** Any thread, whatever the camera's does; never blocks. */
  [[nodiscard]] virtual IpaStatus ipa_status() const { return {}; }
};

/** Hardware that cameras are made of, by names that last: v4l2::stable_id() of a node of it. */
using DeviceClaims = std::set<std::string>;

struct FoundCameras {
  std::vector<std::unique_ptr<PipelineHandler>> handlers;
  /** Of single cameras that could not be asked; the others are none the worse for it. */
  std::vector<Error> errors;
  /** Hardware of this platform's, also what is in errors: those asked later leave it alone. */
  DeviceClaims claimed;
};

/** A platform's ear for cameras that come and go, as long as it lives. */
class CameraWatch {
 public:
  CameraWatch() = default;
  virtual ~CameraWatch() = default;
  CameraWatch(const CameraWatch&) = delete;
  CameraWatch& operator=(const CameraWatch&) = delete;
};

/**
 * One platform: finds its cameras. pipelines/<name>/ has one instance of a subclass and one line in
 * pipelines/meson.build; pipelines/registry.cpp (generated from that list) hands them to the
 * CameraManager.
 */
class PipelineFactory {
 public:
  virtual ~PipelineFactory() = default;
  [[nodiscard]] virtual const char* name() const = 0;
  /**
   * Every camera of this platform that is there now, but for what others have `taken`. An Error
   * hides no other platform's cameras.
   */
  virtual Result<FoundCameras> enumerate(const DeviceClaims& taken) = 0;
  /**
   * From now on `changed` is called in the context's thread when enumerate() may find something
   * else; once for many changes is enough. Made and destroyed in that thread. Nothing where cameras
   * of this platform neither come nor go.
   */
  virtual Result<std::unique_ptr<CameraWatch>> watch(GMainContext* /*context*/,
                                                     const std::function<void()>& /*changed*/) {
    return std::unique_ptr<CameraWatch>();
  }
};

}  // namespace gstcam
