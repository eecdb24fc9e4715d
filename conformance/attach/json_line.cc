// SPDX-License-Identifier: Apache-2.0
#include "attach/json_line.hh"

#include <string>
#include <utility>
#include <vector>

namespace conform {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kNestingMax = 64;

/// Builds the value from what the lexer finds, and ends the reading at the first thing that a
/// judge must not believe. Each function returns whether to go on.
class LineReader final : public Json::json_sax_t {
  public:
    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(Json::number_integer_t value) override { return add(value); }
    bool number_unsigned(Json::number_unsigned_t value) override { return add(value); }
    bool number_float(Json::number_float_t value, const std::string& /*text*/) override {
        return add(value);
    }
    bool string(std::string& value) override { return add(std::move(value)); }
    bool binary(Json::binary_t& /*value*/) override { return false; }  // no JSON has it

    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    /// Of two values with one name the judge cannot tell which is meant.
    bool key(std::string& name) override {
        name_ = std::move(name);
        return !open_.back()->contains(name_);
    }

    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*why*/) override {
        return false;
    }

    Json take() { return std::move(whole_); }

  private:
    bool add(Json value) {
        place(std::move(value));
        return true;
    }

    Json& place(Json value) {
        if (open_.empty()) return whole_ = std::move(value);
        Json& around = *open_.back();
        if (around.is_object()) return around[name_] = std::move(value);
        around.push_back(std::move(value));
        return around.back();
    }

    bool open(Json empty) {
        if (open_.size() == kNestingMax) return false;
        open_.push_back(&place(std::move(empty)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    Json whole_;
    /// What has begun and not ended, outermost first: each within the one before it, which does not
    /// grow meanwhile.
    std::vector<Json*> open_;
    std::string name_;
};

}  // namespace

Json parse_json_line(std::string_view line) {
    LineReader reader;
    // In braces it would be a list with one element.
    if (!Json::sax_parse(line, &reader)) return Json(Json::value_t::discarded);
    return reader.take();
}

}  // namespace conform
