/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/camera.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/free-descriptors.h"
#include "core/context-thread.h"
#include "core/hang-registry.h"
#include "core/pipeline-handler.h"
#include "core/request-queue.h"
#include "core/wakeup.h"

namespace gstcam {

static_assert(Camera::kMaxRequests == RequestQueue::kCapacity);

namespace {

/* What threads, IPA and buffers of a camera take, with some to spare. */
constexpr unsigned kDescriptors = 40;

/* What one that hangs has to come back in, when it is released. */
constexpr std::chrono::milliseconds kLastChance{100};

const char* word(Camera::State state) {
  switch (state) {
    case Camera::State::Available:
      return "not acquired";
    case Camera::State::Acquired:
      return "not configured";
    case Camera::State::Configured:
      return "not running";
    case Camera::State::Running:
      return "running";
  }
  return "in no state";
}

/* What the application asks for: of the table, writable, and a possible value. */
Result<void> check_controls(const ControlList& controls) {
  Result<void> result;
  controls.for_each([&result](ControlId id, const ControlValue& value) {
    if (!result)
      return;
    result = control_info(id).writable
                 ? check_control(id, value)
                 : Error(Error::Code::Invalid,
                         "control '" + std::string(control_info(id).name) + "' is read only");
  });
  return result;
}

}  // namespace

class Camera::Private : public PipelineListener,
                        public std::enable_shared_from_this<Camera::Private> {
 public:
  explicit Private(std::unique_ptr<PipelineHandler> h) : handler(std::move(h)) {}

  /* PipelineListener; camera's thread. */
  void request_completed(Request& request) override;
  void request_put_back(const Request& request) override;
  void failed(const Error& error) override;
  void notice(const Notice& notice) override;

  /* Camera's thread, one at a time. */
  Result<void> open(const CameraOptions& options);
  Result<std::vector<StreamConfiguration>> configure(std::vector<StreamConfiguration> streams);
  Result<void> start(const ControlList& controls);
  void stop();
  /** Undoes open(), and all that came after it; nothing where that was done. */
  void shut();
  void forget_handlers();

  /* Under call_mutex, the caller's thread. */
  /** Runs `function(*this)` in the camera's thread; where that does not come back, it hangs. */
  template <typename F>
  std::invoke_result_t<F, Private&> wait_for(const char* what, F&& function) {
    auto result = thread->invoke_within(
        handler->time_limit(),
        [self = shared_from_this(), f = std::forward<F>(function)]() mutable { return f(*self); });
    return result ? std::move(*result) : note_hang(what);
  }
  /** For open(). */
  void prepare();
  Error note_hang(const char* what);
  /** The thread is left; the rest is done when it comes back. */
  void leave(std::shared_ptr<void> keep);

  [[nodiscard]] Result<void> require(State from, State to) const;
  [[nodiscard]] Error wrong_state(std::string_view what) const {
    return Error(Error::Code::WrongState, "camera '" + handler->id() + "' is " + std::string(what));
  }
  [[nodiscard]] Result<void> check_request(const Request& request) const;
  /** The error of a camera that failed, if it did. Any thread. */
  [[nodiscard]] std::optional<Error> failure() const;

  /** In the camera's thread, one at a time, if the state is in [from, to]. */
  template <typename F>
  std::invoke_result_t<F, Private&> call(const char* what, State from, State to, F&& function) {
    if (in_callback())
      return wrong_state("calling back: this cannot be called from one of its callbacks");
    std::lock_guard lock(call_mutex);
    if (hangs)
      return *failure();
    if (Result<void> r = require(from, to); !r)
      return r.error();
    return wait_for(what, std::forward<F>(function));
  }
  [[nodiscard]] bool in_callback() const {
    return camera_thread.load(std::memory_order_acquire) == g_thread_self();
  }

  const std::unique_ptr<PipelineHandler> handler;
  std::atomic<State> state = State::Available;

  /** From a call that did not come back to the end of shut() after it. */
  std::atomic<bool> hangs = false;

  /** Held by whoever makes a blocking call. Guards thread and the wakeups. */
  mutable std::mutex call_mutex;
  std::unique_ptr<ContextThread> thread;
  /** Identity of that thread for those who do not hold call_mutex. */
  std::atomic<GThread*> camera_thread = nullptr;

  /* Camera's thread. */
  CompletedHandler on_completed;
  FailedHandler on_failed;
  NoticeHandler on_notice;
  ControlRanges ranges;
  bool handler_open = false;
  bool handler_started = false;
  /** Held while a handler of the application is called, and to see to it that none is any more. */
  std::mutex callback_mutex;
  bool muted = false;  // under callback_mutex

  RequestQueue requests;
  /** Bytes of a frame of each configured stream, else 0: queue_request() reads it in any thread. */
  std::array<std::atomic<size_t>, Request::kMaxStreams> buffer_sizes{};

  /** Tells the application that the camera failed, once, after its requests came back. */
  void report_failure();
  /** Notices that came before anybody wanted to hear of them. */
  void deliver_notices();

 private:
  void hand_over_requests();
  void give_back(Request& request);
  /** Calls a handler of the application, where there is one and somebody listens. */
  template <typename H, typename T>
  bool tell(const H& who, T& what) {
    const std::lock_guard lock(callback_mutex);
    if (!who || muted)
      return false;
    who(what);
    return true;
  }

  /* Of open(), mostly: more than these are not kept for those who come late. */
  static constexpr size_t kMaxEarlyNotices = 16;
  std::vector<Notice> early_notices_;
  std::unique_ptr<Wakeup> request_wakeup_;
  std::unique_ptr<Wakeup> failure_wakeup_;
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
  bool failure_reported_ = false;
};

Result<void> Camera::Private::require(State from, State to) const {
  const State now = state;
  if (now < from)
    return wrong_state(word(now));
  if (now > to)
    return wrong_state(now == State::Running ? "running: stop it first" : "acquired already");
  return {};
}

std::optional<Error> Camera::Private::failure() const {
  std::lock_guard lock(failure_mutex_);
  return failure_;
}

void Camera::Private::give_back(Request& request) {
  request.in_flight_.store(false, std::memory_order_release);
  tell(on_completed, request);
}

void Camera::Private::request_completed(Request& request) {
  if (request.status == Request::Status::Pending || !requests.pop(&request)) {
    // Giving it back now would break the order, or give back what nobody has: stop() will.
    g_critical("handler of camera '%s' completed a request out of order or without a status",
               handler->id().c_str());
    return;
  }
  give_back(request);
}

void Camera::Private::request_put_back(const Request& request) {
  if (!requests.put_back(&request))
    g_critical("handler of camera '%s' put back a request out of order", handler->id().c_str());
}

void Camera::Private::failed(const Error& error) {
  {
    std::lock_guard lock(failure_mutex_);
    if (failure_)
      return;
    failure_ = error;
  }
  requests.close();
  failure_wakeup_->signal();
}

void Camera::Private::notice(const Notice& notice) {
  if (!tell(on_notice, notice) && early_notices_.size() < kMaxEarlyNotices)
    early_notices_.push_back(notice);
}

void Camera::Private::deliver_notices() {
  if (!on_notice)
    return;
  for (const Notice& notice : std::exchange(early_notices_, {}))
    tell(on_notice, notice);
}

void Camera::Private::report_failure() {
  std::optional<Error> error = failure();
  if (!error || failure_reported_)
    return;
  stop();
  /* Who sets a handler hears of it then; of a hang its caller has heard. */
  failure_reported_ = !hangs && tell(on_failed, *error);
}

void Camera::Private::hand_over_requests() {
  while (handler_started) {
    Request* request = requests.hand_over();
    if (!request)
      return;
    if (!request->controls.empty())
      request->controls = ranges.clamp(request->controls);
    handler->queue_request(request);
  }
}

Result<void> Camera::Private::open(const CameraOptions& options) {
  failure_reported_ = false;
  early_notices_.clear();
  camera_thread = g_thread_self();
  GMainContext* context = thread->context();
  request_wakeup_ = std::make_unique<Wakeup>(context, "requests", [this] { hand_over_requests(); });
  failure_wakeup_ = std::make_unique<Wakeup>(context, "failure", [this] { report_failure(); });
  Result<void> opened = handler->open(options, *this);
  handler_open = opened.ok();
  if (!opened)
    shut();
  else
    ranges = handler->controls();
  return opened;
}

void Camera::Private::shut() {
  stop();
  if (std::exchange(handler_open, false))
    handler->close();
  request_wakeup_.reset();
  failure_wakeup_.reset();
  camera_thread = nullptr;
}

void Camera::Private::forget_handlers() {
  on_completed = {};
  on_failed = {};
  on_notice = {};
}

void Camera::Private::prepare() {
  {
    std::lock_guard lock(failure_mutex_);
    failure_.reset();
  }
  std::lock_guard lock(callback_mutex);
  muted = false;
}

Error Camera::Private::note_hang(const char* what) {
  const std::string text = "camera '" + handler->id() + "' hangs: " + what +
                           " did not come back within " +
                           std::to_string(handler->time_limit().count()) + " ms";
  Error error(Error::Code::Timeout, text,
              "its driver or the device does not answer: unplug it, or load its driver anew");
  {
    std::lock_guard lock(failure_mutex_);
    /* The cause comes first: the driver may hang because the device is lost. */
    if (failure_)
      error = Error(failure_->code, failure_->message + "; now " + text, failure_->hint);
    failure_ = error;
  }
  hangs = true;
  requests.close();
  return error;
}

void Camera::Private::leave(std::shared_ptr<void> keep) {
  {
    std::lock_guard lock(callback_mutex);
    muted = true;
  }
  HangRegistry::instance()->add(handler->id());
  ContextThread::leave(std::move(thread),
                       [self = shared_from_this(), left = HangRegistry::instance(),
                        keep = std::move(keep)]() mutable {
                         self->shut();
                         self->forget_handlers();
                         keep.reset();
                         self->state = State::Available;
                         self->hangs = false;
                         left->remove(self->handler->id());
                       });
}

Result<std::vector<StreamConfiguration>> Camera::Private::configure(
    std::vector<StreamConfiguration> streams) {
  if (std::optional<Error> error = failure())
    return *error;
  state = State::Acquired;
  if (streams.empty())
    return Error(Error::Code::Invalid, "no stream to configure");
  const std::vector<StreamCapabilities>& capabilities = handler->streams();
  for (size_t i = 0; i < streams.size(); i++) {
    const uint32_t id = streams[i].id;
    if (id >= capabilities.size() || id >= Request::kMaxStreams)
      return Error(Error::Code::Invalid,
                   "camera '" + handler->id() + "' has no stream " + std::to_string(id),
                   "it has " + std::to_string(capabilities.size()));
    for (size_t k = 0; k < i; k++) {
      if (streams[k].id == id)
        return Error(Error::Code::Invalid, "stream " + std::to_string(id) + " is there twice");
    }
    if (Result<void> r = check_stream_configuration(capabilities[id], streams[i]); !r)
      return r.error();
  }
  if (Result<void> r = handler->configure(streams); !r)
    return r.error();
  for (std::atomic<size_t>& size : buffer_sizes)
    size = 0;
  for (const StreamConfiguration& stream : streams)
    buffer_sizes[stream.id] = stream.layout.size;
  ranges = handler->controls();
  state = State::Configured;
  return streams;
}

Result<void> Camera::Private::start(const ControlList& controls) {
  if (std::optional<Error> error = failure())
    return *error;
  if (Result<void> r = check_controls(controls); !r)
    return r;
  if (Result<void> r = handler->start(ranges.clamp(controls)); !r)
    return r;
  handler_started = true;
  state = State::Running;
  requests.open(request_wakeup_.get());
  // The handler may have failed already, from start() itself.
  if (failure())
    requests.close();
  return {};
}

void Camera::Private::stop() {
  requests.close();
  if (handler_started) {
    handler->stop();
    handler_started = false;
  }
  while (Request* request = requests.pop_any()) {
    request->status = Request::Status::Cancelled;
    give_back(*request);
  }
}

Result<void> Camera::Private::check_request(const Request& request) const {
  for (uint32_t i = 0; i < Request::kMaxStreams; i++) {
    const FrameBuffer* buffer = request.buffer(i);
    const size_t needed = buffer_sizes[i];
    if (!buffer && needed == 0)
      continue;
    const std::string name = "stream " + std::to_string(i);
    if (!buffer)
      return Error(Error::Code::Invalid, "the request has no buffer for " + name);
    if (needed == 0)
      return Error(Error::Code::Invalid,
                   "the request has a buffer for " + name + ", which is not configured");
    if (buffer->layout().size != needed || buffer->size() < needed)
      return Error(Error::Code::Invalid, "the request's buffer for " + name + " has " +
                                             std::to_string(buffer->size()) + " bytes, a frame " +
                                             std::to_string(needed));
  }
  return check_controls(request.controls);
}

Camera::Camera(std::unique_ptr<PipelineHandler> handler)
    : d_(std::make_shared<Private>(std::move(handler))) {}

Camera::~Camera() {
  release();
}

const std::string& Camera::id() const {
  return d_->handler->id();
}

const std::string& Camera::model() const {
  return d_->handler->model();
}

const CameraProperties& Camera::properties() const {
  return d_->handler->properties();
}

uint32_t Camera::stream_count() const {
  return static_cast<uint32_t>(d_->handler->streams().size());
}

const StreamCapabilities& Camera::capabilities(uint32_t stream) const {
  static const StreamCapabilities kNone;
  return stream < stream_count() ? d_->handler->streams()[stream] : kNone;
}

Camera::State Camera::state() const {
  return d_->state;
}

Result<void> Camera::acquire(const CameraOptions& options) {
  if (d_->in_callback())
    return d_->wrong_state("acquired already");
  std::lock_guard lock(d_->call_mutex);
  const bool left = HangRegistry::instance()->has(id());
  if (left || d_->state != State::Available) {
    return Error(Error::Code::Busy,
                 "camera '" + id() + (left ? "' hangs since it was used last" : "' is in use"),
                 left ? "unplug it, or load its driver anew"
                      : "release it there first, or choose another camera");
  }
  if (Result<void> free = check_free_descriptors(kDescriptors); !free)
    return free.error().within("camera '" + id() + "'");
  Result<std::unique_ptr<ContextThread>> thread = ContextThread::create("camera");
  if (!thread)
    return thread.error().within("camera '" + id() + "'");
  d_->thread = std::move(thread).value();
  d_->prepare();
  Result<void> opened =
      d_->wait_for("opening it", [options](Private& d) { return d.open(options); });
  if (opened)
    d_->state = State::Acquired;
  else if (d_->hangs)
    d_->leave({});
  else
    d_->thread.reset();
  return opened;
}

Camera::Released Camera::release(std::shared_ptr<void> keep) {
  if (d_->in_callback()) {
    g_critical("camera '%s' cannot be released from one of its callbacks", id().c_str());
    return Released::Done;
  }
  std::lock_guard lock(d_->call_mutex);
  if (!d_->thread)
    return Released::Done;
  const auto shut = [d = d_, hung = d_->hangs.load()] {
    d->shut();
    if (hung)
      d->forget_handlers();
    return true;
  };
  /* One that was only slow may be back. */
  const std::chrono::milliseconds time = d_->hangs ? kLastChance : d_->handler->time_limit();
  if (!d_->thread->invoke_within(time, shut)) {
    if (!d_->hangs)
      (void)d_->note_hang("release()");
    d_->leave(std::move(keep));
    return Released::Left;
  }
  d_->thread.reset();
  d_->state = State::Available;
  d_->hangs = false;
  return Released::Done;
}

void Camera::set_handlers(CompletedHandler on_completed, FailedHandler on_failed,
                          NoticeHandler on_notice) {
  if (d_->in_callback()) {
    g_critical("handlers of camera '%s' cannot be set from one of them", id().c_str());
    return;
  }
  std::lock_guard lock(d_->call_mutex);
  auto set = [on_completed = std::move(on_completed), on_failed = std::move(on_failed),
              on_notice = std::move(on_notice)](Private& d) mutable {
    d.on_completed = std::move(on_completed);
    d.on_failed = std::move(on_failed);
    d.on_notice = std::move(on_notice);
    d.deliver_notices();
    if (d.handler_open)
      d.report_failure();
    return Result<void>();
  };
  if (!d_->thread) {
    if (!HangRegistry::instance()->has(id()))
      (void)set(*d_).ok();
    return;
  }
  if (d_->hangs || !d_->wait_for("set_handlers()", std::move(set))) {
    std::lock_guard callback_lock(d_->callback_mutex);
    d_->muted = true;
  }
}

Result<void> Camera::configure(std::vector<StreamConfiguration>& streams) {
  Result<std::vector<StreamConfiguration>> configured =
      d_->call("configure()", State::Acquired, State::Configured,
               [streams](Private& d) { return d.configure(streams); });
  if (!configured)
    return configured.error();
  streams = std::move(*configured);
  return {};
}

Result<ControlRanges> Camera::controls() const {
  return d_->call("controls()", State::Acquired, State::Running,
                  [](Private& d) { return Result<ControlRanges>(d.ranges); });
}

Result<std::unique_ptr<FrameBuffer>> Camera::allocate_buffer(uint32_t stream) {
  return d_->call("allocate_buffer()", State::Configured, State::Running,
                  [stream](Private& d) -> Result<std::unique_ptr<FrameBuffer>> {
                    if (stream >= Request::kMaxStreams || d.buffer_sizes[stream] == 0)
                      return Error(Error::Code::Invalid,
                                   "stream " + std::to_string(stream) + " is not configured");
                    return d.handler->allocate_buffer(stream);
                  });
}

Result<void> Camera::start(const ControlList& controls) {
  return d_->call("start()", State::Configured, State::Configured,
                  [controls](Private& d) { return d.start(controls); });
}

Result<void> Camera::stop() {
  return d_->call("stop()", State::Running, State::Running, [](Private& d) {
    d.stop();
    d.state = State::Configured;
    d.report_failure();  // one that came just before: the application hears of it in this run
    return Result<void>();
  });
}

Result<void> Camera::queue_request(Request* request) {
  if (!request)
    return Error(Error::Code::Invalid, "no request to queue");
  if (Result<void> r = d_->check_request(*request); !r)
    return r;
  if (request->in_flight_.exchange(true, std::memory_order_acq_rel))
    return Error(Error::Code::WrongState, "the request is queued already");
  request->status = Request::Status::Pending;
  const RequestQueue::Pushed pushed = d_->requests.push(request);
  if (pushed == RequestQueue::Pushed::Yes)
    return {};
  request->in_flight_.store(false, std::memory_order_release);
  if (pushed == RequestQueue::Pushed::Full)
    return Error(Error::Code::NoSpace,
                 std::to_string(kMaxRequests) + " requests are queued, a camera takes no more",
                 "wait until some of them are completed");
  if (std::optional<Error> error = d_->failure())
    return *error;
  return d_->wrong_state("not running");
}

bool Camera::failed() const {
  return d_->failure().has_value();
}

bool Camera::hangs() const {
  return d_->hangs;
}

std::optional<Error> Camera::failure() const {
  return d_->failure();
}

int Camera::ipa_pid() const {
  if (d_->in_callback())
    return d_->handler->ipa_pid();
  std::lock_guard lock(d_->call_mutex);
  if (!d_->thread || d_->hangs)
    return 0;
  const Result<int> pid =
      d_->wait_for("ipa_pid()", [](Private& d) { return Result<int>(d.handler->ipa_pid()); });
  return pid ? *pid : 0;
}

IpaStatus Camera::ipa_status() const {
  return d_->handler->ipa_status();
}

}  // namespace gstcam
