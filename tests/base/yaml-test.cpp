/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/yaml.h"

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/glib-ptr.h"
#include "base/unique-fd.h"

namespace {

using gstcam::load_yaml;
using gstcam::load_yaml_fd;
using gstcam::parse_yaml;
using gstcam::Result;
using gstcam::YamlMap;
using gstcam::YamlNode;

YamlNode parse(std::string_view text) {
  Result<YamlNode> node = parse_yaml(text, "t.yaml");
  g_assert_true(node.ok());
  return std::move(node).value();
}

template <typename T>
void assert_error(const Result<T>& result, const char* start) {
  g_assert_false(result.ok());
  if (!result.error().message.starts_with(start))
    g_error("expected \"%s...\", got \"%s\"", start, result.error().message.c_str());
}

void test_tree() {
  const YamlNode root = parse("a: 1\nb: [1, 2.5, -3]\nc:\n  - x: y\n  - ~\nd: ''\ne:\n");
  g_assert_true(root.kind() == YamlNode::Kind::Map);
  g_assert_cmpuint(root.entries().size(), ==, 5);
  g_assert_cmpint(root.find("a")->as_int().value(), ==, 1);
  const std::vector<double> b = root.find("b")->as_doubles(3).value();
  g_assert_cmpfloat(b[1], ==, 2.5);
  g_assert_cmpfloat(b[2], ==, -3);
  const YamlNode* c = root.find("c");
  g_assert_cmpuint(c->items().size(), ==, 2);
  g_assert_true(c->items()[0].find("x")->as_string().value() == "y");
  g_assert_cmpint(c->items()[0].line(), ==, 4);
  g_assert_cmpint(c->key_line(), ==, 3);
  g_assert_true(c->items()[1].kind() == YamlNode::Kind::Null);
  g_assert_true(root.find("d")->kind() == YamlNode::Kind::Scalar);
  g_assert_true(root.find("e")->kind() == YamlNode::Kind::Null);
  g_assert_null(root.find("f"));
  g_assert_null(c->find("x"));
  g_assert_true(parse("").kind() == YamlNode::Kind::Null);
  g_assert_true(parse("# nothing\n").kind() == YamlNode::Kind::Null);
}

void test_numbers() {
  const YamlNode root = parse(
      "[12, -5, 0x1f, +7, 9223372036854775807, 9223372036854775808, 1.5, '12', 12a, .5, 1e3, .nan, "
      "inf, 1e999, 0x-5]");
  const auto& n = root.items();
  g_assert_cmpint(n[0].as_int().value(), ==, 12);
  g_assert_cmpint(n[1].as_int().value(), ==, -5);
  g_assert_cmpint(n[2].as_int().value(), ==, 31);
  g_assert_cmpint(n[3].as_int().value(), ==, 7);
  g_assert_cmpint(n[4].as_int().value(), ==, INT64_MAX);
  assert_error(n[5].as_int(), "t.yaml:1: '9223372036854775808' is too large");
  assert_error(n[6].as_int(), "t.yaml:1: expected a whole number");
  assert_error(n[7].as_int(), "t.yaml:1: expected a whole number, found the text '12'");
  assert_error(n[8].as_int(), "t.yaml:1: expected a whole number, found '12a'");
  assert_error(n[0].as_int(13, 20), "t.yaml:1: 12 is outside 13..20");
  g_assert_cmpfloat(n[9].as_double().value(), ==, 0.5);
  g_assert_cmpfloat(n[10].as_double().value(), ==, 1000);
  g_assert_cmpfloat(n[0].as_double().value(), ==, 12);
  assert_error(n[11].as_double(), "t.yaml:1: expected a finite number");
  assert_error(n[12].as_double(), "t.yaml:1: expected a finite number");
  assert_error(n[13].as_double(), "t.yaml:1: '1e999' is too large");
  assert_error(n[14].as_int(), "t.yaml:1: expected a whole number");
  assert_error(n[6].as_double(2, 3), "t.yaml:1: 1.5 is outside 2..3");
  assert_error(root.as_doubles(3), "t.yaml:1: expected 3 numbers, found 15");
  assert_error(root.as_string(), "t.yaml:1: expected a text, found a list");
}

void test_bools() {
  const YamlNode root = parse("[true, false, yes, 'true', 1]");
  g_assert_true(root.items()[0].as_bool().value());
  g_assert_false(root.items()[1].as_bool().value());
  for (size_t i = 2; i < 5; i++)
    assert_error(root.items()[i].as_bool(), "t.yaml:1: expected true or false");
}

void test_map_reader() {
  const YamlNode root = parse("width: 64\nname: 'x'\nscale: 2\n");
  YamlMap map = YamlMap::read(root).value();
  g_assert_cmpint(map.int_or("width", 1, 0, 100), ==, 64);
  g_assert_cmpint(map.int_or("height", 7, 0, 100), ==, 7);
  g_assert_true(map.string_or("name", "") == "x");
  g_assert_cmpfloat(map.double_or("scale", 1, 0, 4), ==, 2);
  g_assert_true(map.bool_or("flag", true));
  g_assert_true(map.finish().ok());
  assert_error(map.required("depth"), "t.yaml:1: the key 'depth' is missing");
  g_assert_true(map.required("name").ok());
  assert_error(YamlMap::read(*root.find("width")), "t.yaml:1: expected a map");
}

void test_map_errors() {
  const YamlNode root = parse("width: 64\nwidht: 3\n");
  YamlMap map = YamlMap::read(root).value();
  (void)map.int_or("width", 1, 0, 100);
  (void)map.int_or("height", 1, 0, 100);
  const Result<void> unknown = map.finish();
  assert_error(unknown, "t.yaml:2: 'widht' is not a known key");
  g_assert_cmpstr(unknown.error().hint.c_str(), ==, "known here: height, width");

  // The first wrong value is the one reported, and before unknown keys.
  const YamlNode wrong = parse("x: 1\na: 900\nb: text\n");
  YamlMap reader = YamlMap::read(wrong).value();
  g_assert_cmpint(reader.int_or("a", 5, 0, 100), ==, 5);
  g_assert_cmpfloat(reader.double_or("b", 1, 0, 4), ==, 1);
  assert_error(reader.finish(), "t.yaml:2: 900 is outside 0..100");
}

void test_refused() {
  struct Case {
    const char* text;
    const char* error;
  };
  const Case cases[] = {
      {"a: &x 1\nb: *x\n", "t.yaml:2: aliases"},
      {"a: 1\n\na: 2\n", "t.yaml:3: the key 'a' stands here twice"},
      {"a: !!binary xx\n", "t.yaml:1: tags"},
      {"a: 1\n---\nb: 2\n", "t.yaml:2: a second document"},
      {"a: [1, 2\n", "t.yaml:2: while parsing a flow sequence"},
      {"a: 1\n\tb: 2\n", "t.yaml:2: "},
      {"? [x]\n: 1\n", "t.yaml:1: a key must be a plain word"},
      {"a: \"x\\0y\"\n", "t.yaml:1: a value contains a NUL"},
      {"a: \xff\xfe\n", "t.yaml:1: "},
  };
  for (const Case& c : cases)
    assert_error(parse_yaml(c.text, "t.yaml"), c.error);
}

void test_bounds() {
  assert_error(parse_yaml(std::string(10000, '['), "t.yaml"), "t.yaml:1: nested more than");
  std::string block;
  for (int i = 0; i < 40; i++)
    block += std::string(static_cast<size_t>(i), ' ') + "a:\n";
  assert_error(parse_yaml(block, "t.yaml"), "t.yaml:");
  std::string many = "[";
  for (int i = 0; i < 100001; i++)
    many += "1,\n";
  assert_error(parse_yaml(many + "]", "t.yaml"), "t.yaml:100000: more than 100000 values");
  assert_error(parse_yaml(std::string((4U << 20U) + 1, ' '), "t.yaml"), "t.yaml: larger than");
  // Many keys on one level cost no more than their number.
  std::string keys;
  for (int i = 0; i < 40000; i++)
    keys += "k" + std::to_string(i) + ": 1\n";
  g_assert_cmpuint(parse(keys).entries().size(), ==, 40000);
}

void test_files() {
  gstcam::ErrorOut error;
  gstcam::CharPtr dir(g_dir_make_tmp("yaml-test-XXXXXX", &error));
  g_assert_nonnull(dir.get());
  const std::string folder = dir.get();
  assert_error(load_yaml(folder + "/none.yaml"), "cannot open '");
  g_assert_true(load_yaml(folder + "/none.yaml").error().code == gstcam::Error::Code::NotFound);
  assert_error(load_yaml(folder), (folder + ": not a regular file").c_str());
  g_assert_cmpint(::mkfifo((folder + "/fifo").c_str(), 0600), ==, 0);
  assert_error(load_yaml(folder + "/fifo"), (folder + "/fifo: not a regular file").c_str());

  const std::string path = folder + "/a.yaml";
  g_assert_true(g_file_set_contents(path.c_str(), "a: 1\nb: *x\n", -1, nullptr));
  assert_error(load_yaml(path), (path + ":2: aliases").c_str());

  gstcam::UniqueFd fd(::memfd_create("yaml-test", MFD_CLOEXEC));
  g_assert_true(fd.valid());
  g_assert_cmpint(::write(fd.get(), "a: 12\n", 6), ==, 6);
  for (int i = 0; i < 2; i++) {  // from its beginning, each time
    const Result<YamlNode> node = load_yaml_fd(fd.get(), "tuning");
    g_assert_true(node.ok());
    g_assert_cmpint(node->find("a")->as_int().value(), ==, 12);
  }
  g_assert_cmpint(::ftruncate(fd.get(), (4 << 20) + 1), ==, 0);
  assert_error(load_yaml_fd(fd.get(), "tuning"), "tuning: larger than");
  g_unlink((folder + "/fifo").c_str());
  g_unlink(path.c_str());
  g_rmdir(folder.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  g_test_init(&argc, &argv, nullptr);
  g_test_add_func("/yaml/tree", test_tree);
  g_test_add_func("/yaml/numbers", test_numbers);
  g_test_add_func("/yaml/bools", test_bools);
  g_test_add_func("/yaml/map-reader", test_map_reader);
  g_test_add_func("/yaml/map-errors", test_map_errors);
  g_test_add_func("/yaml/refused", test_refused);
  g_test_add_func("/yaml/bounds", test_bounds);
  g_test_add_func("/yaml/files", test_files);
  return g_test_run();
}
