/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the codec must refuse, in both directions, and that nothing crashes it. */
#include <glib.h>

#include <cmath>
#include <functional>
#include <limits>

#include "tests/ipc/bindgen/samples.h"

namespace gstcam::test {

namespace {

ipc::Message message(const char* type, const char* text, std::vector<UniqueFd> fds = {}) {
  ErrorOut error;
  GVariant* body =
      g_variant_parse(reinterpret_cast<const GVariantType*>(type), text, nullptr, nullptr, &error);
  if (error)
    g_error("%s: %s", text, error.message());
  return {"It", sink(body), std::move(fds)};
}

template <typename T>
void assert_refused(const Result<T>& result, Error::Code code, const char* expected) {
  if (result.ok())
    g_error("accepted instead of: %s", expected);
  g_assert_cmpstr(result.error().message.c_str(), ==, expected);
  g_assert_true(result.error().code == code);
}

struct Case {
  const char* type;
  const char* text;
  const char* expected;  // nullptr: accepted
};

template <typename T>
void run(const std::vector<Case>& cases, Result<T> (*decode)(ipc::Message)) {
  for (const Case& c : cases) {
    const Result<T> result = decode(message(c.type, c.text));
    if (c.expected) {
      assert_refused(result, Error::Code::Protocol, c.expected);
    } else if (!result.ok()) {
      g_error("%s: %s", c.text, result.error().message.c_str());
    }
  }
}

void test_types() {
  run({{"(bsiu)", "(true, 'a', 1, 0)", nullptr},
       {"(bsi)", "(true, 'a', 1)", "It: body is of type (bsi) instead of (bsiu)"},
       {"(bsiub)", "(true, 'a', 1, 0, true)", "It: body is of type (bsiub) instead of (bsiu)"},
       {"(bsis)", "(true, 'a', 1, '')", "It: body is of type (bsis) instead of (bsiu)"},
       {"()", "()", "It: body is of type () instead of (bsiu)"},
       {"s", "'a'", "It: body is of type s instead of (bsiu)"},
       {"(bsiu)", "(true, 'a', 2, 0)", "It: colour: 2 is not a Colour"},
       {"(bsiu)", "(true, 'a', -1, 0)", nullptr},
       {"(bsiu)", "(true, 'a', 1, 1073741827)", nullptr},
       {"(bsiu)", "(true, 'a', 1, 4)", "It: features: 4 has flags that Features does not know"},
       {"(bsiu)", "(true, 'a', 1, 0x80000001)",
        "It: features: 2147483649 has flags that Features does not know"}},
      codec::decode_echo_values_call);
  g_assert_false(codec::decode_echo_values_call(ipc::Message{"It", nullptr, {}}).ok());
}

void test_numbers() {
  const char* type = "(nynqiuxtdd)";
  run({{type, "(127, 1, 1, 1, 1, 1, 1, 1, 1.5, 1e308)", nullptr},
       {type, "(128, 1, 1, 1, 1, 1, 1, 1, 1, 1)", "It: i8: 128 does not fit 8 bits"},
       {type, "(-129, 1, 1, 1, 1, 1, 1, 1, 1, 1)", "It: i8: -129 does not fit 8 bits"},
       {type, "(1, 1, 1, 1, 1, 1, 1, 1, 1e39, 1)", "It: f: a number that does not fit 32 bits"},
       {type, "(1, 1, 1, 1, 1, 1, 1, 1, 0.1, 1)", nullptr},
       {type, "(1, 1, 1, 1, 1, 1, 1, 1, inf, 1)", "It: f: not a finite number"},
       {type, "(1, 1, 1, 1, 1, 1, 1, 1, 1, -inf)", "It: d: not a finite number"},
       {type, "(1, 1, 1, 1, 1, 1, 1, 1, 1, nan)", "It: d: not a finite number"}},
      codec::decode_echo_numbers_call);
}

void test_maps() {
  const char* type = "(a{us}a{s(ii)}a{id})";
  run({{type, "({}, {}, {})", nullptr},
       {type, "({1: 'a', 2: 'b'}, {'x': (1, 2)}, {7: 1})", nullptr},
       {type, "({1: 'a', 1: 'b'}, {}, {})", "It: texts: a key of a map comes twice"},
       {type, "({}, {}, {8: 1})", "It: levels: 8 is not a Colour"},
       {type, "({}, {}, {7: nan})", "It: levels: not a finite number"}},
      codec::decode_echo_maps_call);
}

void test_controls() {
  const char* type = "(a{sv}a{s(vvv)})";
  run({{type, "({}, {})", nullptr},
       {type, "({'exposure-time': <100>, 'analogue-gain': <2.0>}, {})", nullptr},
       {type, "({'exposure': <100>}, {})", "It: controls: no control is called 'exposure'"},
       {type, "({'exposure-time': <100>, 'exposure-time': <200>}, {})",
        "It: controls: control 'exposure-time' comes twice"},
       {type, "({'exposure-time': <100.0>}, {})",
        "It: controls: control 'exposure-time' is of type d instead of i"},
       {type, "({'exposure-time': <<100>>}, {})",
        "It: controls: control 'exposure-time' is of type v instead of i"},
       {type, "({'exposure-time': <0>}, {})",
        "It: controls: control 'exposure-time' is 0, outside 1..6e+07 µs"},
       {type, "({'analogue-gain': <nan>}, {})",
        "It: controls: control 'analogue-gain' is not a finite number"},
       {type, "({'ae-mode': <17>}, {})",
        "It: controls: control 'ae-mode' is not one of its values"},
       {type, "({'colour-gains': <[1.0, 2.0]>}, {})", nullptr},
       {type, "({'colour-gains': <[1.0]>}, {})",
        "It: controls: control 'colour-gains' is not an array of 2 doubles"},
       {type, "({'colour-gains': <[1.,1.,1.,1.,1.,1.,1.,1.,1.,1.]>}, {})",
        "It: controls: control 'colour-gains' has 10 numbers"},
       {type, "({'colour-gains': <[1.0, nan]>}, {})",
        "It: controls: control 'colour-gains' is not a finite number"},
       {type, "({}, {'exposure-time': (<1>, <100>, <50>)})", nullptr},
       {type, "({}, {'exposure-time': (<100>, <1>, <50>)})",
        "It: ranges: control 'exposure-time': minimum, default and maximum are not in this order"},
       {type, "({}, {'colour-gains': (<[1.,1.]>, <[2.,2.]>, <[1.,3.]>)})",
        "It: ranges: control 'colour-gains': minimum, default and maximum are not in this order"},
       {type, "({}, {'exposure-time': (<1>, <100>, <50.0>)})",
        "It: ranges: control 'exposure-time' is of type d instead of i"},
       {type, "({}, {'analogue-gain': (<1.0>, <inf>, <1.0>)})",
        "It: ranges: control 'analogue-gain' is not a finite number"},
       {type, "({}, {'gain': (<1.0>, <1.0>, <1.0>)})", "It: ranges: no control is called 'gain'"}},
      codec::decode_echo_controls_call);
}

std::vector<UniqueFd> fds(size_t count) {
  std::vector<UniqueFd> list;
  for (size_t i = 0; i < count; i++)
    list.push_back(sample_fd());
  return list;
}

void test_fds() {
  const auto decode = [](const char* text, size_t count) {
    return codec::decode_echo_fds_call(message("(ah)", text, fds(count)));
  };
  g_assert_true(decode("([],)", 0).ok());
  g_assert_true(decode("([1, 0],)", 2).ok());
  const auto refuse = [&](const char* text, size_t count, const char* expected) {
    assert_refused(decode(text, count), Error::Code::Protocol, expected);
  };
  refuse("([0],)", 0, "It: fds: file descriptor 0 of 0");
  refuse("([2],)", 2, "It: fds: file descriptor 2 of 2");
  refuse("([-1],)", 1, "It: fds: file descriptor -1 of 1");
  refuse("([0, 0],)", 1, "It: fds: file descriptor 0 is used twice");
  refuse("([0],)", 2, "It: file descriptor 1 is not used by the message");
  refuse("([],)", 1, "It: file descriptor 0 is not used by the message");
  refuse("([],)", ipc::kMaxMessageFds + 1, "It: more than 64 file descriptors");
  std::vector<UniqueFd> closed;
  closed.emplace_back();
  assert_refused(codec::decode_echo_fds_call(message("(ah)", "([0],)", std::move(closed))),
                 Error::Code::Protocol, "It: fds: file descriptor 0 is not open");
}

ipc::Message from_builder(GVariantBuilder* items) {
  return {
      "It",
      sink(g_variant_new_tuple(std::array<GVariant*, 1>{g_variant_builder_end(items)}.data(), 1)),
      {}};
}

void test_limits() {
  GVariantBuilder files;
  g_variant_builder_init(&files, G_VARIANT_TYPE("ah"));
  for (size_t i = 0; i < ipc::kMaxItems + 1; i++)
    g_variant_builder_add(&files, "h", 0);
  assert_refused(codec::decode_echo_fds_call(from_builder(&files)), Error::Code::Protocol,
                 "It: fds: 65537 items, at most 65536 are accepted");

  const std::string text(ipc::kMaxText + 1, 'x');
  ipc::Message long_text = {"It", sink(g_variant_new("(bsiu)", TRUE, text.c_str(), 1, 0U)), {}};
  assert_refused(codec::decode_echo_values_call(std::move(long_text)), Error::Code::Protocol,
                 "It: text: text of 1048577 bytes, at most 1048576 are accepted");
  assert_refused(codec::encode_echo_values_call(true, text, Colour::Red, Features::None),
                 Error::Code::Invalid,
                 "EchoValues: text: text of 1048577 bytes, at most 1048576 may be sent");

  assert_refused(codec::encode_echo_bytes_call(std::vector<uint8_t>(ipc::kMaxBytes + 1)),
                 Error::Code::Invalid,
                 "EchoBytes: bytes: 16777217 items, at most 16777216 may be sent");

  /* Many small records that are large in memory: within the limit of items, and still too much. */
  const Everything small = [] {
    Everything e;
    e.colour = Colour::Red;
    return e;
  }();
  const size_t count = ipc::kMaxDecoded / sizeof(Everything) + 1;
  g_assert_cmpuint(count, <, ipc::kMaxItems);
  const auto large =
      codec::encode_echo_lists_call({}, {}, {}, {}, {}, {}, std::vector<Everything>(count, small));
  g_assert_true(large.ok());
  ipc::Message copy{"It", sink(large->body.get()), {}};
  assert_refused(codec::decode_echo_lists_call(std::move(copy)), Error::Code::Protocol,
                 "It: records: message takes more than 128 MiB");
}

void test_encode() {
  const auto refuse = [](const Result<ipc::Message>& result, const char* expected) {
    assert_refused(result, Error::Code::Invalid, expected);
  };
  refuse(codec::encode_echo_values_call(true, "\xff", Colour::Red, Features::None),
         "EchoValues: text: text is not UTF-8, or has a zero in it");
  refuse(codec::encode_echo_values_call(true, std::string("a\0b", 3), Colour::Red, Features::None),
         "EchoValues: text: text is not UTF-8, or has a zero in it");
  refuse(codec::encode_echo_values_call(true, "", static_cast<Colour>(0), Features::None),
         "EchoValues: colour: 0 is not a Colour");
  refuse(codec::encode_echo_values_call(true, "", Colour::Red, static_cast<Features>(8)),
         "EchoValues: features: 8 has flags that Features does not know");
  refuse(codec::encode_echo_numbers_call(0, 0, 0, 0, 0, 0, 0, 0, std::nanf(""), 0),
         "EchoNumbers: f: not a finite number");
  refuse(codec::encode_block_call(UniqueFd()), "Block: gate: not an open file descriptor");
  refuse(codec::encode_echo_fds_call(fds(ipc::kMaxMessageFds + 1)),
         "EchoFds: fds: more than 64 file descriptors in one message");
  ControlList controls;
  controls.set(ControlId::AnalogueGain, std::numeric_limits<double>::infinity());
  refuse(codec::encode_echo_controls_call(controls, {}),
         "EchoControls: controls: control 'analogue-gain' is not a finite number");
  DoubleArray overlong;
  overlong.count = 200;
  controls.set(ControlId::AnalogueGain, 1.0);
  controls.set(ControlId::ColourGains, overlong);
  refuse(codec::encode_echo_controls_call(controls, {}),
         "EchoControls: controls: control 'colour-gains' is not an array of 2 doubles");
  Everything nested = sample_everything();
  nested.sensor.analogue_gain_max = std::nan("");
  refuse(codec::encode_echo_lists_call({}, {}, {}, {}, {}, {}, {nested}),
         "EchoLists: records: sensor: analogue_gain_max: not a finite number");
}

/** Decodes untrusted bytes; what is accepted must be something that can be said. */
void feed(const char* type, const uint8_t* data, size_t size) {
  GBytes* bytes = g_bytes_new(data, size);
  GVariant* body =
      g_variant_new_from_bytes(reinterpret_cast<const GVariantType*>(type), bytes, FALSE);
  g_bytes_unref(bytes);
  Result<EchoEverythingArgs> result = codec::decode_echo_everything_call({"It", sink(body), {}});
  if (!result) {
    g_assert_true(result.error().code == Error::Code::Protocol);
    return;
  }
  g_assert_true(codec::encode_echo_everything_call(result->everything).ok());
}

void test_corrupted() {
  const ipc::Message good = codec::encode_echo_everything_call(sample_everything()).value();
  const std::string type = g_variant_get_type_string(good.body.get());
  const size_t size = g_variant_get_size(good.body.get());
  std::vector<uint8_t> bytes(size);
  g_variant_store(good.body.get(), bytes.data());
  for (size_t length = 0; length <= size; length++)
    feed(type.c_str(), bytes.data(), length);
  for (size_t i = 0; i < size; i++) {
    const uint8_t was = bytes[i];
    for (const uint8_t now : {uint8_t(was ^ 1U), uint8_t(was ^ 0x80U), uint8_t(0), uint8_t(0xff)}) {
      bytes[i] = now;
      feed(type.c_str(), bytes.data(), size);
    }
    bytes[i] = was;
  }
  GRand* random = g_rand_new_with_seed(1);
  for (int round = 0; round < 2000; round++) {
    std::vector<uint8_t> noise = bytes;
    for (int i = 0; i < 8; i++)
      noise[static_cast<size_t>(g_rand_int_range(random, 0, static_cast<gint32>(size)))] =
          static_cast<uint8_t>(g_rand_int(random));
    feed(type.c_str(), noise.data(), noise.size());
  }
  g_rand_free(random);
}

void test_failed_decode_closes_fds() {
  int pipe_fds[2];
  g_assert_cmpint(::pipe(pipe_fds), ==, 0);
  const UniqueFd reader(pipe_fds[0]);
  std::vector<UniqueFd> list;
  list.emplace_back(pipe_fds[1]);
  assert_refused(codec::decode_echo_fds_call(message("(ah)", "([0, 1],)", std::move(list))),
                 Error::Code::Protocol, "It: fds: file descriptor 1 of 1");
  char c = 0;
  g_assert_cmpint(::read(reader.get(), &c, 1), ==, 0);  // end: nobody holds the other end
}

}  // namespace

}  // namespace gstcam::test

int main(int argc, char** argv) {
  using namespace gstcam::test;
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/strict/types", test_types);
  g_test_add_func("/ipc/strict/numbers", test_numbers);
  g_test_add_func("/ipc/strict/maps", test_maps);
  g_test_add_func("/ipc/strict/controls", test_controls);
  g_test_add_func("/ipc/strict/fds", test_fds);
  g_test_add_func("/ipc/strict/limits", test_limits);
  g_test_add_func("/ipc/strict/encode", test_encode);
  g_test_add_func("/ipc/strict/corrupted", test_corrupted);
  g_test_add_func("/ipc/strict/failed-decode-closes-fds", test_failed_decode_closes_fds);
  return g_test_run();
}
