/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/camera.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/free-descriptors.h"
#include "core/context-thread.h"
#include "core/pipeline-handler.h"
#include "core/request-queue.h"
#include "core/wakeup.h"

namespace gstcam {

static_assert(Camera::kMaxRequests == RequestQueue::kCapacity);

namespace {

/* What threads, IPA and buffers of a camera take, with some to spare. */
constexpr unsigned kDescriptors = 40;

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

class Camera::Private : public PipelineListener {
 public:
  explicit Private(std::unique_ptr<PipelineHandler> h) : handler(std::move(h)) {}

  /* PipelineListener; camera's thread. */
  void request_completed(Request& request) override;
  void request_put_back(const Request& request) override;
  void failed(const Error& error) override;
  void notice(const Notice& notice) override;

  /* Under call_mutex, camera's thread. */
  Result<void> open(const CameraOptions& options);
  void close();
  Result<void> configure(std::vector<StreamConfiguration>& streams);
  Result<void> start(const ControlList& controls);
  void stop();

  [[nodiscard]] Result<void> require(State from, State to) const;
  [[nodiscard]] Error wrong_state(std::string_view what) const {
    return Error(Error::Code::WrongState, "camera '" + handler->id() + "' is " + std::string(what));
  }
  [[nodiscard]] Result<void> check_request(const Request& request) const;
  /** The error of a camera that failed, if it did. Any thread. */
  [[nodiscard]] std::optional<Error> failure() const;

  /** In the camera's thread, one at a time, if the state is in [from, to]. */
  template <typename F>
  std::invoke_result_t<F> call(State from, State to, F&& function) {
    if (in_callback())
      return wrong_state("calling back: this cannot be called from one of its callbacks");
    std::lock_guard lock(call_mutex);
    if (Result<void> r = require(from, to); !r)
      return r.error();
    return thread->invoke(std::forward<F>(function));
  }
  [[nodiscard]] bool in_callback() const {
    return camera_thread.load(std::memory_order_acquire) == g_thread_self();
  }

  const std::unique_ptr<PipelineHandler> handler;
  std::atomic<State> state = State::Available;

  /** Held by whoever makes a blocking call. Guards thread and the wakeups. */
  mutable std::mutex call_mutex;
  std::unique_ptr<ContextThread> thread;
  /** Identity of that thread for those who do not hold call_mutex. */
  std::atomic<GThread*> camera_thread = nullptr;

  CompletedHandler on_completed;
  FailedHandler on_failed;
  NoticeHandler on_notice;
  ControlRanges ranges;
  bool handler_started = false;

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
  if (on_completed)
    on_completed(request);
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
  if (on_notice)
    on_notice(notice);
  else if (early_notices_.size() < kMaxEarlyNotices)
    early_notices_.push_back(notice);
}

void Camera::Private::deliver_notices() {
  if (!on_notice)
    return;
  for (const Notice& notice : std::exchange(early_notices_, {}))
    on_notice(notice);
}

void Camera::Private::report_failure() {
  std::optional<Error> error = failure();
  if (!error || failure_reported_)
    return;
  stop();
  if (!on_failed)
    return;  // who sets a handler hears of it then
  failure_reported_ = true;
  on_failed(*error);
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
  {
    std::lock_guard lock(failure_mutex_);
    failure_.reset();
  }
  failure_reported_ = false;
  early_notices_.clear();
  camera_thread = g_thread_self();
  GMainContext* context = thread->context();
  request_wakeup_ = std::make_unique<Wakeup>(context, "requests", [this] { hand_over_requests(); });
  failure_wakeup_ = std::make_unique<Wakeup>(context, "failure", [this] { report_failure(); });
  Result<void> opened = handler->open(options, *this);
  if (!opened)
    close();
  else
    ranges = handler->controls();
  return opened;
}

void Camera::Private::close() {
  request_wakeup_.reset();
  failure_wakeup_.reset();
  camera_thread = nullptr;
}

Result<void> Camera::Private::configure(std::vector<StreamConfiguration>& streams) {
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
      return r;
  }
  if (Result<void> r = handler->configure(streams); !r)
    return r;
  for (std::atomic<size_t>& size : buffer_sizes)
    size = 0;
  for (const StreamConfiguration& stream : streams)
    buffer_sizes[stream.id] = stream.layout.size;
  ranges = handler->controls();
  state = State::Configured;
  return {};
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
    : d_(std::make_unique<Private>(std::move(handler))) {}

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
  if (d_->state != State::Available)
    return Error(Error::Code::Busy, "camera '" + id() + "' is in use",
                 "release it there first, or choose another camera");
  if (Result<void> free = check_free_descriptors(kDescriptors); !free)
    return free.error().within("camera '" + id() + "'");
  Result<std::unique_ptr<ContextThread>> thread = ContextThread::create("camera");
  if (!thread)
    return thread.error().within("camera '" + id() + "'");
  d_->thread = std::move(thread).value();
  Result<void> opened = d_->thread->invoke([&] { return d_->open(options); });
  if (opened)
    d_->state = State::Acquired;
  else
    d_->thread.reset();
  return opened;
}

void Camera::release() {
  if (d_->in_callback()) {
    g_critical("camera '%s' cannot be released from one of its callbacks", id().c_str());
    return;
  }
  std::lock_guard lock(d_->call_mutex);
  if (d_->state == State::Available)
    return;
  d_->thread->invoke([this] {
    d_->stop();
    d_->handler->close();
    d_->close();
  });
  d_->thread.reset();
  d_->state = State::Available;
}

void Camera::set_handlers(CompletedHandler on_completed, FailedHandler on_failed,
                          NoticeHandler on_notice) {
  if (d_->in_callback()) {
    g_critical("handlers of camera '%s' cannot be set from one of them", id().c_str());
    return;
  }
  std::lock_guard lock(d_->call_mutex);
  auto set = [&] {
    d_->on_completed = std::move(on_completed);
    d_->on_failed = std::move(on_failed);
    d_->on_notice = std::move(on_notice);
    d_->deliver_notices();
  };
  if (!d_->thread)
    return set();
  d_->thread->invoke([&] {
    set();
    d_->report_failure();
  });
}

Result<void> Camera::configure(std::vector<StreamConfiguration>& streams) {
  return d_->call(State::Acquired, State::Configured, [&] { return d_->configure(streams); });
}

Result<ControlRanges> Camera::controls() const {
  return d_->call(State::Acquired, State::Running,
                  [this] { return Result<ControlRanges>(d_->ranges); });
}

Result<std::unique_ptr<FrameBuffer>> Camera::allocate_buffer(uint32_t stream) {
  return d_->call(State::Configured, State::Running, [&]() -> Result<std::unique_ptr<FrameBuffer>> {
    if (stream >= Request::kMaxStreams || d_->buffer_sizes[stream] == 0)
      return Error(Error::Code::Invalid, "stream " + std::to_string(stream) + " is not configured");
    return d_->handler->allocate_buffer(stream);
  });
}

Result<void> Camera::start(const ControlList& controls) {
  return d_->call(State::Configured, State::Configured, [&] { return d_->start(controls); });
}

Result<void> Camera::stop() {
  return d_->call(State::Running, State::Running, [this] {
    d_->stop();
    d_->state = State::Configured;
    d_->report_failure();  // one that came just before: the application hears of it in this run
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

int Camera::ipa_pid() const {
  if (d_->in_callback())
    return d_->handler->ipa_pid();
  std::lock_guard lock(d_->call_mutex);
  return d_->thread ? d_->thread->invoke([this] { return d_->handler->ipa_pid(); }) : 0;
}

IpaStatus Camera::ipa_status() const {
  return d_->handler->ipa_status();
}

}  // namespace gstcam
