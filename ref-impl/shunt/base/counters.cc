// SPDX-License-Identifier: Apache-2.0
#include "shunt/base/counters.hh"

#include "shunt/base/assert.hh"

namespace shunt {
namespace {

struct CounterText {
    std::string_view name;
    std::string_view sentence;
};

constexpr CounterText kTexts[] = {
#define SHUNT_COUNTER(identifier, name, sentence) {name, sentence},
#include "shunt/base/counters.def"
#undef SHUNT_COUNTER
};

const CounterText& text(Counter counter) {
    SHUNT_ASSERT(counter < Counter::kCount, "kCount is not a counter");
    return kTexts[static_cast<std::size_t>(counter)];
}

}  // namespace

std::string_view counter_name(Counter counter) {
    return text(counter).name;
}

std::string_view counter_sentence(Counter counter) {
    return text(counter).sentence;
}

}  // namespace shunt
