/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Camera: one camera as an application sees it.
 *
 *     available --acquire--> acquired --configure--> configured --start--> running
 *     running --stop--> configured;  any --release--> available
 *
 * Every method may be called from any thread, and blocks until it is done in the camera's own
 * thread (the handler's context), except queue_request(), which never blocks. A call in the wrong
 * state is WrongState and changes nothing. Callbacks come in the camera's thread: they must not
 * block and must not call back into the same camera other than queue_request().
 */
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/controls.h"
#include "base/ipa-isolation.h"
#include "base/result.h"
#include "core/frame-buffer.h"
#include "core/request.h"
#include "core/stream.h"

namespace gstcam {

class PipelineHandler;

/** How the application wants a camera to be run; fixed from acquire() to release(). */
struct CameraOptions {
  IpaIsolation ipa_isolation = IpaIsolation::Auto;
  std::string tuning_file;  // empty: the one that belongs to the sensor
};

class Camera {
 public:
  enum class State : uint8_t { Available, Acquired, Configured, Running };

  /** A request is done: Complete or Cancelled, in the order of queueing. */
  using CompletedHandler = std::function<void(Request&)>;
  /** The camera cannot go on (worker or device lost). Every request is cancelled. Once a run. */
  using FailedHandler = std::function<void(const Error&)>;

  explicit Camera(std::unique_ptr<PipelineHandler> handler);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /** Stable and unique: "simulated/default". */
  [[nodiscard]] const std::string& id() const;
  /** For people: "Simulated camera". */
  [[nodiscard]] const std::string& model() const;
  [[nodiscard]] uint32_t stream_count() const;
  [[nodiscard]] const StreamCapabilities& capabilities(uint32_t stream) const;
  [[nodiscard]] State state() const;

  /** Makes the camera ours: starts its thread and its IPA. Busy when somebody else has it. */
  Result<void> acquire(const CameraOptions& options);
  /** Stops where running; the IPA and the thread end. Requests are cancelled first. */
  void release();

  void set_handlers(CompletedHandler on_completed, FailedHandler on_failed);

  /** Checks and fills in layout and buffer_count. Impossible values are Invalid and say what is. */
  Result<void> configure(std::vector<StreamConfiguration>& streams);
  /** Controls that may be set in this configuration, and their ranges. From acquired on. */
  Result<ControlRanges> controls() const;
  /** Memory for one frame of a configured stream. */
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream);

  Result<void> start(const ControlList& controls);
  /** Every request queued is completed or cancelled, and its handler called, before it returns. */
  Result<void> stop();
  /** One frame for every request, in order. The request needs a buffer for every stream. */
  Result<void> queue_request(Request* request);

  /** Process the IPA runs in: our own for a thread, 0 where there is none. */
  [[nodiscard]] int ipa_pid() const;

 private:
  class Private;
  std::unique_ptr<Private> d_;
};

}  // namespace gstcam
