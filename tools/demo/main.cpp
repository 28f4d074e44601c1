/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * camera-demo: what ./run shows. Lists the cameras, streams from one with its algorithms in a
 * thread and in a worker process, saves a picture and a video and says what happened. It uses
 * camerasrc as any application does.
 */
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/glib-ptr.h"
#include "core/camera-manager.h"
#include "pipelines/registry.h"
#include "tools/demo/colours.h"
#include "tools/demo/recording.h"
#include "tools/demo/session.h"

namespace gstcam::demo {
namespace {

constexpr const char* kConfigVariable = "GST_CAMERA_SIMULATED_CONFIG";

struct Options {
  std::string out = "out";
  double seconds = 5;
  std::string scene;
};

Result<Options> parse_options(int argc, char** argv) {
  char* out = nullptr;
  gchar** files = nullptr;
  Options options;
  const GOptionEntry entries[] = {
      {"out", 'o', 0, G_OPTION_ARG_FILENAME, &out, "Folder for picture and video (out)", "DIR"},
      {"seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Time to stream (5)", "S"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, nullptr, "[FILE]"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  const HandlePtr<GOptionContext, g_option_context_free> context(g_option_context_new(nullptr));
  g_option_context_set_summary(
      context.get(),
      "FILE: a picture, a video, a DNG or a headerless Bayer file that the "
      "simulated camera looks at; without one, a colour chart.");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  g_option_context_add_group(context.get(), gst_init_get_option_group());
  ErrorOut error;
  const bool parsed = g_option_context_parse(context.get(), &argc, &argv, &error);
  const HandlePtr<gchar*, g_strfreev> owned_files(files);
  const CharPtr owned_out(out);
  if (!parsed)
    return Error(Error::Code::Invalid, error.message(), "see ./run --help");
  if (out)
    options.out = out;
  if (files && files[0]) {
    options.scene = files[0];
    if (files[1])
      return Error(Error::Code::Invalid, "one file at a time", "see ./run --help");
  }
  if (!(options.seconds > 0 && options.seconds <= 3600))
    return Error(Error::Code::Invalid, "--seconds takes a number above 0, up to 3600");
  return options;
}

Result<void> prepare(const Options& options, const Recording& recording) {
  std::error_code failed;
  std::filesystem::create_directories(options.out, failed);
  if (failed)
    return Error(Error::Code::Failed, "cannot make '" + options.out + "': " + failed.message());
  if (!recording.camera_config.empty())
    g_setenv(kConfigVariable, recording.camera_config.c_str(), TRUE);
  if (recording.camera_yaml.empty())
    return {};
  const std::string path = std::filesystem::absolute(options.out).string() + "/camera.yaml";
  std::ofstream file(path);
  file << recording.camera_yaml;
  file.close();
  if (!file)
    return Error(Error::Code::Failed, "cannot write '" + path + "'");
  g_setenv(kConfigVariable, path.c_str(), TRUE);
  return {};
}

void list_cameras() {
  CameraManager manager(pipeline_factories());
  manager.enumerate();
  std::printf("Cameras\n");
  for (const std::shared_ptr<Camera>& camera : manager.cameras()) {
    const Size size = camera->capabilities(0).preferred;
    std::printf("  %-24s %s, %ux%u\n", camera->id().c_str(), camera->model().c_str(), size.width,
                size.height);
  }
  for (const Error& error : manager.errors())
    std::printf("  error: %s\n", error.message.c_str());
}

void print_session(const char* title, const Session& session) {
  std::printf("\nAlgorithms in a %s\n", title);
  std::printf("  ran in       %s, pid %d%s\n", session.ipa_host.c_str(), session.ipa_pid,
              session.ipa_pid == getpid() ? " (this process)" : "");
  std::printf("  frames       %u in %.2f s, %.1f fps, %u lost, first after %.0f ms\n",
              session.frames, session.seconds,
              session.frames > 1 ? (session.frames - 1) / session.seconds : 0.0, session.lost,
              session.first_frame * 1e3);
  std::printf("  format       %s\n", session.caps.c_str());
  std::printf("  exposure     %.2f ms, gain %.2f (%s)\n", session.exposure_ms, session.gain,
              session.ae_state.c_str());
  std::printf("  white        %d K (%s)\n", session.colour_temperature, session.awb_state.c_str());
}

Result<void> print_colours(const Recording& recording, const Session& session) {
  if (recording.chart) {
    Result<std::vector<GreyPatch>> squares = chart_squares(session.last);
    if (!squares)
      return squares.error();
    Result<std::vector<simulated::LinearRgb>> colours = measure(session.last, *squares);
    if (!colours)
      return colours.error();
    const simulated::ChartError error =
        simulated::chart_error(std::span<const simulated::LinearRgb, 24>(colours->data(), 24));
    std::printf("  chart        mean dE2000 %.2f, largest %.2f, greys within %.1f %% of neutral\n",
                error.mean, error.max, error.grey_cast * 100);
  } else if (!recording.greys.empty()) {
    Result<std::vector<simulated::LinearRgb>> greys = measure(session.last, recording.greys);
    if (!greys)
      return greys.error();
    const GreyCast cast = grey_cast(*greys);
    std::printf(
        "  greys        of the chart within %.1f %% of neutral, single ones within %.1f %%\n",
        cast.mean * 100, cast.largest * 100);
  }
  return {};
}

Result<void> demo(const Options& options) {
  Result<Recording> recording = options.scene.empty()
                                    ? Result<Recording>(chart_recording())
                                    : describe_recording(options.scene, CAMERA_DEMO_RECORDINGS);
  if (!recording)
    return recording.error();
  if (Result<void> ready = prepare(options, *recording); !ready)
    return ready;

  std::printf("Scene: %s\n\n", recording->title.c_str());
  list_cameras();
  for (const char* isolation : {"thread", "worker"}) {
    Result<Session> session = stream(isolation, options.seconds);
    if (!session)
      return session.error().within("with ipa-isolation=" + std::string(isolation));
    print_session(isolation, *session);
    if (Result<void> printed = print_colours(*recording, *session); !printed)
      return printed;
    const std::string picture = options.out + "/" + isolation + ".png";
    if (Result<void> saved = save_picture(session->last, picture); !saved)
      return saved;
    std::printf("  picture      %s\n", picture.c_str());
  }

  const std::string video = options.out + "/video.mp4";
  if (Result<void> recorded = record_video(video, 60); !recorded)
    return recorded;
  std::printf("\nVideo: %s, 60 frames\n", video.c_str());
  return {};
}

int run(int argc, char** argv) {
  Result<Options> options = parse_options(argc, argv);
  Result<void> done = options ? demo(*options) : Result<void>(options.error());
  if (done)
    return 0;
  std::fprintf(stderr, "camera-demo: %s\n", done.error().message.c_str());
  if (!done.error().hint.empty())
    std::fprintf(stderr, "  %s\n", done.error().hint.c_str());
  return 1;
}

}  // namespace
}  // namespace gstcam::demo

int main(int argc, char** argv) {
  /* Into a pipe too, what is said stays in the order in which it happened. */
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return gstcam::demo::run(argc, argv);
}
