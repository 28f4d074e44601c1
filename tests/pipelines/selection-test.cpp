/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which platforms are asked: all, those that are named, and what a wrong name becomes. */
#include "pipelines/selection.h"

#include <glib.h>

#include <string>

using namespace gstcam;

namespace {

template <char kName>
class Platform final : public PipelineFactory {
 public:
  [[nodiscard]] const char* name() const override {
    static constexpr char kText[] = {kName, 0};
    return kText;
  }
  Result<FoundCameras> enumerate(const DeviceClaims& /*taken*/) override { return FoundCameras(); }
};

template <char kName>
std::unique_ptr<PipelineFactory> make() {
  return std::make_unique<Platform<kName>>();
}

constexpr BuiltInPipeline kBuiltIn[] = {{"a", make<'a'>}, {"b", make<'b'>}, {"c", make<'c'>}};

std::string selected(const char* names) {
  std::string text;
  for (const auto& factory : select_pipelines(kBuiltIn, names))
    text += factory->name();
  return text;
}

void expect_selected(const char* names, const char* expected) {
  const std::string text = selected(names);
  g_assert_cmpstr(text.c_str(), ==, expected);
}

void test_names() {
  expect_selected(nullptr, "abc");
  expect_selected("", "abc");
  expect_selected(" , ,", "abc");
  expect_selected("b", "b");
  expect_selected("c, a", "ca");
  expect_selected("a,,a,b ,", "ab");
}

void test_unknown() {
  const auto factories = select_pipelines(kBuiltIn, "b,nonsense");
  g_assert_cmpuint(factories.size(), ==, 2);
  g_assert_true(factories[0]->enumerate({}).ok());
  const Result<FoundCameras> found = factories[1]->enumerate({});
  g_assert_false(found.ok());
  g_assert_true(found.error().code == Error::Code::Invalid);
  g_assert_true(found.error().message.find("'nonsense'") != std::string::npos);
  g_assert_true(found.error().hint.find("a, b, c") != std::string::npos);
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/pipelines/selection/names", test_names);
  g_test_add_func("/pipelines/selection/unknown", test_unknown);
  return g_test_run();
}
