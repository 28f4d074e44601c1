/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every type there and back: through the codec, the stub, the test IPA and the stub's events. */
#include <glib.h>

#include "tests/ipc/bindgen/samples.h"
#include "tests/ipc/echo-ipa.h"
#include "tests/ipc/test-ipa-stub.h"

namespace gstcam::test {

namespace {

template <typename T>
T take(Result<T> result) {
  if (!result)
    g_error("%s", result.error().message.c_str());
  return std::move(result).value();
}

void assert_ok(const Result<void>& result) {
  if (!result)
    g_error("%s", result.error().message.c_str());
}

void assert_text(const std::string& text, const std::string& expected) {
  g_assert_cmpstr(text.c_str(), ==, expected.c_str());
}

class Sink final : public ipc::EventSink {
 public:
  void emit(ipc::Message event) override { events.push_back(std::move(event)); }
  void refuse(const char* member, Error why) override {
    refused.push_back(std::string(member) + ": " + why.message);
  }
  std::vector<ipc::Message> events;
  std::vector<std::string> refused;
};

struct Peer {
  Sink sink;
  IpaStub stub{sink, [](IpaEvents& events) -> std::unique_ptr<Ipa> {
                 return std::make_unique<EchoIpa>(events);
               }};

  ipc::Message send(Result<ipc::Message> call) {
    return take(stub.dispatch(take(std::move(call))));
  }
};

void test_numbers() {
  Peer peer;
  const auto reply = take(codec::decode_echo_numbers_reply(
      peer.send(codec::encode_echo_numbers_call(-128, 255, INT16_MIN, UINT16_MAX, INT32_MIN,
                                                UINT32_MAX, INT64_MIN, UINT64_MAX, 0.1F, 1e-308))));
  const Numbers expected = {-128,      255,        INT16_MIN, UINT16_MAX, INT32_MIN, UINT32_MAX,
                            INT64_MIN, UINT64_MAX, INT32_MIN, UINT32_MAX, 0.1F,      1e-308};
  g_assert_true(reply.numbers == expected);
  g_assert_cmpint(reply.count, ==, 10);
}

void test_values() {
  Peer peer;
  for (const Colour colour : {Colour::Red, Colour::DeepBlue, Colour::None}) {
    const auto reply = take(codec::decode_echo_values_reply(peer.send(
        codec::encode_echo_values_call(true, "text", colour, Features::Focus | Features::Last))));
    g_assert_true(reply ==
                  (EchoValuesReply{true, "text", colour, Features::Focus | Features::Last}));
  }
}

void test_everything() {
  Peer peer;
  const Everything sent = sample_everything();
  const auto back = take(
      codec::decode_echo_everything_reply(peer.send(codec::encode_echo_everything_call(sent))));
  assert_text(to_string(back), to_string(sent));
  g_assert_true(back == sent);
  const auto empty =
      take(codec::decode_echo_everything_reply(peer.send(codec::encode_echo_everything_call([] {
        Everything e;
        e.colour = Colour::Red;
        return e;
      }()))));
  g_assert_true(empty.names.empty() && empty.places.empty() && empty.blob.empty());
}

void test_lists() {
  Peer peer;
  const std::array<double, 9> matrix = {9, 8, 7, 6, 5, 4, 3, 2, 1};
  const std::vector<Everything> records = {sample_everything(), sample_everything()};
  const auto back = take(codec::decode_echo_lists_reply(peer.send(
      codec::encode_echo_lists_call(matrix, {1, 2, 65535}, {true, false, true}, {0.5, -0.5},
                                    {"a", ""}, {Colour::None, Colour::Red}, records))));
  g_assert_true(back.matrix_back == matrix);
  g_assert_true(back.numbers_back == (std::vector<uint16_t>{1, 2, 65535}));
  g_assert_true(back.truths_back == (std::vector<bool>{true, false, true}));
  g_assert_true(back.levels_back == (std::vector<double>{0.5, -0.5}));
  g_assert_true(back.texts_back == (std::vector<std::string>{"a", ""}));
  g_assert_true(back.colours_back == (std::vector<Colour>{Colour::None, Colour::Red}));
  g_assert_true(back.records_back == records);
}

void test_maps() {
  Peer peer;
  const std::map<uint32_t, std::string> texts = {{0, "zero"}, {UINT32_MAX, ""}};
  const std::map<std::string, Point> points = {{"a", {1, 2}}, {"b", {3, 4}}};
  const std::map<Colour, double> levels = {{Colour::None, -1.5}, {Colour::DeepBlue, 2}};
  const auto back = take(codec::decode_echo_maps_reply(
      peer.send(codec::encode_echo_maps_call(texts, points, levels))));
  g_assert_true(back == (EchoMapsReply{texts, points, levels}));
}

void test_bytes() {
  Peer peer;
  std::vector<uint8_t> bytes(ipc::kMaxBytes);
  for (size_t i = 0; i < bytes.size(); i += 4093)
    bytes[i] = static_cast<uint8_t>(i);
  const auto back =
      take(codec::decode_echo_bytes_reply(peer.send(codec::encode_echo_bytes_call(bytes))));
  g_assert_true(back == bytes);
}

void test_fds() {
  Peer peer;
  std::vector<UniqueFd> fds;
  for (size_t i = 0; i < ipc::kMaxMessageFds; i++)
    fds.push_back(sample_fd());
  const auto back = take(codec::decode_echo_fds_reply(peer.send(codec::encode_echo_fds_call(fds))));
  g_assert_cmpuint(back.size(), ==, fds.size());
  for (size_t i = 0; i < fds.size(); i++)
    g_assert_true(same_file(back[i], fds[i]));
}

void assert_same(const Files& a, const Files& b) {
  g_assert_true(same_file(a.one, b.one));
  g_assert_true(same_file(a.two[0], b.two[0]));
  g_assert_true(same_file(a.two[1], b.two[1]));
  g_assert_cmpuint(a.many.size(), ==, b.many.size());
  for (size_t i = 0; i < a.many.size(); i++)
    g_assert_true(same_file(a.many[i], b.many[i]));
  g_assert_true(same_file(a.named.at("name"), b.named.at("name")));
  g_assert_cmpstr(a.label.c_str(), ==, b.label.c_str());
}

void test_files() {
  Peer peer;
  const UniqueFd fd = sample_fd();
  const Files files = sample_files();
  const auto back =
      take(codec::decode_echo_files_reply(peer.send(codec::encode_echo_files_call(fd, files))));
  g_assert_true(same_file(back.fd_back, fd));
  assert_same(back.files_back, files);
  assert_same(take(ipc::duplicate(files)), files);
}

void test_controls() {
  Peer peer;
  const auto back = take(codec::decode_echo_controls_reply(
      peer.send(codec::encode_echo_controls_call(sample_controls(), sample_ranges()))));
  g_assert_true(back.controls_back == sample_controls());
  g_assert_true(back.ranges_back == sample_ranges());
  /* Every control there is, at its default. */
  ControlList all;
  for (const ControlInfo& info : control_table()) {
    switch (info.type) {
      case ControlType::Bool:
        all.set(info.id, true);
        break;
      case ControlType::Int32:
      case ControlType::Enum:
        all.set(info.id, static_cast<int32_t>(info.def));
        break;
      case ControlType::Int64:
        all.set(info.id, static_cast<int64_t>(info.def));
        break;
      case ControlType::Double:
        all.set(info.id, info.def);
        break;
      case ControlType::DoubleArray: {
        DoubleArray list;
        list.count = info.count;
        list.values.fill(info.def);
        all.set(info.id, list);
        break;
      }
    }
  }
  g_assert_cmpuint(all.size(), ==, kControlCount);
  const auto all_back =
      take(codec::decode_echo_controls_reply(peer.send(codec::encode_echo_controls_call(all, {}))));
  g_assert_true(all_back.controls_back == all);
}

void test_events() {
  Peer peer;
  assert_ok(codec::decode_stop_reply(peer.send(codec::encode_stop_call())));
  peer.send(codec::encode_count_call(5, 3));
  peer.send(codec::encode_send_everything_call(sample_everything(), sample_controls()));
  const UniqueFd fd = sample_fd();
  const Files files = sample_files();
  peer.send(codec::encode_send_files_call(fd, files));
  peer.send(codec::encode_send_bytes_call({1, 2, 3}));
  std::vector<ipc::Message>& events = peer.sink.events;
  g_assert_cmpuint(events.size(), ==, 7);
  const uint32_t numbers[] = {UINT32_MAX, 5, 6, 7};
  for (size_t i = 0; i < std::size(numbers); i++) {
    g_assert_cmpstr(events[i].member.c_str(), ==, "Number");
    g_assert_cmpuint(take(codec::decode_number_event(std::move(events[i]))).value, ==, numbers[i]);
  }
  const auto everything = take(codec::decode_everything_event(std::move(events[4])));
  g_assert_true(everything == (EverythingArgs{sample_everything(), sample_controls()}));
  const auto got = take(codec::decode_files_event(std::move(events[5])));
  g_assert_true(same_file(got.fd, fd));
  assert_same(got.files, files);
  g_assert_true(take(codec::decode_bytes_event(std::move(events[6]))).bytes ==
                (std::vector<uint8_t>{1, 2, 3}));
}

void test_bad_event_is_refused() {
  Sink sink;
  EventEncoder encoder(sink);
  Everything bad = sample_everything();
  bad.matrix[4] = 0.0 / 0.0;
  encoder.everything(bad, {});
  g_assert_true(sink.events.empty());
  g_assert_cmpuint(sink.refused.size(), ==, 1);
  g_assert_cmpstr(sink.refused[0].c_str(), ==,
                  "Everything: Everything: everything: matrix: not a finite number");
}

void test_stub_errors() {
  Peer peer;
  auto failed = peer.stub.dispatch(take(codec::encode_fail_call("no-space", "full", "empty it")));
  g_assert_false(failed.ok());
  g_assert_true(failed.error().code == Error::Code::NoSpace);
  g_assert_cmpstr(failed.error().message.c_str(), ==, "full");
  g_assert_cmpstr(failed.error().hint.c_str(), ==, "empty it");

  auto unknown = peer.stub.dispatch(ipc::empty_message("Explode"));
  g_assert_false(unknown.ok());
  g_assert_true(unknown.error().code == Error::Code::Protocol);

  auto wrong = peer.stub.dispatch(ipc::empty_message("Fail"));
  g_assert_false(wrong.ok());
  g_assert_true(wrong.error().code == Error::Code::Protocol);

  Sink sink;
  IpaStub none(sink, [](IpaEvents&) -> std::unique_ptr<Ipa> { return nullptr; });
  g_assert_false(none.dispatch(take(codec::encode_stop_call())).ok());
}

void test_printing() {
  assert_text(to_string(Colour::DeepBlue), "deep-blue");
  assert_text(to_string(static_cast<Colour>(99)), "99");
  assert_text(to_string(Features::Flash | Features::Focus), "flash+focus");
  assert_text(to_string(Features::None), "0");
  assert_text(to_string(static_cast<Features>(5)), "flash+4");
  assert_text(to_string(Point{1, -2}), "Point{x=1, y=-2}");
  assert_text(to_string(EchoMapsReply{{{1, "a"}}, {}, {{Colour::Red, 0.5}}}),
              "EchoMapsReply{texts_back={1: \"a\"}, points_back={}, levels_back={red: 0.5}}");
}

void test_introspection() {
  Peer peer;
  ErrorOut error;
  GDBusNodeInfo* node = g_dbus_node_info_new_for_xml(peer.stub.introspection_xml(), &error);
  g_assert_no_error(error.get());
  GDBusInterfaceInfo* info = g_dbus_node_info_lookup_interface(node, kInterfaceName);
  g_assert_nonnull(info);
  /* The signature of every message in the XML is that of its codec. */
  GDBusMethodInfo* method = g_dbus_interface_info_lookup_method(info, "EchoEverything");
  g_assert_nonnull(method);
  g_assert_cmpstr(method->in_args[0]->signature, ==, ipc::Wire<Everything>::kType.chars);
  g_assert_nonnull(g_dbus_interface_info_lookup_signal(info, "Number"));
  g_dbus_node_info_unref(node);
}

}  // namespace

}  // namespace gstcam::test

int main(int argc, char** argv) {
  using namespace gstcam::test;
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/ipc/codec/numbers", test_numbers);
  g_test_add_func("/ipc/codec/values", test_values);
  g_test_add_func("/ipc/codec/everything", test_everything);
  g_test_add_func("/ipc/codec/lists", test_lists);
  g_test_add_func("/ipc/codec/maps", test_maps);
  g_test_add_func("/ipc/codec/bytes", test_bytes);
  g_test_add_func("/ipc/codec/fds", test_fds);
  g_test_add_func("/ipc/codec/files", test_files);
  g_test_add_func("/ipc/codec/controls", test_controls);
  g_test_add_func("/ipc/codec/events", test_events);
  g_test_add_func("/ipc/codec/bad-event-is-refused", test_bad_event_is_refused);
  g_test_add_func("/ipc/codec/stub-errors", test_stub_errors);
  g_test_add_func("/ipc/codec/printing", test_printing);
  g_test_add_func("/ipc/codec/introspection", test_introspection);
  return g_test_run();
}
