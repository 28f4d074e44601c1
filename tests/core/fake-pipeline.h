/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * FakePipeline: a PipelineHandler without a camera that does what its FakeScript says. For tests of
 * core and of all that stands on it.
 *
 * The script is shared between test and handler; the test sets its plan before acquire() (or where
 * it knows that the handler is idle) and reads its log, which is atomic, at any time. Frames hold
 * the low byte of their sequence number in every byte; coded ones are coded_size() long.
 */
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/pipeline-handler.h"
#include "core/wakeup.h"

namespace gstcam::test {

struct FakeScript {
  enum class Pace {
    Fast,  // a request completes as soon as the handler has it
    Live,  // frame n completes at t0 + n * frame_duration, or is lost where there is no request
    Hold,  // requests complete only by stop()
  };

  /* The plan. */
  std::string id = "fake/0";
  std::string model = "Fake camera";
  CameraProperties properties;
  std::vector<StreamCapabilities> streams;
  Pace pace = Pace::Fast;
  std::optional<Error> open_error;
  std::optional<Error> configure_error;
  std::optional<Error> together_error;  // of configure() with several streams
  std::optional<Error> start_error;
  std::set<uint32_t> lost_frames;         // Fast: sequence numbers that are left out
  std::optional<uint32_t> fail_at_frame;  // failed() instead of this frame
  std::optional<uint32_t> hang_at_frame;  // no frame from this one on
  bool fail_in_start = false;
  bool keep_on_stop = false;  // a broken handler: does not give back what it has
  std::string hang_in;        // the method that does not come back before come_back()
  std::chrono::milliseconds time_limit = PipelineHandler::kDeviceTime;
  uint32_t buffer_limit = 0;
  bool dmabufs = false;  // configure() finds that frames are dmabufs (memfds that say they are)
  bool copied = false;   // or that they are copies
  bool memfds_all_the_same = false;  // and then they are no dmabufs
  uint32_t row_bytes = 0;            // of the first plane, where not the default
  int pid = 0;
  IpaStatus status;
  std::vector<Notice> open_notices;      // from inside of open()
  std::map<uint32_t, Notice> notice_at;  // before frames
  IpaHostKind host = kIpaHostNone;

  /* The log. */
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<int> configured{0};
  std::atomic<uint32_t> streams_configured{0};  // by the last configure(): bit N is stream N
  std::atomic<int> started{0};
  std::atomic<int> stopped{0};
  std::atomic<int> queued{0};
  std::atomic<int> wrong_thread{0};  // calls outside the camera's thread
  std::atomic<int> wrong_order{0};   // calls that Camera's state machine must not let through
  ControlList start_controls;        // of the last start()
  ControlList last_controls;         // of the last request
  IpaIsolation isolation = IpaIsolation::Auto;
  SandboxPolicy sandbox = SandboxPolicy::Require;
  std::string tuning_file;
  uint32_t restart_limit = 0;

  void come_back() {
    const std::lock_guard lock(hang_mutex_);
    hang_in.clear();
    hang_changed_.notify_all();
  }
  /** The handler's: this method begins. */
  void begin(const char* method) {
    std::unique_lock lock(hang_mutex_);
    hang_changed_.wait(lock, [&] { return hang_in != method; });
  }

  FakeScript() {
    StreamCapabilities c;
    StreamMode mode;
    mode.formats = {PixelFormat::Nv12, PixelFormat::Xrgb8888};
    mode.min = {16, 16};
    mode.max = {640, 480};
    mode.frame_duration_min = 1000000;
    mode.frame_duration_max = 1000000000;
    c.modes.push_back(mode);
    c.preferred = {320, 240};
    c.frame_duration_preferred = 10000000;
    streams.push_back(c);
  }

 private:
  std::mutex hang_mutex_;
  std::condition_variable hang_changed_;
};

class FakePipeline : public PipelineHandler {
 public:
  explicit FakePipeline(std::shared_ptr<FakeScript> script)
      : script_(std::move(script)),
        id_(script_->id),
        model_(script_->model),
        properties_(script_->properties),
        streams_(script_->streams) {}
  ~FakePipeline() override { expect(!open_); }

  const std::string& id() const override { return id_; }
  const std::string& model() const override { return model_; }
  const std::vector<StreamCapabilities>& streams() const override { return streams_; }
  const CameraProperties& properties() const override { return properties_; }
  std::chrono::milliseconds time_limit() const override { return script_->time_limit; }

  Result<void> open(const CameraOptions& options, PipelineListener& listener) override {
    expect(!open_);
    script_->begin("open");
    thread_ = g_thread_self();
    script_->opened++;
    script_->isolation = options.ipa_isolation;
    script_->sandbox = options.ipa_sandbox;
    script_->tuning_file = options.tuning_file;
    if (script_->open_error)
      return *script_->open_error;
    ranges_.set(ControlId::ExposureTime, {int32_t{100}, int32_t{20000}, int32_t{10000}});
    ranges_.set(ControlId::AnalogueGain, {1.0, 16.0, 1.0});
    ranges_.set(ControlId::AeMode, {int32_t{kAeModeAuto}, int32_t{kAeModeManual}, int32_t{0}});
    listener_ = &listener;
    wakeup_ = std::make_unique<Wakeup>(g_main_context_get_thread_default(), "fake frames",
                                       [this] { next_frame(); });
    open_ = true;
    script_->restart_limit = options.ipa_restart_limit;
    for (const Notice& notice : script_->open_notices)
      listener_->notice(notice);
    return {};
  }
  [[nodiscard]] IpaStatus ipa_status() const override { return script_->status; }

  void close() override {
    script_->begin("close");
    called(open_ && !running_);
    script_->closed++;
    wakeup_.reset();
    configured_.clear();
    open_ = false;
  }

  Result<void> configure(std::vector<StreamConfiguration>& streams) override {
    script_->begin("configure");
    called(open_ && !running_);
    script_->configured++;
    configured_.clear();
    if (script_->configure_error)
      return *script_->configure_error;
    if (script_->together_error && streams.size() > 1)
      return *script_->together_error;
    uint32_t mask = 0;
    for (StreamConfiguration& stream : streams) {
      Result<FrameLayout> layout = layout_of(stream);
      if (!layout)
        return layout.error();
      stream.layout = *layout;
      stream.buffer_count = 4;
      stream.buffer_limit = script_->buffer_limit;
      stream.dmabufs = script_->dmabufs;
      stream.copied = script_->copied;
      mask |= 1U << stream.id;
    }
    script_->streams_configured = mask;
    configured_ = streams;
    return {};
  }

  const ControlRanges& controls() const override { return ranges_; }

  Result<std::unique_ptr<FrameBuffer>> allocate_buffer(uint32_t stream) override {
    script_->begin("allocate_buffer");
    called(open_ && !configured_.empty());
    for (const StreamConfiguration& c : configured_) {
      if (c.id != stream)
        continue;
      Result<SharedMemory> memory = SharedMemory::create("fake-frame", c.layout.size);
      if (!memory)
        return memory.error();
      if (!script_->dmabufs || script_->memfds_all_the_same)
        return std::make_unique<FrameBuffer>(stream, c.layout, std::move(memory).value());
      Result<UniqueFd> fd = UniqueFd::duplicate(memory->fd());
      if (!fd)
        return fd.error();
      return std::make_unique<FrameBuffer>(stream, c.layout, std::move(*fd), c.layout.size,
                                           std::make_shared<SharedMemory>(std::move(*memory)));
    }
    return Error(Error::Code::Invalid, "the fake camera has no such stream");
  }

  Result<void> start(const ControlList& controls) override {
    script_->begin("start");
    called(open_ && !configured_.empty() && !running_);
    script_->started++;
    script_->start_controls = controls;
    if (script_->start_error)
      return *script_->start_error;
    running_ = true;
    sequence_ = 0;
    // The first frame starts now and is complete one duration later.
    start_time_ = g_get_monotonic_time();
    if (script_->pace == FakeScript::Pace::Live)
      wakeup_->signal_at(frame_end());
    if (script_->fail_in_start)
      listener_->failed(failure());
    return {};
  }

  void stop() override {
    script_->begin("stop");
    called(running_);
    script_->stopped++;
    running_ = false;
    wakeup_->cancel();
    std::deque<Request*> requests;
    requests.swap(requests_);
    for (Request* request : requests) {
      if (script_->keep_on_stop)
        continue;
      request->status = Request::Status::Cancelled;
      listener_->request_completed(*request);
    }
  }

  void queue_request(Request* request) override {
    called(running_);
    script_->queued++;
    script_->last_controls = request->controls;
    requests_.push_back(request);
    if (script_->pace == FakeScript::Pace::Fast)
      wakeup_->signal();
  }

  int ipa_pid() const override { return script_->pid; }

  static constexpr size_t kMaxCoded = 4096;
  static size_t coded_size(uint32_t sequence) { return 100 + sequence * 37 % 1000; }

  static Error failure() {
    return Error(Error::Code::Lost, "the fake camera was told to fail",
                 "release it and acquire it again");
  }

 private:
  void expect(bool right) const {
    if (!right)
      script_->wrong_order++;
  }
  void called(bool right_order) const {
    expect(right_order);
    if (thread_ != g_thread_self())
      script_->wrong_thread++;
  }
  Result<FrameLayout> layout_of(const StreamConfiguration& stream) const {
    if (pixel_kind(stream.format) == PixelKind::Coded)
      return coded_layout(kMaxCoded);
    if (script_->row_bytes == 0)
      return frame_layout(stream.format, stream.size);
    return frame_layout(stream.format, stream.size, script_->row_bytes,
                        size_t{4} * script_->row_bytes * stream.size.height);
  }
  int64_t duration_us() const { return configured_.front().frame_duration / 1000; }
  int64_t frame_end() const { return start_time_ + (sequence_ + 1) * duration_us(); }

  void next_frame() {
    if (!running_ || script_->pace == FakeScript::Pace::Hold)
      return;
    while (script_->lost_frames.count(sequence_))
      sequence_++;
    if (script_->hang_at_frame && sequence_ >= *script_->hang_at_frame)
      return;
    if (script_->fail_at_frame && sequence_ >= *script_->fail_at_frame) {
      listener_->failed(failure());
      return;
    }
    if (const auto notice = script_->notice_at.find(sequence_);
        notice != script_->notice_at.end() && !requests_.empty())
      listener_->notice(notice->second);
    if (!requests_.empty()) {
      Request* request = requests_.front();
      requests_.pop_front();
      complete(*request);
    }
    if (script_->pace == FakeScript::Pace::Live) {
      sequence_++;
      wakeup_->signal_at(frame_end());
    } else if (!requests_.empty()) {
      wakeup_->signal();
    }
  }

  void complete(Request& request) {
    for (const StreamConfiguration& c : configured_) {
      FrameBuffer* buffer = request.buffer(c.id);
      uint8_t* data =
          buffer->data() ? buffer->data() : static_cast<SharedMemory*>(buffer->slot())->data();
      std::memset(data, static_cast<int>(sequence_ & 0xffU), c.layout.size);
      if (pixel_kind(c.format) == PixelKind::Coded)
        request.bytes_used[c.id] = coded_size(sequence_);
    }
    const int64_t duration = configured_.front().frame_duration;
    request.sequence = sequence_;
    request.timestamp = start_time_ * 1000 + sequence_ * duration;
    request.metadata = request.controls;
    request.metadata.set(ControlId::SensorTimestamp, request.timestamp);
    request.metadata.set(ControlId::FrameDuration, duration);
    request.metadata.set(ControlId::IpaHost, int32_t{script_->host});
    request.metadata.set(ControlId::IpaState, int32_t{kIpaStateOk});
    request.status = Request::Status::Complete;
    if (script_->pace == FakeScript::Pace::Fast)
      sequence_++;
    listener_->request_completed(request);
  }

  std::shared_ptr<FakeScript> script_;
  const std::string id_;
  const std::string model_;
  const CameraProperties properties_;
  const std::vector<StreamCapabilities> streams_;
  ControlRanges ranges_;
  PipelineListener* listener_ = nullptr;
  GThread* thread_ = nullptr;
  std::unique_ptr<Wakeup> wakeup_;
  std::vector<StreamConfiguration> configured_;
  std::deque<Request*> requests_;
  bool open_ = false;
  bool running_ = false;
  uint32_t sequence_ = 0;
  int64_t start_time_ = 0;
};

/** Where fake cameras are plugged in, by any thread; whoever watches hears of it. */
class FakePort {
 public:
  explicit FakePort(std::vector<std::shared_ptr<FakeScript>> scripts = {})
      : scripts_(std::move(scripts)) {}

  void plug(std::shared_ptr<FakeScript> script) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(script));
    announce();
  }
  void unplug(const std::string& id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(scripts_, [&id](const auto& script) { return script->id == id; });
    announce();
  }
  void set_error(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    announce();
  }

  Result<FoundCameras> enumerate() {
    const std::lock_guard lock(mutex_);
    enumerated++;
    if (error_)
      return *error_;
    FoundCameras found;
    for (const std::shared_ptr<FakeScript>& script : scripts_)
      found.handlers.push_back(std::make_unique<FakePipeline>(script));
    return found;
  }

  class Ear : public CameraWatch {
   public:
    Ear(FakePort& port, GMainContext* context, std::function<void()> changed)
        : port_(port), wakeup_(context, "fake port", std::move(changed)) {
      const std::lock_guard lock(port_.mutex_);
      port_.ears_.insert(this);
    }
    ~Ear() override {
      const std::lock_guard lock(port_.mutex_);
      port_.ears_.erase(this);
    }

   private:
    friend class FakePort;
    FakePort& port_;
    Wakeup wakeup_;
  };

  [[nodiscard]] size_t ears() {
    const std::lock_guard lock(mutex_);
    return ears_.size();
  }
  std::atomic<int> enumerated{0};
  std::optional<Error> watch_error;  // set while nobody watches

 private:
  void announce() {
    for (Ear* ear : ears_)
      ear->wakeup_.signal();
  }
  std::mutex mutex_;
  std::vector<std::shared_ptr<FakeScript>> scripts_;
  std::optional<Error> error_;
  std::set<Ear*> ears_;
};

/** A platform whose cameras are those in its port. */
class FakePortFactory : public PipelineFactory {
 public:
  explicit FakePortFactory(std::shared_ptr<FakePort> port) : port_(std::move(port)) {}
  const char* name() const override { return "fake"; }
  Result<FoundCameras> enumerate(const DeviceClaims& /*taken*/) override {
    return port_->enumerate();
  }
  Result<std::unique_ptr<CameraWatch>> watch(GMainContext* context,
                                             const std::function<void()>& changed) override {
    if (port_->watch_error)
      return *port_->watch_error;
    return std::unique_ptr<CameraWatch>(std::make_unique<FakePort::Ear>(*port_, context, changed));
  }

 private:
  std::shared_ptr<FakePort> port_;
};

/** A platform whose cameras are those of its scripts. */
class FakeFactory : public PipelineFactory {
 public:
  explicit FakeFactory(std::vector<std::shared_ptr<FakeScript>> scripts)
      : scripts_(std::move(scripts)) {}
  const char* name() const override { return "fake"; }
  Result<FoundCameras> enumerate(const DeviceClaims& taken) override {
    taken_before = taken;
    if (error)
      return *error;
    FoundCameras found;
    for (const std::shared_ptr<FakeScript>& script : scripts_)
      found.handlers.push_back(std::make_unique<FakePipeline>(script));
    found.claimed = claimed;
    return found;
  }
  std::vector<std::shared_ptr<FakeScript>>& scripts() { return scripts_; }
  std::optional<Error> error;
  DeviceClaims claimed;
  DeviceClaims taken_before;  // by others, the last time

 private:
  std::vector<std::shared_ptr<FakeScript>> scripts_;
};

}  // namespace gstcam::test
