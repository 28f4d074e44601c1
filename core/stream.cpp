/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/stream.h"

#include <algorithm>
#include <cstdio>

namespace gstcam {

namespace {

/* Rates are rounded to well-known fractions: 30/1 is 33333333 ns, 30000/1001 differs by 0.1 %. */
constexpr int64_t kSameRate = 2000;  // of the duration's 1/kSameRate
constexpr size_t kMaxListed = 12;

std::string text(Size size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

double fps(int64_t duration) {
  return duration > 0 ? 1e9 / static_cast<double>(duration) : 0;
}

std::string number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

std::string rate_text(int64_t duration) {
  char buffer[48];
  std::snprintf(buffer, sizeof buffer, "%.4g fps (%.3f ms)", fps(duration),
                static_cast<double>(duration) / 1e6);
  return buffer;
}

bool side_fits(uint32_t value, uint32_t min, uint32_t max, uint32_t step) {
  return value >= min && value <= max && (value - min) % std::max(step, 1U) == 0;
}

/** Words in the order in which they come, each once. */
class Words {
 public:
  void add(std::string word) {
    if (std::ranges::find(words_, word) == words_.end())
      words_.push_back(std::move(word));
  }
  [[nodiscard]] std::string list() const {
    std::string list;
    for (size_t i = 0; i < std::min(words_.size(), kMaxListed); i++)
      list += (i == 0 ? "" : ", ") + words_[i];
    if (words_.size() > kMaxListed)
      list += " and " + std::to_string(words_.size() - kMaxListed) + " more";
    return list;
  }

 private:
  std::vector<std::string> words_;
};

void add_formats(const StreamMode& mode, Words& words) {
  for (const PixelFormat format : mode.formats)
    words.add(to_string(format));
}

std::string sizes_text(const StreamMode& mode) {
  if (mode.min == mode.max)
    return text(mode.max);
  return text(mode.min) + " to " + text(mode.max) + " in steps of " + text(mode.step);
}

void add_rates(const StreamMode& mode, Words& words) {
  for (const int64_t duration : mode.frame_durations)
    words.add(rate_text(duration));
  if (mode.frame_durations.empty())
    words.add(rate_text(mode.frame_duration_max) + " to " + rate_text(mode.frame_duration_min));
}

Error impossible(const StreamConfiguration& stream, const std::string& what, const char* kind,
                 const Words& possible) {
  return Error(Error::Code::Invalid, "stream " + std::to_string(stream.id) + " cannot " + what,
               std::string("possible ") + kind + ": " + possible.list());
}

struct Durations {
  int64_t min = INT64_MAX;
  int64_t max = 0;
};

}  // namespace

bool StreamMode::has_format(PixelFormat format) const {
  return std::ranges::find(formats, format) != formats.end();
}

bool StreamMode::has_size(Size size) const {
  return side_fits(size.width, min.width, max.width, step.width) &&
         side_fits(size.height, min.height, max.height, step.height);
}

int64_t StreamMode::duration_for(int64_t duration) const {
  if (duration <= 0)
    return 0;
  int64_t nearest = std::clamp(duration, frame_duration_min, frame_duration_max);
  const auto distance = [duration](int64_t other) { return std::abs(other - duration); };
  if (!frame_durations.empty())
    nearest = *std::ranges::min_element(frame_durations, {}, distance);
  return distance(nearest) <= duration / kSameRate ? nearest : 0;
}

Result<void> check_stream_configuration(const StreamCapabilities& capabilities,
                                        StreamConfiguration& stream) {
  Words formats;
  Words sizes;
  Words rates;
  const StreamMode* possible = nullptr;
  bool has_format = false;
  for (const StreamMode& mode : capabilities.modes) {
    add_formats(mode, formats);
    if (!mode.has_format(stream.format))
      continue;
    has_format = true;
    sizes.add(sizes_text(mode));
    if (!mode.has_size(stream.size))
      continue;
    if (!possible)
      possible = &mode;
    add_rates(mode, rates);
    if (const int64_t duration = mode.duration_for(stream.frame_duration); duration > 0) {
      stream.frame_duration = duration;
      return {};
    }
  }
  if (!has_format)
    return impossible(stream, std::string("be ") + to_string(stream.format), "formats", formats);
  if (!possible)
    return impossible(stream, "be " + text(stream.size), "sizes", sizes);
  if (stream.frame_duration == 0) {
    const int64_t wanted = capabilities.frame_duration_preferred;
    if (possible->frame_durations.empty())
      stream.frame_duration =
          std::clamp(wanted, possible->frame_duration_min, possible->frame_duration_max);
    else
      stream.frame_duration =
          *std::ranges::min_element(possible->frame_durations, {},
                                    [wanted](int64_t other) { return std::abs(other - wanted); });
    return {};
  }
  const std::string asked = stream.frame_duration > 0
                                ? rate_text(stream.frame_duration)
                                : std::to_string(stream.frame_duration) + " ns a frame";
  return impossible(stream, "run at " + asked, "rates", rates);
}

std::string describe(const StreamCapabilities& capabilities) {
  std::string all;
  std::vector<bool> told(capabilities.modes.size());
  for (size_t i = 0; i < capabilities.modes.size(); i++) {
    if (told[i])
      continue;
    /* Modes of the same formats in one go: their sizes, and the rates of them all. */
    Words formats;
    add_formats(capabilities.modes[i], formats);
    Words sizes;
    Durations durations;
    for (size_t k = i; k < capabilities.modes.size(); k++) {
      const StreamMode& mode = capabilities.modes[k];
      if (mode.formats != capabilities.modes[i].formats)
        continue;
      told[k] = true;
      sizes.add(sizes_text(mode));
      durations.min = std::min(durations.min, mode.frame_duration_min);
      durations.max = std::max(durations.max, mode.frame_duration_max);
    }
    all += (all.empty() ? "" : ", or ") + formats.list() + "; " + sizes.list() + "; ";
    if (durations.min < durations.max)
      all += number(fps(durations.max)) + " to ";
    all += number(fps(durations.min)) + " frames a second";
  }
  return all.empty() ? "nothing" : all;
}

}  // namespace gstcam
