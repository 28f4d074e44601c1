/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fuzzer's inputs as a plain test, without libFuzzer: each file of the corpus, each truncated
 * at every length and with every byte changed. `corpus-test --write DIR` makes the first corpus.
 */
#include <glib.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "tests/ipc/bindgen/decode-fuzz.h"
#include "tests/ipc/bindgen/samples.h"
#include "tests/ipc/test-ipa-stub.h"

namespace gstcam::test {

namespace {

using Input = std::vector<uint8_t>;

size_t index_of(const std::string& name) {
  const auto decoders = message_decoders();
  for (size_t i = 0; i < decoders.size(); i++) {
    if (name == decoders[i].name)
      return i;
  }
  g_error("no decoder is called %s", name.c_str());
}

Input input_of(const char* name, const Result<ipc::Message>& message) {
  if (!message)
    g_error("%s: %s", name, message.error().message.c_str());
  Input body(g_variant_get_size(message->body.get()));  // aligned, as g_variant_store() wants it
  g_variant_store(message->body.get(), body.data());
  Input input = {static_cast<uint8_t>(index_of(name)), static_cast<uint8_t>(message->fds.size())};
  input.insert(input.end(), body.begin(), body.end());
  return input;
}

/** One good input of each kind of message. */
std::map<std::string, Input> good_inputs() {
  const Everything all = sample_everything();
  const Files files = sample_files();
  const UniqueFd fd = sample_fd();
  std::map<std::string, Input> inputs;
  const auto add = [&inputs](const char* name, const Result<ipc::Message>& message) {
    inputs[name] = input_of(name, message);
  };
  add("echo_numbers_call", codec::encode_echo_numbers_call(1, 2, 3, 4, 5, 6, 7, 8, 9.5F, 10.5));
  add("echo_values_call", codec::encode_echo_values_call(true, "text", Colour::DeepBlue,
                                                         Features::Flash | Features::Last));
  add("echo_everything_call", codec::encode_echo_everything_call(all));
  add("echo_everything_reply", codec::encode_echo_everything_reply(all));
  add("echo_lists_call",
      codec::encode_echo_lists_call({1, 2, 3}, {4, 5}, {true, false}, {0.5}, {"a", "bc"},
                                    {Colour::None, Colour::Red}, {all}));
  add("echo_maps_call",
      codec::encode_echo_maps_call({{1, "a"}, {2, "b"}}, {{"x", {1, 2}}}, {{Colour::Red, 1.0}}));
  add("echo_bytes_call", codec::encode_echo_bytes_call({1, 2, 3, 4}));
  add("echo_files_call", codec::encode_echo_files_call(fd, files));
  add("echo_controls_call", codec::encode_echo_controls_call(sample_controls(), sample_ranges()));
  add("stop_call", codec::encode_stop_call());
  add("files_event", codec::encode_files_event(fd, files));
  return inputs;
}

std::vector<Input> read_corpus() {
  const char* folder = g_getenv("GST_CAMERA_TEST_CORPUS");
  g_assert_nonnull(folder);
  std::vector<Input> corpus;
  ErrorOut error;
  GDir* dir = g_dir_open(folder, 0, &error);
  g_assert_no_error(error.get());
  while (const char* name = g_dir_read_name(dir)) {
    char* path = g_build_filename(folder, name, nullptr);
    char* content = nullptr;
    gsize size = 0;
    g_file_get_contents(path, &content, &size, &error);
    g_assert_no_error(error.get());
    const auto* bytes = reinterpret_cast<const uint8_t*>(content);
    corpus.emplace_back(bytes, bytes + size);
    g_free(content);
    g_free(path);
  }
  g_dir_close(dir);
  return corpus;
}

void test_corpus() {
  const std::vector<Input> corpus = read_corpus();
  g_assert_cmpuint(corpus.size(), >=, 10);
  size_t accepted = 0;
  for (const Input& good : corpus) {
    accepted += feed_message(good) ? 1 : 0;
    for (size_t length = 0; length < good.size(); length++)
      feed_message({good.data(), length});
    Input bad = good;
    for (size_t i = 0; i < bad.size(); i++) {
      bad[i] ^= 0xffU;
      feed_message(bad);
      bad[i] ^= 0xffU;
    }
  }
  /* The first files are good messages; if they are refused, the fuzzer starts from nothing. */
  g_assert_cmpuint(accepted, >=, 10);
}

/** The table has every message: calls, replies of sync calls, events. */
void test_table_is_complete() {
  class Sink final : public ipc::EventSink {
    void emit(ipc::Message) override {}
    void refuse(const char*, Error) override {}
  } sink_object;
  IpaStub stub(sink_object, [](IpaEvents&) -> std::unique_ptr<Ipa> { return nullptr; });
  ErrorOut error;
  GDBusNodeInfo* node = g_dbus_node_info_new_for_xml(stub.introspection_xml(), &error);
  g_assert_no_error(error.get());
  GDBusInterfaceInfo* info = node->interfaces[0];
  size_t expected = 0;
  for (GDBusMethodInfo** m = info->methods; *m; m++) {
    const bool is_async =
        g_dbus_annotation_info_lookup((*m)->annotations, "org.freedesktop.DBus.Method.NoReply");
    expected += is_async ? 1 : 2;
  }
  for (GDBusSignalInfo** s = info->signals; *s; s++)
    expected++;
  g_dbus_node_info_unref(node);
  g_assert_cmpuint(message_decoders().size(), ==, expected);
  for (const MessageDecoder& decoder : message_decoders())
    g_assert_true(g_variant_type_string_is_valid(decoder.signature));
}

int write_corpus(const char* folder) {
  for (const auto& [name, input] : good_inputs()) {
    char* path = g_build_filename(folder, name.c_str(), nullptr);
    ErrorOut error;
    g_file_set_contents(path, reinterpret_cast<const char*>(input.data()),
                        static_cast<gssize>(input.size()), &error);
    g_free(path);
    if (error) {
      g_printerr("%s\n", error.message());
      return 1;
    }
  }
  return 0;
}

}  // namespace

}  // namespace gstcam::test

int main(int argc, char** argv) {
  using namespace gstcam::test;
  if (argc == 3 && std::strcmp(argv[1], "--write") == 0)
    return write_corpus(argv[2]);
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/corpus/files", test_corpus);
  g_test_add_func("/ipc/corpus/table-is-complete", test_table_is_complete);
  return g_test_run();
}
