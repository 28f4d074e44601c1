/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Goes through the table of the hostile module: a stream of the simulated camera with a worker that
 * does what the row says, and the camera after it. `escape-test CALL/DEED` does one row.
 *
 * Whether a worker is in a sandbox is read from the kernel, not asked of the code under test: what
 * must be blocked there is counted as open elsewhere.
 */
#include <dirent.h>
#include <gst/gst.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "pipelines/simulated/ipa-budget.h"
#include "tests/ipc/hostile/order.h"
#include "tests/ipc/hostile/table.h"
#include "tests/pipelines/simulated/pipeline-fixture.h"

using namespace gstcam;
using namespace gstcam::test;
using namespace gstcam::hostile;
using namespace std::chrono_literals;

namespace {

constexpr size_t kFrames = 25;
constexpr auto kDeadline = 1000ms;

struct Counts {
  int rows = 0;
  int blocked = 0;
  int open = 0;
  int confined = 0;
};
Counts counts;

/* A copy of the module with an order in it; gone with the object. */
class OrderedModule {
 public:
  OrderedModule(const std::string& call, const std::string& deed) {
    std::ifstream in(g_getenv("GST_CAMERA_TEST_HOSTILE"), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    std::string bytes = all.str();
    const size_t at = bytes.find(kOrderMark);
    g_assert_cmpuint(at, !=, std::string::npos);
    std::string order = kOrderMark + call + "/" + deed;
    g_assert_cmpuint(order.size(), <, kOrderSize);
    order.resize(kOrderSize, '\0');
    bytes.replace(at, kOrderSize, order);
    const CharPtr name(g_build_filename(g_get_tmp_dir(), "gst-camera-hostile-XXXXXX", nullptr));
    const UniqueFd fd(g_mkstemp_full(name.get(), O_RDWR | O_CLOEXEC, 0600));
    g_assert_true(fd.valid());
    path_ = name.get();
    g_assert_true(g_file_set_contents(path_.c_str(), bytes.data(),
                                      static_cast<gssize>(bytes.size()), nullptr));
    g_assert_cmpint(chmod(path_.c_str(), 0644), ==, 0);
  }
  ~OrderedModule() { unlink(path_.c_str()); }
  OrderedModule(const OrderedModule&) = delete;
  OrderedModule& operator=(const OrderedModule&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
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
  explicit Stream(std::string module) : module_(std::move(module)) {}

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
  void set_module(std::string module) { module_ = std::move(module); }

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
                  options.budget = simulated::kIpaBudget;
                  options.call_deadline = kDeadline;
                  options.start_deadline = 2 * kDeadline;
                  return simulated::create_ipa(options, context, events, std::move(handlers));
                },
            .deadline_us = std::chrono::microseconds(kDeadline).count()});
  }

 private:
  template <typename F>
  static void stream(CameraFixture& f, size_t frames, Story& story, const F& failed) {
    f.make_requests(4);
    f.requeue = true;
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

  std::string module_;
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
  else if (story.error->code == row.or_code)
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

void test_row(gconstpointer data) {
  const Row& row = *static_cast<const Row*>(data);
  counts.rows++;
  const OrderedModule ordered(row.call, row.deed);
  Stream stream(ordered.path());
  CameraFixture f(stream.handler());
  const Story story = stream.run(kFrames, f);
  counts.confined += story.locked;
  judge(row, story);
  g_assert_cmpint(count_children(), ==, 0);
  /* The same camera, with a module that behaves: nothing is left of the other. */
  stream.set_module(g_getenv("GST_CAMERA_TEST_HOSTILE"));
  const Story after = stream.run(3, f);
  if (after.error)
    complain(row, after, "the camera is of no use afterwards");
  g_assert_cmpint(count_children(), ==, 0);
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  g_test_init(&argc, &argv, nullptr);
  const std::vector<Row> rows = table();
  for (const Row& row : rows)
    g_test_add_data_func(("/escape/" + row.call + "/" + row.deed).c_str(), &row, test_row);
  const int status = g_test_run();
  g_print("# %d rows, %d in a confined worker; %d attempts blocked, %d open\n", counts.rows,
          counts.confined, counts.blocked, counts.open);
  return status;
}
