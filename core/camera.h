/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Camera: one camera as an application sees it.
 *
 *     available --acquire--> acquired --configure--> configured --start--> running
 *     running --stop--> configured;  any --release--> available
 *
 * Every method may be called from any thread, and blocks until it is done in the camera's own
 * thread (the handler's context; there is one from acquire() to release()), except queue_request(),
 * state(), ipa_status() and what is fixed, which never block. Concurrent calls are done one after
 * the other. A call in the wrong state is WrongState and changes nothing.
 *
 * Callbacks come in the camera's thread: they must not block (nor take a lock under which somebody
 * calls a blocking method) and may call back only what never blocks, and ipa_pid(). Any other call
 * from there is WrongState. The camera must not be destroyed in a callback.
 *
 * A driver may hang in a call, and the camera's thread with it; nobody waits for that longer than
 * the handler's time_limit(). The call that waited, and all that follow until release(), are
 * Timeout, or what had failed before. See release() for what is still out then.
 *
 * A camera that cannot go on (its worker or device is lost) gives every request back cancelled and
 * reports it once. Its state stays what it was; it refuses to configure, start and queue with the
 * error it reported until it is released and acquired again.
 */
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/controls.h"
#include "base/ipa-isolation.h"
#include "base/ipa-sandbox.h"
#include "base/result.h"
#include "core/camera-properties.h"
#include "core/frame-buffer.h"
#include "core/notice.h"
#include "core/request.h"
#include "core/stream.h"

namespace gstcam {

class PipelineHandler;

/** How the application wants a camera to be run; fixed from acquire() to release(). */
struct CameraOptions {
  IpaIsolation ipa_isolation = IpaIsolation::Auto;
  std::string ipa_address;  // of a worker that is there already (docs/daemon.md); empty: none is
  SandboxPolicy ipa_sandbox = SandboxPolicy::Require;
  std::string tuning_file;  // empty: the one that belongs to the sensor
  /** Losses of the IPA a minute that are mended; one more is a failure. 0: the first one is. */
  uint32_t ipa_restart_limit = 90;
};

class Camera {
 public:
  enum class State : uint8_t { Available, Acquired, Configured, Running };

  /** How a camera went from us: Left is one that hangs, see release(). */
  enum class Released : uint8_t { Done, Left };

  /** Most requests that may be in flight at a time. */
  static constexpr uint32_t kMaxRequests = 64;

  /** A request is done: Complete or Cancelled, in the order of queueing. It may be queued again. */
  using CompletedHandler = std::function<void(Request&)>;
  /**
   * The camera cannot go on, and every request has been cancelled. At most once from acquire(); of
   * what came before there was a handler as soon as there is one.
   */
  using FailedHandler = std::function<void(const Error&)>;
  /** Something happened that is no failure. What came before there was a handler comes with it. */
  using NoticeHandler = std::function<void(const Notice&)>;

  explicit Camera(std::unique_ptr<PipelineHandler> handler);
  ~Camera();
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  /** Stable and unique: "simulated/default". */
  [[nodiscard]] const std::string& id() const;
  /** For people: "Simulated camera". */
  [[nodiscard]] const std::string& model() const;
  [[nodiscard]] const CameraProperties& properties() const;
  [[nodiscard]] uint32_t stream_count() const;
  /** Empty (no format, size 0x0) for a stream there is not. */
  [[nodiscard]] const StreamCapabilities& capabilities(uint32_t stream) const;
  [[nodiscard]] State state() const;

  /** Makes the camera ours: starts its thread and its IPA. Busy when somebody else has it. */
  Result<void> acquire(const CameraOptions& options);
  /**
   * Stops where running; the IPA and the thread end. Requests are cancelled first. Any state. No
   * handler is called after it.
   *
   * A camera that hangs forgets its handlers, and is left to itself where it does not come back at
   * once: it does all that when its driver does, if ever, and can then be acquired again (Busy
   * before, also by another object of the same id). Requests it has, and their buffers, are its own
   * until then, so they have to be in `keep`, which it lets go of last. A camera that does not hang
   * does not use it.
   */
  Released release(std::shared_ptr<void> keep = {});

  /** Who is called back, from now on. A camera that is left takes nobody. */
  void set_handlers(CompletedHandler on_completed, FailedHandler on_failed,
                    NoticeHandler on_notice = {});

  /**
   * Checks and fills in layout and buffer_count. Impossible values are Invalid and say what is
   * possible. A configured camera whose configure() fails is only acquired again.
   */
  Result<void> configure(std::vector<StreamConfiguration>& streams);
  /** Controls that may be set in this configuration, and their ranges. From acquired on. */
  Result<ControlRanges> controls() const;
  /** Memory for one frame of a configured stream. From configured on. */
  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream);

  Result<void> start(const ControlList& controls);
  /** Every request queued is completed or cancelled, and its handler called, before it returns. */
  Result<void> stop();
  /**
   * One frame for every request, while running; in order, but for requests whose frame turned out
   * damaged: these wait for another one. The request needs a buffer of the
   * configured layout for every configured stream. Its controls are moved into the camera's ranges.
   */
  Result<void> queue_request(Request* request);

  /** Whether it failed since acquire(); the failed handler is told why, now or in a moment. */
  [[nodiscard]] bool failed() const;
  /** Whether it hangs, or is left to itself and did not come back yet; then failed() is true too.
   */
  [[nodiscard]] bool hangs() const;
  /** Why it failed, if it did. */
  [[nodiscard]] std::optional<Error> failure() const;
  /** Process the IPA runs in: our own for a thread, 0 where there is none (or none now). */
  [[nodiscard]] int ipa_pid() const;
  /** What is known of the IPA and its host. */
  [[nodiscard]] IpaStatus ipa_status() const;

 private:
  class Private;
  std::shared_ptr<Private> d_;  // with what still runs of a camera that hangs
};

}  // namespace gstcam
