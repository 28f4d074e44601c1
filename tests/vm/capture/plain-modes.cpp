/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usage: plain-modes FRAMES formats|all NODE...
 * So many frames of what plain capture nodes of one kind offer, through camerasrc; several nodes
 * stream at the same time.
 *
 *   formats   every format that camerasrc and v4l2src both offer, at the smallest size and at
 *             30 frames a second, or what is next to that
 *   all       that, and in YUY2 every rate of the smallest size, and every size up to 1280x720
 *             at its fastest rate
 *
 * Not every format at every rate of every size: of vivid's more than a thousand modes that would be
 * hours.
 *
 * In every mode camerasrc negotiates the caps that v4l2src negotiates with the same node; offsets
 * and timestamps rise, the latter as the rate is; frames are as large as caps say, and none is
 * copied. Lost frames are said and are no failure: vivid leaves frames out by itself when it is
 * late, which an emulated processor makes it now and then.
 */
#include <gst/video/video.h>

#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#include "tests/vm/capture/agenda.h"
#include "tests/vm/capture/captured.h"
#include "tests/vm/capture/mode.h"

namespace {

using namespace gstcam;
using namespace gstcam::test;

Error wrong(const std::string& what) {
  return Error(Error::Code::Failed, what);
}

struct Node {
  std::string path;
  std::string camera;
};

int area(const Mode& mode) {
  return mode.width * mode.height;
}

bool same_size(const Mode& a, const Mode& b) {
  return a.width == b.width && a.height == b.height;
}

/** Of those like `wanted` the one whose duration is nearest to `duration`. */
const Mode& nearest(const Modes& modes, const Mode& wanted, int64_t duration) {
  const Mode* best = &wanted;
  const auto distance = [duration](const Mode& mode) {
    return std::llabs(mode.frame_duration() - duration);
  };
  for (const Mode& mode : modes) {
    if (mode.media == wanted.media && mode.format == wanted.format && same_size(mode, wanted) &&
        distance(mode) < distance(*best))
      best = &mode;
  }
  return *best;
}

Modes choose(const Modes& offered, bool all) {
  constexpr int64_t kSmooth = GST_SECOND / 30;
  constexpr int kLarge = 1280 * 720;  // larger ones keep an emulated processor from all else
  const Mode& smallest = *std::ranges::min_element(offered, {}, area);
  const auto yuyv = std::ranges::find(offered, "YUY2", &Mode::format);
  const std::string format = yuyv == offered.end() ? smallest.format : yuyv->format;
  Modes chosen;
  for (const Mode& mode : offered) {
    const bool small = same_size(mode, smallest);
    if (small && nearest(offered, mode, kSmooth) == mode)
      chosen.insert(mode);
    const bool one_of_all = small || (area(mode) <= kLarge && nearest(offered, mode, 0) == mode);
    if (all && mode.format == format && one_of_all)
      chosen.insert(mode);
  }
  return chosen;
}

Modes common(const Modes& a, const Modes& b) {
  Modes both;
  std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
  return both;
}

/** What v4l2src has and camerasrc has not, by format. */
std::string only_theirs(const Modes& theirs, const Modes& ours) {
  std::set<std::string> formats;
  for (const Mode& mode : theirs) {
    if (!ours.contains(mode))
      formats.insert(mode.media + " " + mode.format);
  }
  std::string text;
  for (const std::string& format : formats)
    text += (text.empty() ? "" : ", ") + format;
  return text;
}

Result<void> check_size(const CapturedFrame& frame) {
  GstVideoInfo info;
  if (!gst_structure_has_name(gst_caps_get_structure(frame.caps, 0), "video/x-raw"))
    return {};
  GstVideoFrame video;
  if (!gst_video_info_from_caps(&info, frame.caps) ||
      !gst_video_frame_map(&video, &info, frame.buffer, GST_MAP_READ))
    return wrong("a frame cannot be mapped");
  gst_video_frame_unmap(&video);
  return {};
}

struct Totals {
  std::atomic<uint64_t> frames = 0;
  std::atomic<uint64_t> lost = 0;
};

Result<std::string> run_mode(const Node& node, const Mode& mode, uint64_t frames, Totals& totals) {
  const CapsPtr filter = mode.caps();
  const auto theirs = make_source("v4l2src", "device", node.path);
  const Result<Captured> v4l2 = capture(theirs.get(), filter.get(), 1, mode.frame_duration());
  if (!v4l2)
    return v4l2.error().within("v4l2src");
  const Result<Captured> captured =
      capture_uncopied(node.camera, filter.get(), frames, mode.frame_duration(), check_size);
  if (!captured)
    return captured.error().within("camerasrc");
  const Result<std::string> odd = compare_caps(captured->caps.get(), v4l2->caps.get());
  if (!odd)
    return odd.error();
  /* On average, or where vivid was late and made up for it by early frames, in the middle. */
  const auto intervals = static_cast<int64_t>(captured->frames - 1 + captured->lost);
  const int64_t mean = captured->span / std::max<int64_t>(intervals, 1);
  const auto fits = [&mode](int64_t interval) {
    return std::llabs(interval - mode.frame_duration()) <= mode.frame_duration() / 10;
  };
  if (!fits(mean) && !fits(captured->interval))
    return wrong("from one frame to the next it is " + std::to_string(captured->interval) +
                 " ns, on average " + std::to_string(mean) + ", instead of " +
                 std::to_string(mode.frame_duration()));
  totals.frames += captured->frames;
  totals.lost += captured->lost;
  char text[200];
  std::snprintf(text, sizeof text, "%" PRIu64 " frames, %" PRIu64 " lost, %.2f ms a frame%s%s",
                captured->frames, captured->lost, static_cast<double>(mean) / 1e6,
                odd->empty() ? "" : "; caps: ", odd->c_str());
  return std::string(text);
}

Result<void> run(uint64_t frames, bool all, std::vector<Node>& nodes) {
  for (Node& node : nodes) {
    Result<std::string> camera = camera_of_node(node.path);
    if (!camera)
      return camera.error();
    node.camera = *camera;
  }
  const auto v4l2src = make_source("v4l2src", "device", nodes.front().path);
  const auto camerasrc = make_source("camerasrc", "camera-name", nodes.front().camera);
  const Result<Modes> theirs = offered_modes(v4l2src.get());
  if (!theirs)
    return theirs.error();
  const Result<Modes> ours = offered_modes(camerasrc.get());
  if (!ours)
    return ours.error();
  const Modes both = common(*theirs, *ours);
  if (both.empty())
    return wrong("they offer nothing in common");
  std::printf("of v4l2src alone: %s\nof camerasrc alone: %s\n", only_theirs(*theirs, *ours).c_str(),
              only_theirs(*ours, *theirs).c_str());
  const Modes chosen = choose(both, all);
  Totals totals;
  Result<void> done = work_off(chosen, nodes.size(), [&](size_t i, const Mode& mode) {
    return run_mode(nodes[i], mode, frames, totals);
  });
  std::printf("%zu of %zu modes, %" PRIu64 " frames, %" PRIu64 " lost, none copied\n",
              chosen.size(), both.size(), totals.frames.load(), totals.lost.load());
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc < 4) {
    std::fprintf(stderr, "usage: plain-modes FRAMES formats|all NODE...\n");
    return 2;
  }
  std::vector<Node> nodes;
  for (int i = 3; i < argc; i++)
    nodes.push_back({argv[i], ""});
  const bool all = std::strcmp(argv[2], "all") == 0;
  if (Result<void> done = run(std::strtoull(argv[1], nullptr, 10), all, nodes); !done) {
    std::printf("%s\n", done.error().message.c_str());
    return 1;
  }
  return 0;
}
