/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time from the start of a process to the first 1080p buffer of camerasrc, with the IPA in a thread
 * and in a worker, beside that of videotestsrc. Prints a JSON line each: median, best and worst of
 * some runs, in ms, with the registry warmed.
 *
 * Each run is this program again: it plays a launch line and leaves at the first buffer.
 */
#include <gst/gst.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern char** environ;

namespace {

constexpr int kRuns = 9;
const char* const kCaps = "video/x-raw,format=NV12,width=1920,height=1080,framerate=30/1";

double now_ms() {
  return static_cast<double>(g_get_monotonic_time()) / 1000;
}

GstPadProbeReturn first_buffer(GstPad*, GstPadProbeInfo*, gpointer bus) {
  gst_bus_post(
      static_cast<GstBus*>(bus),
      gst_message_new_application(
          nullptr, gst_structure_new("first-buffer", "at", G_TYPE_DOUBLE, now_ms(), nullptr)));
  return GST_PAD_PROBE_REMOVE;
}

/** Writes the time of the first buffer to stdout. */
int play(const char* source) {
  gst_init(nullptr, nullptr);
  const std::string launch =
      std::string(source) + " ! " + kCaps + " ! fakesink name=sink sync=false";
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(launch.c_str(), &error);
  if (!pipeline) {
    std::fprintf(stderr, "%s: %s\n", launch.c_str(), error->message);
    return 1;
  }
  GstBus* bus = gst_element_get_bus(pipeline);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstPad* pad = gst_element_get_static_pad(sink, "sink");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, first_buffer, bus, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 20 * GST_SECOND,
      static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION));
  int result = 1;
  if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_APPLICATION) {
    double at = 0;
    gst_structure_get_double(gst_message_get_structure(message), "at", &at);
    std::printf("%.3f\n", at);
    result = 0;
  } else if (message) {
    gst_message_parse_error(message, &error, nullptr);
    std::fprintf(stderr, "%s\n", error->message);
  } else {
    std::fprintf(stderr, "no buffer came\n");
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  return result;
}

/** ms to the first buffer, negative for a run that failed. */
double run(const char* self, const char* source) {
  int fds[2];
  if (pipe(fds) != 0)
    return -1;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, fds[0]);
  posix_spawn_file_actions_addclose(&actions, fds[1]);
  std::string program(self);
  std::string argument(source);
  char* const argv[] = {program.data(), argument.data(), nullptr};
  pid_t pid = 0;
  const double start = now_ms();
  const int spawned = posix_spawn(&pid, self, &actions, nullptr, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);
  double result = -1;
  if (spawned == 0) {
    FILE* out = fdopen(fds[0], "r");
    char line[64];
    if (out && std::fgets(line, sizeof line, out))
      result = std::strtod(line, nullptr) - start;
    if (out)
      std::fclose(out);
    int status = 0;
    waitpid(pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      result = -1;
  } else {
    close(fds[0]);
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1)
    return play(argv[1]);
  const struct {
    const char* name;
    const char* source;
  } rows[] = {
      {"videotestsrc", "videotestsrc is-live=true"},
      {"thread", "camerasrc ipa-isolation=thread"},
      {"worker", "camerasrc ipa-isolation=worker"},
  };
  for (const auto& row : rows) {
    if (run("/proc/self/exe", row.source) < 0) {  // warms the registry and the page cache
      std::fprintf(stderr, "%s does not run\n", row.source);
      return 1;
    }
    std::vector<double> times;
    for (int i = 0; i < kRuns; i++) {
      const double ms = run("/proc/self/exe", row.source);
      if (ms < 0)
        return 1;
      times.push_back(ms);
    }
    std::sort(times.begin(), times.end());
    std::printf(
        "{\"benchmark\":\"gst/startup\",\"source\":\"%s\",\"unit\":\"ms\",\"median\":%.2f,"
        "\"min\":%.2f,\"max\":%.2f,\"runs\":%d}\n",
        row.name, times[times.size() / 2], times.front(), times.back(), kRuns);
    std::fflush(stdout);
  }
  return 0;
}
