// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/built_in_classes.hh"

#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::node {
namespace {

using farm::Object;
using farm::ObjectBytes;
using Outcome = Result<ObjectBytes, std::string>;
using Made = Result<std::unique_ptr<Object>, std::string>;

std::string_view text_of(ByteView bytes) {
    // Bytes and characters share their memory, which the standard allows for char alone.
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ObjectBytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// A sum, decimal; nothing stands for 0.
class CounterObject final : public Object {
  public:
    static Made make(ByteView arguments) {
        const auto first = arguments.empty() ? 0 : number_of(text_of(arguments));
        if (!first) return Failure{std::string("expected a decimal number to begin with")};
        auto made = std::make_unique<CounterObject>();
        made->sum_ = *first;
        return Made(std::move(made));
    }

    Outcome call(ByteView bytes) override {
        const auto step = bytes.empty() ? 0 : number_of(text_of(bytes));
        if (!step) return Failure{std::string("expected a decimal number to add")};
        std::int64_t sum = 0;
        if (__builtin_add_overflow(sum_, *step, &sum))
            return Failure{std::string("the sum does not fit 64 bits")};
        sum_ = sum;
        return bytes_of(std::to_string(sum_));
    }

  private:
    std::int64_t sum_ = 0;
};

/// "put KEY VALUE", "get KEY", "delete KEY"; keys without blanks, values of any bytes.
class StoreObject final : public Object {
  public:
    /// Keys and values together, so that all objects that may be here fit into memory.
    static constexpr std::size_t kBytesMax = 64 * 1'024;

    static Made make(ByteView arguments) {
        if (!arguments.empty()) return Failure{std::string("expected no arguments")};
        return Made(std::make_unique<StoreObject>());
    }

    Outcome call(ByteView bytes) override {
        const std::string_view text = text_of(bytes);
        const auto [verb, rest] = split(text);
        const auto [key, value] = split(rest);
        if (key.empty()) return Failure{std::string("expected put KEY VALUE, get KEY, delete KEY")};
        if (verb == "put") return put(key, value);
        const auto found = values_.find(key);
        if (verb == "get" && found != values_.end()) return bytes_of(found->second);
        if (verb == "delete" && found != values_.end()) {
            size_ -= found->first.size() + found->second.size();
            values_.erase(found);
            return ObjectBytes();
        }
        if (verb == "get" || verb == "delete") return Failure{"no value of the key " + name(key)};
        return Failure{std::string("expected put KEY VALUE, get KEY, delete KEY")};
    }

  private:
    /// What is in front of the first blank, and behind it.
    static std::pair<std::string_view, std::string_view> split(std::string_view text) {
        const std::size_t blank = text.find(' ');
        if (blank == text.npos) return {text, {}};
        return {text.substr(0, blank), text.substr(blank + 1)};
    }
    static std::string name(std::string_view key) {
        constexpr std::size_t shown = 64;
        return '"' + std::string(key.substr(0, shown)) + '"';
    }

    Outcome put(std::string_view key, std::string_view value) {
        const auto found = values_.find(key);
        const std::size_t freed =
            found == values_.end() ? 0 : found->first.size() + found->second.size();
        const std::size_t size = size_ - freed + key.size() + value.size();
        if (size > kBytesMax) return Failure{std::string("the store is full: 65536 bytes")};
        values_[std::string(key)] = value;
        size_ = size;
        return ObjectBytes();
    }

    std::map<std::string, std::string, std::less<>> values_;
    std::size_t size_ = 0;
};

}  // namespace

void register_built_in_classes(Objects& objects) {
    const auto counter = objects.register_class("counter", CounterObject::make);
    SHUNT_ASSERT(!counter, "a fresh node has no class");
    const auto store = objects.register_class("store", StoreObject::make);
    SHUNT_ASSERT(!store, "a fresh node has no other class");
}

}  // namespace shunt::node
