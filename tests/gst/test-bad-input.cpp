/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bad input, a row a mistake, in both hosts where it applies: the error on the bus says what is
 * wrong and comes in time, nothing is left behind, and the same element streams when the cause is
 * put right.
 */
#include <csignal>
#include <functional>
#include <vector>

#include "pipelines/registry.h"
#include "tests/gst/bad-input-world.h"
#include "tests/gst/holdings.h"

using namespace gstcam;
using namespace gstcam::test;

namespace {

constexpr char kConfig[] = "GST_CAMERA_SIMULATED_CONFIG";
constexpr char kWorkerVariable[] = "GST_CAMERA_IPA_WORKER";
constexpr char kModules[] = "GST_CAMERA_IPA_PATH";

/* A worker that never connects is given up after 5 s; nothing takes longer. */
constexpr gint64 kBound = 15 * G_USEC_PER_SEC;

enum class Hosts { Both, Worker };

struct Row {
  std::string name;
  GQuark domain;
  int code;
  std::vector<std::string> says;  // parts of the error's text
  std::function<void(World&)> spoil;
  /* Puts the cause right; World::mend() where that is enough. */
  std::function<void(World&)> repair = [](World& w) { w.mend(); };
  Hosts hosts = Hosts::Both;
  int rounds = 2;
};

struct Case {
  const Row* row;
  const char* host;
};

#define SETTINGS GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS
#define NOT_FOUND GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND
#define NO_SPACE GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT
#define NOT_ALLOWED GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED
#define LOST GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ
#define FORMAT GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT

/** The error that comes when the pipeline is to play. */
std::string error_in_time(World& w, const Row& row) {
  const gint64 begin = g_get_monotonic_time();
  w.pipeline.play_or_fail();
  const MessagePtr message = w.pipeline.wait_for(GST_MESSAGE_ERROR);
  g_assert_cmpint(g_get_monotonic_time() - begin, <, kBound);
  GQuark domain = 0;
  int code = 0;
  const std::string text = TestPipeline::error_of(message.get(), &domain, &code);
  w.pipeline.set_state(GST_STATE_NULL);
  gst_bus_set_flushing(w.pipeline.bus.get(), TRUE);
  gst_bus_set_flushing(w.pipeline.bus.get(), FALSE);
  g_test_message("%s", text.c_str());
  g_assert_null(strstr(text.c_str(), "(pid 0)"));  // every process has a number
  for (const std::string& part : row.says) {
    if (text.find(part) == std::string::npos)
      g_test_message("'%s' is missing", part.c_str());
    g_assert_true(text.find(part) != std::string::npos);
  }
  g_assert_cmpstr(g_quark_to_string(domain), ==, g_quark_to_string(row.domain));
  g_assert_cmpint(code, ==, row.code);
  return text;
}

void streams(World& w) {
  w.pipeline.play();
  w.pipeline.pull_some(2);
  w.pipeline.set_state(GST_STATE_NULL);
  /* appsink keeps the last sample it gave away until it plays again. */
  w.pipeline.play();
  w.pipeline.set_state(GST_STATE_NULL);
}

/** What is held once what ends by itself has ended: GLib gives up a process in its own time. */
void assert_holds_no_more_than(const Holdings& before) {
  const gint64 end = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;
  const auto more = [&before](const Holdings& now) {
    return now.fds > before.fds || now.mappings > before.mappings || now.children;
  };
  Holdings now;
  while (more(now) && g_get_monotonic_time() < end) {
    g_thread_yield();
    now = Holdings();
  }
  g_assert_cmpuint(now.fds, <=, before.fds);
  g_assert_cmpuint(now.mappings, <=, before.mappings);
  g_assert_cmpuint(now.shm, <=, before.shm);
  g_assert_false(now.children);
  /* GLib's pool keeps threads that idle. */
  g_assert_cmpuint(now.threads, <=, before.threads + 4);
}

void test_row(gconstpointer data) {
  const Case& c = *static_cast<const Case*>(data);
  World w(c.host);
  std::optional<Holdings> before;
  for (int round = 0; round < c.row->rounds; round++) {
    c.row->spoil(w);
    error_in_time(w, *c.row);
    c.row->repair(w);
    streams(w);
    if (before)
      assert_holds_no_more_than(*before);
    else
      before.emplace();
  }
}

/* ---- scenes ---- */

fs::path raw_frame(const char* name) {
  const char* folder = g_getenv("GST_CAMERA_TEST_RAW");
  return folder ? fs::path(folder) / name : fs::path();
}

const char kDng[] = "canon_550d_ml_colorchecker_1888x1182_14b_RGGB.dng";

/** The camera looks at the file `name` of these bytes, then of those that are right. */
Row scene(
    std::string name, GQuark domain, int code, std::vector<std::string> says,
    const std::string& file, const std::string& bytes,
    std::function<void(World&)> repair = [](World& w) { w.mend(); }) {
  says.push_back(file);
  return {std::move(name),
          domain,
          code,
          std::move(says),
          [file, bytes](World& w) { w.set_env(kConfig, w.write(file, bytes)); },
          std::move(repair)};
}

void use_good_dng(World& w) {
  w.write("scene.dng", read_file(raw_frame(kDng)));
}

void use_good_bayer(World& w) {
  w.write("scene_320x240_8b_RGGB.raw", std::string(size_t{320} * 240, '\x40'));
}

void use_good_picture(World& w) {
  w.record("videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! pngenc", "scene.png");
}

void use_good_video(World& w) {
  w.record("videotestsrc num-buffers=10 ! video/x-raw,width=320,height=240 ! jpegenc ! avimux",
           "scene.avi");
}

std::vector<Row> raw_rows() {
  return {
      scene("dng/random", SETTINGS, {"raw file", "cannot be read", "use a complete DNG"},
            "scene.dng", random_bytes(65536)),
      scene("dng/empty", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng", ""),
      {"dng/missing",
       NOT_FOUND,
       {"scene.dng", "No such file", "check the scene's 'file'"},
       [](World& w) { w.set_env(kConfig, w.path("scene.dng")); }},
      {"dng/folder",
       SETTINGS,
       {"scene.dng", "not a regular file"},
       [](World& w) { w.set_env(kConfig, w.make_folder("scene.dng")); }},
      scene("bayer/short", SETTINGS, {"76000 bytes", "320x240", "needs 76800", "check width"},
            "scene_320x240_8b_RGGB.raw", std::string(76000, 'x'), use_good_bayer),
      scene("bayer/empty", SETTINGS, {"0 bytes", "320x240", "needs 76800"},
            "scene_320x240_8b_RGGB.raw", "", use_good_bayer),
      scene("bayer/nameless", SETTINGS, {"does not tell its geometry", "rename it"}, "scene.raw",
            "x"),
      scene("bayer/absurd", SETTINGS, {"does not tell its geometry", "2..16384"},
            "scene_65536x65536_8b_RGGB.raw", "x"),
      scene("bayer/tiny", SETTINGS, {"2x2", "too small"}, "scene_2x2_8b_RGGB.raw", "xxxx"),
      {"bayer/missing",
       NOT_FOUND,
       {"scene_320x240_8b_RGGB.raw", "No such file", "check the scene"},
       [](World& w) {
         fs::remove(w.path("scene_320x240_8b_RGGB.raw"));
         w.set_env(kConfig, w.path("scene_320x240_8b_RGGB.raw"));
       },
       use_good_bayer},
      {"bayer/gone",
       NOT_FOUND,
       {"scene_320x240_8b_RGGB.raw", "No such file"},
       [](World& w) {
         use_good_bayer(w);
         w.set_env(kConfig, w.path("scene_320x240_8b_RGGB.raw"));
         streams(w);
         fs::remove(w.path("scene_320x240_8b_RGGB.raw"));
       },
       use_good_bayer},
  };
}

std::vector<Row> derived_dng_rows() {
  const std::string good = read_file(raw_frame(kDng));
  std::string bent = good;
  bent.replace(0, 2048, random_bytes(2048));
  std::string scribbled = good;
  for (size_t i = 8; i < 4096; i += 3)
    scribbled[i] = static_cast<char>(~scribbled[i]);
  return {
      scene("dng/half", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng",
            good.substr(0, good.size() / 2), use_good_dng),
      scene("dng/header-only", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng",
            good.substr(0, 1000), use_good_dng),
      scene("dng/almost", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng",
            good.substr(0, good.size() - 4096), use_good_dng),
      scene("dng/bent", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng", bent,
            use_good_dng),
      scene("dng/scribbled", SETTINGS, {"raw file", "use a complete DNG"}, "scene.dng", scribbled,
            use_good_dng),
  };
}

std::vector<Row> picture_rows() {
  return {
      scene("picture/random", SETTINGS, {"cannot decode", "gst-play-1.0"}, "scene.png",
            random_bytes(65536), use_good_picture),
      scene("picture/empty", SETTINGS, {"cannot decode"}, "scene.png", "", use_good_picture),
      scene("picture/text", SETTINGS, {"cannot decode"}, "scene.png", "no picture at all\n",
            use_good_picture),
      {"picture/truncated",
       SETTINGS,
       {"cannot decode", "scene.png"},
       [](World& w) {
         use_good_picture(w);
         const std::string whole = read_file(w.path("scene.png"));
         w.set_env(kConfig, w.write("scene.png", whole.substr(0, whole.size() / 2)));
       },
       use_good_picture},
      {"picture/missing",
       NOT_FOUND,
       {"there is no picture", "scene.png", "check the scene"},
       [](World& w) {
         fs::remove(w.path("scene.png"));
         w.set_env(kConfig, w.path("scene.png"));
       },
       use_good_picture},
      {"picture/folder",
       NOT_FOUND,
       {"there is no picture", "scene.png"},
       [](World& w) { w.set_env(kConfig, w.make_folder("scene.png")); },
       use_good_picture},
      {"video/sound-only",
       SETTINGS,
       {"cannot decode", "scene.avi"},
       [](World& w) {
         w.set_env(kConfig, w.record("audiotestsrc num-buffers=20 ! wavenc", "scene.avi"));
       },
       use_good_video},
      {"video/header-only",
       SETTINGS,
       {"cannot decode", "scene.avi"},
       [](World& w) {
         use_good_video(w);
         const std::string whole = read_file(w.path("scene.avi"));
         w.set_env(kConfig, w.write("scene.avi", whole.substr(0, 1024)));
       },
       use_good_video},
  };
}

/* ---- descriptions of cameras ---- */

Row description(const std::string& name, std::vector<std::string> says, const std::string& yaml) {
  return scene("yaml/" + name, SETTINGS, std::move(says), "cameras.yaml", yaml, [](World& w) {
    w.write("cameras.yaml", "cameras:\n  - {id: right, size: [320, 240]}\n");
  });
}

std::vector<Row> description_rows() {
  const std::string camera = "cameras:\n  - id: a\n    ";
  const std::string raw = camera + "scene: {type: bayer, file: a.raw, bits: 8, cfa: RGGB, ";
  Row missing = description("missing", {"No such file"}, "");
  missing.domain = GST_RESOURCE_ERROR;
  missing.code = GST_RESOURCE_ERROR_NOT_FOUND;
  missing.spoil = [](World& w) {
    fs::remove(w.path("cameras.yaml"));
    w.set_env(kConfig, w.path("cameras.yaml"));
  };
  Row folder = description("folder", {}, "");
  folder.spoil = [](World& w) { w.set_env(kConfig, w.make_folder("cameras.yaml")); };
  return {
      description("size-0", {":3:", "2..16384"}, camera + "size: [0, 0]\n"),
      description("size-65536", {":3:", "2..16384"}, camera + "size: [65536, 65536]\n"),
      description("size-negative", {":3:", "-2"}, camera + "size: [-2, -2]\n"),
      description("size-1e9", {":3:", "1000000000"}, camera + "size: [1000000000, 1000000000]\n"),
      description("size-1e9-exponent", {":3:", "'1e9'"}, camera + "size: [1e9, 1e9]\n"),
      description("size-odd", {":3:", "even"}, camera + "size: [321, 241]\n"),
      description("size-words", {":3:", "'wide'"}, camera + "size: [wide, high]\n"),
      description("size-scalar", {":3:", "[width, height]"}, camera + "size: 640x480\n"),
      description("raw-0", {":3:", "2..16384"}, raw + "width: 0, height: 0}\n"),
      description("raw-65536", {":3:", "2..16384"}, raw + "width: 65536, height: 65536}\n"),
      description("raw-negative", {":3:", "-1"}, raw + "width: -1, height: 240}\n"),
      description("raw-1e9", {":3:", "1000000000"}, raw + "width: 1000000000, height: 240}\n"),
      description("unknown-key", {":3:", "'widht'", "size"}, camera + "widht: 640\n"),
      description("wrong-type", {":3:"}, camera + "sensor: {bits: ten}\n"),
      description("no-map", {":1:"}, "- cameras\n"),
      description("not-yaml", {"cameras.yaml:"}, "cameras: [ {id: a\n{{{ ]]\n"),
      description("binary", {}, random_bytes(4096)),
      description("huge", {"4"}, "#" + std::string(5U << 20U, 'x') + "\n"),
      description("empty", {}, ""),
      description("no-cameras", {":1:", "at least one camera"}, "cameras: []\n"),
      missing,
      folder,
  };
}

/* ---- tuning files ---- */

std::string good_tuning() {
  return read_file(fs::path(g_getenv("GST_CAMERA_DATA_PATH")) / "simulated.yaml");
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  g_assert_true(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void use_tuning(World& w, const std::string& path) {
  g_object_set(w.pipeline.src.get(), "tuning-file", path.c_str(), nullptr);
}

Row tuning(const std::string& name, std::vector<std::string> says, const std::string& yaml) {
  says.emplace_back("tuning.yaml");
  return {"tuning/" + name, SETTINGS, std::move(says),
          [yaml](World& w) { use_tuning(w, w.write("tuning.yaml", yaml)); },
          [](World& w) { w.write("tuning.yaml", good_tuning()); }};
}

std::vector<Row> tuning_rows() {
  const std::string good = good_tuning();
  const std::string without_ae =
      good.substr(0, good.find("  ae:")) + good.substr(good.find("  awb:"));
  Row folder = tuning("folder", {"no regular file"}, "");
  folder.spoil = [](World& w) { use_tuning(w, w.make_folder("tuning.yaml")); };
  Row missing = tuning("missing", {"No such file"}, "");
  missing.domain = GST_RESOURCE_ERROR;
  missing.code = GST_RESOURCE_ERROR_NOT_FOUND;
  missing.spoil = [](World& w) {
    fs::remove(w.path("tuning.yaml"));
    use_tuning(w, w.path("tuning.yaml"));
  };
  std::vector<Row> rows = {
      tuning("no-algorithms", {"'algorithms'", "missing"}, "version: 1\nsensor: simulated\n"),
      tuning("no-ae", {"'ae'", "missing"}, without_ae),
      tuning("no-entry", {"'target'", "missing"}, replaced(good, "    target: 0.165 ", "    #")),
      tuning("version", {":5:", "version 99", "reads version 1"},
             replaced(good, "version: 1", "version: 99")),
      tuning("sensor", {":6:", "'imx219'", "'simulated'"},
             replaced(good, "sensor: simulated", "sensor: imx219")),
      tuning("wrong-type", {"'much'"}, replaced(good, "target: 0.165", "target: much")),
      tuning("not-a-number", {"nan"}, replaced(good, "target: 0.165", "target: .nan")),
      tuning("not-yaml", {}, "{{{ this is ] no YAML\n"),
      tuning("binary", {}, random_bytes(4096)),
      tuning("huge", {"4"}, good + "#" + std::string(5U << 20U, 'x') + "\n"),
      tuning("empty", {}, ""),
      folder,
      missing,
  };
  if (geteuid() != 0) {
    Row unreadable = tuning("unreadable", {"Permission denied"}, good);
    unreadable.domain = GST_RESOURCE_ERROR;
    unreadable.code = GST_RESOURCE_ERROR_NOT_AUTHORIZED;
    unreadable.spoil = [good](World& w) {
      use_tuning(w, w.write("tuning.yaml", good));
      g_assert_cmpint(g_chmod(w.path("tuning.yaml").c_str(), 0), ==, 0);
    };
    rows.push_back(unreadable);
  }
  return rows;
}

/* ---- modules and workers ---- */

std::string test_module(const char* name) {
  return fs::path(g_getenv("GST_CAMERA_TEST_MODULES")) / name;
}

/** `spoil` makes what is found as the module; afterwards the right one has its name. */
Row module(const std::string& name, std::vector<std::string> says,
           const std::function<void(World&)>& spoil) {
  static const std::string good = std::string(g_getenv(kModules)) + "/simulated/simulated.so";
  return {"module/" + name, SETTINGS, std::move(says),
          [spoil](World& w) {
            w.set_env(kModules, w.path(""));
            spoil(w);
          },
          [](World& w) { w.make_link("simulated.so", good); }};
}

std::vector<Row> module_rows() {
  const auto link = [](const char* name) {
    return [name](World& w) { w.make_link("simulated.so", test_module(name)); };
  };
  Row none = module("none", {"there is no IPA module 'simulated.so'", "GST_CAMERA_IPA_PATH"},
                    [](World& w) { fs::remove(w.path("simulated.so")); });
  none.domain = GST_RESOURCE_ERROR;
  none.code = GST_RESOURCE_ERROR_NOT_FOUND;
  return {
      none,
      module("no-elf", {"simulated.so", "cannot be loaded", "shared object"},
             [](World& w) { w.write("simulated.so", "not a module\n"); }),
      module("empty", {"simulated.so", "it is empty"},
             [](World& w) { w.write("simulated.so", ""); }),
      module("truncated", {"simulated.so", "cannot be loaded", "shared object"},
             [](World& w) {
               const std::string whole = read_file(test_module("broken-abi.so"));
               w.write("simulated.so", whole.substr(0, 1000));
             }),
      module("folder", {"simulated.so", "it is not a file"},
             [](World& w) { w.make_folder("simulated.so"); }),
      module("symbol", {"simulated.so", "no symbol gst_camera_ipa_module"},
             link("broken-symbol.so")),
      module("abi", {"simulated.so", "ABI 99", "rebuild"}, link("broken-abi.so")),
      module("size", {"simulated.so", "8 bytes", "rebuild"}, link("broken-size.so")),
      module("function", {"simulated.so", "not filled in", "rebuild"}, link("broken-function.so")),
      module("interface", {"simulated.so", "GstCamera.Test", "GstCamera.Simulated"},
             link("broken-hash.so")),
  };
}

Row worker(const std::string& name, GQuark domain, int code, std::vector<std::string> says,
           const std::function<std::string(World&)>& program) {
  return {"worker/" + name,
          domain,
          code,
          std::move(says),
          [program](World& w) { w.set_env(kWorkerVariable, program(w)); },
          [](World& w) { w.mend(); },
          Hosts::Worker};
}

/** One of bad-worker.c's programs. */
std::string bad_worker(const char* failing) {
  return std::string(g_getenv("GST_CAMERA_TEST_WORKERS")) + "/bad-worker-" + failing;
}

std::vector<Row> worker_rows() {
  Row hangs = worker("hangs", LOST, {"worker", "GST_CAMERA_IPA_WORKER"},
                     [](World&) { return bad_worker("hangs"); });
  Row babbles = worker("babbles", LOST, {"worker", "GST_CAMERA_IPA_WORKER"},
                       [](World&) { return bad_worker("babbles"); });
  babbles.rounds = 1;  // it takes as long as the start may take
  return {
      worker("missing", NOT_FOUND, {"no-worker", "No such file", "GST_CAMERA_IPA_WORKER"},
             [](World& w) { return w.path("no-worker"); }),
      worker("folder", NOT_ALLOWED, {"worker", "no executable file", "GST_CAMERA_IPA_WORKER"},
             [](World& w) { return w.make_folder("worker"); }),
      worker("not-executable", NOT_ALLOWED,
             {"worker", "no executable file", "GST_CAMERA_IPA_WORKER"},
             [](World& w) { return w.write("worker", "#!/bin/sh\nexit 0\n"); }),
      worker("no-program", SETTINGS, {"worker", "no ELF file", "GST_CAMERA_IPA_WORKER"},
             [](World& w) {
               const std::string file = w.write("worker", random_bytes(100));
               g_assert_cmpint(g_chmod(file.c_str(), 0755), ==, 0);
               return file;
             }),
      worker("exits", LOST, {"worker", "exited with status 7", "GST_CAMERA_IPA_WORKER"},
             [](World&) { return bad_worker("exits"); }),
      worker("complains", LOST, {"worker", "exited with status 1", "no such luck"},
             [](World&) { return bad_worker("complains"); }),
      worker("killed", LOST, {"worker", "signal 11"}, [](World&) { return bad_worker("killed"); }),
      babbles,
      hangs,
  };
}

/* ---- caps ---- */

Row caps(const std::string& name, const std::string& text) {
  return {"caps/" + name,
          FORMAT,
          {"simulated/chart", "It can do", "64x64", "4096x3072", "videoscale"},
          [text](World& w) { w.set_caps(text); }};
}

std::vector<Row> caps_rows() {
  return {
      caps("1x1", "video/x-raw,width=1,height=1"),
      caps("65536x65536", "video/x-raw,width=65536,height=65536"),
      caps("max", "video/x-raw,width=2147483647,height=2147483647"),
      caps("odd", "video/x-raw,width=321,height=241"),
      caps("framerate-0", "video/x-raw,framerate=0/1"),
      caps("framerate-10000", "video/x-raw,framerate=10000/1"),
      caps("format", "video/x-raw,format=GRAY16_LE"),
      caps("encoded", "image/jpeg"),
  };
}

/* ---- a machine that has nothing left ---- */

std::vector<Row> shortage_rows() {
  const auto write_at_most = [](rlim_t bytes, const char* caps) {
    return [bytes, caps](World& w) {
      w.set_caps(caps);
      w.limit(RLIMIT_FSIZE, bytes);
    };
  };
  return {
      {"memory/ipa-buffers",
       NO_SPACE,
       {"memory", "free some memory"},
       write_at_most(512, kGoodCaps)},
      {"memory/frames",
       NO_SPACE,
       {"memory", "free some memory"},
       write_at_most(1U << 20U, "video/x-raw,format=RGBx,width=1920,height=1080")},
  };
}

/** Whatever number of descriptors is free: an error that says so, or a stream; never worse. */
void test_descriptors(gconstpointer data) {
  World w(static_cast<const char*>(data));
  streams(w);
  const Holdings before;
  int failures = 0;
  int successes = 0;
  for (unsigned spare = 0; spare < 64; spare += spare < 36 ? 9 : 2) {
    const int next = dup(0);
    close(next);
    w.limit(RLIMIT_NOFILE, static_cast<rlim_t>(next) + spare);
    w.pipeline.play_or_fail();
    const gint64 end = g_get_monotonic_time() + kBound;
    int frames = 0;
    MessagePtr failed;
    while (frames < 2 && !failed) {
      g_assert_cmpint(g_get_monotonic_time(), <, end);
      const SamplePtr sample(
          gst_app_sink_try_pull_sample(GST_APP_SINK(w.pipeline.sink.get()), 20 * GST_MSECOND));
      if (sample)
        frames++;
      failed.reset(gst_bus_pop_filtered(w.pipeline.bus.get(), GST_MESSAGE_ERROR));
    }
    if (failed) {
      const std::string text = TestPipeline::error_of(failed.get());
      g_test_message("%u: %s", spare, text.c_str());
      g_assert_true(text.find("Too many open files") != std::string::npos);
      failures++;
    } else {
      successes++;
    }
    w.pipeline.set_state(GST_STATE_NULL);
    gst_bus_set_flushing(w.pipeline.bus.get(), TRUE);
    gst_bus_set_flushing(w.pipeline.bus.get(), FALSE);
    w.mend();
    streams(w);
    assert_holds_no_more_than(before);
  }
  g_assert_cmpint(failures, >, 0);
  g_assert_cmpint(successes, >, 0);
}

void skipped(gconstpointer reason) {
  g_test_skip(static_cast<const char*>(reason));
}

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  const auto add = [&rows](std::vector<Row> more) {
    std::move(more.begin(), more.end(), std::back_inserter(rows));
  };
  add(raw_rows());
  if (fs::exists(raw_frame(kDng)))
    add(derived_dng_rows());
  add(picture_rows());
  add(description_rows());
  add(tuning_rows());
  add(module_rows());
  add(worker_rows());
  add(caps_rows());
  add(shortage_rows());
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);
  init_element_test(&argc, &argv);
  set_pipeline_factories(pipeline_factories);
  const std::vector<Row> rows = all_rows();
  std::vector<std::unique_ptr<Case>> cases;
  for (const char* host : {"thread", "worker"}) {
    const std::string folder = std::string("/bad-input/") + host + "/";
    for (const Row& row : rows) {
      if (row.hosts == Hosts::Worker && g_str_equal(host, "thread"))
        continue;
      cases.push_back(std::make_unique<Case>(Case{&row, host}));
      g_test_add_data_func((folder + row.name).c_str(), cases.back().get(), test_row);
    }
    g_test_add_data_func((folder + "descriptors").c_str(), host, test_descriptors);
  }
  if (!fs::exists(raw_frame(kDng)))
    g_test_add_data_func("/bad-input/derived-dng", "needs raw frames: GST_CAMERA_TEST_RAW",
                         skipped);
  return g_test_run();
}
