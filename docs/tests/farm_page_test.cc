// SPDX-License-Identifier: Apache-2.0
// docs/farm-toml.md against the reader of farm.toml: its example is a farm, its keys are known, its
// defaults and what it calls required are the reader's.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "shunt/farm/standard_plan.hh"
#include "shunt/runtime/farm_file.hh"

namespace shunt::runtime {
namespace {

/// A row of a table of keys: section without brackets, key, and the column "default".
struct Row {
    std::string section;
    std::string key;
    std::string fallback;

    bool is_required() const { return fallback == "required"; }
    bool has_default() const { return fallback != "required" && fallback != "none"; }
};

/// Values of one table of a farm.toml, as they are written there.
using Table = std::map<std::string, std::string>;
/// Tables by section; a section that stands in double brackets has one table here.
using Document = std::map<std::string, Table>;

std::string page() {
    std::ifstream file(SHUNT_FARM_PAGE);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<Row> rows_of(const std::string& text) {
    static const std::regex kHeading(R"(## \[+(\w+)\]+)");
    static const std::regex kRow(R"(\| `(\w+)` \| [^|]+ \| ([^|]+) \| .* \|)");
    std::vector<Row> rows;
    std::string section;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_match(line, match, kHeading)) section = match[1];
        if (std::regex_match(line, match, kRow)) rows.push_back({section, match[1], match[2]});
    }
    return rows;
}

std::string example_of(const std::string& text) {
    const std::string fence = "```toml\n";
    const std::size_t begin = text.find(fence) + fence.size();
    return text.substr(begin, text.find("```", begin) - begin);
}

/// The least that is a farm: one value for every required key.
Document least() {
    return {{"server",
             {{"name", R"("s1")"},
              {"id", "1"},
              {"front_ip", R"("10.7.0.101/16")"},
              {"front_mac", R"("02:07:00:00:00:01")"},
              {"forward_ip", R"(["10.8.1.1"])"},
              {"control_ip", R"("10.8.0.1/16")"},
              {"back_mac", R"("02:08:00:00:00:01")"}}},
            {"listen", {{"server", R"("s1")"}, {"port", "80"}, {"application", R"("http")"}}},
            {"url", {{"prefix", R"("/")"}, {"servers", R"(["s1"])"}}}};
}

/// Values for the keys that are optional and have no default.
const std::map<std::string, std::string> kOptional{
    {"farm.secret_file", R"("farm.secret")"},
    {"server.gateway", R"("10.7.0.1")"},
    {"listen.backend", "\"tcp:127.0.0.1:8080\""},
    {"listen.directory", R"("www")"},
};

std::string toml(const Document& document) {
    std::string text;
    for (const auto& [section, table] : document) {
        const bool is_array = section == "server" || section == "listen" || section == "url";
        text.append(is_array ? "[[" : "[").append(section).append(is_array ? "]]\n" : "]\n");
        for (const auto& [key, value] : table)
            text.append(key).append(" = ").append(value).append("\n");
    }
    return text;
}

class FarmPage : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = testing::TempDir() + "shunt-farm-page";
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ + "/farm.secret") << "0123456789abcdef0123456789abcdef\n";
        ASSERT_GT(rows_.size(), 30U) << "the page's tables are not as this test reads them";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    Result<FarmFile, FarmFileErrors> parse(const std::string& text) const {
        return parse_farm_file(text, "farm.toml", folder_);
    }

    const std::vector<Row> rows_ = rows_of(page());
    std::string folder_;
};

std::string joined(const FarmFileErrors& errors) {
    std::string text;
    for (const std::string& error : errors)
        text += error + "\n";
    return text;
}

TEST_F(FarmPage, ExampleIsTheStandardFarmOfTwo) {
    const auto file = parse(example_of(page()));
    ASSERT_TRUE(file) << joined(file.error());
    farm::FarmConfig expected = farm::standard_plan(2);
    expected.urls = {{"/bytes/", {"s2"}}};
    expected.secret = file->config.secret;
    EXPECT_EQ(file->config, expected);
    EXPECT_EQ(file->config.secret.size(), 32U);
}

TEST_F(FarmPage, WhatIsCalledRequiredIsMissed) {
    for (const Row& row : rows_) {
        if (!row.is_required()) continue;
        Document document = least();
        ASSERT_EQ(document[row.section].erase(row.key), 1U) << row.section << "." << row.key;
        const auto file = parse(toml(document));
        ASSERT_FALSE(file) << row.section << "." << row.key;
        EXPECT_NE(joined(file.error()).find(row.key), std::string::npos) << joined(file.error());
    }
}

TEST_F(FarmPage, NothingElseIsRequired) {
    const auto file = parse(toml(least()));
    ASSERT_TRUE(file) << joined(file.error());
}

TEST_F(FarmPage, DefaultsAreTheReaders) {
    const auto plain = parse(toml(least()));
    ASSERT_TRUE(plain) << joined(plain.error());
    for (const Row& row : rows_) {
        if (!row.has_default()) continue;
        Document document = least();
        document[row.section][row.key] = row.fallback;
        const auto file = parse(toml(document));
        ASSERT_TRUE(file) << joined(file.error());
        EXPECT_EQ(file->config, plain->config) << row.section << "." << row.key;
    }
}

TEST_F(FarmPage, OptionalKeysAreKnown) {
    const auto plain = parse(toml(least()));
    ASSERT_TRUE(plain) << joined(plain.error());
    for (const Row& row : rows_) {
        if (row.is_required() || row.has_default()) continue;
        const auto value = kOptional.find(row.section + "." + row.key);
        ASSERT_NE(value, kOptional.end()) << row.section << "." << row.key;
        Document document = least();
        // A backend belongs to a gateway, which has to have one.
        if (row.key == "backend") document[row.section]["application"] = "\"gateway\"";
        document[row.section][row.key] = value->second;
        const auto file = parse(toml(document));
        ASSERT_TRUE(file) << joined(file.error());
        EXPECT_NE(file->config, plain->config) << row.section << "." << row.key;
    }
}

}  // namespace
}  // namespace shunt::runtime
