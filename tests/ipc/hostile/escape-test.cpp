/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Goes through the table of the hostile module: a stream of the simulated camera with a worker that
 * does what the row says, and the camera after it. The worker is the application's own, or with
 * --service one of a service; with --as-user everything is an ordinary user's. --processes=N: so
 * many rows at a time. `-p /escape/CALL/DEED` does one row.
 *
 * Whether a worker is in a sandbox is read from the kernel, not asked of the code under test: what
 * must be blocked there is counted as open elsewhere.
 */
#include <dirent.h>
#include <gst/gst.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "pipelines/ipa-life/ipa-options.h"
#include "tests/ipc/daemon-fixture.h"
#include "tests/ipc/hostile/ordered-module.h"
#include "tests/ipc/hostile/shares.h"
#include "tests/ipc/hostile/table.h"
#include "tests/pipelines/simulated/pipeline-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::hostile;
using namespace std::chrono_literals;

namespace {

constexpr size_t kFrames = 25;
constexpr size_t kRequests = 4;

/* Of a call and of a start. The rows that go to their end have short ones; in the others a busy
 * machine must not be what ends the row. */
struct Deadlines {
  std::chrono::milliseconds call = 20s;
  std::chrono::milliseconds start = 20s;
};
constexpr Deadlines kShort = {1500ms, 4000ms};

Place place = Place::Worker;
Counts counts;

/* A service with a module, and its journal. */
class Journaled {
 public:
  explicit Journaled(const std::string& module, bool silent = false)
      : journal_(silent ? "/dev/null" : std::string(at_.folder.get()) + "/journal"),
        daemon_(std::make_unique<Daemon>(
            at_, module, std::vector<std::string>(),
            std::vector<std::string>{"sh", "-c", "exec \"$@\" 2>\"$0\"", journal_})) {}
  Journaled(const Journaled&) = delete;
  Journaled& operator=(const Journaled&) = delete;
  ~Journaled() { (void)end(); }
  [[nodiscard]] const std::string& address() const { return at_.address; }
  /** Ends it, and its last worker; what it had to say. */
  std::string end() {
    if (!daemon_)
      return {};
    daemon_->end();
    daemon_.reset();
    std::ifstream in(journal_);
    std::stringstream all;
    all << in.rdbuf();
    if (journal_ != "/dev/null")
      unlink(journal_.c_str());
    return all.str();
  }

 private:
  SocketFolder at_;
  std::string journal_;
  std::unique_ptr<Daemon> daemon_;
};

/* Processes whose parent this is. */
int count_children() {
  int count = 0;
  if (DIR* tasks = opendir("/proc/self/task")) {
    while (const dirent* task = readdir(tasks)) {
      std::ifstream in(std::string("/proc/self/task/") + task->d_name + "/children");
      for (int pid = 0; in >> pid;)
        count++;
    }
    closedir(tasks);
  }
  return count;
}

bool is_locked(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Seccomp:"))
      return line.find('2') != std::string::npos;
  }
  return false;
}

/* What came of a stream. */
struct Story {
  std::optional<Error> error;  // the first
  std::string where;
  std::optional<double> report;  // lux, of the last frame that has it
  size_t frames = 0;
  bool locked = false;
};

class Stream {
 public:
  explicit Stream(Deadlines deadlines) : deadlines_(deadlines) {}

  Story run(size_t frames, CameraFixture& f) {
    Story story;
    const auto failed = [&](const Result<void>& result, const char* where) {
      if (!result && !story.error) {
        story.error = result.error();
        story.where = where;
      }
      return !result;
    };
    f.failures.clear();
    f.done.clear();
    f.on_completed = [&](Request& request) {
      if (request.status != Request::Status::Complete)
        return;
      const std::lock_guard lock(f.mutex);
      story.frames++;
      if (request.metadata.has(ControlId::Lux))
        story.report = request.metadata.get_or(ControlId::Lux, 0.0);
    };
    CameraOptions options;
    options.ipa_isolation = IpaIsolation::Worker;
    options.ipa_restart_limit = 0;
    if (!failed(f.camera->acquire(options), "acquire")) {
      story.locked = is_locked(f.camera->ipa_pid());
      std::vector<StreamConfiguration> streams(1);
      streams[0].format = PixelFormat::Nv12;
      streams[0].size = {64, 64};
      if (!failed(f.camera->configure(streams), "configure")) {
        f.configuration = streams[0];
        stream(f, frames, story, failed);
      }
    }
    f.camera->release();
    f.on_completed = nullptr;
    for (const std::unique_ptr<Request>& request : f.requests)
      g_assert_false(request->in_flight());
    f.requests.clear();
    g_assert_cmpuint(f.failures.size(), <=, 1);
    if (!f.failures.empty() && !story.error) {
      story.error = f.failures[0];
      story.where = "stream";
    }
    return story;
  }
  /** The module, or the address of the service that has it. */
  void set_module(std::string module) {
    module_ = std::move(module);
    address_.clear();
  }
  void set_address(std::string address) { address_ = std::move(address); }
  /** From the next open on. */
  void be_patient() { deadlines_ = {}; }

  std::unique_ptr<PipelineHandler> handler() {
    return std::make_unique<simulated::SimulatedPipeline>(
        fast_description(),
        simulated::SimulatedPipeline::Options{
            .connect =
                [this](const CameraOptions& camera, GMainContext* context,
                       simulated::IpaEvents& events, ipc::HostHandlers handlers) {
                  ipc::IpaOptions options;
                  options.isolation = camera.ipa_isolation;
                  options.module = module_;
                  options.address = address_;
                  options.budget = kIpaBudget;
                  options.call_deadline = deadlines_.call;
                  options.start_deadline = deadlines_.start;
                  return simulated::create_ipa(options, context, events, std::move(handlers));
                },
            .deadline_us = std::chrono::microseconds(deadlines_.call).count()});
  }

 private:
  template <typename F>
  static void stream(CameraFixture& f, size_t frames, Story& story, const F& failed) {
    f.make_requests(kRequests);
    f.requeue = frames > kRequests;  // a short stream has no frame more than these
    if (failed(f.camera->start({}), "start"))
      return;
    f.try_queue_all();
    f.wait([&] { return story.frames >= frames || !f.failures.empty(); });
    const bool lost = !f.failures.empty();
    f.requeue = false;
    const Result<void> stopped = f.camera->stop();
    if (!lost)
      failed(stopped, "stop");
  }

  Deadlines deadlines_;
  std::string module_;
  std::string address_;
};

void complain(const Row& row, const Story& story, const char* what) {
  g_test_fail_printf("%s/%s: %s; %zu frames, %s: %s", row.call.c_str(), row.deed.c_str(), what,
                     story.frames, story.error ? story.where.c_str() : "no error",
                     story.error
                         ? (std::string(to_string(story.error->code)) + ": " + story.error->message)
                               .substr(0, 600)
                               .c_str()
                         : "");
}

bool has_one_of(const std::string& text, const std::string& alternatives) {
  std::stringstream in(alternatives);
  if (alternatives.empty())
    return true;
  for (std::string one; std::getline(in, one, '|');) {
    if (text.find(one) != std::string::npos)
      return true;
  }
  return false;
}

void expect_error(const Row& row, const Story& story) {
  if (!story.error)
    complain(row, story, "nothing was noticed");
  else if (row.or_else && story.error->code == row.or_else->code &&
           has_one_of(story.error->message, row.or_else->text))
    return;
  else if (story.error->code != row.code)
    complain(row, story, "the wrong kind of error");
  else if (!has_one_of(story.error->message, row.text))
    complain(row, story, ("no '" + row.text + "' in the error").c_str());
}

/* An attempt: its report is in the metadata, or the kernel killed the worker for it (SIGSYS,
 * SIGXFSZ). */
void judge_attempt(const Row& row, const Story& story) {
  const bool killed =
      story.error && has_one_of(story.error->message,
                                "signal 31|status 159|signal 9|status 137|signal 25|status 153");
  const int error = story.report ? static_cast<int>(*story.report) - 1000 : 0;
  const bool refused =
      story.report && (error == EPERM || error == EACCES || error == ENOSYS || error == ENOENT ||
                       error == ENOMEM || error == EMFILE || error == EAFNOSUPPORT ||
                       error == ESRCH || error == ENXIO || error == ENOTTY);
  const bool sealed = row.outcome == Outcome::Impossible;
  /* What is open for reading alone answers so. */
  const bool read_only = sealed && (error == EBADF || error == EINVAL);
  /* Where exec works there is no worker any more to tell. */
  if ((story.error ? !killed : !story.report) && row.deed != "exec") {
    complain(row, story, "there is no report of the attempt");
    return;
  }
  if (refused || read_only || killed) {
    counts.blocked++;
    return;
  }
  counts.open++;
  if (sealed || story.locked)
    complain(row, story, ("the attempt was not blocked: errno " + std::to_string(error)).c_str());
}

void judge(const Row& row, const Story& story) {
  const std::string error = story.error ? story.error->message : "";
  g_test_message("%zu frames; %s: %s", story.frames,
                 story.error ? to_string(story.error->code) : "no error",
                 error.substr(0, std::min<size_t>(error.find('\n'), 300)).c_str());
  switch (row.outcome) {
    case Outcome::Lost:
    case Outcome::Refused:
      expect_error(row, story);
      break;
    case Outcome::Unaffected:
      if (story.error || story.frames < kFrames)
        complain(row, story, "the stream was harmed");
      break;
    case Outcome::Survives:
      if (story.error)
        expect_error(row, story);
      break;
    case Outcome::Blocked:
    case Outcome::Impossible:
      judge_attempt(row, story);
      break;
  }
}

bool ends_at_deadline(const Row& row) {
  return row.code == Error::Code::Timeout ||
         (row.or_else && row.or_else->code == Error::Code::Timeout) || row.deed == "loop" ||
         row.deed == "sigstop";
}

/* In a frame that a short stream does not come to. */
bool done_late(const Row& row) {
  return row.call == "queue_request" || row.call == "compute_params" || row.call == "process_stats";
}

void expect_children(const Row& row, const Story& story, int wanted) {
  if (count_children() != wanted)
    complain(row, story,
             ("of its processes there are " + std::to_string(count_children())).c_str());
}

/* The same camera, with a module that behaves: nothing is left of the other. */
void expect_use(const Row& row, Stream& stream, CameraFixture& f) {
  stream.be_patient();
  const Story after = stream.run(kRequests - 1, f);
  if (after.error)
    complain(row, after, "the camera is of no use afterwards");
}

void test_in_worker(const Row& row) {
  const OrderedModule ordered(row.call, row.deed);
  Stream stream(ends_at_deadline(row) ? kShort : Deadlines());
  CameraFixture f(stream.handler());
  stream.set_module(ordered.path());
  const Story story = stream.run(kFrames, f);
  counts.confined += story.locked;
  judge(row, story);
  expect_children(row, story, 0);
  stream.set_module(honest_module());
  expect_use(row, stream, f);
  expect_children(row, story, 0);
}

/* The service too is as good as before: it has a new worker for the next client. */
void test_in_service(const Row& row) {
  const OrderedModule ordered(row.call, row.deed);
  Journaled service(ordered.path(), row.deed.ends_with("stderr-bomb"));
  Stream stream(ends_at_deadline(row) ? kShort : Deadlines());
  CameraFixture f(stream.handler());
  stream.set_address(service.address());
  Story story = stream.run(kFrames, f);
  counts.confined += story.locked;
  expect_children(row, story, 1);
  if (done_late(row))
    expect_use(row, stream, f);
  const std::string journal = service.end();
  if (story.error)
    story.error->message += "; its journal: " + journal;
  judge(row, story);
  expect_children(row, story, 0);
  if (!done_late(row)) {
    const Journaled other(honest_module());
    stream.set_address(other.address());
    expect_use(row, stream, f);
  }
}

void test_row(gconstpointer data) {
  const Row& row = *static_cast<const Row*>(data);
  counts.rows++;
  if (place == Place::Service)
    test_in_service(row);
  else
    test_in_worker(row);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments = take_arguments(argc, argv, "--service");
  if (arguments.processes > 1)
    return run_in_shares(arguments, argc, argv);
  place = arguments.second ? Place::Service : Place::Worker;
  int words = static_cast<int>(arguments.rest.size());
  arguments.rest.push_back(nullptr);
  char** rest = arguments.rest.data();
  gst_init(&words, &rest);
  g_test_init(&words, &rest, nullptr);
  const std::vector<Row> rows = table(place);
  for (size_t i = arguments.share; i < rows.size(); i += arguments.shares) {
    const Row& row = rows[i];
    g_test_add_data_func(("/escape/" + row.call + "/" + row.deed).c_str(), &row, test_row);
  }
  const int status = g_test_run();
  tell(counts);
  return status;
}
