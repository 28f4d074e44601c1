/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ipc/bindgen/decode-fuzz.h"

#include <fcntl.h>

#include "tests/ipc/test-ipa-codec.h"

namespace gstcam::test {

namespace {

/** What codec.h checks the body against is not public; the first message it refuses says it. */
template <auto Decode>
const char* signature_of() {
  static const std::string text = [] {
    const auto result = Decode(ipc::Message{"", sink(g_variant_new_string("")), {}});
    const std::string message = result.ok() ? "" : result.error().message;
    const size_t begin = message.rfind(' ');
    return message.substr(begin == std::string::npos ? 0 : begin + 1);
  }();
  return text.c_str();
}

template <typename T>
void touch(const T& value) {
  ipc::Printer out;
  print(out, value);
}

template <auto Decode>
bool feed(std::span<const uint8_t> body, size_t fds) {
  static const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ipc::Message message;
  message.member = "It";
  GBytes* bytes = g_bytes_new(body.data(), body.size());
  message.body = sink(g_variant_new_from_bytes(
      reinterpret_cast<const GVariantType*>(signature_of<Decode>()), bytes, FALSE));
  g_bytes_unref(bytes);
  for (size_t i = 0; i < fds; i++) {
    Result<UniqueFd> copy = UniqueFd::duplicate(null.get());
    if (!copy)
      return false;
    message.fds.push_back(std::move(*copy));
  }
  auto result = Decode(std::move(message));
  if (!result.ok())
    return false;
  if constexpr (!std::is_same_v<decltype(result), Result<void>>)
    touch(*result);
  return true;
}

#define DECODER(name) \
  { #name, signature_of < &codec::decode_##name>(), &feed < &codec::decode_##name> }

}  // namespace

std::span<const MessageDecoder> message_decoders() {
  static const MessageDecoder table[] = {
      DECODER(init_call),
      DECODER(init_reply),
      DECODER(start_call),
      DECODER(start_reply),
      DECODER(stop_call),
      DECODER(stop_reply),
      DECODER(echo_numbers_call),
      DECODER(echo_numbers_reply),
      DECODER(echo_values_call),
      DECODER(echo_values_reply),
      DECODER(echo_everything_call),
      DECODER(echo_everything_reply),
      DECODER(echo_lists_call),
      DECODER(echo_lists_reply),
      DECODER(echo_maps_call),
      DECODER(echo_maps_reply),
      DECODER(echo_bytes_call),
      DECODER(echo_bytes_reply),
      DECODER(echo_fds_call),
      DECODER(echo_fds_reply),
      DECODER(echo_files_call),
      DECODER(echo_files_reply),
      DECODER(echo_controls_call),
      DECODER(echo_controls_reply),
      DECODER(identify_call),
      DECODER(identify_reply),
      DECODER(block_call),
      DECODER(block_reply),
      DECODER(fail_call),
      DECODER(fail_reply),
      DECODER(recall_call),
      DECODER(recall_reply),
      DECODER(remember_call),
      DECODER(count_call),
      DECODER(send_everything_call),
      DECODER(send_files_call),
      DECODER(send_bytes_call),
      DECODER(block_later_call),
      DECODER(fail_later_call),
      DECODER(number_event),
      DECODER(everything_event),
      DECODER(files_event),
      DECODER(bytes_event),
  };
  return table;
}

bool feed_message(std::span<const uint8_t> input) {
  if (input.size() < 2)
    return false;
  const auto decoders = message_decoders();
  return decoders[input[0] % decoders.size()].feed(input.subspan(2),
                                                   input[1] % (ipc::kMaxMessageFds + 2));
}

}  // namespace gstcam::test

#ifdef GST_CAMERA_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gstcam::test::feed_message({data, size});
  return 0;
}
#endif
