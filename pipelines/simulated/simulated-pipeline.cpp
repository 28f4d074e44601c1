/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipelines/simulated/simulated-pipeline.h"

#include <algorithm>
#include <utility>

namespace gstcam::simulated {

namespace {

/* A frame in the ISP, one in the sensor, one to start, and one that the application looks at. */
constexpr uint32_t kBuffers = 4;
/* Answers of an IPA after which the stream runs steadily. */
constexpr uint32_t kSpareAfter = 3;
constexpr int64_t kPreferredFrameDuration = 33333333;
/* Where a scene cannot be opened the camera is there all the same: open() says what is wrong. */
constexpr SizeLimits kUnknownLimits = {{1920, 1080}, {64, 64}, {4096, 4096}};

gstcam::ipa::SensorInfo to_ipa(const SensorInfo& info) {
  gstcam::ipa::SensorInfo out;
  out.model = info.model;
  out.width = info.width;
  out.height = info.height;
  out.cfa_order = static_cast<gstcam::ipa::CfaOrder>(info.cfa_order);
  out.bits_per_sample = info.bits_per_sample;
  out.black_level = info.black_level;
  out.line_duration = info.line_duration;
  out.exposure_time_min = info.exposure_time_min;
  out.exposure_time_max = info.exposure_time_max;
  out.analogue_gain_min = info.analogue_gain_min;
  out.analogue_gain_max = info.analogue_gain_max;
  out.frame_duration_min = info.frame_duration_min;
  out.frame_duration_max = info.frame_duration_max;
  out.exposure_delay = info.exposure_delay;
  out.gain_delay = info.gain_delay;
  return out;
}

}  // namespace

SimulatedPipeline::SimulatedPipeline(CameraDescription description, Options options)
    : description_(std::move(description)), options_(std::move(options)) {}

SimulatedPipeline::~SimulatedPipeline() {
  close();
}

Size SimulatedPipeline::preferred_size(const SizeLimits& limits) const {
  const Size wanted = description_.size.width != 0 ? description_.size : limits.native;
  return {std::clamp(wanted.width & ~1U, limits.min.width, limits.max.width),
          std::clamp(wanted.height & ~1U, limits.min.height, limits.max.height)};
}

Result<void> SimulatedPipeline::open_sensor() const {
  if (sensor_)
    return {};
  Result<std::unique_ptr<SensorModel>> sensor = SensorModel::create(description_);
  if (!sensor)
    return sensor.error();
  sensor_ = std::move(sensor).value();
  return {};
}

const std::vector<StreamCapabilities>& SimulatedPipeline::streams() const {
  std::lock_guard lock(sensor_mutex_);
  if (!streams_.empty())
    return streams_;
  const bool opened = open_sensor().ok();
  const SizeLimits limits = opened ? sensor_->limits() : kUnknownLimits;
  StreamCapabilities c;
  c.preferred = preferred_size(limits);
  StreamMode mode;
  mode.formats.assign(software_isp_formats().begin(), software_isp_formats().end());
  mode.min = limits.min;
  mode.max = limits.max;
  mode.frame_duration_min = 1;
  mode.frame_duration_max = 1000000000;
  if (opened) {
    if (Result<SensorInfo> info = sensor_->info(c.preferred, 0); info) {
      mode.frame_duration_min = static_cast<int64_t>(info->frame_duration_min);
      mode.frame_duration_max = static_cast<int64_t>(info->frame_duration_max);
    }
  }
  c.frame_duration_preferred =
      std::clamp(kPreferredFrameDuration, mode.frame_duration_min, mode.frame_duration_max);
  c.modes.push_back(std::move(mode));
  streams_.push_back(std::move(c));
  return streams_;
}

Result<void> SimulatedPipeline::open(const CameraOptions& options, PipelineListener& listener) {
  listener_ = &listener;
  failed_ = false;
  running_ = false;
  lost_at_ = 0;
  Result<void> opened = open_parts(options);
  if (!opened) {
    close();
    return opened.error().within("camera '" + id() + "'");
  }
  return {};
}

Result<void> SimulatedPipeline::open_parts(const CameraOptions& options) {
  const std::string& named = description_.tuning;
  Result<TuningFile> tuning = open_tuning_file(
      options.tuning_file, named.empty() ? description_.sensor.model + ".yaml" : named);
  if (!tuning)
    return tuning.error();

  // The sensor first: it loads its scene, in the size that is most likely asked for, while the
  // worker comes up.
  GMainContext* context = g_main_context_get_thread_default();
  scheduler_ = std::make_unique<FrameScheduler>(context, static_cast<FrameScheduler::Owner&>(*this),
                                                options_.deadline_us);
  (void)streams();  // now: nobody may look at the sensor while its thread loads the scene
  {
    std::lock_guard lock(sensor_mutex_);
    if (Result<void> r = open_sensor(); !r)
      return r;
  }
  Result<SensorInfo> info = sensor_->info(preferred_size(sensor_->limits()), 0);
  if (!info)
    return info.error();
  Result<std::unique_ptr<SensorThread>> sensor =
      SensorThread::create(description_, *sensor_, context, *scheduler_);
  if (!sensor)
    return sensor.error();
  sensor_thread_ = std::move(sensor).value();
  sensor_thread_->prepare(*info);

  journal_ = {};
  journal_.tuning = std::make_shared<const TuningFile>(std::move(tuning).value());
  journal_.sensor = to_ipa(*info);
  if (Result<void> r = start_ipa(options, context); !r)
    return r;
  Result<std::unique_ptr<IspThread>> isp = IspThread::create(
      context, [this](const Result<void>& outcome) { scheduler_->developed(outcome); });
  if (!isp)
    return isp.error();
  isp_thread_ = std::move(isp).value();
  Result<IpaBuffers> buffers = IpaBuffers::create();
  if (!buffers)
    return buffers.error();
  buffers_ = std::move(buffers).value();
  journal_.buffers = &*buffers_;
  return {};
}

Result<void> SimulatedPipeline::start_ipa(const CameraOptions& options, GMainContext* context) {
  place_ = {options_.connect, options, context, static_cast<IpaReplica::Owner*>(this)};
  Result<std::unique_ptr<IpaReplica>> replica = IpaReplica::make(place_, journal_);
  if (!replica)
    return replica.error();
  // A thread's spare would be code in our process that nobody needs, a service's a second client.
  const bool worker = (*replica)->ipa().kind() == kIpaHostWorker && options.ipa_address.empty();
  supervisor_wakeup_ = std::make_unique<Wakeup>(context, "supervisor", [this] {
    if (supervisor_)
      supervisor_->deliver();
  });
  supervisor_ = std::make_unique<ipc::Supervisor>(
      ipc::Supervisor::Options{.limit = options.ipa_restart_limit, .keeps_spare = worker},
      static_cast<ipc::Supervisor::Events&>(*this), [this] { supervisor_wakeup_->signal(); });
  {
    const std::lock_guard lock(status_mutex_);
    counters_ = supervisor_.get();
  }
  ranges_ = (*replica)->ranges();
  use(std::move(replica).value());
  tell_isolation();
  set_recipe();
  return {};
}

void SimulatedPipeline::set_recipe() {
  // What takes over from a thread that hangs, or lied, gets into no thread again.
  IpaReplica::Place place = place_;
  if (place.options.ipa_isolation == IpaIsolation::Auto)
    place.options.ipa_isolation = IpaIsolation::Worker;
  supervisor_->set_recipe(
      [place = std::move(place), journal = journal_]() -> Result<std::unique_ptr<ipc::Replica>> {
        Result<std::unique_ptr<IpaReplica>> replica = IpaReplica::make(place, journal);
        if (!replica)
          return replica.error();
        return std::unique_ptr<ipc::Replica>(std::move(replica).value());
      });
}

void SimulatedPipeline::use(std::unique_ptr<IpaReplica> replica) {
  ipa_ = std::move(replica);
  ipa_->set_events(scheduler_.get());
  const ipc::Host* host = ipa_->ipa().host();
  const std::lock_guard lock(status_mutex_);
  status_.pid = ipa_->ipa().pid();
  status_.isolation_level = host ? host->isolation_level() : "";
}

/* Once, when the camera is opened: those that take over are made by the same rules. */
void SimulatedPipeline::tell_isolation() {
  const ipc::Host* host = ipa_->ipa().host();
  if (!host)
    return;
  Notice notice{"camera-isolation",
                {{"level", host->isolation_level()},
                 {"pid", int64_t{ipa_->ipa().pid()}},
                 {"worker", ipa_->ipa().kind() == kIpaHostWorker}},
                {}};
  if (const std::string missing = host->isolation_warning(); !missing.empty())
    notice.warning = Error(Error::Code::Permission, "camera '" + id() +
                                                        "' runs its IPA with less isolation than "
                                                        "it should: " +
                                                        missing);
  listener_->notice(notice);
}

Result<void> SimulatedPipeline::ensure_ipa() {
  if (failed_)
    return Error(Error::Code::Lost, "its IPA is lost", "close the camera and open it again");
  if (ipa_)
    return {};
  Result<std::unique_ptr<ipc::Replica>> made = supervisor_->take_now();
  if (!made)
    return made.error();
  use(std::unique_ptr<IpaReplica>(static_cast<IpaReplica*>(made->release())));
  return {};
}

template <typename F>
std::invoke_result_t<F, IpaReplica&> SimulatedPipeline::with_ipa(F&& f) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; attempt++) {
    if (Result<void> r = ensure_ipa(); !r)
      return r.error();
    std::invoke_result_t<F, IpaReplica&> result = f(*ipa_);
    if (result)
      return result;
    // These are what a host says of an IPA, never the IPA itself.
    const Error::Code code = result.error().code;
    const bool lost =
        code == Error::Code::Lost || code == Error::Code::Timeout || code == Error::Code::Protocol;
    if (!lost || !lose_ipa(result.error()) || attempt == kAttempts)
      return result;
  }
}

void SimulatedPipeline::close() {
  // The IPA is the first to go: nothing of it may reach what is taken apart after it.
  {
    const std::lock_guard lock(status_mutex_);
    counters_ = nullptr;
    status_ = {};
  }
  ipa_.reset();
  supervisor_.reset();
  supervisor_wakeup_.reset();
  journal_ = {};
  isp_thread_.reset();
  sensor_thread_.reset();
  scheduler_.reset();
  buffers_.reset();
  configured_.reset();
  // Pictures and planes are much memory for a camera that nobody uses.
  std::lock_guard lock(sensor_mutex_);
  sensor_.reset();
}

Result<void> SimulatedPipeline::configure(std::vector<StreamConfiguration>& streams) {
  configured_.reset();
  Result<void> configured = configure_parts(streams[0]);
  if (!configured)
    return configured.error().within("camera '" + id() + "'");
  configured_ = streams[0];
  return {};
}

Result<void> SimulatedPipeline::configure_parts(StreamConfiguration& stream) {
  // It may still load another mode: that of a configure() that failed.
  (void)sensor_thread_->prepared().ok();
  Result<SensorInfo> mode =
      sensor_->info(stream.size, static_cast<uint64_t>(stream.frame_duration));
  if (!mode)
    return mode.error();
  Result<FrameLayout> layout = frame_layout(stream.format, stream.size);
  if (!layout)
    return layout.error();
  stream.layout = *layout;
  stream.buffer_count = kBuffers;
  mode_ = std::move(mode).value();

  // The scene is loaded in the sensor's thread while the IPA is configured.
  sensor_thread_->prepare(mode_);
  SoftwareIspConfiguration isp;
  isp.size = stream.size;
  isp.bits = mode_.bits_per_sample;
  isp.cfa = mode_.cfa_order;
  isp.format = stream.format;
  isp.colorimetry = stream.colorimetry;
  isp.layout = stream.layout;
  if (Result<void> r = isp_thread_->configure(isp); !r)
    return r;
  if (Result<void> r = configure_ipa(stream); !r)
    return r;
  return sensor_thread_->prepared();
}

Result<void> SimulatedPipeline::configure_ipa(const StreamConfiguration& stream) {
  std::vector<gstcam::ipa::StreamConfiguration> streams(1);
  streams[0].id = stream.id;
  streams[0].pixel_format = static_cast<uint32_t>(stream.format);
  streams[0].width = stream.size.width;
  streams[0].height = stream.size.height;
  // One that is made now is not told of a configuration that is over.
  journal_.configuration.reset();
  set_recipe();
  IpaJournal journal = journal_;
  journal.configuration = IpaJournal::Configuration{to_ipa(mode_), std::move(streams)};
  Result<void> done = with_ipa([&journal](IpaReplica& ipa) { return ipa.configure(journal); });
  if (!done)
    return done;
  ranges_ = ipa_->ranges();
  journal_ = std::move(journal);
  set_recipe();
  return {};
}

Result<std::unique_ptr<FrameBuffer>> SimulatedPipeline::allocate_buffer(uint32_t stream) {
  if (!configured_ || stream != configured_->id)
    return Error(Error::Code::Invalid, "stream " + std::to_string(stream) + " is not configured");
  Result<SharedMemory> memory = SharedMemory::create("camera-frame", configured_->layout.size);
  if (!memory)
    return memory.error();
  return std::make_unique<FrameBuffer>(stream, configured_->layout, std::move(memory).value());
}

/* Any thread. */
Result<ControlList> SimulatedPipeline::start_replica(IpaReplica& replica, const SensorInfo& mode,
                                                     const ControlList& controls) {
  Result<ControlList> from_ipa = replica.ipa().start(controls);
  if (!from_ipa)
    return from_ipa.error();
  Result<ControlList> initial = FrameScheduler::sensor_controls(*from_ipa, mode);
  if (!initial) {
    const Error error = initial.error().within("the IPA's answer to start()");
    replica.condemn(error);
    return error;
  }
  return initial;
}

Result<void> SimulatedPipeline::start(const ControlList& controls) {
  Result<ControlList> initial =
      with_ipa([&](IpaReplica& ipa) { return start_replica(ipa, mode_, controls); });
  if (!initial)
    return initial.error().within("camera '" + id() + "'");
  FrameScheduler::Run run;
  run.ipa = &ipa_->ipa();
  run.host = ipa_->ipa().kind();
  run.sensor = sensor_thread_.get();
  run.isp = isp_thread_.get();
  run.buffers = &*buffers_;
  run.mode = mode_;
  run.live = description_.pace == CameraDescription::Pace::Live;
  run.controls = controls;
  scheduler_->start(run);
  running_ = true;
  if (lost_at_ != 0)
    ipa_recovered(0);
  if (Result<void> r = sensor_thread_->start(*initial); !r) {
    running_ = false;
    scheduler_->stop();
    (void)ipa_->ipa().stop().ok();  // the sensor's error is the one to tell
    return r.error().within("camera '" + id() + "'");
  }
  return {};
}

void SimulatedPipeline::stop() {
  running_ = false;
  sensor_thread_->stop();
  isp_thread_->stop();
  scheduler_->abandon();
  supervisor_->cancel();
  // One that is lost would be waited for in vain; its events are not listened to any more.
  if (ipa_) {
    if (Result<void> r = ipa_->ipa().stop(); !r)
      (void)lose_ipa(r.error());
  }
  scheduler_->stop();
  while (Request* request = sensor_thread_->take_back()) {
    request->status = Request::Status::Cancelled;
    listener_->request_completed(*request);
  }
}

void SimulatedPipeline::queue_request(Request* request) {
  sensor_thread_->queue(request);
}

int SimulatedPipeline::ipa_pid() const {
  return ipa_status().pid;
}

IpaStatus SimulatedPipeline::ipa_status() const {
  const std::lock_guard lock(status_mutex_);
  IpaStatus status = status_;
  if (counters_)
    status.stats = counters_->stats();
  return status;
}

void SimulatedPipeline::frame_completed(Request& request) {
  listener_->request_completed(request);
}

std::string SimulatedPipeline::ipa_name() {
  const bool worker = ipa_->ipa().kind() == kIpaHostWorker;
  return std::string("its IPA (") + (worker ? "worker process " : "a thread of process ") +
         std::to_string(ipa_->ipa().pid()) + ")";
}

/*
 * Whether another IPA may take over. A thread that hangs cannot be ended, and one that lied has had
 * the run of our process: where the application insists on a thread, that is the end.
 */
bool SimulatedPipeline::may_replace() const {
  return place_.options.ipa_isolation != IpaIsolation::Thread;
}

/* Death, silence and lies of the IPA all arrive here, and nowhere else. False: the camera failed.
 */
bool SimulatedPipeline::lose_ipa(const Error& error) {
  if (!ipa_)
    return !failed_;
  const std::string name = ipa_name();
  const std::string last_words = ipa_->last_words();
  const char* cause = "died";
  if (error.code == Error::Code::Timeout)
    cause = "silent";
  else if (error.code != Error::Code::Lost)
    cause = "protocol";
  if (lost_at_ == 0)
    lost_at_ = g_get_monotonic_time();
  lost_pid_ = ipa_->ipa().pid();
  ipa_->set_events(nullptr);
  ipa_->condemn(error);
  {
    const std::lock_guard lock(status_mutex_);
    status_.pid = 0;
  }
  const uint32_t answers = running_ ? scheduler_->answers() : ipc::Supervisor::kProved;
  ipc::Supervisor::GoOn go_on;
  if (running_) {
    go_on = [mode = mode_, controls = scheduler_->controls_in_force(),
             state = scheduler_->state()](ipc::Replica& replica) -> Result<void> {
      auto& ipa = static_cast<IpaReplica&>(replica);
      if (!state.empty()) {
        // One that does not like it starts anew.
        if (Result<void> restored = ipa.ipa().restore_state(state); !restored && ipa.lost())
          return restored;
      }
      // What it would start the sensor with does not count: the sensor runs.
      const Result<ControlList> started = start_replica(ipa, mode, controls);
      if (!started)
        return started.error();
      return {};
    };
  }
  const bool goes_on =
      supervisor_->lost(error, answers, std::move(ipa_), std::move(go_on)) && may_replace();
  listener_->notice({"camera-ipa-lost",
                     {{"cause", std::string(cause)},
                      {"pid", lost_pid_},
                      {"message", error.message},
                      {"last-words", last_words}},
                     {}});
  if (goes_on)
    scheduler_->detach();
  else
    give_up(error, name, last_words);
  return goes_on;
}

void SimulatedPipeline::give_up(const Error& error, const std::string& name,
                                const std::string& last_words) {
  if (std::exchange(failed_, true))
    return;
  supervisor_->cancel();
  scheduler_->abandon();
  std::string text = "camera '" + id() + "' lost " + name + ": " + error.message;
  if (!last_words.empty() && text.find(last_words) == std::string::npos)
    text += "; its last output:\n" + last_words;
  std::string hint = error.hint;
  if (may_replace() && place_.options.ipa_restart_limit > 0) {
    text += "; that is more than " + std::to_string(place_.options.ipa_restart_limit) +
            " losses within a minute (ipa-restart-limit)";
  }
  listener_->failed(Error(error.code, text, hint));
}

void SimulatedPipeline::ipa_lost(const Error& error) {
  (void)lose_ipa(error);
}

void SimulatedPipeline::replica_lost(IpaReplica& replica, const Error& error) {
  if (&replica == ipa_.get())
    (void)lose_ipa(error);
  else if (supervisor_)
    supervisor_->look_at_spare();
}

void SimulatedPipeline::replica_call_failed(IpaReplica& replica, std::string_view member,
                                            const Error& error) {
  if (&replica == ipa_.get())
    scheduler_->call_failed(member, error);
}

void SimulatedPipeline::replica_ready(std::unique_ptr<ipc::Replica> replica) {
  use(std::unique_ptr<IpaReplica>(static_cast<IpaReplica*>(replica.release())));
  if (ipa_->lost()) {
    (void)lose_ipa(Error(Error::Code::Lost, "the next IPA was lost before its first frame"));
    return;
  }
  scheduler_->attach(ipa_->ipa(), ipa_->ipa().kind());
}

void SimulatedPipeline::gave_up(const Error& error) {
  give_up(error.within("no other IPA could be had"),
          "its IPA (process " + std::to_string(lost_pid_) + ")", "");
}

void SimulatedPipeline::ipa_recovered(uint32_t bridged) {
  const int64_t lost_for = g_get_monotonic_time() - std::exchange(lost_at_, 0);
  listener_->notice({"camera-ipa-recovered",
                     {{"pid", int64_t{ipa_->ipa().pid()}},
                      {"lost-pid", lost_pid_},
                      {"bridged-frames", int64_t{bridged}},
                      {"microseconds", lost_for}},
                     {}});
}

void SimulatedPipeline::ipa_answered(int64_t us) {
  supervisor_->note_round_trip(us);
  // Only now: a change-over has the machine to itself.
  if (scheduler_->answers() == kSpareAfter)
    supervisor_->want_spare();
}

void SimulatedPipeline::ipa_late() {
  supervisor_->note_late();
}

void SimulatedPipeline::frame_bridged() {
  supervisor_->note_bridged();
}

void SimulatedPipeline::camera_failed(const Error& error) {
  listener_->failed(error.within("camera '" + id() + "'"));
}

}  // namespace gstcam::simulated
